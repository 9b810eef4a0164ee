//! Reports as text with snippets, JSON, SARIF and annotations of GitHub.

mod github;
mod json;
mod sarif;

use std::fmt::Write as _;

pub use self::{github::render_github, json::render_json, sarif::render_sarif};
use super::{
    hazards::Level,
    report::{Finding, Lock, Report, WorkKind},
};
use crate::text::{Diagnostic, Severity, Source, SourceId, Span};

impl Finding {
    /// The finding as a diagnostic of the one source that its report is about.
    #[must_use]
    pub fn diagnostic(&self, source: SourceId) -> Diagnostic {
        let severity = match self.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note | Level::Off => Severity::Note,
        };
        let span = Span::new(source, self.span.start, self.span.end);
        let mut made = Diagnostic::new(severity, self.hazard.code, span, self.message.clone())
            .help(&self.help);
        for (place, text) in &self.also {
            made = made.also(Span::new(source, place.start, place.end), text);
        }
        made.notes.clone_from(&self.notes);
        if let Some(reason) = &self.allowed {
            made.notes.push(format!("allowed because {reason}"));
        }
        made
    }
}

/// Lists the locks of each statement for people.
#[must_use]
pub fn render_locks(report: &Report, source: &Source) -> String {
    let mut out = String::new();
    for statement in &report.statements {
        let offset = u32::try_from(statement.span.start).unwrap_or(u32::MAX);
        let line = source.position(offset).line;
        let place = match statement.transaction {
            Some(number) => format!("transaction {number}"),
            None => "no transaction".to_owned(),
        };
        let _ = writeln!(out, "{}:{line}: {} ({place})", source.name, statement.kind);
        let width = statement.locks.iter().map(|l| l.relation.chars().count()).max().unwrap_or(0);
        for lock in &statement.locks {
            let _ = writeln!(out, "    {:width$}  {}", lock.relation, describe(lock));
        }
    }
    out
}

/// `ACCESS EXCLUSIVE: reads and writes wait; written anew, 4 to 16 s`.
fn describe(lock: &Lock) -> String {
    let waits = match (lock.blocks_reads, lock.blocks_writes) {
        (true, _) => ": reads and writes wait",
        (false, true) => ": writes wait",
        (false, false) => "",
    };
    let mut text = format!("{}{waits}", lock.mode);
    if let Some(work) = lock.work {
        let may = if lock.certain { "" } else { "perhaps " };
        let _ = write!(text, "; {may}{}", work.describe());
        if let (Some(rows), Some((from, to))) = (lock.rows, lock.seconds) {
            let _ = write!(text, ", {rows} rows, {from:.1} to {to:.1} s");
        }
    }
    if lock.new {
        text.push_str(" (made by this script)");
    }
    text
}

impl WorkKind {
    /// What happens to the relation.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Scan => "read from end to end",
            Self::IndexBuild => "read and indexed",
            Self::Copy => "copied",
            Self::Rewrite => "written anew",
        }
    }
}
