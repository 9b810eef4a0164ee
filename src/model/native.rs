//! Native types: `@db.VarChar(10)`.

use super::{
    AttributeRef, FieldType, NativeType, Scalar, TableId,
    context::{Context, describe, did_you_mean},
    scalar::{NATIVE_TYPES, NativeInfo},
};
use crate::{
    syntax::ast::{Arg, Attribute, ExprKind},
    text::{Diagnostic, Span, code},
};

/// Reads the native type of a field and puts it into its type.
pub(super) fn read_native_type(
    ctx: &mut Context<'_>,
    (id, field): (TableId, usize),
    scoped: &[(AttributeRef, &Attribute)],
    strict: bool,
) {
    let Some((_, attribute)) = scoped.first() else { return };
    if let Some((_, second)) = scoped.get(1) {
        let message = "a field has one native type";
        let found = Diagnostic::error(&code::E0202, second.span, message);
        ctx.push(found.also(attribute.span, "the first one"));
        return;
    }
    let kind = ctx.model.tables[id.0].fields[field].kind.clone();
    let FieldType::Scalar(scalar, _) = kind else {
        let message = format!("`@{}` is for fields of a built-in type", attribute.path.text);
        ctx.error(&code::E0201, attribute.path.span, message);
        return;
    };
    let native = read(ctx, attribute, scalar, strict);
    ctx.model.tables[id.0].fields[field].kind = FieldType::Scalar(scalar, native);
}

fn read(
    ctx: &mut Context<'_>,
    attribute: &Attribute,
    scalar: Scalar,
    strict: bool,
) -> Option<NativeType> {
    let (scope, name) = attribute.path.text.split_once('.').unwrap_or(("", ""));
    check_scope(ctx, attribute, scope, name, strict);
    if !ctx.is_postgres() {
        return None;
    }
    let Some(info) = NATIVE_TYPES.iter().find(|t| t.name == name) else {
        report_unknown(ctx, attribute, name, scalar);
        return None;
    };
    let list = attribute.args.as_ref().map_or(&[][..], |a| &a.list);
    if list.len() > info.max_args {
        let message = match info.max_args {
            0 => format!("native type `{name}` takes no arguments, found {}", list.len()),
            1 => format!("native type `{name}` takes at most 1 argument, found {}", list.len()),
            n => format!("native type `{name}` takes at most {n} arguments, found {}", list.len()),
        };
        ctx.error(&code::E0602, attribute.span, message);
        return None;
    }
    if info.scalar != scalar {
        let message = format!(
            "native type `{name}` is for fields of type `{}`, not `{}`",
            info.scalar.name(),
            scalar.name()
        );
        ctx.error(&code::E0603, attribute.span, message);
        return None;
    }
    let mut args = Vec::new();
    for arg in list {
        args.push(read_argument(ctx, arg)?);
    }
    let native = NativeType { name: info.name, args };
    check_range(ctx, info, &native, attribute.span).then_some(native)
}

fn check_scope(
    ctx: &mut Context<'_>,
    attribute: &Attribute,
    scope: &str,
    name: &str,
    strict: bool,
) {
    let expected = match &ctx.model.datasource {
        Some(source) if strict => source.name.clone(),
        Some(source) if scope == source.name => return,
        None if strict => return,
        _ => "db".to_owned(),
    };
    if scope == expected {
        return;
    }
    let message = format!("`@{scope}` names no datasource: it is called `{expected}`");
    let found = Diagnostic::error(&code::E0605, attribute.path.span, message);
    ctx.push(found.help(format!("write `@{expected}.{name}`")));
}

fn report_unknown(ctx: &mut Context<'_>, attribute: &Attribute, name: &str, scalar: Scalar) {
    let message = format!("unknown native type `{name}`");
    let fitting = NATIVE_TYPES.iter().filter(|t| t.scalar == scalar).map(|t| t.name);
    let near = did_you_mean(name, NATIVE_TYPES.iter().map(|t| t.name)).unwrap_or_else(|| {
        let names: Vec<_> = fitting.map(|n| format!("`{n}`")).collect();
        format!("a `{}` may be {}", scalar.name(), names.join(", "))
    });
    ctx.push(Diagnostic::error(&code::E0601, attribute.path.span, message).help(near));
}

fn read_argument(ctx: &mut Context<'_>, arg: &Arg) -> Option<u32> {
    let value = arg.value.as_ref()?;
    if let ExprKind::Number(digits) = &value.kind
        && let Ok(number) = digits.parse()
    {
        return Some(number);
    }
    let message = format!("expected a whole number, found {}", describe(value));
    ctx.error(&code::E0604, value.span, message);
    None
}

fn check_range(ctx: &mut Context<'_>, info: &NativeInfo, native: &NativeType, span: Span) -> bool {
    let problem = match (info.name, &native.args[..]) {
        ("Decimal", [precision, ..]) if !(1..=1000).contains(precision) => {
            "the precision of a `Decimal` is from 1 to 1000".to_owned()
        }
        ("Decimal", [precision, scale]) if scale > precision => {
            "the scale of a `Decimal` is at most its precision".to_owned()
        }
        ("Bit" | "VarBit" | "VarChar" | "Char", [0]) => {
            format!("the length of a `{}` is at least 1", info.name)
        }
        ("Timestamp" | "Timestamptz" | "Time" | "Timetz", [precision]) if *precision > 6 => {
            format!("the precision of a `{}` is from 0 to 6", info.name)
        }
        _ => return true,
    };
    ctx.error(&code::E0604, span, problem);
    false
}
