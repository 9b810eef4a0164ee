//! Hazards: the scripts of the catalogue, the lock advisor against servers, other linters' cases.

#![expect(clippy::print_stderr, reason = "scores are shown, and what is skipped")]

mod bench;
mod fixtures;
mod live;
mod peers;

use driftless::lint::{Known, Options, Report, Transactions, check};

/// The base schema of the fixtures, as it would be known from a live database.
fn fixture_schema(version: u32) -> Known {
    Known::from_sql(version, include_str!("../../../fixtures/hazards/schema.sql"))
}

/// The value of a `-- name: value` line.
fn directive<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix("-- ")?.strip_prefix(name)?.strip_prefix(": "))
}

/// The options that a fixture asks for, and the version.
fn options(text: &str) -> (u32, Options) {
    let mut options = Options::default();
    match directive(text, "transactions") {
        Some("whole") => options.transactions = Transactions::Whole,
        Some("each") => options.transactions = Transactions::Each,
        _ => {}
    }
    let version = directive(text, "needs").and_then(|v| v.parse().ok()).unwrap_or(15);
    (version, options)
}

/// Codes that a report has and no comment allows.
fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().filter(|f| f.allowed.is_none()).map(|f| f.hazard.code.id).collect()
}

/// Looks at a fixture with a hazard switched on.
fn look(text: &str, code: &str) -> Report {
    let (version, mut options) = options(text);
    options.levels.insert(code.to_owned(), driftless::lint::Level::Warning);
    check(text, &fixture_schema(version), &options)
}
