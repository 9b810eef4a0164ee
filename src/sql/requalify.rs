//! A script for one namespace, written for another: the schemas of tenants.

use std::collections::BTreeSet;

use super::{
    lex::{Token, TokenKind, tokens},
    quote_ident,
};

/// Puts the namespace `to` in place of `from` wherever a script qualifies a name with it, in names,
/// in literals like `'public.t_id_seq'`, and in the bodies of routines; but not for the names given,
/// which belong to all.
#[must_use]
pub fn requalify(script: &str, from: &str, to: &str, shared: &BTreeSet<String>) -> String {
    let all = tokens(script);
    let mut out = String::with_capacity(script.len());
    let mut copied = 0;
    for (at, token) in all.iter().enumerate() {
        let replaced = match token.kind {
            TokenKind::Word | TokenKind::Quoted => {
                qualifies(&all, at, from, shared).then(|| quote_ident(to))
            }
            TokenKind::Text => inside(token.text, from, to, shared),
            _ => None,
        };
        if let Some(text) = replaced {
            out.push_str(&script[copied..token.start]);
            out.push_str(&text);
            copied = token.end();
        }
    }
    out.push_str(&script[copied..]);
    out
}

fn qualifies(all: &[Token<'_>], at: usize, from: &str, shared: &BTreeSet<String>) -> bool {
    let is_from = all[at].name().is_some_and(|name| name == from);
    let follows = all.get(at + 1).is_some_and(|t| t.is("."));
    let inner = at > 0 && all[at - 1].is(".");
    let name = all.get(at + 2).and_then(Token::name);
    is_from && follows && !inner && name.is_none_or(|name| !shared.contains(&name))
}

/// A literal that is a name, or the body of a routine.
fn inside(literal: &str, from: &str, to: &str, shared: &BTreeSet<String>) -> Option<String> {
    let (open, close) = match literal.strip_prefix('$') {
        Some(rest) => {
            let tag = rest.find('$')? + 2;
            (tag, literal.len().checked_sub(tag).filter(|end| *end >= tag)?)
        }
        None if literal.starts_with('\'') && literal.len() >= 2 => (1, literal.len() - 1),
        None => return None,
    };
    let inner = &literal[open..close];
    let named = literal.starts_with('$') || inner.starts_with(from) || inner.starts_with('"');
    let changed = named.then(|| requalify(inner, from, to, shared)).filter(|text| text != inner)?;
    Some(format!("{}{changed}{}", &literal[..open], &literal[close..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_literals_and_bodies_move_and_shared_ones_stay() {
        let shared = BTreeSet::from(["citext".to_owned()]);
        let text = "CREATE TABLE public.t (a public.citext, b int DEFAULT \
            nextval('public.s'::regclass), c text DEFAULT 'public'); SELECT t.public.x; \
            CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $x$ SELECT 1 FROM public.t $x$";
        let expected = "CREATE TABLE \"a-1\".t (a public.citext, b int DEFAULT \
            nextval('\"a-1\".s'::regclass), c text DEFAULT 'public'); SELECT t.public.x; \
            CREATE FUNCTION \"a-1\".f() RETURNS int LANGUAGE sql AS $x$ SELECT 1 FROM \"a-1\".t $x$";
        assert_eq!(requalify(text, "public", "a-1", &shared), expected);
    }
}
