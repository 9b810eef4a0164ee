//! Which columns of a table a view uses, as far as its text tells.

use super::{Known, Rel};
use crate::sql::lex::{Token, TokenKind, tokens};

impl Known {
    /// Whether a view reads a table itself and names the column, or takes all columns.
    ///
    /// A qualified name counts where the qualifier is the table or one of its aliases; another one
    /// where no other relation that the view reads is known to have such a column.
    pub(crate) fn view_uses(&self, view: &Rel, table: &Rel, column: &str) -> bool {
        let Some(view) = self.relation(view).filter(|v| v.reads.contains(table)) else {
            return false;
        };
        let all = tokens(&view.definition);
        let names = names_of(&all, &table.name);
        let elsewhere = view.reads.iter().any(|other| {
            other != table && self.relation(other).is_some_and(|r| r.column(column).is_some())
        });
        all.iter().enumerate().any(|(at, token)| {
            let before = at.checked_sub(1).map(|at| &all[at]);
            let qualifier = before.filter(|t| t.is(".")).and_then(|_| all[at - 2].name());
            let star = token.is("*")
                && before.is_some_and(|t| t.is("select") || t.is("distinct") || t.is(","));
            let named = token.name().is_some_and(|name| name == column);
            let next = all.get(at + 1);
            let is_part = next.is_some_and(|t| t.is("(") || t.is("."));
            let alias = before.is_some_and(|t| t.is("as") || t.is("::"));
            match qualifier {
                Some(qualifier) => {
                    (named && !is_part || token.is("*")) && names.contains(&qualifier)
                }
                None => star || named && !is_part && !alias && !elsewhere,
            }
        })
    }
}

/// The name of a table and the aliases that the text gives it.
fn names_of(all: &[Token<'_>], table: &str) -> Vec<String> {
    const CLAUSES: [&str; 14] = [
        "where", "join", "inner", "left", "right", "full", "cross", "natural", "on", "using",
        "group", "order", "limit", "union",
    ];
    let mut names = vec![table.to_owned()];
    for (at, token) in all.iter().enumerate() {
        if token.name().is_none_or(|name| name != table) {
            continue;
        }
        let next = at + 1 + usize::from(all.get(at + 1).is_some_and(|t| t.is("as")));
        let Some(alias) = all.get(next) else { continue };
        let clause = alias.kind == TokenKind::Word && CLAUSES.iter().any(|word| alias.is(word));
        if !clause {
            names.extend(alias.name());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_another_table_is_not_used() {
        let known = Known::from_sql(
            17,
            "CREATE TABLE a (id int, x int, y int); CREATE TABLE b (id int, x int);
             CREATE VIEW v AS SELECT a.id, bb.x AS y FROM a JOIN b AS bb ON a.id = bb.id;
             CREATE VIEW w AS SELECT y FROM a;
             CREATE VIEW s AS SELECT * FROM b;",
        );
        let rel = |name: &str| Rel::new("public", name);
        let uses = |view: &str, table: &str, column: &str| {
            known.view_uses(&rel(view), &rel(table), column)
        };
        assert!(uses("v", "a", "id") && uses("v", "b", "x") && uses("w", "a", "y"));
        assert!(!uses("v", "a", "x") && !uses("v", "a", "y") && !uses("w", "b", "x"));
        assert!(uses("s", "b", "x"));
    }
}
