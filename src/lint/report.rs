//! What was found: per statement its locks, its work and its hazards.

use std::ops::Range;

use serde::Serialize;

use super::hazards::{Class, Hazard, Level};
use crate::sql::LockMode;

/// What was found in one script.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Major version of the server that was assumed.
    pub version: u32,
    /// The statements in order; transaction control is not one of them.
    pub statements: Vec<StatementReport>,
    /// Everything that was found, by position.
    pub findings: Vec<Finding>,
}

/// What one statement does.
#[derive(Clone, Debug)]
pub struct StatementReport {
    /// Where it stands, in bytes of the script.
    pub span: Range<usize>,
    /// What it is, in a few words: `alter table`.
    pub kind: String,
    /// The transaction that it runs in; none for a statement that runs in none.
    pub transaction: Option<usize>,
    /// The relations that it locks, by name.
    pub locks: Vec<Lock>,
}

/// A lock that a statement takes, with what it does while it holds it.
#[derive(Clone, Debug, Serialize)]
pub struct Lock {
    /// Qualified name.
    pub relation: String,
    /// The strongest mode that it takes.
    pub mode: LockMode,
    /// Whether reads wait for it. True too for an index that planning has to open.
    pub blocks_reads: bool,
    /// Whether writes wait for it.
    pub blocks_writes: bool,
    /// The most costly work on the relation.
    pub work: Option<WorkKind>,
    /// False where it depends on something that is not known.
    pub certain: bool,
    /// Whether the script itself made the relation, or nobody else can see it.
    pub new: bool,
    /// Estimated rows.
    pub rows: Option<u64>,
    /// Estimated duration of the work in seconds, from and to.
    pub seconds: Option<(f64, f64)>,
}

/// Work whose duration grows with the relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// Every row is read.
    Scan,
    /// Every row is read and an index is built.
    IndexBuild,
    /// Files are copied as they are.
    Copy,
    /// Every row and index is written anew.
    Rewrite,
}

/// One hazard in a script.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is.
    pub hazard: &'static Hazard,
    /// How loudly it is reported.
    pub level: Level,
    /// Number of the statement in the report; none where the script as a whole is meant.
    pub statement: Option<usize>,
    /// Where it is, in bytes of the script.
    pub span: Range<usize>,
    /// What was found: lower case, names in backticks, no final stop.
    pub message: String,
    /// Other places that have to do with it, and what they are.
    pub also: Vec<(Range<usize>, String)>,
    /// Facts that help to judge it.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: String,
    /// The relation that it is about.
    pub relation: Option<String>,
    /// False where it depends on something that is not known.
    pub certain: bool,
    /// The reason that a comment in the script gives for allowing it.
    pub allowed: Option<String>,
}

impl Finding {
    /// Whether it counts: not allowed by a comment, and more than a note.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.allowed.is_none() && self.level >= Level::Warning
    }

    /// What kind of harm it does.
    #[must_use]
    pub fn class(&self) -> Class {
        self.hazard.class()
    }
}

impl Report {
    /// The findings about one statement.
    pub fn of_statement(&self, number: usize) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |f| f.statement == Some(number))
    }

    /// The loudest level among what is not allowed.
    #[must_use]
    pub fn worst(&self) -> Level {
        let open = self.findings.iter().filter(|f| f.allowed.is_none());
        open.map(|f| f.level).max().unwrap_or(Level::Off)
    }
}

impl WorkKind {
    /// Seconds per million rows, from and to, as measured on PostgreSQL 15 and 18 on a small
    /// machine; what is written is slower where disks are.
    #[must_use]
    pub fn seconds_per_million(self) -> (f64, f64) {
        match self {
            Self::Scan => (0.2, 0.8),
            Self::IndexBuild => (0.8, 1.5),
            Self::Copy => (0.5, 2.0),
            Self::Rewrite => (4.0, 16.0),
        }
    }

    /// Estimated duration for a number of rows.
    #[must_use]
    pub fn seconds(self, rows: u64) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let millions = rows as f64 / 1_000_000.0;
        let (from, to) = self.seconds_per_million();
        (from * millions, to * millions)
    }
}
