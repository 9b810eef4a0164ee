//! A column whose existing rows get values that the server cannot make up without rewriting the
//! table: added empty, filled in batches, then constrained.

use super::{Column, ddl};
use crate::{
    kinds::{Context, rows},
    schema::{Object, ObjectId, Schema},
    sql::{Statement, expr, quote_ident},
};

/// Functions of `pg_catalog` that are volatile and may stand in a default.
const VOLATILE: &[&str] = &[
    "clock_timestamp",
    "currval",
    "gen_random_uuid",
    "lastval",
    "nextval",
    "random",
    "random_normal",
    "setval",
    "timeofday",
    "uuidv4",
    "uuidv7",
];

/// Whether each row gets a value of its own, so that `ADD COLUMN` rewrites the table (manual,
/// "ALTER TABLE", Notes). Expressions are spelled by the server: what is not qualified is its own.
pub(super) fn is_volatile(expression: &str, state: &Schema) -> bool {
    expr::calls(expression).iter().any(|call| match call.schema() {
        None | Some("pg_catalog") => VOLATILE.contains(&call.last()),
        Some(namespace) => {
            let path = [namespace.to_owned(), call.last().to_owned()];
            let mut known = state.of_kind_under("function", &path).peekable();
            // Without a word about it a function is volatile; one of an extension may be.
            known.peek().is_none() || known.any(|f| f.text("volatility").is_none())
        }
    })
}

/// The statements, where the table is in use and has a key to go by. The rows get `expression`;
/// without one the default that the column has from the beginning.
pub(super) fn statements(
    object: &Object,
    default: Option<&str>,
    expression: Option<&str>,
    cx: &Context<'_>,
) -> Option<Vec<Statement>> {
    let column: Column = object.read();
    let plain = object.parent.as_ref().is_some_and(|p| p.is("table"))
        && column.generated.is_none()
        && column.identity.is_none()
        && !column.inherited;
    if !plain || !cx.in_use(object.parent.as_ref()) {
        return None;
    }
    let key = key(object, cx)?;
    let mut empty = object.clone();
    empty.facets.remove("not_null");
    let name = quote_ident(object.id.name());
    let mut out = vec![ddl::on(object, &format!("ADD COLUMN {}", ddl::line(&empty, None)))];
    if let Some(default) = default {
        out.push(ddl::on(object, &format!("ALTER COLUMN {name} SET DEFAULT {default}")));
    }
    out.extend(ddl::settings(object));
    out.push(Statement::outside_transaction(format!(
        "-- driftless: batch key={key}\nUPDATE {} SET {name} = {} WHERE {name} IS NULL",
        ddl::relation(object),
        expression.unwrap_or("DEFAULT"),
    )));
    if column.not_null {
        out.extend(ddl::not_null_change(object, &column, cx));
    }
    Some(out)
}

/// The primary key if it stays, or else the pages of a table that has some.
fn key(object: &Object, cx: &Context<'_>) -> Option<String> {
    let table = &object.id.path[..2];
    let primary = cx
        .from
        .of_kind_under("constraint", table)
        .find(|c| c.text("type") == Some("primary_key"))
        .filter(|c| cx.to.get(&c.id).is_some());
    let columns: Option<Vec<String>> =
        primary.and_then(|c| serde_json::from_value(c.facets.get("columns")?.clone()).ok());
    let fits = |columns: &Vec<String>| {
        rows::has_columns(table, columns, cx.to)
            && columns.iter().all(|c| !c.contains([',', ' ', '\n', '\t']))
    };
    if let Some(columns) = columns.filter(fits) {
        return Some(columns.iter().map(|c| quote_ident(c)).collect::<Vec<_>>().join(","));
    }
    let table = cx.from.get(&ObjectId::new("table", table.to_vec()))?;
    let paged = !table.facets.contains_key("partition_by") && cx.server_version() >= 140_000;
    // What is published cannot be updated without a replica identity.
    let published = [cx.from, cx.to].iter().any(|s| s.of_kind("publication").next().is_some());
    let identified = table.text("replica_identity") == Some("FULL");
    (paged && (identified || !published)).then(|| "ctid".to_owned())
}
