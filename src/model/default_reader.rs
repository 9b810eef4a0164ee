//! Reads `@default(…)`: whether the value fits the field.

use super::{
    ClientFunction, DefaultValue, EnumId, FieldType, Literal, Scalar,
    args::ArgReader,
    context::{Context, describe, did_you_mean},
};
use crate::{
    syntax::ast::{Arity, Call, Expr, ExprKind},
    text::{Diagnostic, code},
};

/// Functions that a default may call.
const FUNCTIONS: &[&str] =
    &["autoincrement", "now", "dbgenerated", "uuid", "cuid", "nanoid", "ulid", "auto"];

/// Reads the attribute; none where it is wrong.
pub(super) fn read_default(
    ctx: &mut Context<'_>,
    mut args: ArgReader<'_>,
    kind: &FieldType,
    arity: Arity,
    strict: bool,
) -> Option<DefaultValue> {
    let value = args.expect_default(ctx, "value");
    if let Some(map) = args.named("map") {
        let message = "PostgreSQL has no names for default values";
        ctx.push(Diagnostic::error(&code::E0213, map.span, message).help("remove `map`"));
    }
    args.finish(ctx, strict, &["value", "map"], &["comment"]);
    let value = value?;
    if let ExprKind::Call(call) = &value.kind {
        return read_function(ctx, value, call, kind, arity);
    }
    if let FieldType::Unsupported(_) = kind {
        let message = format!(
            "the default of an `Unsupported` field is `dbgenerated(\"…\")`, found {}",
            describe(value)
        );
        ctx.error(&code::E0507, value.span, message);
        return None;
    }
    match (&value.kind, arity) {
        (ExprKind::Array(array), Arity::List) => {
            let items = array.items.iter().map(|i| read_literal(ctx, i, kind));
            items
                .collect::<Vec<_>>()
                .into_iter()
                .collect::<Option<Vec<_>>>()
                .map(DefaultValue::List)
        }
        (_, Arity::List) => {
            let message = format!("the default of a list is a list, found {}", describe(value));
            let found = Diagnostic::error(&code::E0506, value.span, message);
            ctx.push(found.help("write it in brackets: `[…]`"));
            None
        }
        (ExprKind::Array(_), _) => {
            let message = "the default of a field that is no list cannot be a list";
            ctx.error(&code::E0506, value.span, message);
            None
        }
        _ => read_literal(ctx, value, kind).map(DefaultValue::Literal),
    }
}

fn read_literal(ctx: &mut Context<'_>, value: &Expr, kind: &FieldType) -> Option<Literal> {
    match kind {
        FieldType::Enum(id) => read_label(ctx, value, *id),
        FieldType::Scalar(scalar, _) => read_scalar(ctx, value, *scalar),
        _ => None,
    }
}

fn read_label(ctx: &mut Context<'_>, value: &Expr, id: EnumId) -> Option<Literal> {
    let ExprKind::Path(name) = &value.kind else {
        let message = format!("expected a value of an enum, found {}", describe(value));
        ctx.error(&code::E0505, value.span, message);
        return None;
    };
    let found = &ctx.model.enums[id.0];
    if let Some(known) = found.values.iter().find(|v| v.name == *name) {
        return Some(Literal::EnumLabel(known.label.clone()));
    }
    let message = format!("`{name}` is not a value of enum `{}`", found.name);
    let near = did_you_mean(name, found.values.iter().map(|v| v.name.as_str()));
    ctx.push(Diagnostic::error(&code::E0505, value.span, message).maybe_help(near));
    None
}

fn read_scalar(ctx: &mut Context<'_>, value: &Expr, scalar: Scalar) -> Option<Literal> {
    use Scalar::{BigInt, Boolean, Bytes, DateTime, Decimal, Float, Int, Json, String as Text};
    let text = match &value.kind {
        ExprKind::String(text) => Some(text.value().into_owned()),
        ExprKind::TextBlock(text) => Some(text.clone()),
        _ => None,
    };
    let (literal, problem) = match (scalar, &value.kind, text) {
        (Boolean, ExprKind::Path(name), _) if name == "true" || name == "false" => {
            (Literal::Boolean(name == "true"), None)
        }
        (Int | BigInt, ExprKind::Number(digits), _) => {
            let whole = digits.parse::<i64>().is_ok();
            let problem = (!whole).then(|| format!("`{digits}` is not a whole number of 64 bits"));
            (Literal::Number(digits.clone()), problem)
        }
        (Float | Decimal, ExprKind::Number(digits), _) => (Literal::Number(digits.clone()), None),
        (Text, _, Some(text)) => (Literal::Text(text), None),
        (Decimal, _, Some(text)) => {
            let problem = (!is_decimal(&text)).then(|| format!("`{text}` is not a number"));
            (Literal::Number(text), problem)
        }
        (Json, _, Some(text)) => {
            let read = serde_json::from_str::<serde::de::IgnoredAny>(&text);
            let problem = read.err().map(|e| format!("this is not JSON: {e}"));
            (Literal::Text(text), problem)
        }
        (DateTime, _, Some(text)) => {
            let problem = (!is_rfc3339(&text))
                .then(|| format!("`{text}` is not a date and time as RFC 3339 writes it"));
            (Literal::Text(text), problem)
        }
        (Bytes, _, Some(text)) => match decode_base64(&text) {
            Some(bytes) => (Literal::Bytes(bytes), None),
            None => (Literal::Text(text), Some("this is not base64".to_owned())),
        },
        _ => {
            report_mismatch(ctx, value, scalar);
            return None;
        }
    };
    if let Some(problem) = problem {
        let found = Diagnostic::error(&code::E0504, value.span, problem);
        ctx.push(found.maybe_help(example_of(scalar)));
        return None;
    }
    Some(literal)
}

fn report_mismatch(ctx: &mut Context<'_>, value: &Expr, scalar: Scalar) {
    let name = scalar.name();
    let message = format!("expected a default of type `{name}`, found {}", describe(value));
    let help = match (scalar, &value.kind) {
        (Scalar::Boolean, ExprKind::Path(word)) if word.eq_ignore_ascii_case("true") => {
            Some("write `true`".to_owned())
        }
        (Scalar::Boolean, ExprKind::Path(word)) if word.eq_ignore_ascii_case("false") => {
            Some("write `false`".to_owned())
        }
        (Scalar::Boolean, _) => Some("write `true` or `false`".to_owned()),
        (Scalar::Int | Scalar::BigInt | Scalar::Float, ExprKind::String(text))
            if is_decimal(&text.raw) =>
        {
            Some(format!("remove the quotes: `{}`", text.raw))
        }
        (Scalar::String, ExprKind::Number(text) | ExprKind::Path(text)) => {
            Some(format!("put it in quotes: `\"{text}\"`"))
        }
        _ => example_of(scalar),
    };
    ctx.push(Diagnostic::error(&code::E0501, value.span, message).maybe_help(help));
}

fn example_of(scalar: Scalar) -> Option<String> {
    let example = match scalar {
        Scalar::DateTime => "`\"2026-11-24T14:30:00Z\"`, or `now()`",
        Scalar::Json => "`\"{ \\\"a\\\": 1 }\"`",
        Scalar::Bytes => "`\"aGVsbG8=\"`",
        _ => return None,
    };
    Some(format!("write it as in {example}"))
}

fn read_function(
    ctx: &mut Context<'_>,
    value: &Expr,
    call: &Call,
    kind: &FieldType,
    arity: Arity,
) -> Option<DefaultValue> {
    let name = call.path.text.as_str();
    if name == "dbgenerated" {
        return read_dbgenerated(ctx, value, call);
    }
    if let FieldType::Unsupported(_) = kind {
        let message = format!(
            "the default of an `Unsupported` field is `dbgenerated(\"…\")`, found `{name}`"
        );
        ctx.error(&code::E0507, value.span, message);
        return None;
    }
    if arity == Arity::List {
        let message = format!("the default of a list is a list, found {}", describe(value));
        ctx.error(&code::E0506, value.span, message);
        return None;
    }
    let scalar = match kind {
        FieldType::Scalar(scalar, _) => *scalar,
        _ => {
            let message = format!("expected a value of an enum, found {}", describe(value));
            ctx.error(&code::E0505, value.span, message);
            return None;
        }
    };
    let (fits, types) = match name {
        "autoincrement" => (matches!(scalar, Scalar::Int | Scalar::BigInt), "`Int` or `BigInt`"),
        "now" => (scalar == Scalar::DateTime, "`DateTime`"),
        "uuid" | "cuid" | "nanoid" | "ulid" => (scalar == Scalar::String, "`String`"),
        "auto" => {
            let message = "`auto()` is for MongoDB";
            let found = Diagnostic::error(&code::E0502, call.path.span, message);
            ctx.push(found.help("write `autoincrement()`, `uuid()` or `dbgenerated(\"…\")`"));
            return None;
        }
        _ => {
            let message = format!("unknown function `{name}` in `@default`");
            let near = did_you_mean(name, FUNCTIONS.iter().copied());
            let help = near.unwrap_or_else(|| format!("write SQL as `dbgenerated(\"{name}()\")`"));
            ctx.push(Diagnostic::error(&code::E0502, call.path.span, message).help(help));
            return None;
        }
    };
    if !fits {
        let message = format!("`{name}()` is for fields of type {types}, not `{}`", scalar.name());
        ctx.error(&code::E0501, value.span, message);
        return None;
    }
    let argument = read_function_args(ctx, value, call)?;
    Some(match name {
        "autoincrement" => DefaultValue::Autoincrement,
        "now" => DefaultValue::Now,
        _ => DefaultValue::Client(ClientFunction { name: name.to_owned(), argument }),
    })
}

/// The number that a function is given; none, reported, where it is not one that it takes.
fn read_function_args(ctx: &mut Context<'_>, value: &Expr, call: &Call) -> Option<Option<u32>> {
    let name = call.path.text.as_str();
    let takes = match name {
        "uuid" => "no argument, `4` or `7`",
        "cuid" => "no argument, `1` or `2`",
        "nanoid" => "no argument or a length from 2 to 255",
        _ => "no argument",
    };
    let given = match &call.args.list[..] {
        [] => return Some(None),
        [arg] => arg.value.as_ref().and_then(|v| match &v.kind {
            ExprKind::Number(digits) => digits.parse::<u32>().ok(),
            _ => None,
        }),
        _ => None,
    };
    let fits = match (name, given) {
        ("uuid", Some(version)) => matches!(version, 4 | 7),
        ("cuid", Some(version)) => matches!(version, 1 | 2),
        ("nanoid", Some(length)) => (2..=255).contains(&length),
        _ => false,
    };
    if fits {
        return Some(given);
    }
    let message = format!("`{name}()` takes {takes}");
    let found = Diagnostic::error(&code::E0503, value.span, message);
    ctx.push(found.help(format!("write `{name}()`")));
    None
}

fn read_dbgenerated(ctx: &mut Context<'_>, value: &Expr, call: &Call) -> Option<DefaultValue> {
    let text = match &call.args.list[..] {
        [] => return Some(DefaultValue::DbGenerated(None)),
        [arg] if arg.name.is_none() || arg.name.as_ref().is_some_and(|n| n.text == "value") => {
            arg.value.as_ref().and_then(|v| match &v.kind {
                ExprKind::String(text) => Some(text.value().into_owned()),
                ExprKind::TextBlock(text) => Some(text.clone()),
                _ => None,
            })
        }
        _ => None,
    };
    match text {
        Some(text) if !text.is_empty() => Some(DefaultValue::DbGenerated(Some(text))),
        _ => {
            let message = "`dbgenerated()` takes no argument, or one string that is not empty";
            let found = Diagnostic::error(&code::E0503, value.span, message);
            ctx.push(found.help("write the SQL expression: `dbgenerated(\"gen_random_uuid()\")`"));
            None
        }
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let exponent = exponent.is_none_or(|e| e.parse::<i32>().is_ok());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    exponent && all_digits(whole) && all_digits(part) && !(whole.is_empty() && part.is_empty())
}

/// `2026-11-24T14:30:00.5+01:00`, with nothing left out.
fn is_rfc3339(text: &str) -> bool {
    let shape = b"0000-00-00T00:00:00";
    let (bytes, length) = (text.as_bytes(), shape.len());
    if bytes.len() <= length {
        return false;
    }
    let shaped = shape.iter().zip(bytes).all(|(s, b)| match s {
        b'0' => b.is_ascii_digit(),
        b'T' => matches!(b, b'T' | b't' | b' '),
        _ => s == b,
    });
    let rest = &bytes[length..];
    let zone = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            &fraction[digits..]
        }
        _ => rest,
    };
    let zoned = match zone {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()),
        _ => false,
    };
    shaped && zoned && text.to_uppercase().parse::<jiff::Timestamp>().is_ok()
}

/// Standard base64 with padding.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let value = |b: u8| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let padding = text.len() - text.trim_end_matches('=').len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let (mut out, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        buffer = (buffer << 6) | u32::from(value(byte)?);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits & 0xff) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_to_be_complete() {
        for good in
            ["2019-06-17T14:20:57Z", "2020-09-21T20:00:00+02:00", "2020-01-02T03:04:05.678Z"]
        {
            assert!(is_rfc3339(good), "{good}");
        }
        for bad in ["Hugo", "2020-09-*1T20:00:00+02:00", "2020-13-01T00:00:00Z", "2020-01-01"] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }

    #[test]
    fn base64_is_decoded() {
        assert_eq!(decode_base64("aGVsbG8gd29ybGQ=").as_deref(), Some(&b"hello world"[..]));
        assert_eq!(decode_base64(""), Some(Vec::new()));
        assert_eq!(decode_base64("a"), None);
        assert_eq!(decode_base64("a$=="), None);
    }
}
