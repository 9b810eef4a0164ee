//! What a default means where PostgreSQL has two spellings for it and Prisma's language one.

use crate::sql::lex::{TokenKind, tokens};

/// A text that two defaults share exactly when the language writes them alike.
pub(crate) fn meaning(text: &str) -> String {
    if matches!(text, "now()" | "CURRENT_TIMESTAMP") {
        return "now()".to_owned();
    }
    match items(text) {
        Some(items) => format!("{items:?}"),
        None => text.to_owned(),
    }
}

/// The items of a list of literals: `'{a,b}'::text[]`, `ARRAY['a'::text, 'b'::text]`.
pub(crate) fn items(text: &str) -> Option<Vec<String>> {
    if let Some(inner) = text.strip_prefix("ARRAY[") {
        let end = inner.rfind(']')?;
        let inner = match inner.strip_prefix("]::") {
            Some(_) => "",
            None => inner[..end].strip_suffix("]::").unwrap_or(&inner[..end]),
        };
        return array(inner);
    }
    let all = tokens(text);
    let first = all.first().filter(|token| token.kind == TokenKind::Text)?;
    let cast = text[first.end()..].strip_prefix("::")?;
    let value = first.value()?;
    let inner = value.strip_prefix('{')?.strip_suffix('}')?;
    cast.ends_with("[]").then(|| braces(inner)).flatten()
}

/// `'a'::text, 'b'::text`
fn array(inner: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut item: Option<String> = None;
    let mut cast = false;
    for token in tokens(inner) {
        match (token.text, token.kind) {
            (",", _) => {
                out.push(item.take()?);
                cast = false;
            }
            (_, _) if cast => {}
            ("::", _) | (":", _) => cast = true,
            (_, TokenKind::Text) if item.is_none() => item = Some(token.value()?.into_owned()),
            (word, TokenKind::Number | TokenKind::Word) if item.is_none() => {
                item = Some(word.to_owned());
            }
            _ => return None,
        }
    }
    out.extend(item);
    Some(out)
}

/// `a,"b c"`: no lists within, no `NULL`.
fn braces(inner: &str) -> Option<Vec<String>> {
    if inner.is_empty() {
        return Some(Vec::new());
    }
    let mut out = Vec::new();
    let mut item = String::new();
    let mut quoted = false;
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' => item.push(chars.next()?),
            ',' if !quoted => out.push(std::mem::take(&mut item)),
            '{' | '}' if !quoted => return None,
            other => item.push(other),
        }
    }
    out.push(item);
    (!out.iter().any(|item| item == "NULL")).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_mean_their_items() {
        for (one, other) in [
            ("'{}'::text[]", "ARRAY[]::text[]"),
            ("'{a,\"b c\"}'::text[]", "ARRAY['a'::text, 'b c'::text]"),
            ("'{9,-4}'::integer[]", "ARRAY[9, '-4'::integer]"),
            ("now()", "CURRENT_TIMESTAMP"),
        ] {
            assert_eq!(meaning(one), meaning(other), "{one}");
        }
        assert_ne!(meaning("'{a}'::text[]"), meaning("ARRAY['b'::text]"));
        assert_eq!(items("ARRAY[f(1)]"), None);
        assert_eq!(items("'{{1}}'::integer[]"), None);
    }
}
