//! What Prisma's language cannot say: a model in it leaves such things as they are.

use std::collections::BTreeSet;

use super::{constraint::Constraint, default::meaning::meaning, enum_type::EnumType, index::Index};
use crate::schema::{Draft, Object, ObjectId, Schema};

/// Facets of anything that the language has no words for.
const UNSPOKEN: [&str; 3] = ["comment", "owner", "privileges"];

/// Facets of columns that it has no words for.
const UNSPOKEN_OF_COLUMNS: [&str; 7] =
    ["collation", "generated", "storage", "compression", "statistics", "options", "inherited"];

/// Facets of constraints that it has no words for.
const UNSPOKEN_OF_CONSTRAINTS: [&str; 11] = [
    "deferrable",
    "initially_deferred",
    "not_valid",
    "match_full",
    "on_delete_columns",
    "include",
    "options",
    "tablespace",
    "clustered",
    "replica_identity",
    "inherited",
];

/// Facets of indexes that it has no words for and that make no other index of it.
const UNSPOKEN_OF_INDEXES: [&str; 6] =
    ["include", "options", "tablespace", "clustered", "replica_identity", "statistics"];

/// Completes a schema that a model in Prisma's language asks for by what is there and cannot be
/// said in it: triggers, functions, checks, indexes over expressions, the order of enum values.
/// Namespaces that it does not speak for stay as they are. Returns the objects that were taken over.
#[must_use]
pub fn keep_unspoken(
    there: &Schema,
    asked: &mut Schema,
    namespaces: &BTreeSet<String>,
) -> Vec<ObjectId> {
    for (id, old) in &there.objects {
        let Some(new) = asked.objects.get_mut(id) else { continue };
        keep_facets(old, new);
    }
    keep_identities(there, asked);
    let mut kept = keep_unique_constraints(there, asked);
    let candidates = unspoken(there, asked, namespaces);
    for id in &candidates {
        if let Some(object) = there.get(id) {
            asked.insert(object.clone());
        }
    }
    kept.extend(candidates);
    kept
}

fn keep_facets(old: &Object, new: &mut Object) {
    copy(old, new, &UNSPOKEN);
    match &*old.id.kind {
        "table" => new.facets.clone_from(&old.facets),
        "column" => {
            copy(old, new, &UNSPOKEN_OF_COLUMNS);
            if same_type(old, new)
                && let Some(name) = old.facets.get("type")
            {
                new.facets.insert("type".to_owned(), name.clone());
            }
            // A list is a list to Prisma, whether it may be NULL or not.
            if old.text("type").is_some_and(|name| name.ends_with("[]")) {
                copy(old, new, &["not_null"]);
            }
        }
        "index" => copy(old, new, &UNSPOKEN_OF_INDEXES),
        "constraint" => copy(old, new, &UNSPOKEN_OF_CONSTRAINTS),
        "enum" => {
            let values = in_order_of(&old.read::<EnumType>().values, new.read::<EnumType>().values);
            new.facets.extend(EnumType::facets(values));
        }
        "extension" => new.facets.clone_from(&old.facets),
        "default" if says_the_same(old, new) => new.facets.clone_from(&old.facets),
        _ => {}
    }
}

/// `timestamp` and `timestamp(6)` hold the same.
fn same_type(old: &Object, new: &Object) -> bool {
    let plain = |object: &Object| {
        let name = object.text("type").unwrap_or_default();
        if name.starts_with("time") { name.replace("(6)", "") } else { name.to_owned() }
    };
    plain(old) == plain(new)
}

/// `now()` and lists have two spellings in PostgreSQL and one in the language.
fn says_the_same(old: &Object, new: &Object) -> bool {
    let meaning = |object: &Object| meaning(object.text("expression").unwrap_or_default());
    meaning(old) == meaning(new)
}

fn copy(old: &Object, new: &mut Object, facets: &[&str]) {
    for facet in facets {
        if let Some(value) = old.facets.get(*facet) {
            new.facets.entry((*facet).to_owned()).or_insert_with(|| value.clone());
        }
    }
}

/// Values in the order in which they stand already; a new one after the one that it follows.
fn in_order_of(there: &[String], asked: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = there.iter().filter(|v| asked.contains(v)).cloned().collect();
    let mut before: Option<String> = None;
    for value in asked {
        if !out.contains(&value) {
            let at = before.and_then(|b| out.iter().position(|v| *v == b)).map_or(0, |at| at + 1);
            out.insert(at, value.clone());
        }
        before = Some(value);
    }
    out
}

/// `autoincrement()` is true of an identity column as well as of one with a sequence.
fn keep_identities(there: &Schema, asked: &mut Schema) {
    for old in there.of_kind("column") {
        let Some(identity) = old.facets.get("identity") else { continue };
        let default = ObjectId::new("default", old.id.path.clone());
        let nextval =
            |o: &Object| o.text("expression").is_some_and(|text| text.starts_with("nextval("));
        if !asked.get(&default).is_some_and(nextval) {
            continue;
        }
        let owners: Vec<Object> = asked
            .of_kind("sequence_owner")
            .filter(|owner| owner.deps.contains(&old.id))
            .cloned()
            .collect();
        for owner in owners {
            asked.objects.remove(&ObjectId::new("sequence", owner.id.path.clone()));
            asked.objects.remove(&owner.id);
        }
        asked.objects.remove(&default);
        if let Some(column) = asked.objects.get_mut(&old.id) {
            column.facets.insert("identity".to_owned(), identity.clone());
        }
    }
}

/// `@@unique` is true of a constraint as well as of an index.
fn keep_unique_constraints(there: &Schema, asked: &mut Schema) -> Vec<ObjectId> {
    let mut kept = Vec::new();
    for old in there.of_kind("constraint") {
        let constraint: Constraint = old.read();
        if constraint.kind != "unique" {
            continue;
        }
        let Some(index) = index_like(old, &constraint, there, asked) else { continue };
        // Under another name it is the same constraint, to be renamed.
        let mut stays = old.clone();
        if let (Some(last), Some(name)) = (stays.id.path.last_mut(), index.path.last()) {
            last.clone_from(name);
        }
        asked.objects.remove(&index);
        for object in asked.objects.values_mut() {
            if object.deps.remove(&index) {
                object.deps.insert(stays.id.clone());
            }
        }
        if stays.id == old.id {
            kept.push(old.id.clone());
        }
        asked.insert(stays);
    }
    kept
}

/// The unique index that a model asks for where a constraint does the same: that of its name, or
/// else a new one.
fn index_like(
    old: &Object,
    constraint: &Constraint,
    there: &Schema,
    asked: &Schema,
) -> Option<ObjectId> {
    let does_the_same = |new: &&Object| {
        let index: Index = new.read();
        new.parent == old.parent
            && index.unique
            && index.predicate.is_none()
            && index.keys.iter().all(|key| !key.descending && key.opclass.is_none())
            && index
                .keys
                .iter()
                .map(|key| key.column.as_ref())
                .eq(constraint.columns.iter().map(Some))
    };
    let named = ObjectId::new("index", [&old.id.path[0], old.id.name()]);
    if let Some(new) = asked.get(&named) {
        return does_the_same(&new).then_some(named);
    }
    let mut new = asked.of_kind("index").filter(|index| there.get(&index.id).is_none());
    new.find(does_the_same).map(|index| index.id.clone())
}

/// What a model in the language asks for, with what it may rely on without saying it.
#[must_use]
pub fn beside(draft: &Draft, there: &Schema) -> Draft {
    let mut draft = draft.clone();
    let Some(span) = draft.objects.first().map(|drafted| drafted.span) else { return draft };
    let said: BTreeSet<ObjectId> =
        draft.objects.iter().map(|drafted| drafted.object.id.clone()).collect();
    for object in unspoken_ground(there, &draft.namespaces) {
        if !said.contains(&object.id) && object.id.path != ["public"] {
            draft.push(object, span);
        }
    }
    draft
}

/// What a model in the language may rely on without saying it: functions, types, extensions, as far
/// as they stand on no table.
fn unspoken_ground(there: &Schema, namespaces: &BTreeSet<String>) -> Vec<Object> {
    let mut out = unspoken(there, &Schema::of_empty_database(), namespaces);
    let of_relations = |o: &Object| {
        matches!(&*o.id.kind, "table" | "partition" | "index" | "trigger" | "policy" | "rule")
            || matches!(&*o.id.kind, "event_trigger" | "publication" | "default_privileges")
            || o.parent.as_ref().is_some_and(|parent| parent.kind == "table")
    };
    out.retain(|id| there.get(id).is_some_and(|object| !of_relations(object)));
    retain_standing(&mut out, there, |id| id.is("namespace"));
    out.iter().filter_map(|id| there.get(id)).cloned().collect()
}

/// What the language cannot say, as far as all that it stands on stays.
fn unspoken(there: &Schema, asked: &Schema, namespaces: &BTreeSet<String>) -> BTreeSet<ObjectId> {
    let mut out = BTreeSet::new();
    // Wholes first, then their parts, whose own kind may be one that can be said.
    loop {
        let more: Vec<ObjectId> = there
            .objects
            .values()
            .filter(|object| asked.get(&object.id).is_none() && !out.contains(&object.id))
            .filter(|object| {
                let elsewhere =
                    object.id.path.len() > 1 && !namespaces.contains(&object.id.path[0]);
                elsewhere
                    || is_unspoken(object, there, asked)
                    || object.parent.as_ref().is_some_and(|parent| out.contains(parent))
            })
            .map(|object| object.id.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        out.extend(more);
    }
    retain_standing(&mut out, there, |id| asked.get(id).is_some());
    out
}

/// Takes away, again and again, what stands on something that neither is kept nor stays anyway.
fn retain_standing(
    out: &mut BTreeSet<ObjectId>,
    there: &Schema,
    stays: impl Fn(&ObjectId) -> bool,
) {
    loop {
        let stands = |id: &ObjectId| out.contains(id) || there.get(id).is_none() || stays(id);
        let falls: Vec<ObjectId> = out
            .iter()
            .filter_map(|id| there.get(id))
            .filter(|o| !o.parent.iter().chain(&o.deps).all(stands))
            .map(|object| object.id.clone())
            .collect();
        if falls.is_empty() {
            return;
        }
        out.retain(|id| !falls.contains(id));
    }
}

fn is_unspoken(object: &Object, there: &Schema, asked: &Schema) -> bool {
    let of_table = object.parent.as_ref().is_none_or(|parent| match &*parent.kind {
        "table" => true,
        "column" => there
            .get(parent)
            .and_then(|column| column.parent.as_ref())
            .is_some_and(|whole| whole.kind == "table"),
        _ => false,
    });
    match &*object.id.kind {
        // A partition is a part of its table, which the language may well name.
        "table" => there
            .get(&ObjectId::new("partition", object.id.path.clone()))
            .is_some_and(|partition| partition.deps.iter().any(|dep| asked.get(dep).is_some())),
        "column" | "default" => !of_table,
        "enum" | "sequence_owner" => false,
        "constraint" => matches!(object.text("type"), Some("check" | "exclusion")),
        "index" => {
            let index: Index = object.read();
            !of_table
                || index.predicate.is_some()
                || index.keys.iter().any(|key| key.expression.is_some())
        }
        "sequence" => there.get(&ObjectId::new("sequence_owner", object.id.path.clone())).is_none(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_order(there: &[&str], asked: &[&str], expected: &[&str]) {
        let owned = |list: &[&str]| list.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
        assert_eq!(in_order_of(&owned(there), owned(asked)), owned(expected));
    }

    #[test]
    fn enum_values_keep_their_order_and_new_ones_stand_where_they_are_written() {
        check_order(&["b", "a"], &["a", "b"], &["b", "a"]);
        check_order(&["a", "c"], &["a", "b", "c"], &["a", "b", "c"]);
        check_order(&["a", "c"], &["c", "x"], &["c", "x"]);
        check_order(&["a"], &["z", "a"], &["z", "a"]);
    }
}
