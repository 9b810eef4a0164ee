//! Statements written out in the body of a `DO` block.

use std::ops::Range;

use super::lex::{Lexeme, Lexer, Token, TokenKind};

/// What a block holds, as far as its tokens tell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// The statements written out in it, in bytes of the body.
    pub(crate) statements: Vec<Range<usize>>,
    /// The texts of `EXECUTE '…'`, in bytes of the body, without quotes.
    pub(crate) literals: Vec<Range<usize>>,
    /// Where statements are made at run time.
    pub(crate) opaque: Vec<Range<usize>>,
}

const STARTS: &[&str] = &[
    "alter", "analyze", "call", "cluster", "comment", "copy", "create", "delete", "drop", "grant",
    "insert", "lock", "merge", "reassign", "refresh", "reindex", "revoke", "set", "truncate",
    "update", "vacuum",
];

/// Words of PL/pgSQL after which a statement may start.
const OPENS: &[&str] = &["begin", "then", "else", "loop", ";", "declare", "atomic"];

/// Finds the statements of a PL/pgSQL body.
pub(crate) fn block(body: &str) -> Block {
    let tokens: Vec<Token<'_>> = Lexer::new(body)
        .filter_map(|lexeme| match lexeme {
            Lexeme::Token(token) => Some(token),
            _ => None,
        })
        .collect();
    let mut found = Block::default();
    let mut at = 0;
    while at < tokens.len() {
        let opens = at == 0 || OPENS.iter().any(|word| tokens[at - 1].is(word));
        let token = &tokens[at];
        if opens && token.is("execute") {
            at = execute(&tokens, at, &mut found);
        } else if opens && STARTS.iter().any(|word| token.is(word)) && !assigns(&tokens, at) {
            let end = end_of(&tokens, at);
            found.statements.push(token.start..tokens[end - 1].end());
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// A variable may be named like a statement: `call := 1`.
fn assigns(tokens: &[Token<'_>], at: usize) -> bool {
    tokens.get(at + 1).is_some_and(|t| t.is(":=") || t.is("="))
}

/// Position of the semicolon that ends the statement, outside of parentheses.
fn end_of(tokens: &[Token<'_>], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            ";" if depth == 0 => return at,
            _ => {}
        }
    }
    tokens.len()
}

fn execute(tokens: &[Token<'_>], at: usize, found: &mut Block) -> usize {
    let end = end_of(tokens, at);
    let whole = tokens[at].start..tokens[end - 1].end();
    let first = tokens.get(at + 1).filter(|t| t.kind == TokenKind::Text);
    let alone = tokens.get(at + 2).is_none_or(|t| t.is(";") || t.is("using"));
    match first {
        Some(literal) if alone && !literal.text.contains("''") && !literal.text.contains('\\') => {
            let open = literal.text.find(['\'', '$']).unwrap_or(0);
            let quote = match literal.text[open..].strip_prefix('$').and_then(|t| t.find('$')) {
                Some(tag) => tag + 2,
                None => 1,
            };
            found.literals.push(literal.start + open + quote..literal.end() - quote);
        }
        _ => found.opaque.push(whole),
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_written_out() {
        let body = "DECLARE x int; BEGIN IF NOT EXISTS (SELECT 1) THEN ALTER TABLE t ADD a int; \
                    END IF; EXECUTE 'DROP TABLE u'; EXECUTE format('x %I', y); \
                    EXCEPTION WHEN duplicate_object THEN CREATE TABLE v (a int); END";
        let found = block(body);
        let texts = |all: &[Range<usize>]| {
            all.iter().map(|r| body[r.clone()].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(texts(&found.statements), ["ALTER TABLE t ADD a int", "CREATE TABLE v (a int)"]);
        assert_eq!(texts(&found.literals), ["DROP TABLE u"]);
        assert_eq!(texts(&found.opaque), ["EXECUTE format('x %I', y)"]);
    }
}
