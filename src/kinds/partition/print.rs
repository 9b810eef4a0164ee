//! From partitions to `@@partitionOf`, and what goes without saying then.

use std::collections::BTreeSet;

use super::{Partition, taken};
use crate::{
    kinds::{index_attachment, print::Printing, table},
    schema::{Facets, Object, ObjectId},
    sql::quote_path,
    syntax::ast::Attribute,
};

/// `@@partitionOf(Parent, "FOR VALUES …")` of a table that is one.
pub(crate) fn attribute(printing: &Printing<'_>, object: &Object) -> Option<Attribute> {
    let partition = read(printing, object)?;
    let parent = table::print::reference(printing, &quote_path(&partition.of));
    Some(Attribute::new("partitionOf").arg(parent).arg(partition.bound.as_str()))
}

fn read(printing: &Printing<'_>, object: &Object) -> Option<Partition> {
    let id = ObjectId::new("partition", object.id.path.clone());
    Some(printing.schema.get(&id)?.read())
}

/// What lowering gives a table that is a partition without its block saying it.
#[derive(Debug, Default)]
pub(crate) struct Implied {
    /// All columns with their defaults.
    pub(crate) columns: bool,
    /// Constraints and indexes.
    pub(crate) parts: BTreeSet<ObjectId>,
}

impl Implied {
    pub(crate) fn of(printing: &Printing<'_>, object: &Object) -> Self {
        let whole =
            read(printing, object).and_then(|p| printing.schema.get(&ObjectId::new("table", p.of)));
        let Some(whole) = whole else { return Self::default() };
        let mut implied = Self::default();
        for part in printing.parts(&object.id, "constraint") {
            if part.text("type") == Some("check") && same_check(printing, part, whole) {
                implied.parts.insert(part.id.clone());
            }
        }
        let keys = printing.parts(&object.id, "constraint");
        for part in keys.chain(printing.parts(&object.id, "index")) {
            if same_index(printing, part, object, whole) {
                implied.parts.insert(part.id.clone());
            }
        }
        // What names fields needs them in the block.
        let names_fields =
            |o: &Object| o.id.is("index") || !matches!(o.text("type"), Some("check" | "exclusion"));
        let keys = printing.parts(&object.id, "constraint");
        let mut all = keys.chain(printing.parts(&object.id, "index"));
        let named = all.any(|o| names_fields(o) && !implied.parts.contains(&o.id))
            || printing.references.contains_key(&object.id.path);
        implied.columns = !named && same_columns(printing, object, whole);
        implied
    }
}

fn same_check(printing: &Printing<'_>, check: &Object, whole: &Object) -> bool {
    let above = printing.parts(&whole.id, "constraint").find(|c| c.id.name() == check.id.name());
    above.is_some_and(|above| {
        let taken = taken::check(above, check.parent.as_ref().unwrap_or(&check.id));
        !above.flag("no_inherit") && stated(&taken.facets) == stated(&check.facets)
    })
}

fn same_index(printing: &Printing<'_>, part: &Object, table: &Object, whole: &Object) -> bool {
    let Some(attachment) = printing.parts(&part.id, "index_attachment").next() else {
        return false;
    };
    let of = index_attachment::of(attachment);
    let mut above = printing
        .parts(&whole.id, "constraint")
        .chain(printing.parts(&whole.id, "index"))
        .filter(|o| Some(o.id.name()) == of.last().map(String::as_str));
    let Some(above) = above.find(|o| o.id.kind == part.id.kind) else { return false };
    let Some(name) = taken::Name::of(above) else { return false };
    let taken = taken::index(above, &table.id, part.id.name());
    !printing.is_alone(above)
        && part.id.name() == name.make(table.id.name(), 0)
        && stated(&taken.facets) == stated(&part.facets)
}

fn same_columns(printing: &Printing<'_>, table: &Object, whole: &Object) -> bool {
    let own: Vec<&Object> = printing.parts(&table.id, "column").collect();
    let above: Vec<&Object> = printing.parts(&whole.id, "column").collect();
    let default = |o: &Object| printing.parts(&o.id, "default").next().map(|d| d.facets.clone());
    own.len() == above.len()
        && own.iter().zip(above).all(|(own, above)| {
            let taken = taken::column(above, &table.id);
            taken.id == own.id
                && stated(&taken.facets) == stated(&own.facets)
                && default(own) == default(above)
        })
}

/// Facets without those that only say where something comes from.
fn stated(facets: &Facets) -> Facets {
    let mut facets = facets.clone();
    facets.retain(|name, _| !matches!(name.as_str(), "inherited" | "local"));
    facets
}
