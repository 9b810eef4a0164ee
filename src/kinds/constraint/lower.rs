//! From keys, relations, `@@check` and `@@exclude` to constraints.

use std::collections::{BTreeMap, BTreeSet};

use super::Constraint;
use crate::{
    kinds::{lower::Lowering, partition::Partition, sequence, values},
    model::{Action, Key, KeyPart, Relation, TableId},
    schema::{Object, ObjectId},
    sql::lex::tokens,
    syntax::ast::{Attribute, Entry, Expr, ExprKind},
    text::{Span, code},
};

/// Adds a constraint of a table.
pub(crate) fn push(
    lowering: &mut Lowering<'_>,
    table: &ObjectId,
    name: &str,
    constraint: &Constraint,
    span: Span,
) {
    let path = table.path.iter().map(String::as_str).chain([name]);
    let mut object = Object::new(ObjectId::new("constraint", path));
    object.write(constraint);
    if constraint.kind == "foreign_key" {
        object.deps.insert(ObjectId::new("table", constraint.references.clone()));
    }
    lowering.push_part(object, table, span);
}

/// Lowers a primary key, or a unique that is a constraint.
pub(crate) fn key(lowering: &mut Lowering<'_>, id: TableId, key: &Key, table: &ObjectId) {
    let attribute = lowering.model.attribute(key.attribute);
    let fields = &lowering.model.table(id).fields;
    let columns = key.columns.iter().filter_map(|c| match c.part {
        KeyPart::Field(field) => Some(fields[field].column.clone()),
        KeyPart::Expression(_) => None,
    });
    let primary = key.kind == crate::model::IndexKind::Primary;
    let mut constraint = Constraint {
        kind: if primary { "primary_key" } else { "unique" }.to_owned(),
        columns: columns.collect(),
        ..Constraint::default()
    };
    arguments(lowering, id, attribute, &mut constraint);
    push(lowering, table, &key.constraint, &constraint, attribute.span);
    attach(lowering, table, &key.constraint, attribute, true);
}

/// What a constraint may say besides its columns.
fn arguments(
    lowering: &mut Lowering<'_>,
    id: TableId,
    attribute: &Attribute,
    constraint: &mut Constraint,
) {
    for arg in attribute.args.iter().flat_map(|a| &a.list) {
        let (Some(name), Some(value)) = (&arg.name, &arg.value) else { continue };
        let c = &mut *constraint;
        match name.text.as_str() {
            "include" => c.include = columns(lowering, id, value),
            "onDeleteColumns" => c.on_delete_columns = columns(lowering, id, value),
            "nullsNotDistinct" => c.nulls_not_distinct = lowering.flag(value),
            "deferrable" => deferrable(lowering, value, c),
            "withoutOverlaps" | "period" => c.period = lowering.flag(value),
            "with" => c.options = lowering.options(value),
            "tablespace" => c.tablespace = lowering.word(value),
            "clustered" => c.clustered = lowering.flag(value),
            "replicaIdentity" => c.replica_identity = lowering.flag(value),
            "noInherit" => c.no_inherit = lowering.flag(value),
            "notValid" => c.not_valid = lowering.flag(value),
            "notEnforced" => c.not_enforced = lowering.flag(value),
            "inherited" => c.inherited = lowering.flag(value),
            "comment" => c.comment = lowering.text(value),
            "match" => c.match_full = lowering.word(value).is_some_and(|word| word == "Full"),
            _ => {}
        }
    }
}

/// `deferrable: true`, `deferrable: InitiallyDeferred`
fn deferrable(lowering: &mut Lowering<'_>, value: &Expr, constraint: &mut Constraint) {
    match &value.kind {
        ExprKind::Path(word) if word == "InitiallyDeferred" => {
            constraint.deferrable = true;
            constraint.initially_deferred = true;
        }
        _ => constraint.deferrable = lowering.flag(value),
    }
}

/// The columns of fields that an argument names.
pub(crate) fn columns(lowering: &mut Lowering<'_>, id: TableId, value: &Expr) -> Vec<String> {
    let words = lowering.words(value);
    let table = lowering.model.table(id);
    words
        .into_iter()
        .filter_map(|word| match table.field_named(&word) {
            Some(field) => Some(table.fields[field].column.clone()),
            None => {
                let message = format!("`{}` has no field `{word}`", table.name);
                lowering.error(&code::E0808, value.span, message);
                None
            }
        })
        .collect()
}

/// `attach: "index"`: the index or constraint of the partitioned table that the one of a
/// partition belongs to; `only: true`: partitions have none.
pub(crate) fn attach(
    lowering: &mut Lowering<'_>,
    table: &ObjectId,
    name: &str,
    attribute: &Attribute,
    constraint: bool,
) {
    let parent = if constraint {
        ObjectId::new("constraint", [table.path[0].as_str(), &table.path[1], name])
    } else {
        ObjectId::new("index", [table.path[0].as_str(), name])
    };
    if values::named(attribute, "only").is_some_and(|v| lowering.flag(v)) {
        lowering.alone.insert(parent.clone());
    }
    let Some(value) = values::named(attribute, "attach") else { return };
    let Some(of) = lowering.word(value) else { return };
    let path = vec![table.path[0].clone(), name.to_owned()];
    attachment(lowering, path, &parent, vec![table.path[0].clone(), of], value.span);
}

/// Adds the attachment of an index to the index of the partitioned table.
pub(crate) fn attachment(
    lowering: &mut Lowering<'_>,
    path: Vec<String>,
    parent: &ObjectId,
    of: Vec<String>,
    span: Span,
) {
    let mut object = Object::new(ObjectId::new("index_attachment", path));
    object.facets.insert("of".into(), of.into());
    lowering.push_part(object, parent, span);
}

/// Lowers a relation that is a foreign key.
pub(crate) fn foreign_key(lowering: &mut Lowering<'_>, relation: &Relation, _number: usize) {
    let Some(name) = &relation.constraint else { return };
    let id = relation.table();
    let attribute = lowering.model.attribute(relation.attribute);
    let names = |table: TableId, fields: &[usize]| -> Vec<String> {
        let all = &lowering.model.table(table).fields;
        fields.iter().map(|field| all[*field].column.clone()).collect()
    };
    let action = |action: Action| match action {
        Action::NoAction => None,
        other => Some(other.sql().to_owned()),
    };
    let mut constraint = Constraint {
        kind: "foreign_key".into(),
        columns: names(id, &relation.fields),
        references: lowering.path(relation.referenced),
        referenced_columns: names(relation.referenced, &relation.references),
        on_delete: action(relation.on_delete),
        on_update: action(relation.on_update),
        ..Constraint::default()
    };
    arguments(lowering, id, attribute, &mut constraint);
    let table = ObjectId::new("table", lowering.path(id));
    push(lowering, &table, name, &constraint, attribute.span);
}

/// Lowers `@@check`, `@check` and `@@exclude` of a table.
pub(crate) fn checks(lowering: &mut Lowering<'_>, id: TableId, table: &ObjectId) {
    let block = lowering.model.block(lowering.model.table(id).block);
    let mut names = Names::default();
    let mut found: Vec<(&Attribute, Option<&str>)> = Vec::new();
    for entry in &block.entries {
        match entry {
            Entry::Attribute(item) => found.push((&item.attribute, None)),
            Entry::Field(field) => {
                let name = field.name.text.as_str();
                found.extend(field.attributes.iter().map(|a| (a, Some(name))));
            }
            _ => {}
        }
    }
    for (attribute, _) in &found {
        if let Some(ExprKind::String(name)) = values::named(attribute, "map").map(|v| &v.kind) {
            names.taken.insert(name.value().into_owned());
        }
    }
    for (attribute, field) in found {
        let kind = attribute.path.text.as_str();
        if !matches!((kind, field), ("check", _) | ("exclude", None)) {
            continue;
        }
        let Some(text) = values::unnamed(attribute, 0).and_then(|v| lowering.text(v)) else {
            let message = format!("`{kind}` needs an expression");
            lowering.error(&code::E0808, attribute.span, message);
            continue;
        };
        let mut constraint = Constraint::default();
        let name = values::named(attribute, "map").and_then(|v| lowering.text(v));
        let name = name.unwrap_or_else(|| names.make(lowering, id, kind, &text));
        if kind == "check" {
            constraint.kind = "check".into();
            constraint.expression = Some(text);
        } else {
            constraint.kind = "exclusion".into();
            constraint.exclude = Some(text);
        }
        arguments(lowering, id, attribute, &mut constraint);
        push(lowering, table, &name, &constraint, attribute.span);
        if kind == "exclude" {
            attach(lowering, table, &name, attribute, true);
        }
    }
}

/// Names that PostgreSQL gives to checks that have none.
#[derive(Default)]
struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    fn make(&mut self, lowering: &Lowering<'_>, id: TableId, kind: &str, text: &str) -> String {
        let table = lowering.model.table(id);
        let columns: Vec<&str> = table.columns().map(|(_, f)| f.column.as_str()).collect();
        let label = if kind == "check" { "check" } else { "excl" };
        for attempt in 0.. {
            let name = made_name(&table.table, &columns, text, label, attempt);
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
        unreachable!("some number is free")
    }
}

/// `<table>_<column>_check` for a check of one column, `<table>_check` for others (heap.c).
pub(crate) fn made_name(
    table: &str,
    columns: &[&str],
    expression: &str,
    label: &str,
    attempt: u32,
) -> String {
    let names: BTreeSet<String> = tokens(expression)
        .iter()
        .filter_map(|token| token.name())
        .filter(|name| columns.contains(&name.as_str()))
        .collect();
    let column = match names.iter().next() {
        Some(only) if names.len() == 1 => only.as_str(),
        _ => "",
    };
    sequence::names::object_name(table, column, label, attempt)
}

/// What foreign keys and attachments of indexes need: the keys of the other table.
pub(crate) fn connect(lowering: &mut Lowering<'_>) {
    let mut keys: BTreeMap<Vec<String>, Vec<ObjectId>> = BTreeMap::new();
    let mut indexes: BTreeMap<Vec<String>, ObjectId> = BTreeMap::new();
    let mut tables: BTreeMap<ObjectId, Vec<String>> = BTreeMap::new();
    for item in &lowering.draft.objects {
        let object = &item.object;
        let Some(parent) = object.parent.as_ref() else { continue };
        let by_constraint = matches!(object.text("type"), Some("primary_key" | "unique"));
        let index = object.id.is("index");
        if index || object.id.is("constraint") && object.text("type") != Some("foreign_key") {
            let path = vec![object.id.path[0].clone(), object.id.name().to_owned()];
            indexes.insert(path, object.id.clone());
            tables.insert(object.id.clone(), parent.path.clone());
        }
        if object.id.is("constraint") && by_constraint || index && object.flag("unique") {
            keys.entry(parent.path.clone()).or_default().push(object.id.clone());
        }
    }
    let partitions = partitions(lowering);
    for item in &mut lowering.draft.objects {
        let object = &mut item.object;
        if object.id.is("constraint") && object.text("type") == Some("foreign_key") {
            let constraint: Constraint = object.read();
            object.deps.extend(keys.get(&constraint.references).into_iter().flatten().cloned());
        } else if object.id.is("index_attachment") {
            let mut of = crate::kinds::index_attachment::of(object);
            let table = object.parent.as_ref().and_then(|index| tables.get(index));
            if let Some(whole) = table.and_then(|table| partitions.get(table)) {
                of[0].clone_from(&whole[0]);
                object.facets.insert("of".into(), of.clone().into());
            }
            object.deps.extend(indexes.get(&of).cloned());
        }
    }
}

/// The partitioned table of each partition, by path.
fn partitions(lowering: &Lowering<'_>) -> BTreeMap<Vec<String>, Vec<String>> {
    let all = lowering.draft.objects.iter().map(|d| &d.object).filter(|o| o.id.is("partition"));
    all.map(|o| (o.id.path.clone(), o.read::<Partition>().of)).collect()
}
