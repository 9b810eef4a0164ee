//! From constraints to `@id`, `@unique`, `@relation`, `@@check`, `@@exclude`.

use super::{Constraint, lower::made_name};
use crate::{
    kinds::{
        index,
        partition::print::Implied,
        print::{Printing, options},
        table::print::field_mut,
    },
    model::constraint_names,
    schema::{Object, ObjectId},
    syntax::ast::{Arg, Arity, Attribute, Block, Expr, ExprKind, Field},
};

/// The longest name that PostgreSQL keeps, in bytes.
pub(crate) const MAX_NAME: usize = 63;

/// Adds primary key and uniques: to the field where that says it all, else to the block.
pub(crate) fn keys(
    printing: &Printing<'_>,
    table: &Object,
    implied: &Implied,
    block: &mut Block,
    out: &mut Vec<Attribute>,
) {
    let stated = |o: &&Object| !implied.parts.contains(&o.id);
    for object in printing.parts(&table.id, "constraint").filter(stated) {
        if let Some(attribute) = key(printing, table, object) {
            out.extend(put(block, attribute));
        }
    }
}

/// A primary key or unique as an attribute of the block.
pub(crate) fn key(printing: &Printing<'_>, table: &Object, object: &Object) -> Option<Attribute> {
    let constraint: Constraint = object.read();
    let primary = match constraint.kind.as_str() {
        "primary_key" => true,
        "unique" => false,
        _ => return None,
    };
    let word = if primary { "id" } else { "unique" };
    let columns: Vec<&str> = constraint.columns.iter().map(String::as_str).collect();
    let computed = if primary {
        constraint_names::primary_key(table.id.name(), MAX_NAME)
    } else {
        constraint_names::unique(table.id.name(), &columns, MAX_NAME)
    };
    let mut tail = Attribute::new(word);
    if object.id.name() != computed {
        tail = tail.named("map", object.id.name());
    }
    if !primary {
        tail = tail.named("constraint", true);
    }
    tail = arguments(printing, table, &constraint, tail);
    tail = attached(printing, object, tail);
    Some(with_fields(fields(printing, table, &constraint.columns), tail))
}

/// Puts a key to its field where that says it all, or gives it back.
pub(crate) fn put(block: &mut Block, mut attribute: Attribute) -> Option<Attribute> {
    let args = attribute.args.as_mut()?;
    let word = attribute.path.text.as_str();
    let plain = |arg: &Arg| {
        arg.name.as_ref().is_none_or(|name| matches!(name.text.as_str(), "map" | "constraint"))
    };
    let only = match args.list.first().and_then(|arg| arg.value.as_ref()).map(|v| &v.kind) {
        Some(ExprKind::Array(array)) => match array.items.as_slice() {
            [Expr { kind: ExprKind::Path(name), .. }] => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    if matches!(word, "id" | "unique")
        && let Some(only) = only
        && args.list.iter().all(plain)
        && let Some(field) = field_mut(block, &only)
        && !field.attributes.iter().any(|a| a.path.text == word)
    {
        args.list.remove(0);
        if args.list.is_empty() {
            attribute.args = None;
        }
        field.attributes.insert(0, attribute);
        return None;
    }
    Some(attribute)
}

/// Puts the list of fields before the other arguments.
pub(crate) fn with_fields(fields: Vec<String>, tail: Attribute) -> Attribute {
    let list = Expr::array(fields.into_iter().map(Expr::path));
    let mut attribute = Attribute::new(tail.path).arg(list);
    if let (Some(args), Some(more)) = (&mut attribute.args, tail.args) {
        args.list.extend(more.list);
    }
    attribute
}

/// Columns of a table by the names of their fields.
pub(crate) fn fields(printing: &Printing<'_>, table: &Object, columns: &[String]) -> Vec<String> {
    columns.iter().map(|c| printing.names.field(&table.id.path, c).to_owned()).collect()
}

/// `attach: "index"` where an index of a partition belongs to one of its table, `only: true` where
/// one of a partitioned table has none in some partition.
pub(crate) fn attached(
    printing: &Printing<'_>,
    object: &Object,
    attribute: Attribute,
) -> Attribute {
    let attribute =
        if printing.is_alone(object) { attribute.named("only", true) } else { attribute };
    match printing.parts(&object.id, "index_attachment").next() {
        Some(attachment) => {
            let of = crate::kinds::index_attachment::of(attachment);
            attribute.named("attach", of.last().map_or("", String::as_str))
        }
        None => attribute,
    }
}

fn arguments(
    printing: &Printing<'_>,
    table: &Object,
    c: &Constraint,
    mut out: Attribute,
) -> Attribute {
    let list = |columns: &[String]| {
        Expr::array(fields(printing, table, columns).into_iter().map(Expr::path))
    };
    let flags = [
        ("nullsNotDistinct", c.nulls_not_distinct),
        ("withoutOverlaps", c.period && c.kind != "foreign_key"),
        ("period", c.period && c.kind == "foreign_key"),
        ("clustered", c.clustered),
        ("replicaIdentity", c.replica_identity),
        ("noInherit", c.no_inherit),
        ("notValid", c.not_valid),
        ("notEnforced", c.not_enforced),
        ("inherited", c.inherited),
    ];
    for (name, value) in flags {
        if value {
            out = out.named(name, true);
        }
    }
    if !c.include.is_empty() {
        out = out.named("include", list(&c.include));
    }
    if !c.on_delete_columns.is_empty() {
        out = out.named("onDeleteColumns", list(&c.on_delete_columns));
    }
    if c.initially_deferred {
        out = out.named("deferrable", Expr::path("InitiallyDeferred"));
    } else if c.deferrable {
        out = out.named("deferrable", true);
    }
    if c.match_full {
        out = out.named("match", Expr::path("Full"));
    }
    if !c.options.is_empty() {
        out = out.named("with", options(&c.options));
    }
    if let Some(tablespace) = &c.tablespace {
        out = out.named("tablespace", tablespace.as_str());
    }
    if let Some(comment) = &c.comment {
        out = out.named("comment", Expr::text(comment));
    }
    out
}

/// `@@check` and `@@exclude` of a table.
pub(crate) fn checks(
    printing: &Printing<'_>,
    table: &Object,
    implied: &Implied,
    out: &mut Vec<Attribute>,
) {
    let columns: Vec<&str> = printing.parts(&table.id, "column").map(|c| c.id.name()).collect();
    let stated = |o: &&Object| !implied.parts.contains(&o.id);
    for object in printing.parts(&table.id, "constraint").filter(stated) {
        let constraint: Constraint = object.read();
        let (word, text) = match (&constraint.expression, &constraint.exclude) {
            (Some(text), _) => ("check", text),
            (_, Some(text)) => ("exclude", text),
            _ => continue,
        };
        let mut attribute = Attribute::new(word).arg(Expr::text(text));
        let made = made_name(table.id.name(), &columns, text, "check", 0);
        if word == "exclude" || object.id.name() != made {
            attribute = attribute.named("map", object.id.name());
        }
        attribute = arguments(printing, table, &constraint, attribute);
        out.push(attached(printing, object, attribute));
    }
}

/// The relation fields of a table, by foreign key: those of its own, then those of foreign keys
/// that refer to it.
pub(crate) fn relations(printing: &Printing<'_>, table: &Object) -> Vec<(ObjectId, Field)> {
    let own = printing.parts(&table.id, "constraint");
    let own = own.filter(|o| o.text("type") == Some("foreign_key"));
    let mut out: Vec<(ObjectId, Field)> =
        own.filter_map(|o| Some((o.id.clone(), forward(printing, table, o)?))).collect();
    out.extend(back_relations(printing, table));
    out
}

/// The fields of foreign keys that refer to a table.
pub(crate) fn back_relations(printing: &Printing<'_>, table: &Object) -> Vec<(ObjectId, Field)> {
    let others = printing.references.get(&table.id.path).into_iter().flatten();
    others.filter_map(|o| Some((o.id.clone(), back(printing, o)?))).collect()
}

fn forward(printing: &Printing<'_>, table: &Object, object: &Object) -> Option<Field> {
    let constraint: Constraint = object.read();
    let names = printing.names.relation(&object.id)?;
    let columns: Vec<&str> = constraint.columns.iter().map(String::as_str).collect();
    let optional = columns.iter().any(|c| !is_required(printing, &table.id.path, c));
    let referenced = ObjectId::new("table", constraint.references.clone());
    let mut relation = Attribute::new("relation");
    if let Some(name) = &names.relation {
        relation = relation.arg(name.as_str());
    }
    let of = printing.schema.get(&referenced)?;
    let list = |table: &Object, columns: &[String]| {
        Expr::array(fields(printing, table, columns).into_iter().map(Expr::path))
    };
    relation = relation.named("fields", list(table, &constraint.columns));
    relation = relation.named("references", list(of, &constraint.referenced_columns));
    let default = if optional { "SET NULL" } else { "RESTRICT" };
    let on_delete = constraint.on_delete.as_deref().unwrap_or("NO ACTION");
    let on_update = constraint.on_update.as_deref().unwrap_or("NO ACTION");
    if on_delete != default {
        relation = relation.named("onDelete", Expr::path(action(on_delete)));
    }
    if on_update != "CASCADE" {
        relation = relation.named("onUpdate", Expr::path(action(on_update)));
    }
    if object.id.name() != constraint_names::foreign_key(table.id.name(), &columns, MAX_NAME) {
        relation = relation.named("map", object.id.name());
    }
    relation = arguments(printing, table, &constraint, relation);
    let arity = if optional { Arity::Optional } else { Arity::Required };
    let field = Field::new(names.field.as_str(), printing.names.block(&referenced));
    Some(field.arity(arity).with(relation))
}

/// The opposite field: one row where the foreign key is unique, else a list.
fn back(printing: &Printing<'_>, object: &Object) -> Option<Field> {
    let constraint: Constraint = object.read();
    let names = printing.names.relation(&object.id)?;
    let table = object.parent.as_ref()?;
    let unique = index::print::is_unique(printing, table, &constraint.columns);
    let arity = if unique { Arity::Optional } else { Arity::List };
    let mut field =
        Field::new(names.opposite.as_deref()?, printing.names.block(table)).arity(arity);
    if let Some(name) = &names.relation {
        field = field.with(Attribute::new("relation").arg(name.as_str()));
    }
    Some(field)
}

fn is_required(printing: &Printing<'_>, table: &[String], column: &str) -> bool {
    let path = table.iter().map(String::as_str).chain([column]);
    printing
        .schema
        .get(&ObjectId::new("column", path))
        .is_some_and(|c| c.flag("not_null") && c.text("type").is_some_and(|t| !t.ends_with("[]")))
}

fn action(sql: &str) -> &'static str {
    crate::model::Action::ALL.into_iter().find(|a| a.sql() == sql).map_or("NoAction", |a| a.name())
}
