//! Tables of many-to-many relations, which Prisma's language writes as a pair of lists.

use std::collections::BTreeMap;

use super::{constraint::Constraint, index::Index, print::Printing};
use crate::{
    schema::{Object, ObjectId, Schema},
    syntax::ast::{Arity, Attribute, Block, Entry, Field},
};

/// The two tables that a join table brings together.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    /// The table that column `A` refers to.
    pub(crate) a: ObjectId,
    /// The table that column `B` refers to.
    pub(crate) b: ObjectId,
}

/// The tables that Prisma takes for those of implicit relations: `_Name` with the columns `A` and
/// `B`, a foreign key over each, and a key over both. `A` is always the first in the alphabet, by
/// the names in the model.
pub(crate) fn find(printing: &Printing<'_>) -> BTreeMap<ObjectId, Join> {
    let schema = printing.schema;
    let found = schema.of_kind("table").filter_map(|o| Some((o.id.clone(), join(schema, o)?)));
    found.filter(|(_, j)| printing.names.block(&j.a) <= printing.names.block(&j.b)).collect()
}

fn join(schema: &Schema, table: &Object) -> Option<Join> {
    table.id.name().strip_prefix('_').filter(|name| !name.is_empty())?;
    let columns: Vec<&Object> = schema.of_kind_under("column", &table.id.path).collect();
    if columns.len() != 2 || columns.iter().any(|c| !matches!(c.id.name(), "A" | "B")) {
        return None;
    }
    let constraints: Vec<Constraint> =
        schema.of_kind_under("constraint", &table.id.path).map(Object::read).collect();
    let pair = |columns: &[String]| matches!(columns, [a, b] if a == "A" && b == "B");
    let mut indexes = schema.of_kind("index").filter(|o| o.parent.as_ref() == Some(&table.id));
    let keyed = constraints.iter().any(|c| c.kind == "primary_key" && pair(&c.columns))
        || indexes.any(|o| {
            let index: Index = o.read();
            let columns: Option<Vec<String>> = index.keys.into_iter().map(|k| k.column).collect();
            index.unique && columns.is_some_and(|columns| pair(&columns))
        });
    let side = |name: &str| {
        let key = constraints.iter().find(|c| c.kind == "foreign_key" && c.columns == [name])?;
        Some(ObjectId::new("table", key.references.clone()))
    };
    let keys = constraints.iter().filter(|c| c.kind == "foreign_key").count();
    (keyed && keys == 2).then_some(Join { a: side("A")?, b: side("B")? })
}

/// Takes the fields of join tables out of a block, and adds the lists that stand for them.
pub(crate) fn adapt(printing: &Printing<'_>, table: &ObjectId, block: &mut Block) {
    let hidden: Vec<&str> = printing.joins.keys().map(|id| printing.names.block(id)).collect();
    block.entries.retain(|entry| match entry {
        Entry::Field(field) => !hidden.contains(&field.type_ref.path.text.as_str()),
        _ => true,
    });
    for field in fields(printing, table) {
        block.push_field(field);
    }
}

/// The lists of a table that stand for its many-to-many relations.
pub(crate) fn fields(printing: &Printing<'_>, table: &ObjectId) -> Vec<Field> {
    let mut out = Vec::new();
    for (id, join) in &printing.joins {
        let itself = join.a == join.b;
        let relation = &id.name()[1..];
        let names = [printing.names.block(&join.a), printing.names.block(&join.b)];
        for (here, there, suffix) in [(0, 1, "A"), (1, 0, "B")] {
            let sides = [&join.a, &join.b];
            if sides[here] != table {
                continue;
            }
            let made = !itself && relation == format!("{}To{}", names[0], names[1]);
            let name = match (itself, made) {
                (true, _) => format!("{}_{suffix}", names[there]),
                (false, true) => names[there].to_owned(),
                (false, false) => format!("{}_{relation}", names[there]),
            };
            let mut field = Field::new(name, names[there]).arity(Arity::List);
            if !made {
                field = field.with(Attribute::new("relation").arg(relation));
            }
            out.push(field);
        }
    }
    out
}
