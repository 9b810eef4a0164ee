//! NOT NULL constraints that are objects (18 and later): those with a name that PostgreSQL would
//! not give, and those that a column's `NOT NULL` cannot stand for.

use super::{
    Constraint,
    ddl::{definition, on},
};
use crate::{
    kinds::{Context, column},
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_ident},
};

/// One that a column's `NOT NULL` stands for is there already, under PostgreSQL's own name.
pub(super) fn create(object: &Object, c: &Constraint, cx: &Context<'_>) -> Vec<Statement> {
    if plain(c) && is_not_null(object, c, cx.to) {
        return rename(object, c, &default_name(object, c), object.id.name());
    }
    let valid = if c.not_valid { " NOT VALID" } else { "" };
    vec![on(object, &format!("ADD {}{valid}", definition(object)))]
}

/// A column that stays `NOT NULL` keeps the constraint under PostgreSQL's own name; one that
/// changes drops it by itself.
pub(super) fn drop(object: &Object, c: &Constraint, cx: &Context<'_>) -> Vec<Statement> {
    let name = object.id.name();
    if !plain(c) {
        return vec![on(object, &format!("DROP CONSTRAINT {}", quote_ident(name)))];
    }
    if !is_not_null(object, c, cx.to) {
        return Vec::new();
    }
    let mut out = Vec::new();
    if object.facets.contains_key("comment") {
        let (name, table) = (quote_ident(name), column::relation(object));
        out.push(Statement::new(format!("COMMENT ON CONSTRAINT {name} ON {table} IS NULL")));
    }
    out.extend(rename(object, c, name, &default_name(object, c)));
    out
}

/// Renaming goes down to the tables that inherit; theirs cannot be renamed alone.
fn rename(object: &Object, c: &Constraint, from: &str, to: &str) -> Vec<Statement> {
    if c.inherited || from == to {
        return Vec::new();
    }
    let (from, to) = (quote_ident(from), quote_ident(to));
    vec![on(object, &format!("RENAME CONSTRAINT {from} TO {to}"))]
}

fn plain(c: &Constraint) -> bool {
    !c.not_valid && !c.no_inherit
}

fn is_not_null(object: &Object, c: &Constraint, state: &Schema) -> bool {
    let mut path = object.id.path[..2].to_vec();
    path.extend(c.columns.first().cloned());
    state.get(&ObjectId::new("column", path)).is_some_and(|column| column.flag("not_null"))
}

/// As `makeObjectName` of PostgreSQL cuts it to 63 bytes.
fn default_name(object: &Object, c: &Constraint) -> String {
    let table = object.id.path[1].as_str();
    let column = c.columns.first().map(String::as_str).unwrap_or_default();
    let (mut t, mut a) = (table.len(), column.len());
    while t + a > 53 {
        if t > a { t -= 1 } else { a -= 1 }
    }
    let cut = |text: &str, mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text[..at].to_owned()
    };
    format!("{}_{}_not_null", cut(table, t), cut(column, a))
}
