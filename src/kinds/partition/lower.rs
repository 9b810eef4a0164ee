//! From `@@partitionOf` to partitions, with what they take over from their table.

use std::collections::{BTreeMap, BTreeSet};

use super::{Partition, taken};
use crate::{
    kinds::{constraint, index_attachment, lower::Lowering, values},
    schema::{Object, ObjectId},
    syntax::ast::Attribute,
    text::{Span, code},
};

/// Lowers `@@partitionOf(Parent, "FOR VALUES …")`.
pub(crate) fn lower(lowering: &mut Lowering<'_>, table: &ObjectId, attribute: &Attribute) {
    let (parent, bound) = (values::unnamed(attribute, 0), values::unnamed(attribute, 1));
    let (Some(parent), Some(bound)) = (parent, bound) else {
        let message = "`@@partitionOf` needs a table and a bound";
        lowering.error(&code::E0808, attribute.span, message);
        return;
    };
    let (Some(of), Some(bound)) = (lowering.resolve_relation(parent), lowering.text(bound)) else {
        return;
    };
    let mut object = Object::new(ObjectId::new("partition", table.path.clone()));
    object.deps.insert(ObjectId::new("table", of.clone()));
    object.write(&Partition { of, bound });
    lowering.push_part(object, table, attribute.span);
}

/// Gives partitions what their table defines and they do not say themselves, as
/// `CREATE TABLE … PARTITION OF` does: columns with defaults, checks, keys and indexes.
pub(crate) fn complete(lowering: &mut Lowering<'_>) {
    let mut waiting: BTreeMap<ObjectId, (ObjectId, Span)> = BTreeMap::new();
    for item in lowering.draft.objects.iter().filter(|d| d.object.id.is("partition")) {
        if let Some(table) = &item.object.parent {
            let of = ObjectId::new("table", item.object.read::<Partition>().of);
            waiting.insert(table.clone(), (of, item.span));
        }
    }
    if waiting.is_empty() {
        return;
    }
    let mut parts = Parts::new(lowering);
    // From the top down: a partition may be partitioned itself.
    while !waiting.is_empty() {
        let ready: Vec<ObjectId> =
            waiting.iter().filter(|(_, (of, _))| !waiting.contains_key(of)).map(pick).collect();
        if ready.is_empty() {
            return;
        }
        for table in ready {
            if let Some((of, span)) = waiting.remove(&table) {
                complete_one(lowering, &mut parts, &table, &of, span);
            }
        }
    }
}

fn pick((table, _): (&ObjectId, &(ObjectId, Span))) -> ObjectId {
    table.clone()
}

/// The parts of each object in the draft.
struct Parts {
    by_parent: BTreeMap<ObjectId, Vec<Object>>,
}

impl Parts {
    fn new(lowering: &Lowering<'_>) -> Self {
        let mut by_parent: BTreeMap<ObjectId, Vec<Object>> = BTreeMap::new();
        for item in &lowering.draft.objects {
            if let Some(parent) = &item.object.parent {
                by_parent.entry(parent.clone()).or_default().push(item.object.clone());
            }
        }
        Self { by_parent }
    }

    fn of(&self, id: &ObjectId, kind: &str) -> Vec<Object> {
        let all = self.by_parent.get(id).into_iter().flatten();
        all.filter(|o| o.id.is(kind)).cloned().collect()
    }

    fn push(&mut self, lowering: &mut Lowering<'_>, object: Object, of: &ObjectId, span: Span) {
        let mut object = object;
        object.parent = Some(of.clone());
        self.by_parent.entry(of.clone()).or_default().push(object.clone());
        lowering.push_part(object, of, span);
    }
}

fn complete_one(
    lowering: &mut Lowering<'_>,
    parts: &mut Parts,
    table: &ObjectId,
    of: &ObjectId,
    span: Span,
) {
    if parts.of(table, "column").is_empty() {
        copy_columns(lowering, parts, table, of, span);
    }
    let own = parts.of(table, "constraint");
    let constraints = parts.of(of, "constraint");
    for check in constraints.iter().filter(|c| c.text("type") == Some("check")) {
        if !check.flag("no_inherit") && own.iter().all(|c| c.id.name() != check.id.name()) {
            let copy = taken::check(check, table);
            parts.push(lowering, copy, table, span);
        }
    }
    let attached = attached(parts, table);
    for whole in constraints.into_iter().chain(parts.of(of, "index")) {
        let Some(wanted) = taken::Name::of(&whole) else { continue };
        if attached.contains(whole.id.name()) || lowering.alone.contains(&whole.id) {
            continue;
        }
        let name = lowering.free_name(&table.path[0], |n| wanted.make(table.name(), n));
        let copy = taken::index(&whole, table, &name);
        let (id, path) = (copy.id.clone(), vec![table.path[0].clone(), name]);
        parts.push(lowering, copy, table, span);
        let to = vec![of.path[0].clone(), whole.id.name().to_owned()];
        constraint::lower::attachment(lowering, path, &id, to, span);
    }
}

fn copy_columns(
    lowering: &mut Lowering<'_>,
    parts: &mut Parts,
    table: &ObjectId,
    of: &ObjectId,
    span: Span,
) {
    for column in parts.of(of, "column") {
        let copy = taken::column(&column, table);
        let id = copy.id.clone();
        parts.push(lowering, copy, table, span);
        for default in parts.of(&column.id, "default") {
            let mut copy = Object::new(ObjectId::new("default", id.path.clone()));
            copy.facets = default.facets;
            parts.push(lowering, copy, &id, span);
        }
    }
}

/// The indexes of the partitioned table that those of a partition say they belong to.
fn attached(parts: &Parts, table: &ObjectId) -> BTreeSet<String> {
    let own = parts.of(table, "constraint").into_iter().chain(parts.of(table, "index"));
    let attachments = own.flat_map(|o| parts.of(&o.id, "index_attachment"));
    attachments.filter_map(|a| index_attachment::of(&a).pop()).collect()
}
