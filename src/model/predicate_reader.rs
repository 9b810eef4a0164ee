//! Reads which rows an index holds: `where: …`.

use super::{
    Condition, Field, FieldType, Predicate, TableId,
    args::ArgReader,
    context::{Context, describe, did_you_mean},
};
use crate::{
    syntax::ast::{Arg, Call, Expr, ExprKind},
    text::{Diagnostic, code},
};

/// `where: raw("…")` or `where: { field: value }`.
pub(super) fn read_predicate(
    ctx: &mut Context<'_>,
    id: TableId,
    args: &mut ArgReader<'_>,
    strict: bool,
) -> Option<Predicate> {
    let value = args.named("where")?;
    if strict && !ctx.features.contains("partialIndexes") {
        let message = "`where` needs the preview feature `partialIndexes`";
        let found = Diagnostic::error(&code::E0706, value.span, message);
        ctx.push(found.help("add `previewFeatures = [\"partialIndexes\"]` to the generator"));
    }
    match &value.kind {
        ExprKind::Call(call) if call.path.text == "raw" => {
            Some(Predicate::Raw(read_raw(ctx, value, call)?))
        }
        ExprKind::String(_) | ExprKind::TextBlock(_) if !strict => {
            ctx.string(value).map(Predicate::Raw)
        }
        ExprKind::Object(entries) if !entries.is_empty() => {
            let mut conditions = Vec::new();
            for (name, wanted) in entries {
                let found = ctx.model.tables[id.0].field_named(&name.text);
                let Some(field) = found else {
                    let table = &ctx.model.tables[id.0];
                    let message = format!("`{}` has no field `{}`", table.name, name.text);
                    let names = table.fields.iter().map(|f| f.name.as_str());
                    let near = did_you_mean(&name.text, names);
                    let found = Diagnostic::error(&code::E0301, name.span, message);
                    ctx.push(found.maybe_help(near));
                    continue;
                };
                if let Some(condition) = read_condition(ctx, (id, field), wanted) {
                    conditions.push((field, condition));
                }
            }
            Some(Predicate::Fields(conditions))
        }
        _ => {
            let message =
                format!("expected `raw(\"…\")` or `{{ field: value }}`, found {}", describe(value));
            ctx.error(&code::E0207, value.span, message);
            None
        }
    }
}

fn read_condition(
    ctx: &mut Context<'_>,
    (id, field): (TableId, usize),
    wanted: &Expr,
) -> Option<Condition> {
    let field = ctx.model.tables[id.0].fields[field].clone();
    if matches!(field.kind, FieldType::Relation(_)) {
        let message = format!("`{}` is a relation field: it has no column", field.name);
        ctx.error(&code::E0302, wanted.span, message);
        return None;
    }
    let is_null = |e: &Expr| matches!(&e.kind, ExprKind::Path(name) if name == "null");
    match &wanted.kind {
        ExprKind::Object(entries) => match &entries[..] {
            [(name, value)] if name.text == "not" && is_null(value) => Some(Condition::IsNotNull),
            [(name, value)] if name.text == "not" => {
                check_condition(ctx, &field, value).then(|| Condition::Differs(value.clone()))
            }
            _ => {
                let message = "a condition is a value, `null` or `{ not: value }`";
                ctx.error(&code::E0207, wanted.span, message);
                None
            }
        },
        _ if is_null(wanted) => Some(Condition::IsNull),
        ExprKind::Array(_) | ExprKind::Call(_) => {
            let message = format!("a condition is a value, found {}", describe(wanted));
            ctx.error(&code::E0207, wanted.span, message);
            None
        }
        _ => check_condition(ctx, &field, wanted).then(|| Condition::Equals(wanted.clone())),
    }
}

/// Whether a field can be compared with a value.
fn check_condition(ctx: &mut Context<'_>, field: &Field, value: &Expr) -> bool {
    use super::Scalar::{BigInt, Boolean, Decimal, Float, Int};
    let fits = match (&field.kind, &value.kind) {
        (FieldType::Scalar(Boolean, _), ExprKind::Path(word)) => word == "true" || word == "false",
        (FieldType::Scalar(Boolean, _), _) => false,
        (FieldType::Scalar(Int | BigInt | Float, _), kind) => matches!(kind, ExprKind::Number(_)),
        (FieldType::Scalar(Decimal, _), kind) => {
            matches!(kind, ExprKind::Number(_) | ExprKind::String(_))
        }
        (FieldType::Scalar(..), kind) => matches!(kind, ExprKind::String(_)),
        (FieldType::Enum(id), ExprKind::Path(name)) => {
            ctx.model.enums[id.0].values.iter().any(|v| v.name == *name)
        }
        _ => true,
    };
    if !fits {
        let message = format!("`{}` cannot be compared with {}", field.name, describe(value));
        ctx.error(&code::E0207, value.span, message);
    }
    fits
}

/// The text in `raw("…")`.
pub(super) fn read_raw(ctx: &mut Context<'_>, value: &Expr, call: &Call) -> Option<String> {
    if let [Arg { value: Some(text), .. }] = &call.args.list[..] {
        let found = ctx.string(text)?;
        if !found.trim().is_empty() {
            return Some(found);
        }
    }
    let message = "`raw` takes one string that is not empty";
    ctx.error(&code::E0503, value.span, message);
    None
}
