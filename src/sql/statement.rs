//! One statement of a plan, and the rendering of several as a script.

use serde::Serialize;

/// One SQL statement that a plan runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The text, without the final semicolon.
    pub sql: String,
    /// Whether it may run inside a transaction block; `CREATE INDEX CONCURRENTLY` may not.
    pub transactional: bool,
    /// Whether the transaction that ran it must be over before what it made can be used: a new
    /// enum value (manual, "ALTER TYPE", Notes).
    pub needs_commit: bool,
}

impl Statement {
    /// A statement that runs in a transaction like most do.
    #[must_use]
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), transactional: true, needs_commit: false }
    }

    /// A statement that refuses to run in a transaction block.
    #[must_use]
    pub fn outside_transaction(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), transactional: false, needs_commit: false }
    }

    /// A statement whose effect can be used only after its transaction ended.
    #[must_use]
    pub fn then_commit(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), transactional: true, needs_commit: true }
    }
}

/// Renders statements one after another, each with its semicolon and a blank line between.
#[must_use]
pub fn render_script(statements: &[Statement]) -> String {
    statements.iter().map(|s| format!("{};\n", s.sql)).collect::<Vec<_>>().join("\n")
}
