//! From `model` blocks to tables, with the tables of implicit many-to-many relations.

use super::Table;
use crate::{
    kinds::{blocks, column, constraint, index, lower::Lowering, partition, values},
    model::{self, JoinTable, Key, TableId},
    schema::{Object, ObjectId},
    sql::quote_path,
    syntax::ast::{Attribute, Entry, ExprKind},
    text::{Span, code},
};

/// Lowers all tables with what is part of them.
pub(crate) fn lower(lowering: &mut Lowering<'_>) {
    reserve_names(lowering);
    for (id, table) in lowering.model.tables_with_id() {
        if !table.is_view() {
            lower_table(lowering, id, table);
        }
    }
    for (number, relation) in lowering.model.relations.iter().enumerate() {
        constraint::lower::foreign_key(lowering, relation, number);
    }
    for table in &lowering.model.join_tables {
        join_table(lowering, table);
    }
}

/// The names that the model itself gives come before those that are made.
fn reserve_names(lowering: &mut Lowering<'_>) {
    for (id, table) in lowering.model.tables_with_id() {
        let path = lowering.path(id);
        let keys = table.primary_key.iter().chain(&table.uniques).chain(&table.indexes);
        let names: Vec<_> = keys.map(|k| vec![path[0].clone(), k.constraint.clone()]).collect();
        lowering.relations.extend(names);
        lowering.relations.insert(path);
    }
}

fn lower_table(lowering: &mut Lowering<'_>, id: TableId, table: &model::Table) {
    let block = lowering.model.block(table.block);
    let mut object = Object::new(ObjectId::new("table", lowering.path(id)));
    let mut facets = Table::default();
    let at = block.keyword.span.to(block.name.span);
    for entry in &block.entries {
        if let Entry::Attribute(item) = entry
            && !lowering.common(&mut object, &item.attribute)
        {
            own_attribute(lowering, &mut facets, &item.attribute);
        }
    }
    object.write(&facets);
    let table_id = object.id.clone();
    lowering.push(object, at);
    column::lower::lower(lowering, id, &table_id);
    keys(lowering, id, table, &table_id);
    constraint::lower::checks(lowering, id, &table_id);
    for entry in &block.entries {
        let Entry::Attribute(item) = entry else { continue };
        if item.attribute.path.text == "partitionOf" {
            partition::lower::lower(lowering, &table_id, &item.attribute);
        } else {
            blocks::lower::part_attribute(lowering, &table_id, &item.attribute);
        }
    }
}

fn keys(lowering: &mut Lowering<'_>, id: TableId, table: &model::Table, of: &ObjectId) {
    for key in table.primary_key.iter().chain(&table.uniques) {
        if table.primary_key.as_ref().is_some_and(|k| k.attribute == key.attribute)
            || is_constraint(lowering, key)
        {
            constraint::lower::key(lowering, id, key, of);
        } else {
            index::lower::lower(lowering, id, key, of);
        }
    }
    for key in &table.indexes {
        index::lower::lower(lowering, id, key, of);
    }
}

/// A unique is an index, as Prisma makes it, unless it says that it is a constraint, or what only
/// a constraint can be.
fn is_constraint(lowering: &mut Lowering<'_>, key: &Key) -> bool {
    let attribute = lowering.model.attribute(key.attribute);
    values::named(attribute, "constraint").is_some_and(|v| lowering.flag(v))
        || values::named(attribute, "deferrable").is_some()
        || values::named(attribute, "withoutOverlaps").is_some()
}

fn own_attribute(lowering: &mut Lowering<'_>, table: &mut Table, attribute: &Attribute) {
    let value = values::unnamed(attribute, 0);
    match (attribute.path.text.as_str(), value) {
        ("unlogged", _) => table.unlogged = true,
        ("with", _) => storage_parameters(lowering, table, attribute),
        ("rowSecurity", _) => {
            let enabled = values::named(attribute, "enabled");
            table.row_security = enabled.is_none_or(|v| lowering.flag(v));
            let force = values::named(attribute, "force");
            table.force_row_security = force.is_some_and(|v| lowering.flag(v));
        }
        ("partitionBy", Some(value)) => table.partition_by = lowering.text(value),
        ("inherits", Some(value)) => {
            for parent in model::context::as_list(value) {
                if let Some(path) = lowering.resolve_relation(parent) {
                    table.inherits.push(quote_path(&path));
                }
            }
        }
        ("ofType", Some(value)) => table.of_type = lowering.text(value),
        ("accessMethod", Some(value)) => table.access_method = lowering.word(value),
        ("tablespace", Some(value)) => table.tablespace = lowering.word(value),
        ("replicaIdentity", Some(value)) => {
            table.replica_identity = lowering.word(value).map(|word| word.to_uppercase());
        }
        (
            name @ ("partitionBy" | "inherits" | "ofType" | "accessMethod" | "tablespace"
            | "replicaIdentity"),
            None,
        ) => {
            let message = format!("`@@{name}` needs a value");
            lowering.error(&code::E0808, attribute.span, message);
        }
        _ => {}
    }
}

/// `@@with(fillfactor: 70, toast: { autovacuum_enabled: false })`
fn storage_parameters(lowering: &mut Lowering<'_>, table: &mut Table, attribute: &Attribute) {
    if let Some(map) = values::unnamed(attribute, 0) {
        table.options = lowering.options(map);
    }
    for arg in attribute.args.iter().flat_map(|a| &a.list) {
        let (Some(name), Some(value)) = (&arg.name, &arg.value) else { continue };
        if name.text == "toast" && matches!(value.kind, ExprKind::Object(_)) {
            table.toast_options = lowering.options(value);
        } else if let Some(text) = lowering.word(value) {
            table.options.insert(name.text.clone(), text);
        }
    }
}

/// The table behind an implicit many-to-many relation, as Prisma makes it.
fn join_table(lowering: &mut Lowering<'_>, join: &JoinTable) {
    let namespace = Lowering::namespace(join.namespace.as_ref());
    let path = vec![namespace.clone(), join.table.clone()];
    let table = ObjectId::new("table", path.clone());
    let span = lowering.model.field_syntax(join.a).span;
    lowering.push(Object::new(table.clone()), span);
    let sides = [("A", join.a, join.a_key), ("B", join.b, join.b_key)];
    for (position, (name, side, key)) in (1..).zip(sides) {
        // Column `A` holds keys of the table that the field on side `a` stands in.
        let field = &lowering.model.table(side.table).fields[key];
        let mut column = Object::new(ObjectId::new("column", [&path[0], &path[1], name]));
        column.position = position;
        column.write(&column::Column {
            type_name: column::lower::type_sql(lowering, field),
            not_null: true,
            ..column::Column::default()
        });
        lowering.push_part(column, &table, span);
    }
    let columns = vec!["A".to_owned(), "B".to_owned()];
    let key = constraint::Constraint {
        kind: "primary_key".into(),
        columns,
        ..constraint::Constraint::default()
    };
    constraint::lower::push(lowering, &table, &join.primary_key, &key, span);
    let mut object = Object::new(ObjectId::new("index", [&namespace, &join.index]));
    object.write(&index::Index {
        method: "btree".into(),
        keys: vec![index::Key { column: Some("B".into()), ..index::Key::default() }],
        ..index::Index::default()
    });
    lowering.push_part(object, &table, span);
    let constraints = [&join.a_constraint, &join.b_constraint];
    for ((name, side, key), constraint) in sides.into_iter().zip(constraints) {
        if let Some(constraint) = constraint {
            join_key(lowering, &table, name, (side.table, key), constraint, span);
        }
    }
}

fn join_key(
    lowering: &mut Lowering<'_>,
    table: &ObjectId,
    column: &str,
    (referenced, key): (TableId, usize),
    name: &str,
    span: Span,
) {
    let constraint = constraint::Constraint {
        kind: "foreign_key".into(),
        columns: vec![column.to_owned()],
        references: lowering.path(referenced),
        referenced_columns: vec![lowering.model.table(referenced).fields[key].column.clone()],
        on_delete: Some("CASCADE".into()),
        on_update: Some("CASCADE".into()),
        ..constraint::Constraint::default()
    };
    constraint::lower::push(lowering, table, name, &constraint, span);
}
