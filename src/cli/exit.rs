//! The statuses with which the process ends.

use std::process::ExitCode;

/// What a status tells whoever started the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Done, or no difference.
    Done,
    /// Findings or a difference where the command was asked to tell.
    Findings,
    /// Wrong usage, configuration or model.
    Usage,
    /// Refused for safety.
    Refused,
    /// The database or the environment failed.
    Environment,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::Findings => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Refused => 3,
            ExitStatus::Environment => 4,
        })
    }
}
