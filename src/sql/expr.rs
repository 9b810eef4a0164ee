//! Looks into expressions without parsing them as a whole: calls, names, casts.

use super::{
    lex::{Token, TokenKind, tokens},
    read::type_name_of,
    tree::{Name, TypeName},
};

/// The functions that an expression calls, by name as written.
pub(crate) fn calls(text: &str) -> Vec<Name> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let called = tokens.get(at + 1).is_some_and(|t| t.is("("));
        if !called || !matches!(token.kind, TokenKind::Word | TokenKind::Quoted) {
            continue;
        }
        let mut first = at;
        while first >= 2 && tokens[first - 1].is(".") {
            first -= 2;
        }
        // `x::varchar(10)` and `CAST(x AS numeric(10, 2))` name a type.
        if first > 0 && (tokens[first - 1].is("::") || tokens[first - 1].is("as")) {
            continue;
        }
        let parts = tokens[first..=at].iter().step_by(2).filter_map(Token::name).collect();
        found.push(Name { parts, span: tokens[first].start..token.end() });
    }
    found
}

/// Whether an expression names a column: as an identifier that is neither called nor a type.
pub(crate) fn names_column(text: &str, column: &str) -> bool {
    let tokens = tokens(text);
    tokens.iter().enumerate().any(|(at, token)| {
        let is_name = token.name().is_some_and(|name| name == column);
        let called = tokens.get(at + 1).is_some_and(|t| t.is("("));
        let cast = at > 0 && (tokens[at - 1].is("::"));
        is_name && !called && !cast
    })
}

/// Removes parentheses around the whole of an expression.
pub(crate) fn bare(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inside) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        let mut depth = 1_i32;
        let all = tokens(text);
        let closes_early = all[1..all.len() - 1].iter().any(|t| {
            depth += i32::from(t.is("(")) - i32::from(t.is(")"));
            depth == 0
        });
        if closes_early {
            break;
        }
        text = inside.trim();
    }
    text
}

/// Whether an expression is the literal NULL, with or without a cast.
pub(crate) fn is_null(text: &str) -> bool {
    let all = tokens(bare(text));
    all.first().is_some_and(|t| t.is("null")) && all.get(1).is_none_or(|t| t.is("::"))
}

/// An expression that is a column with casts around it: the column, and the types in the order in
/// which they are applied.
pub(crate) fn cast_chain(text: &str) -> Option<(String, Vec<TypeName>)> {
    let text = bare(text);
    let all = tokens(text);
    if let [only] = all.as_slice() {
        return Some((only.name()?, Vec::new()));
    }
    if all.first()?.is("cast") && all.get(1)?.is("(") && all.last()?.is(")") {
        let inner = text[all[1].end()..all.last()?.start].trim();
        let at = tokens(inner).iter().rev().find(|t| t.is("as"))?.start;
        let (column, mut types) = cast_chain(&inner[..at])?;
        types.push(type_name_of(inner[at + 2..].trim())?);
        return Some((column, types));
    }
    let last = all.iter().rev().find(|t| t.is("::"))?;
    let (column, mut types) = cast_chain(&text[..last.start])?;
    let target = &text[last.end()..];
    let type_name = type_name_of(target.trim())?;
    let covered = target.trim().len() == type_name.span.end;
    types.push(type_name);
    covered.then_some((column, types))
}

/// The conditions that an expression ANDs together at its top.
pub(crate) fn conjuncts(text: &str) -> Vec<&str> {
    let text = bare(text);
    let all = tokens(text);
    let (mut depth, mut from, mut found) = (0_i32, 0, Vec::new());
    let mut between = false;
    for token in &all {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth != 0 {
            continue;
        }
        if token.is("or") {
            return vec![text];
        }
        between |= token.is("between");
        if token.is("and") && !std::mem::take(&mut between) {
            found.push(text[from..token.start].trim());
            from = token.end();
        }
    }
    found.push(text[from..].trim());
    if found.len() == 1 { found } else { found.into_iter().flat_map(conjuncts).collect() }
}

/// How a condition limits the rows that it holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// `column = value`, `column IN (…)`.
    Equal(String),
    /// `column BETWEEN a AND b`, `column >= a AND column < b`.
    Range(String),
}

/// The limits that a condition sets at its top.
pub(crate) fn limits(text: &str) -> Vec<Limit> {
    let mut found = Vec::new();
    let (mut lower, mut upper) = (Vec::new(), Vec::new());
    for part in conjuncts(text) {
        let all = tokens(bare(part));
        // What holds in one case or another limits nothing.
        if all.iter().any(|t| t.is("or")) {
            continue;
        }
        let qualified = usize::from(all.get(1).is_some_and(|t| t.is("."))) * 2;
        let Some(column) = all.get(qualified).and_then(Token::name) else { continue };
        let Some(operator) = all.get(qualified + 1) else { continue };
        let value = &all[qualified + 2..];
        // Compared with another column it limits nothing.
        let literal = value
            .iter()
            .any(|t| matches!(t.kind, TokenKind::Text | TokenKind::Number | TokenKind::Parameter));
        match operator.text.to_ascii_lowercase().as_str() {
            "=" | "in" if literal => found.push(Limit::Equal(column)),
            "between" => found.push(Limit::Range(column)),
            ">" | ">=" => lower.push(column),
            "<" | "<=" => upper.push(column),
            _ => {}
        }
    }
    found.extend(lower.into_iter().filter(|c| upper.contains(c)).map(Limit::Range));
    found
}

/// Whether a condition holds for every row, or for none: it names no column.
pub(crate) fn is_constant(text: &str) -> bool {
    tokens(text).iter().all(|t| match t.kind {
        TokenKind::Word => {
            ["true", "false", "not", "null", "is", "and", "or"].iter().any(|word| t.is(word))
        }
        TokenKind::Quoted => false,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_calls_but_not_types() {
        let names = |text| calls(text).into_iter().map(|n| n.parts.join(".")).collect::<Vec<_>>();
        assert_eq!(names("lower(a.b) || public.f(1)::varchar(10)"), ["lower", "public.f"]);
        assert_eq!(names("cast(x as numeric(10,2))"), ["cast"]);
        assert_eq!(names("now() - interval '1 day'"), ["now"]);
    }

    #[test]
    fn sees_through_casts() {
        let chain = |text| {
            cast_chain(text).map(|(c, t)| (c, t.into_iter().map(|t| t.name).collect::<Vec<_>>()))
        };
        assert_eq!(chain("x"), Some(("x".into(), vec![])));
        assert_eq!(
            chain("(\"X\")::text::md"),
            Some(("X".into(), vec!["text".into(), "md".into()]))
        );
        assert_eq!(chain("cast(x as double precision)"), Some(("x".into(), vec!["float8".into()])));
        assert_eq!(chain("upper(x)"), None);
        assert_eq!(chain("x::int + 1"), None);
        assert_eq!(chain("x at time zone 'UTC'"), None);
    }

    #[test]
    fn sees_what_limits_rows() {
        assert_eq!(limits("t.id = 5 and x is null"), [Limit::Equal("id".into())]);
        assert_eq!(limits("id >= 1 and id < 100"), [Limit::Range("id".into())]);
        assert_eq!(limits("id between 1 and 2"), [Limit::Range("id".into())]);
        assert_eq!(limits("a = b or id = 1"), []);
        assert_eq!(limits("a.id = b.id"), []);
        assert!(is_constant("1 = 1") && is_constant("NULL IS NOT NULL") && !is_constant("a = 1"));
    }

    #[test]
    fn splits_conditions_at_and() {
        assert_eq!(conjuncts("(a > 1 AND (b is not null))"), ["a > 1", "b is not null"]);
        assert_eq!(conjuncts("a between 1 and 2 and b"), ["a between 1 and 2", "b"]);
        assert_eq!(conjuncts("a or b and c"), ["a or b and c"]);
        assert_eq!(bare("((a) or (b))"), "(a) or (b)");
        assert!(is_null("NULL::text") && !is_null("null_value"));
    }
}
