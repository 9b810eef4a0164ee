//! The names that a model has given to what is in a database.

use std::collections::BTreeMap;

use crate::{
    kinds::{NameMap, RelationNames, constraint::Constraint},
    model::{BlockRef, Enum, FieldRef, JoinTable, Model, Relation, Table},
    schema::{ObjectId, Schema},
    syntax::ast::{Attribute, ExprKind},
};

fn namespace(name: Option<&String>) -> String {
    name.map_or_else(|| "public".to_owned(), Clone::clone)
}

/// The table or view of a block.
pub(super) fn table_id(table: &Table) -> ObjectId {
    let kind = if table.is_view() { "view" } else { "table" };
    ObjectId::new(kind, [namespace(table.namespace.as_ref()), table.table.clone()])
}

/// The type of an enum.
pub(super) fn enum_id(found: &Enum) -> ObjectId {
    ObjectId::new("enum", [namespace(found.namespace.as_ref()), found.type_name.clone()])
}

/// The table behind a pair of lists.
pub(super) fn join_table(join: &JoinTable) -> ObjectId {
    ObjectId::new("table", [namespace(join.namespace.as_ref()), join.table.clone()])
}

/// The index of the table of a block.
pub(super) fn table_at(model: &Model, at: BlockRef) -> Option<usize> {
    model.tables.iter().position(|table| table.block == at)
}

/// The constraint of a relation as it is called now, where there is one.
pub(super) fn foreign_key(
    model: &Model,
    relation: &Relation,
    renames: &BTreeMap<ObjectId, ObjectId>,
    there: &Schema,
) -> Option<ObjectId> {
    let table = model.table(relation.table());
    let of = table_id(table);
    let name = relation.constraint.as_ref()?;
    let id = ObjectId::new("constraint", of.path.iter().chain([name]).cloned());
    if there.get(&id).is_some() {
        return Some(id);
    }
    if let Some(now) = renames.get(&id) {
        return Some(now.clone());
    }
    // One over the same columns to the same table is the same, whatever else changed.
    let columns: Vec<&String> = relation.fields.iter().map(|f| &table.fields[*f].column).collect();
    let to = table_id(model.table(relation.referenced)).path;
    let mut same = there.of_kind_under("constraint", &of.path).filter(|o| {
        let found: Constraint = o.read();
        found.kind == "foreign_key"
            && found.references == to
            && found.columns.iter().collect::<Vec<_>>() == columns
    });
    same.next().map(|o| o.id.clone())
}

/// The name of a relation as written.
pub(super) fn written_name(attribute: &Attribute) -> Option<String> {
    let args = attribute.args.as_ref()?;
    let arg = args.list.iter().find(|a| a.name.as_ref().is_none_or(|n| n.text == "name"))?;
    match &arg.value.as_ref()?.kind {
        ExprKind::String(text) => Some(text.value().into_owned()),
        _ => None,
    }
}

/// The names that a model gives.
pub(super) fn names_of(
    model: &Model,
    renames: &BTreeMap<ObjectId, ObjectId>,
    there: &Schema,
) -> NameMap {
    let mut names = NameMap::default();
    for table in &model.tables {
        let id = table_id(table);
        names.blocks.insert(id.clone(), table.name.clone());
        for field in table.fields.iter().filter(|f| !f.is_relation()) {
            let column = ObjectId::new("column", id.path.iter().chain([&field.column]).cloned());
            names.fields.insert(column, field.name.clone());
        }
    }
    for found in &model.enums {
        let id = enum_id(found);
        names.blocks.insert(id.clone(), found.name.clone());
        for value in &found.values {
            names.values.insert((id.clone(), value.label.clone()), value.name.clone());
        }
    }
    let name_of = |at: FieldRef| model.field(at).name.clone();
    for relation in &model.relations {
        let opposite = relation.opposite.map(name_of);
        let field = name_of(relation.field);
        names.take(&table_id(model.table(relation.table())), &field);
        if let Some(opposite) = &opposite {
            names.take(&table_id(model.table(relation.referenced)), opposite);
        }
        if let Some(id) = foreign_key(model, relation, renames, there) {
            let relation = written_name(model.attribute(relation.attribute));
            names.relations.insert(id, RelationNames { relation, field, opposite });
        }
    }
    for join in &model.join_tables {
        for side in [join.a, join.b] {
            names.take(&table_id(model.table(side.table)), &name_of(side));
        }
    }
    names
}
