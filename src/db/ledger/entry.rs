//! What the ledger knows: of a migration, of a step.

use serde::Serialize;
use serde_json::Value;

/// What the ledger knows of one migration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// SHA-256 of `migration.sql` as it was run.
    pub up_sha256: String,
    /// When it began, UTC.
    pub started_at: String,
    /// When its last step was done, UTC.
    pub finished_at: Option<String>,
    /// How many steps it has.
    pub steps: i32,
    /// How many of them are done.
    pub steps_done: i32,
    /// What made it fail.
    pub error: Option<String>,
    /// The role that ran it.
    pub applied_by: String,
    /// The version of the program that ran it.
    pub version: String,
    /// Why it counts as applied where it was not run: baseline, resolve, import.
    pub note: Option<String>,
    /// What it follows, as it was when it was run.
    pub parents: Vec<String>,
    /// `up`, or `down` while it is being taken back.
    pub direction: String,
}

impl Entry {
    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        match (&self.finished_at, &self.error) {
            (Some(_), _) if self.direction == "up" => State::Applied,
            (_, Some(_)) => State::Failed,
            _ => State::Interrupted,
        }
    }
}

/// Where a migration in the ledger stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All its steps are done.
    Applied,
    /// A step failed.
    Failed,
    /// It began and nobody wrote how it ended.
    Interrupted,
}

/// What the ledger knows of one step.
#[derive(Clone, Debug)]
pub struct StepRecord {
    /// Place in the script, from 0.
    pub step: i32,
    /// SHA-256 of its text.
    pub sha256: String,
    /// Its text.
    pub sql: String,
    /// Whether its end was recorded.
    pub done: bool,
    /// What the catalog said of its subject before it began.
    pub before: Option<Value>,
}

/// What is written about a step that is done.
#[derive(Clone, Debug)]
pub(in crate::db) struct StepDone<'a> {
    pub(in crate::db) step: usize,
    pub(in crate::db) sha256: &'a str,
    pub(in crate::db) sql: &'a str,
    pub(in crate::db) milliseconds: f64,
    pub(in crate::db) lock_milliseconds: f64,
    pub(in crate::db) rows: u64,
}
