//! From indexes to `@unique`, `@@unique` and `@@index`.

use super::{Index, Key};
use crate::{
    kinds::{
        column, constraint,
        partition::print::Implied,
        print::{Printing, options},
    },
    model::{IndexAlgorithm, constraint_names},
    schema::{Object, ObjectId},
    sql::unquote_path,
    syntax::ast::{Arg, Attribute, Block, Expr},
};

/// Adds the indexes of a table: to the field where that says it all, else to the block.
pub(crate) fn indexes(
    printing: &Printing<'_>,
    table: &Object,
    implied: &Implied,
    block: &mut Block,
    out: &mut Vec<Attribute>,
) {
    let stated = |o: &&Object| !implied.parts.contains(&o.id);
    for object in printing.parts(&table.id, "index").filter(stated) {
        out.extend(constraint::print::put(block, attribute(printing, table, object)));
    }
}

/// An index as an attribute of the block.
pub(crate) fn attribute(printing: &Printing<'_>, table: &Object, object: &Object) -> Attribute {
    let index = &object.read::<Index>();
    let word = if index.unique { "unique" } else { "index" };
    let keys = index.keys.iter().map(|k| key(printing, table, k));
    let mut out = Attribute::new(word).arg(Expr::array(keys));
    if object.id.name() != computed_name(table, index).unwrap_or_default() {
        out = out.named("map", object.id.name());
    }
    if index.method != "btree" {
        let known = IndexAlgorithm::ALL.into_iter().find(|a| a.sql() == index.method);
        let value = match known {
            Some(known) => Expr::path(known.name()),
            None => Expr::string(&index.method),
        };
        out = out.named("type", value);
    }
    if let Some(predicate) = &index.predicate {
        out = out.named("where", Expr::call("raw", [Arg::from(Expr::text(predicate))]));
    }
    arguments(printing, table, object, index, out)
}

fn arguments(
    printing: &Printing<'_>,
    table: &Object,
    object: &Object,
    index: &Index,
    mut out: Attribute,
) -> Attribute {
    if !index.include.is_empty() {
        let fields = constraint::print::fields(printing, table, &index.include);
        out = out.named("include", Expr::array(fields.into_iter().map(Expr::path)));
    }
    let flags = [
        ("nullsNotDistinct", index.nulls_not_distinct),
        ("clustered", index.clustered),
        ("replicaIdentity", index.replica_identity),
    ];
    for (name, value) in flags {
        if value {
            out = out.named(name, true);
        }
    }
    if !index.options.is_empty() {
        out = out.named("with", options(&index.options));
    }
    if let Some(tablespace) = &index.tablespace {
        out = out.named("tablespace", tablespace.as_str());
    }
    if !index.statistics.is_empty() {
        let entries = index.statistics.iter();
        let entries = entries.map(|(n, t)| (n.as_str().into(), Expr::from(i64::from(*t))));
        out = out.named("statistics", Expr::object(entries));
    }
    if let Some(comment) = &index.comment {
        out = out.named("comment", Expr::text(comment));
    }
    constraint::print::attached(printing, object, out)
}

/// The name that Prisma makes; none for an index over expressions, which it does not have.
fn computed_name(table: &Object, index: &Index) -> Option<String> {
    let columns: Option<Vec<&str>> = index.keys.iter().map(|k| k.column.as_deref()).collect();
    let (name, columns) = (table.id.name(), columns?);
    Some(if index.unique {
        constraint_names::unique(name, &columns, constraint::print::MAX_NAME)
    } else {
        constraint_names::index(name, &columns, constraint::print::MAX_NAME)
    })
}

fn key(printing: &Printing<'_>, table: &Object, key: &Key) -> Expr {
    let mut args: Vec<Arg> = Vec::new();
    let mut named = |name: &str, value: Expr| {
        args.push(Arg { name: Some(name.into()), value: Some(value), ..Arg::default() });
    };
    if let Some(collation) = &key.collation {
        named("collate", Expr::string(&column::print::collation_name(collation)));
    }
    if let Some(opclass) = &key.opclass {
        named("ops", ops(opclass));
    }
    if !key.opclass_options.is_empty() {
        named("opclassOptions", options(&key.opclass_options));
    }
    if key.descending {
        named("sort", Expr::path("Desc"));
    }
    if let Some(nulls) = &key.nulls {
        named("nulls", Expr::path(if nulls == "FIRST" { "First" } else { "Last" }));
    }
    match (&key.column, &key.expression) {
        (Some(column), _) => {
            let name = printing.names.field(&table.id.path, column);
            if args.is_empty() { Expr::path(name) } else { Expr::call(name, args) }
        }
        (None, expression) => {
            let text = Expr::text(expression.as_deref().unwrap_or_default());
            Expr::call("raw", std::iter::once(Arg::from(text)).chain(args))
        }
    }
}

/// `JsonbPathOps` as Prisma has it; `raw("gin_trgm_ops")` for others.
fn ops(sql: &str) -> Expr {
    let name = match unquote_path(sql).as_deref() {
        Some([namespace, name]) if namespace == "pg_catalog" => crate::sql::quote_ident(name),
        _ => sql.to_owned(),
    };
    if name == "jsonb_path_ops" {
        return Expr::path("JsonbPathOps");
    }
    Expr::call("raw", [Arg::from(Expr::string(&name))])
}

/// Whether a primary key or unique is over exactly these columns, as the model sees it.
pub(crate) fn is_unique(printing: &Printing<'_>, table: &ObjectId, columns: &[String]) -> bool {
    let mut wanted: Vec<&str> = columns.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    let same = |found: Vec<&str>| {
        let mut found = found;
        found.sort_unstable();
        found == wanted
    };
    let constraints = printing.parts(table, "constraint").any(|o| {
        let c: constraint::Constraint = o.read();
        matches!(c.kind.as_str(), "primary_key" | "unique")
            && same(c.columns.iter().map(String::as_str).collect())
    });
    constraints
        || printing.parts(table, "index").any(|o| {
            let index: Index = o.read();
            let columns: Option<Vec<&str>> =
                index.keys.iter().map(|k| k.column.as_deref()).collect();
            index.unique && index.predicate.is_none() && columns.is_some_and(same)
        })
}
