//! What changing a column does to the values in it.

use super::{Column, cast};
use crate::{
    kinds::{
        Context,
        rows::{self, RowCheck, shown},
    },
    schema::{Object, ObjectId},
    sql::quote_ident,
};

/// The questions to ask before a column is added, changed or dropped.
pub(super) fn checks(
    from: Option<&Object>,
    to: Option<&Object>,
    cx: &Context<'_>,
) -> Vec<RowCheck> {
    let Some(object) = from.or(to) else { return Vec::new() };
    if !object.parent.as_ref().is_some_and(|p| p.is("table")) || !rows::keeps_table(object, cx) {
        return Vec::new();
    }
    match (from, to) {
        (Some(from), None) => vec![dropped(from, cx)],
        (None, Some(to)) => added(to, cx).into_iter().collect(),
        (Some(from), Some(to)) => {
            let (old, new): (Column, Column) = (from.read(), to.read());
            let retyped = retyped(from, &old, &new, cx);
            let required = required(from, &old, &new, cx);
            retyped.into_iter().chain(required).collect()
        }
        (None, None) => Vec::new(),
    }
}

fn dropped(object: &Object, cx: &Context<'_>) -> RowCheck {
    let condition = format!("t.{} IS NOT NULL", quote_ident(object.id.name()));
    let message = format!("`{}` still holds {{n}} non-null values", shown(&object.id.path));
    RowCheck::of_rows("H0302", false, &object.id.path[..2], &condition, cx.from, message)
}

fn added(object: &Object, cx: &Context<'_>) -> Option<RowCheck> {
    let column: Column = object.read();
    let default = ObjectId::new("default", object.id.path.clone());
    let filled =
        cx.to.get(&default).is_some() || column.identity.is_some() || column.generated.is_some();
    (column.not_null && !filled).then(|| {
        let table = &object.id.path[..2];
        let message = format!(
            "`{}` is required and has no default, and `{}` holds {{n}} rows",
            shown(&object.id.path),
            shown(table)
        );
        RowCheck::of_rows("H0401", true, table, "true", cx.from, message)
    })
}

fn required(object: &Object, old: &Column, new: &Column, cx: &Context<'_>) -> Option<RowCheck> {
    (new.not_null && !old.not_null).then(|| {
        let condition = format!("t.{} IS NULL", quote_ident(object.id.name()));
        let message = format!("`{}` is NULL in {{n}} rows", shown(&object.id.path));
        RowCheck::of_rows("H0402", true, &object.id.path[..2], &condition, cx.from, message)
    })
}

/// Values that do not survive the cast and back, or that the cast refuses.
fn retyped(object: &Object, old: &Column, new: &Column, cx: &Context<'_>) -> Option<RowCheck> {
    if old.type_name == new.type_name || new.generated.is_some() {
        return None;
    }
    if cast::widens(&old.type_name, &new.type_name) {
        return None;
    }
    let name = format!("t.{}", quote_ident(object.id.name()));
    let cast = cast::expression(&name, &old.type_name, &new.type_name);
    let back = cast::expression(&cast, &new.type_name, &old.type_name);
    let condition = format!("({back})::text IS DISTINCT FROM {name}::text");
    // Assignment to a shorter string refuses what an explicit cast would cut.
    let fails = cast::is_string(&new.type_name) && cast::is_string(&old.type_name);
    let verb = if fails { "do not fit" } else { "are not the same in" };
    let message =
        format!("{{n}} values of `{}` {verb} `{}`", shown(&object.id.path), new.type_name);
    Some(RowCheck::of_rows("H0307", fails, &object.id.path[..2], &condition, cx.from, message))
}
