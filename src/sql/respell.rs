//! Expressions that PostgreSQL prints in a form that it does not read back as the same expression.

use super::lex::TokenKind;

/// Rewrites what `pg_get_expr` prints for `a IN ('x', 'y')` on a `varchar` column,
///
/// ```text
/// ((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))
/// ```
///
/// so that reading it gives the expression it was printed from: the parser pushes a cast of an
/// `ARRAY[…]` down to its elements (`transformTypeCast` in parse_expr.c), which is another tree.
/// Without both casts the operator's own coercions put them back where they were.
///
/// A field of `EXTRACT` that was written in capitals and quotes comes without its quotes, and would
/// be read as small letters (`F_EXTRACT_TEXT_TEXT` and the like in ruleutils.c).
#[must_use]
pub fn respell(expression: &str) -> String {
    respell_extract(&respell_lists(expression))
}

fn respell_extract(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len());
    let mut copied = 0;
    if expression.contains("EXTRACT(") {
        for window in super::lex::tokens(expression).windows(4) {
            let [function, open, field, from] = window else { continue };
            let capitals = field.text.bytes().any(|b| b.is_ascii_uppercase());
            if function.text == "EXTRACT"
                && open.text == "("
                && field.kind == TokenKind::Word
                && capitals
                && from.text == "FROM"
            {
                out.push_str(&expression[copied..field.start]);
                out.push_str(&format!("\"{}\"", field.text));
                copied = field.end();
            }
        }
    }
    out.push_str(&expression[copied..]);
    out
}

fn respell_lists(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len());
    let mut rest = expression;
    while let Some(found) = next(rest) {
        out.push_str(&rest[..found.start]);
        out.push_str(&found.text);
        rest = &rest[found.end..];
    }
    out.push_str(rest);
    out
}

struct Found {
    start: usize,
    end: usize,
    text: String,
}

fn next(text: &str) -> Option<Found> {
    let mut at = 0;
    while let Some(offset) = text[at..].find(")::text ") {
        let close = at + offset;
        at = close + 1;
        let after = &text[close + ")::text ".len()..];
        let Some((operator, tail)) = split_operator(after) else { continue };
        let Some(open) = opening(text, close) else { continue };
        let Some(list_end) = elements(tail) else { continue };
        let Some(following) = tail[list_end..].strip_prefix("])::text[])") else { continue };
        let operand = &text[open + 1..close];
        let list = &tail[..list_end];
        return Some(Found {
            start: open,
            end: text.len() - following.len(),
            text: format!("({operand}) {operator} (ARRAY[{list}])"),
        });
    }
    None
}

/// Reads `= ANY ((ARRAY[`; the operator with its quantifier, and what follows.
fn split_operator(text: &str) -> Option<(&str, &str)> {
    let (head, tail) = text.split_once(" ((ARRAY[")?;
    let known = head.ends_with(" ANY") || head.ends_with(" ALL");
    (known && head.len() <= 8 && !head.contains(['(', '\''])).then_some((head, tail))
}

/// The parenthesis that closes at `close`.
fn opening(text: &str, close: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (i, c) in text[..=close].char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            '\'' => return None,
            _ => {}
        }
    }
    None
}

/// The length of `'x'::character varying, …`, up to its closing bracket.
fn elements(text: &str) -> Option<usize> {
    let mut rest = text;
    loop {
        rest = rest.strip_prefix('\'')?;
        loop {
            let quote = rest.find('\'')?;
            rest = &rest[quote + 1..];
            match rest.strip_prefix('\'') {
                Some(more) => rest = more,
                None => break,
            }
        }
        rest = rest.strip_prefix("::character varying")?;
        match rest.strip_prefix(", ") {
            Some(more) => rest = more,
            None => return rest.starts_with(']').then(|| text.len() - rest.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn membership_of_a_varchar_column() {
        assert_eq!(
            respell(
                "(((a)::text = ANY ((ARRAY['x'::character varying, 'it''s'::character varying])::text[])) AND b)"
            ),
            "(((a) = ANY (ARRAY['x'::character varying, 'it''s'::character varying])) AND b)"
        );
        assert_eq!(
            respell("((a)::text <> ALL ((ARRAY['x'::character varying])::text[]))"),
            "((a) <> ALL (ARRAY['x'::character varying]))"
        );
    }

    #[test]
    fn fields_in_capitals_keep_them() {
        assert_eq!(
            respell("(EXTRACT(YEAR FROM now()) + EXTRACT(year FROM now()))"),
            "(EXTRACT(\"YEAR\" FROM now()) + EXTRACT(year FROM now()))"
        );
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            "(a > 0)",
            "((a)::text = 'x'::text)",
            "((a)::text = ANY (b))",
            "'(x)::text = ANY ((ARRAY['",
            "'EXTRACT(YEAR FROM '",
        ] {
            assert_eq!(respell(text), text);
        }
    }
}
