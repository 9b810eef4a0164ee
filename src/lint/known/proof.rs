//! What a check constraint proves: that a column has no NULL, that rows fit a partition.

use std::cmp::Ordering;

use super::{Known, Relation};
use crate::sql::{
    expr,
    lex::{Token, TokenKind, tokens},
    tree::{Bound, ConstraintKind, PartitionBy},
};

/// Whether a condition proves that a column is not NULL: `c IS NOT NULL` at the top or ANDed there.
/// PostgreSQL proves no more than that (`c > 0` does not; measured on 12 to 18).
pub(crate) fn proves_not_null(condition: &str, column: &str) -> bool {
    expr::conjuncts(condition).into_iter().any(|part| {
        let all = tokens(expr::bare(part));
        let [name, rest @ ..] = all.as_slice() else { return false };
        let words: Vec<_> = rest.iter().map(|t| t.text.to_ascii_lowercase()).collect();
        name.name().is_some_and(|n| n == column)
            && (words == ["is", "not", "null"] || words == ["notnull"])
    })
}

/// Whether any of these texts names the column.
pub(crate) fn mentions(text: &str, column: &str) -> bool {
    expr::names_column(text, column)
}

/// Whether the valid checks of a table prove that all its rows fit a bound, or, where `refutes`,
/// that none does.
pub(crate) fn implies_bound(
    table: &Relation,
    by: &PartitionBy,
    bound: &Bound,
    refutes: bool,
) -> bool {
    let keys = tokens(&by.keys.text);
    // Only a single plain column: more is rare, and not proving means a warning too many at worst.
    let [key] = keys.as_slice() else { return false };
    let Some(key) = key.name() else { return false };
    let checks: Vec<&str> = table
        .constraints
        .iter()
        .filter(|c| c.valid && c.enforced)
        .filter_map(|c| match &c.kind {
            ConstraintKind::Check(condition) => Some(condition.text.as_str()),
            _ => None,
        })
        .collect();
    let parts: Vec<&str> = checks.iter().flat_map(|c| expr::conjuncts(c)).collect();
    if refutes {
        return parts.iter().any(|part| refutes_range(part, &key, bound));
    }
    let not_null = table.column(&key).is_some_and(|c| c.not_null == Some(true))
        || checks.iter().any(|check| proves_not_null(check, &key));
    let ranges: Vec<_> = parts.iter().filter_map(|part| comparison(part, &key)).collect();
    match bound.strategy.as_str() {
        "range" => {
            let Some((low, high)) = range_of(bound) else { return false };
            not_null
                && low.is_none_or(|low| ranges.iter().any(|c| c.at_least(&low)))
                && high.is_none_or(|high| ranges.iter().any(|c| c.below(&high)))
        }
        "list" => {
            let allowed = literals(&tokens(&bound.text.text));
            let takes_null = tokens(&bound.text.text).iter().any(|t| t.is("null"));
            (not_null || takes_null)
                && parts.iter().any(|part| {
                    values_of(part, &key).is_some_and(|v| v.iter().all(|v| allowed.contains(v)))
                })
        }
        _ => false,
    }
}

/// `k < low OR k >= high`, in any order, or one of the two alone.
fn refutes_range(part: &str, key: &str, bound: &Bound) -> bool {
    let Some((low, high)) = range_of(bound) else { return false };
    let outside = |side: &str| {
        comparison(side, key).is_some_and(|c| {
            low.as_ref().is_some_and(|low| c.below(low))
                || high.as_ref().is_some_and(|high| c.at_least(high))
        })
    };
    alternatives(part).into_iter().all(outside)
}

fn alternatives(text: &str) -> Vec<&str> {
    let text = expr::bare(text);
    let (mut depth, mut from, mut found) = (0_i32, 0, Vec::new());
    for token in tokens(text) {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth == 0 && token.is("or") {
            found.push(&text[from..token.start]);
            from = token.end();
        }
    }
    found.push(&text[from..]);
    found
}

/// `key op literal`.
struct Comparison {
    operator: String,
    value: Literal,
}

impl Comparison {
    /// Whether it keeps out everything below the value.
    fn at_least(&self, low: &Literal) -> bool {
        let order = self.value.compare(low);
        match self.operator.as_str() {
            ">=" | "=" | ">" => order.is_some_and(Ordering::is_ge),
            _ => false,
        }
    }

    /// Whether it keeps out the value and everything above.
    fn below(&self, high: &Literal) -> bool {
        let order = self.value.compare(high);
        match self.operator.as_str() {
            "<" => order.is_some_and(Ordering::is_le),
            "<=" | "=" => order.is_some_and(Ordering::is_lt),
            _ => false,
        }
    }
}

/// A literal that can be compared: a number, or a text of a form that sorts as it compares.
#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Number(f64),
    Text(String),
}

impl Literal {
    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b),
            // Dates in ISO form sort as texts; other texts only when they are equal.
            (Self::Text(a), Self::Text(b)) if a == b => Some(Ordering::Equal),
            (Self::Text(a), Self::Text(b)) => {
                let iso = |t: &str| {
                    t.len() >= 10 && t.is_ascii() && t.bytes().filter(|b| *b == b'-').count() >= 2
                };
                let zone = |t: &str| t.get(10..).unwrap_or("").contains(['+', '-']);
                (iso(a) && iso(b) && zone(a) == zone(b)).then(|| whole(a).cmp(&whole(b)))
            }
            _ => None,
        }
    }
}

/// An ISO date or time without the zeros that do not change what it means.
fn whole(text: &str) -> String {
    text.trim_end_matches(" 00:00:00+00").trim_end_matches(" 00:00:00").to_owned()
}

fn comparison(part: &str, key: &str) -> Option<Comparison> {
    let all = tokens(expr::bare(part));
    let name = all.first()?.name()?;
    let operator = all.get(1)?;
    let value = literal(&all[2..])?;
    (name == key && operator.kind == TokenKind::Mark)
        .then(|| Comparison { operator: operator.text.to_owned(), value })
}

/// A literal with an optional sign, cast and parentheses.
fn literal(all: &[Token<'_>]) -> Option<Literal> {
    let open = all.iter().take_while(|t| t.is("(")).count();
    let rest = &all[open..];
    if rest.first()?.is("date") || rest.first()?.is("timestamp") || rest.first()?.is("timestamptz")
    {
        return literal(&rest[1..]);
    }
    let negative = rest.first()?.is("-");
    let token = rest.get(usize::from(negative))?;
    let after = &rest[usize::from(negative) + 1..];
    if after.iter().any(|t| !t.is(")") && !t.is("::") && t.kind != TokenKind::Word) {
        return None;
    }
    match token.kind {
        TokenKind::Number => {
            let value: f64 = token.text.parse().ok()?;
            Some(Literal::Number(if negative { -value } else { value }))
        }
        TokenKind::Text => {
            let value = token.value()?.into_owned();
            let number = value.parse::<f64>().ok().map(Literal::Number);
            Some(number.unwrap_or(Literal::Text(value)))
        }
        _ => None,
    }
}

fn literals(all: &[Token<'_>]) -> Vec<Literal> {
    all.split(|t| t.is(",") || t.is("(") || t.is(")") || t.is("[") || t.is("]"))
        .filter_map(literal)
        .collect()
}

/// The values that `key = 1`, `key IN (1, 2)`, `key = ANY (ARRAY[1, 2])` allow.
fn values_of(part: &str, key: &str) -> Option<Vec<Literal>> {
    let all = tokens(expr::bare(part));
    if all.first()?.name()? != key {
        return None;
    }
    let lists = all.get(1)?.is("in") || all.get(1)?.is("=");
    lists.then(|| literals(&all[2..])).filter(|found| !found.is_empty())
}

/// The lower and upper bound of `(…) TO (…)` on one column; `None` inside for MINVALUE and MAXVALUE.
fn range_of(bound: &Bound) -> Option<(Option<Literal>, Option<Literal>)> {
    let all = tokens(&bound.text.text);
    let to = all.iter().position(|t| t.is("to"))?;
    let side = |part: &[Token<'_>]| {
        let open = part.iter().any(|t| t.is("minvalue") || t.is("maxvalue"));
        if open { Some(None) } else { literal(part).map(Some) }
    };
    Some((side(&all[..to])?, side(&all[to + 1..])?))
}

fn says_not_null(name: &str) -> bool {
    name.contains("null") || name.ends_with("_nn") || name.ends_with("_required")
}

impl Known {
    /// Whether a column is known to hold no NULL: by itself or by a valid check.
    pub(crate) fn not_null(&self, table: &Relation, column: &str) -> Option<bool> {
        let proved = table.constraints.iter().any(|c| {
            let proves = match &c.kind {
                // Of a constraint that the script only validates, the name is all there is.
                ConstraintKind::Check(condition) if condition.text.is_empty() => {
                    self.version >= 12 && c.name.contains(column) && says_not_null(&c.name)
                }
                ConstraintKind::Check(condition) => {
                    self.version >= 12 && proves_not_null(&condition.text, column)
                }
                ConstraintKind::NotNull(name) => name == column,
                _ => false,
            };
            proves && c.valid && c.enforced
        });
        if proved {
            return Some(true);
        }
        table.column(column).and_then(|c| c.not_null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::tree::Expr;

    #[test]
    fn not_null_is_proved_by_is_not_null_only() {
        assert!(proves_not_null("a IS NOT NULL", "a"));
        assert!(proves_not_null("((a is not null) AND (b > 0))", "a"));
        assert!(!proves_not_null("a > 0", "a"));
        assert!(!proves_not_null("a is not null or b", "a"));
        assert!(!proves_not_null("b is not null", "a"));
    }

    #[track_caller]
    fn range(check: &str, from: &str, to: &str, refutes: bool) -> bool {
        let mut table = Relation { complete: true, ..Relation::default() };
        table.columns.push(super::super::Column {
            name: "k".to_owned(),
            not_null: Some(true),
            ..Default::default()
        });
        table.constraints.push(super::super::Constraint {
            name: "ck".to_owned(),
            kind: ConstraintKind::Check(Expr { text: check.to_owned(), span: 0..0 }),
            references: None,
            valid: true,
            enforced: true,
            index: None,
            born: super::super::Born::Before,
        });
        let keys = Expr { text: "k".to_owned(), span: 0..0 };
        let by = PartitionBy { strategy: "range".to_owned(), keys };
        let text = Expr { text: format!("({from}) TO ({to})"), span: 0..0 };
        implies_bound(&table, &by, &Bound { strategy: "range".to_owned(), text }, refutes)
    }

    #[test]
    fn ranges_are_proved() {
        assert!(range("k >= 2000 and k < 3000", "2000", "3000", false));
        assert!(range("((k >= 2100) AND (k < 2900))", "2000", "3000", false));
        assert!(range("k >= 2000", "2000", "MAXVALUE", false));
        assert!(!range("k >= 1999 and k < 3000", "2000", "3000", false));
        assert!(!range("k >= 2000 and k <= 3000", "2000", "3000", false));
        assert!(range(
            "k >= '2024-01-01'::date and k < '2024-02-01'",
            "'2024-01-01'",
            "'2024-02-01'",
            false
        ));
        assert!(range("k >= 3000 or k < 2000", "2000", "3000", true));
        assert!(!range("k >= 2500 or k < 2000", "2000", "3000", true));
    }
}
