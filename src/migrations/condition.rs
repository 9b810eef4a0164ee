//! What has to be so before and after statements: `-- driftless: require QUERY`, `ensure QUERY`.

use crate::sql::quote_literal;

/// A query that has to return true, evaluated in the transaction of the statements around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Before the statements, or after them.
    pub when: When,
    /// A query of one value, or an expression.
    pub query: String,
}

/// When a condition has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// `require`: before the statement that it stands before.
    Before,
    /// `ensure`: at the end of the transaction of that statement.
    After,
}

impl Condition {
    /// Reads a directive; `None` where it is another one.
    pub(super) fn parse(directive: &str) -> Option<Result<Self, String>> {
        let (word, rest) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
        let when = match word {
            "require" => When::Before,
            "ensure" => When::After,
            _ => return None,
        };
        let query = rest.trim().trim_end_matches(';').trim_end();
        if query.is_empty() {
            return Some(Err(format!("`{word}` asks nothing")));
        }
        Some(Ok(Self { when, query: query.to_owned() }))
    }

    /// The word that introduces it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.when {
            When::Before => "require",
            When::After => "ensure",
        }
    }

    /// SQL that fails unless it holds.
    #[must_use]
    pub fn enforce(&self) -> String {
        let mut tag = "$check$".to_owned();
        while self.query.contains(&tag) {
            tag.insert(1, 'x');
        }
        let what = match self.when {
            When::Before => "is required and not so",
            When::After => "was to be ensured and is not so",
        };
        let message = quote_literal(&format!("this {what}: {}", self.query));
        // A comment at the end of the query must not reach the parenthesis.
        format!(
            "DO {tag} BEGIN IF (\n{}\n) IS NOT TRUE THEN RAISE EXCEPTION USING \
             ERRCODE = 'assert_failure', MESSAGE = {message}; END IF; END {tag}",
            self.query
        )
    }

    /// SQL that asks without minding the answer: on empty tables it says nothing.
    #[must_use]
    pub fn ask(&self) -> String {
        format!("SELECT (\n{}\n)", self.query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_quoted() {
        let condition = Condition::parse("require SELECT '$check$' = 'a';").unwrap().unwrap();
        assert_eq!(condition.query, "SELECT '$check$' = 'a'");
        assert!(condition.enforce().starts_with("DO $xcheck$ BEGIN IF (\nSELECT"));
        assert!(Condition::parse("ensure ").unwrap().is_err());
        assert!(Condition::parse("batch key=id").is_none());
    }
}
