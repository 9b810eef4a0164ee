//! What a change does to the rows that are there: questions that a database answers before
//! anything runs.

use super::Context;
use crate::{
    schema::{Object, ObjectId, Schema},
    sql::{quote_ident, quote_literal, quote_path},
};

/// A question about rows, and what it means when there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowCheck {
    /// Code of the hazard.
    pub hazard: &'static str,
    /// What goes wrong; `{n}` stands for the number of rows.
    pub message: String,
    /// A query that returns how many rows are concerned, one `bigint`.
    pub count: String,
    /// A query that returns one of them as text, at most one row.
    pub example: Option<String>,
    /// Whether the change then fails; otherwise it loses what is there.
    pub fails: bool,
}

impl RowCheck {
    /// A question about the rows of a table, as alias `t`, that satisfy a condition.
    pub(crate) fn of_rows(
        hazard: &'static str,
        fails: bool,
        table: &[String],
        condition: &str,
        state: &Schema,
        message: String,
    ) -> Self {
        let rows = format!("FROM {} AS t WHERE {condition}", quote_path(table));
        let example = key_of(table, state).map(|key| format!("SELECT {key} {rows} LIMIT 1"));
        Self { hazard, message, count: format!("SELECT count(*) {rows}"), example, fails }
    }

    /// A question about values that stand more than once.
    pub(crate) fn of_duplicates(
        table: &[String],
        keys: &[String],
        condition: Option<&str>,
        message: String,
    ) -> Self {
        let list = keys.join(", ");
        let condition = condition.map(|c| format!(" WHERE {c}")).unwrap_or_default();
        let groups = format!(
            "SELECT concat_ws(', ', {list}) AS value FROM {}{condition} GROUP BY {list} HAVING count(*) > 1",
            quote_path(table)
        );
        Self {
            hazard: "H0403",
            message,
            count: format!("SELECT count(*) FROM ({groups}) AS g"),
            example: Some(format!("SELECT value FROM ({groups}) AS g LIMIT 1")),
            fails: true,
        }
    }
}

/// The primary key of a table's rows, as text: `id = 7`.
fn key_of(table: &[String], state: &Schema) -> Option<String> {
    let key =
        state.of_kind_under("constraint", table).find(|c| c.text("type") == Some("primary_key"))?;
    let columns: Vec<String> = serde_json::from_value(key.facets.get("columns")?.clone()).ok()?;
    let parts: Vec<String> = columns
        .iter()
        .map(|c| format!("{} || t.{}::text", quote_literal(&format!("{c} = ")), quote_ident(c)))
        .collect();
    Some(format!("concat_ws(', ', {})", parts.join(", ")))
}

/// Whether the table of an object is there before and after, so that its rows matter.
pub(crate) fn keeps_table(object: &Object, cx: &Context<'_>) -> bool {
    // The path of an index does not hold its table.
    let table = match &object.parent {
        Some(parent) if parent.is("table") => parent.clone(),
        _ => ObjectId::new("table", object.id.path[..2].to_vec()),
    };
    cx.from.get(&table).is_some() && cx.to.get(&table).is_some()
}

/// Whether the table has all these columns already.
pub(crate) fn has_columns(table: &[String], columns: &[String], state: &Schema) -> bool {
    columns.iter().all(|name| {
        let path = table.iter().chain(std::iter::once(name)).cloned();
        state.get(&ObjectId::new("column", path)).is_some()
    })
}

/// A name as a message shows it: without `public`.
pub(crate) fn shown(path: &[String]) -> String {
    match path {
        [namespace, rest @ ..] if namespace == "public" => rest.join("."),
        path => path.join("."),
    }
}
