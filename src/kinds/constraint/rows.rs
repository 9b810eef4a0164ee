//! What a new constraint says of the rows that are there.

use super::Constraint;
use crate::{
    kinds::{
        Context,
        rows::{self, RowCheck, shown},
    },
    schema::Object,
    sql::{quote_ident, quote_path},
};

/// The questions to ask before a constraint is created or replaced.
pub(super) fn checks(
    from: Option<&Object>,
    to: Option<&Object>,
    cx: &Context<'_>,
) -> Vec<RowCheck> {
    let Some(to) = to.filter(|o| rows::keeps_table(o, cx)) else { return Vec::new() };
    let constraint: Constraint = to.read();
    let table = &to.id.path[..2];
    let ready = rows::has_columns(table, &constraint.columns, cx.from);
    if constraint.not_valid || constraint.not_enforced || !ready {
        return Vec::new();
    }
    let unchanged = from.is_some_and(|o| {
        ["columns", "expression", "references", "referenced_columns", "not_valid"]
            .iter()
            .all(|facet| o.facets.get(*facet) == to.facets.get(*facet))
    });
    if unchanged {
        return Vec::new();
    }
    let check = match constraint.kind.as_str() {
        "primary_key" | "unique" => Some(key(to, &constraint)),
        "foreign_key" => foreign_key(to, &constraint, cx),
        "check" => check(to, &constraint, cx),
        _ => None,
    };
    check.into_iter().collect()
}

fn key(object: &Object, constraint: &Constraint) -> RowCheck {
    let keys: Vec<String> = constraint.columns.iter().map(|c| quote_ident(c)).collect();
    let message = format!(
        "{{n}} values of `{}` stand more than once, which `{}` forbids",
        constraint.columns.join(", "),
        object.id.name()
    );
    let not_null: Vec<String> = keys.iter().map(|k| format!("{k} IS NOT NULL")).collect();
    let condition = (!constraint.nulls_not_distinct).then(|| not_null.join(" AND "));
    RowCheck::of_duplicates(&object.id.path[..2], &keys, condition.as_deref(), message)
}

fn foreign_key(object: &Object, constraint: &Constraint, cx: &Context<'_>) -> Option<RowCheck> {
    let known = rows::has_columns(&constraint.references, &constraint.referenced_columns, cx.from);
    known.then(|| {
        let pairs = constraint.columns.iter().zip(&constraint.referenced_columns);
        let (set, equal): (Vec<String>, Vec<String>) = pairs
            .map(|(own, other)| {
                let (own, other) = (quote_ident(own), quote_ident(other));
                (format!("t.{own} IS NOT NULL"), format!("r.{other} = t.{own}"))
            })
            .unzip();
        let condition = format!(
            "{} AND NOT EXISTS (SELECT FROM {} AS r WHERE {})",
            set.join(" AND "),
            quote_path(&constraint.references),
            equal.join(" AND ")
        );
        let message = format!(
            "{{n}} rows of `{}` refer to no row of `{}`, which `{}` demands",
            shown(&object.id.path[..2]),
            shown(&constraint.references),
            object.id.name()
        );
        RowCheck::of_rows("H0402", true, &object.id.path[..2], &condition, cx.from, message)
    })
}

fn check(object: &Object, constraint: &Constraint, cx: &Context<'_>) -> Option<RowCheck> {
    let expression = constraint.expression.as_ref()?;
    // What it names has to be there already.
    let columns = object.deps.iter().filter(|d| d.is("column"));
    let known = columns.clone().all(|c| cx.from.get(c).is_some());
    known.then(|| {
        let message = format!(
            "{{n}} rows of `{}` violate `{}`",
            shown(&object.id.path[..2]),
            object.id.name()
        );
        let condition = format!("NOT ({expression})");
        RowCheck::of_rows("H0402", true, &object.id.path[..2], &condition, cx.from, message)
    })
}
