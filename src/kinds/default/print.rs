//! From the expression of a column's default to what Prisma writes for it, where lowering that gives
//! the same expression again.

use super::meaning::items;
use crate::{
    kinds::print::Printing,
    sql::lex::{Token, TokenKind, tokens},
    syntax::ast::Expr,
};

/// The value of `@default(…)`; none where only `dbgenerated("…")` will do.
pub(crate) fn literal(printing: &Printing<'_>, type_name: &str, text: &str) -> Option<Expr> {
    exactly(printing, type_name, text)
        .or_else(|| printing.psl.then(|| alike(printing, type_name, text)).flatten())
}

/// What Prisma's language writes alike.
fn alike(printing: &Printing<'_>, type_name: &str, text: &str) -> Option<Expr> {
    if text == "now()" {
        return exactly(printing, type_name, "CURRENT_TIMESTAMP");
    }
    let element = type_name.strip_suffix("[]")?;
    let items = items(text)?.into_iter().map(|item| {
        let number = || item.parse::<f64>().is_ok().then(|| Expr::number(item.as_str()));
        Some(match element {
            "smallint" | "integer" | "bigint" | "real" | "double precision" | "numeric" => {
                number()?
            }
            "boolean" => Expr::path(matches!(item.as_str(), "t" | "true").to_string()),
            "text" | "character varying" | "uuid" => Expr::string(&item),
            _ => {
                let found = printing.enums.get(element)?;
                Expr::path(printing.names.value(&found.id, &item))
            }
        })
    });
    Some(Expr::array(items.collect::<Option<Vec<Expr>>>()?))
}

fn exactly(printing: &Printing<'_>, type_name: &str, text: &str) -> Option<Expr> {
    if text == "CURRENT_TIMESTAMP" {
        let date = ["timestamp", "date", "time"].iter().any(|t| type_name.starts_with(t));
        return (date && !type_name.ends_with("[]")).then(|| Expr::call("now", []));
    }
    match type_name.strip_suffix("[]") {
        Some(element) => list(printing, element, text),
        None => one(printing, type_name, text),
    }
}

/// One value. PostgreSQL spells a literal with its type behind it, a number from 0 to 2³¹-1 as it is.
fn one(printing: &Printing<'_>, type_name: &str, text: &str) -> Option<Expr> {
    let base = type_name.split('(').next().unwrap_or(type_name).trim_end();
    match base {
        "smallint" | "integer" | "bigint" => integer(text),
        "oid" => text.bytes().all(|b| b.is_ascii_digit()).then(|| integer(text)).flatten(),
        "real" | "double precision" | "numeric" => integer(text).or_else(|| decimal(text)),
        "boolean" => matches!(text, "true" | "false").then(|| Expr::path(text)),
        "text" | "character varying" | "uuid" | "json" | "jsonb" | "public.citext" | "inet" => {
            string(text, base).map(|value| Expr::string(&value))
        }
        "character" => string(text, "bpchar").map(|value| Expr::string(&value)),
        "bytea" => {
            let hex = string(text, "bytea")?;
            Some(Expr::string(&base64(hex.strip_prefix("\\x")?)?))
        }
        _ => {
            let found = printing.enums.get(type_name)?;
            let label = string(text, type_name)?;
            let labels: crate::kinds::enum_type::EnumType = found.read();
            labels
                .values
                .contains(&label)
                .then(|| Expr::path(printing.names.value(&found.id, &label)))
        }
    }
}

/// `ARRAY['a'::text, 'b'::text]`
fn list(printing: &Printing<'_>, element: &str, text: &str) -> Option<Expr> {
    if element.contains('(') || element.ends_with("[]") {
        // The type with its modifier stands in a cast around the array.
        return None;
    }
    let inner = text.strip_prefix("ARRAY[")?;
    if let Some(cast) = inner.strip_prefix("]::") {
        return (cast.strip_suffix("[]") == Some(element)).then(|| Expr::array([]));
    }
    let inner = inner.strip_suffix(']')?;
    let plain = matches!(element, "integer" | "bigint" | "text" | "boolean" | "double precision")
        || printing.enums.contains_key(element);
    if !plain || element == "bigint" || element == "double precision" {
        return None;
    }
    let mut items = Vec::new();
    let mut start = 0;
    let mut depth = 0;
    for token in tokens(inner) {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 0 => {
                items.push(one(printing, element, inner[start..token.start].trim())?);
                start = token.end();
            }
            _ => {}
        }
    }
    items.push(one(printing, element, inner[start..].trim())?);
    Some(Expr::array(items))
}

/// `5`, `'-5'::integer`, `'5000000000'::bigint`
fn integer(text: &str) -> Option<Expr> {
    let limit = i64::from(i32::MAX);
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<i64>().is_ok_and(|n| n <= limit).then(|| Expr::number(text));
    }
    let fits = |type_name: &str, range: &dyn Fn(i64) -> bool| {
        let digits = string(text, type_name)?;
        let number: i64 = digits.parse().ok()?;
        (range(number) && number.to_string() == digits).then(|| Expr::number(digits))
    };
    fits("integer", &|n| n < 0 && n >= -limit)
        .or_else(|| fits("bigint", &|n| (n > limit || n < -limit) && n != i64::MIN))
}

/// `1.5`, `'-1.5'::numeric`
fn decimal(text: &str) -> Option<Expr> {
    let is_decimal = |digits: &str| {
        let (whole, part) = digits.split_once('.')?;
        let all = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        (all(whole) && all(part)).then(|| digits.to_owned())
    };
    if let Some(digits) = is_decimal(text) {
        return Some(Expr::number(digits));
    }
    let quoted = string(text, "numeric")?;
    let digits = quoted.strip_prefix('-').and_then(is_decimal)?;
    Some(Expr::number(format!("-{digits}")))
}

/// The value of `'…'::type`.
fn string(text: &str, type_name: &str) -> Option<String> {
    let all = tokens(text);
    let [first, ..] = all.as_slice() else { return None };
    let literal = is_plain(first)?;
    let cast = text[first.end()..].strip_prefix("::")?;
    (cast == type_name).then_some(literal)
}

fn is_plain(token: &Token<'_>) -> Option<String> {
    (token.kind == TokenKind::Text && token.text.starts_with('\''))
        .then(|| token.value().map(std::borrow::Cow::into_owned))
        .flatten()
}

/// Hexadecimal digits as standard base64 with padding.
fn base64(hex: &str) -> Option<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let mut out = String::new();
    for chunk in bytes?.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or_default());
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_its_padding() {
        for (hex, expected) in [("", ""), ("68", "aA=="), ("6865", "aGU="), ("68656c", "aGVs")] {
            assert_eq!(base64(hex).as_deref(), Some(expected));
        }
    }

    #[test]
    fn numbers_are_spelled_as_postgres_reads_them() {
        let kind = |e: Option<Expr>| e.map(|e| format!("{:?}", e.kind));
        assert!(kind(integer("'-5'::integer")).unwrap().contains("-5"));
        assert!(kind(integer("'5'::integer")).is_none());
        assert!(kind(integer("'5000000000'::bigint")).unwrap().contains("5000000000"));
        assert!(kind(decimal("'-1.5'::numeric")).unwrap().contains("-1.5"));
        assert!(kind(decimal("(1.5 + 1)")).is_none());
    }
}
