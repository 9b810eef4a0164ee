//! Why a command did not do what it was asked to.

use std::path::Path;

use super::ExitStatus;
use crate::{
    db::{self, execute::ExecuteError, replay::ReplayError},
    migrations::{HistoryError, PointError, Problem},
    plan::Cycle,
};

/// A failure as it is told: code, message, facts, proposal, and the status to end with.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: ExitStatus,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) notes: Vec<String>,
    pub(crate) help: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: ExitStatus, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), notes: Vec::new(), help: None }
    }

    /// Wrong usage or configuration.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Usage, code, message)
    }

    /// Refused for safety.
    pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Refused, code, message)
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn notes(mut self, notes: Vec<String>) -> Self {
        self.notes.extend(notes);
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(ExitStatus::Environment, "P0023", "interrupted")
    }

    fn database(error: &ReplayError) -> Self {
        let failure = Self::new(ExitStatus::Environment, error.code(), error.to_string());
        Self { help: error.help(), ..failure }
    }

    /// A file that cannot be read or written.
    pub(crate) fn io(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        let message = format!("cannot {doing} `{}`: {error}", path.display());
        Self::new(ExitStatus::Environment, "P0016", message)
    }
}

impl From<db::Error> for Failure {
    fn from(error: db::Error) -> Self {
        let status = match error {
            db::Error::Url { .. } | db::Error::Service { .. } => ExitStatus::Usage,
            _ => ExitStatus::Environment,
        };
        let failure = Self::new(status, error.code(), error.to_string());
        Self { help: error.help(), ..failure }
    }
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        let status = match &error {
            ExecuteError::Script { .. } => ExitStatus::Usage,
            ExecuteError::EditedBeforeResume { .. }
            | ExecuteError::Batch { .. }
            | ExecuteError::Program { .. }
            | ExecuteError::Unknown { .. }
            | ExecuteError::NoWayBack { .. } => ExitStatus::Refused,
            _ => ExitStatus::Environment,
        };
        let failure = Self::new(status, error.code(), error.to_string());
        Self { notes: error.notes(), help: error.help(), ..failure }
    }
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        let notes: Vec<String> = match &error {
            ReplayError::Database(_) => return Self::database(&error),
            ReplayError::Script { errors, .. } => {
                errors.iter().skip(1).map(ToString::to_string).collect()
            }
            ReplayError::Statement { .. } => Vec::new(),
        };
        let failure = Self::usage(error.code(), error.to_string());
        Self { notes, help: error.help(), ..failure }
    }
}

impl From<HistoryError> for Failure {
    fn from(error: HistoryError) -> Self {
        Self::usage(error.code(), error.to_string())
    }
}

impl From<PointError> for Failure {
    fn from(error: PointError) -> Self {
        let failure = Self::usage(error.code(), error.to_string());
        Self { help: error.help(), ..failure }
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        let mut problems = problems.into_iter();
        let Some(first) = problems.next() else {
            return Self::usage("P0017", "the migrations directory cannot be read");
        };
        let status = match first {
            Problem::Io { .. } => ExitStatus::Environment,
            _ => ExitStatus::Usage,
        };
        let failure = Self::new(status, first.code(), first.to_string());
        let notes = problems.map(|problem| format!("also, {problem}")).collect();
        Self { notes, help: first.help(), ..failure }
    }
}

impl From<Cycle> for Failure {
    fn from(cycle: Cycle) -> Self {
        Self::new(ExitStatus::Environment, "P0090", cycle.to_string())
            .note("this is a defect of driftless")
    }
}
