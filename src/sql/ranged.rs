//! An `UPDATE` or `DELETE` whose rows can be limited to a range: the text before and after the
//! place where a further condition goes.

use super::{
    lex::{Token, TokenKind},
    quote_ident,
    split::Piece,
};

/// Such a statement, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranged {
    /// The table as it is written.
    pub table: String,
    /// What its columns are qualified with.
    alias: String,
    /// Up to the condition.
    head: String,
    /// The condition of the statement itself.
    condition: Option<String>,
    /// From `RETURNING` on.
    tail: String,
    /// The columns that an `UPDATE` assigns.
    assigned: Vec<String>,
}

impl Ranged {
    /// Takes a statement apart, or says why that cannot be done.
    ///
    /// # Errors
    /// With what it is instead.
    pub fn of(piece: &Piece<'_>) -> Result<Self, String> {
        let tokens = piece.tokens();
        let update = piece.starts_with(&["update"]);
        if !update && !piece.starts_with(&["delete", "from"]) {
            return Err("it is neither an `UPDATE` nor a `DELETE`".to_owned());
        }
        let mut at = if update { 1 } else { 2 };
        at += usize::from(tokens.get(at).is_some_and(|t| t.is("only")));
        let first = at;
        at += 1;
        while tokens.get(at).is_some_and(|t| t.is(".")) {
            at += 2;
        }
        let (Some(start), Some(last)) = (tokens.get(first), tokens.get(at - 1)) else {
            return Err("it names no table".to_owned());
        };
        let from = piece.span.start;
        let slice = |a: usize, b: usize| piece.text[a - from..b - from].to_owned();
        let table = slice(start.start, last.end());
        at += usize::from(tokens.get(at).is_some_and(|t| t.is("*")));
        at += usize::from(tokens.get(at).is_some_and(|t| t.is("as")));
        let named = tokens.get(at).filter(|t| !ends_target(t)).and_then(Token::name);
        let alias = named.or_else(|| last.name()).unwrap_or_default();
        let top = top_level(tokens);
        let find = |word: &str| top.iter().find(|t| t.start > last.start && t.is(word));
        let (condition, returning) = (find("where"), find("returning"));
        let end = piece.span.end;
        let tail_at = returning.map_or(end, |t| t.start);
        let head_end = condition.map_or(tail_at, |t| t.start);
        let condition = condition.map(|t| slice(t.end(), tail_at).trim().to_owned());
        if condition.as_deref().is_some_and(|c| c.to_ascii_lowercase().starts_with("current of")) {
            return Err("it is about the row of a cursor".to_owned());
        }
        Ok(Self {
            table,
            alias: quote_ident(&alias),
            head: slice(from, head_end).trim_end().to_owned(),
            condition,
            tail: slice(tail_at, end),
            assigned: if update { assigned(&top) } else { Vec::new() },
        })
    }

    /// Whether it says which rows are meant.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.condition.is_some()
    }

    /// Whether it changes a column.
    #[must_use]
    pub fn assigns(&self, column: &str) -> bool {
        self.assigned.iter().any(|name| name == column)
    }

    /// A column of its table, as a further condition has to write it.
    #[must_use]
    pub fn column(&self, name: &str) -> String {
        format!("{}.{}", self.alias, quote_ident(name))
    }

    /// The statement for those rows alone for which a further condition holds.
    #[must_use]
    pub fn within(&self, range: &str) -> String {
        let condition = match &self.condition {
            Some(own) => format!("({own}\n) AND {range}"),
            None => range.to_owned(),
        };
        format!("{}\nWHERE {condition} {}", self.head, self.tail)
    }
}

fn ends_target(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Word
        && ["set", "using", "where", "returning"].iter().any(|word| token.is(word))
}

/// The tokens outside of parentheses.
fn top_level<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t Token<'a>> {
    let mut depth = 0_i32;
    let mut out = Vec::new();
    for token in tokens {
        let opens = i32::from(token.is("(") || token.is("["));
        let closes = i32::from(token.is(")") || token.is("]"));
        if depth == 0 && opens == 0 {
            out.push(token);
        }
        depth += opens - closes;
    }
    out
}

/// The names before each `=` of a `SET`; a list in parentheses is not looked into.
fn assigned(top: &[&Token<'_>]) -> Vec<String> {
    let Some(set) = top.iter().position(|t| t.is("set")) else { return Vec::new() };
    let end = top.iter().position(|t| t.is("from") || t.is("where")).unwrap_or(top.len());
    let mut out = Vec::new();
    for at in set + 1..end {
        let starts = at == set + 1 || top[at - 1].is(",");
        out.extend(top[at].name().filter(|_| starts));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::split;

    #[track_caller]
    fn check(text: &str, table: &str, within: &str) {
        let script = split::split(text);
        let ranged = Ranged::of(&script.pieces[0]).unwrap();
        assert_eq!(ranged.table, table);
        let range = format!("{} > 1", ranged.column("id"));
        assert_eq!(ranged.within(&range).split_whitespace().collect::<Vec<_>>().join(" "), within);
    }

    #[test]
    fn a_range_is_added_to_the_condition() {
        check("UPDATE t SET a = 1;", "t", "UPDATE t SET a = 1 WHERE t.id > 1");
        check(
            "UPDATE ONLY x.\"T t\" AS u SET a = (SELECT 1 WHERE true) WHERE a = 1 OR b RETURNING a",
            "x.\"T t\"",
            "UPDATE ONLY x.\"T t\" AS u SET a = (SELECT 1 WHERE true) \
             WHERE (a = 1 OR b ) AND u.id > 1 RETURNING a",
        );
        check(
            "DELETE FROM t USING o WHERE o.id = t.o -- why\n",
            "t",
            "DELETE FROM t USING o WHERE (o.id = t.o ) AND t.id > 1",
        );
    }

    #[test]
    fn what_cannot_be_limited_is_refused() {
        for text in ["INSERT INTO t VALUES (1)", "WITH x AS (SELECT 1) UPDATE t SET a = 1"] {
            assert!(Ranged::of(&split::split(text).pieces[0]).is_err(), "{text}");
        }
        let script = split::split("UPDATE t SET a = 1, \"B\" = (2), (c, d) = (1, 2) FROM x");
        let ranged = Ranged::of(&script.pieces[0]).unwrap();
        assert!(ranged.assigns("a") && ranged.assigns("B") && !ranged.assigns("x"));
    }
}
