//! What a deploy did, step by step, to be kept: `--report FILE`.

use std::{cell::RefCell, path::Path};

use serde::Serialize;

use super::Failure;
use crate::{
    db::execute::{Event, Observer},
    migrations::rename_into_place,
};

/// What was done to one database.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct TargetReport {
    /// What it is called.
    pub(crate) name: String,
    /// Where it is, without the password.
    pub(crate) database: String,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// How many migrations were applied.
    pub(crate) applied: usize,
    /// How long it took.
    pub(crate) milliseconds: u64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorReport>,
    /// What was said meanwhile.
    pub(crate) said: Vec<String>,
    /// What ran.
    pub(crate) migrations: Vec<MigrationReport>,
}

/// How the work on one database ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It was not begun.
    #[default]
    NotBegun,
    /// Everything was there already.
    UpToDate,
    /// Migrations were applied.
    Applied,
    /// It failed or was refused.
    Failed,
}

impl Outcome {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NotBegun => "not begun",
            Self::UpToDate => "up to date",
            Self::Applied => "applied",
            Self::Failed => "failed",
        }
    }
}

/// Why it failed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErrorReport {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) notes: Vec<String>,
    pub(crate) help: Option<String>,
}

impl ErrorReport {
    pub(crate) fn of(failure: &Failure) -> Self {
        Self {
            code: failure.code,
            message: failure.message.clone(),
            notes: failure.notes.clone(),
            help: failure.help.clone(),
        }
    }
}

/// What ran of one migration.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MigrationReport {
    pub(crate) migration: String,
    pub(crate) milliseconds: Option<f64>,
    pub(crate) steps: Vec<StepReport>,
}

/// One step that ran.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StepReport {
    pub(crate) step: usize,
    pub(crate) line: usize,
    pub(crate) sql: String,
    /// None where it did not end.
    pub(crate) milliseconds: Option<f64>,
    pub(crate) lock_milliseconds: f64,
    pub(crate) rows: u64,
    /// How often it was begun.
    pub(crate) attempts: u32,
}

/// All of a deploy.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// The version of the program.
    pub(crate) version: &'static str,
    /// When it began, UTC.
    pub(crate) started_at: String,
    /// When it ended, UTC.
    pub(crate) finished_at: String,
    /// Whether everything went well.
    pub(crate) ok: bool,
    /// The databases.
    pub(crate) targets: Vec<TargetReport>,
}

impl Report {
    /// Of databases whose work began at a time.
    pub(crate) fn of(started_at: jiff::Timestamp, targets: Vec<TargetReport>) -> Self {
        let ok = targets.iter().all(|t| matches!(t.outcome, Outcome::Applied | Outcome::UpToDate));
        Self {
            version: crate::db::ledger::VERSION,
            started_at: started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            finished_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            ok,
            targets,
        }
    }

    /// Writes it as HTML or JSON, as the name of the file ends.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let html = path.extension().is_some_and(|e| e == "html" || e == "htm");
        let text = if html { self.html() } else { self.json() };
        rename_into_place(path, &text).map_err(|error| Failure::io("write", path, &error))
    }

    /// How many migrations were applied to all of them together.
    pub(crate) fn applied(&self) -> usize {
        self.targets.iter().map(|target| target.applied).sum()
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report is text and numbers") + "\n"
    }

    fn html(&self) -> String {
        let verdict = if self.ok { "done" } else { "not done" };
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
             <title>deploy {} — {verdict}</title>\n<style>{STYLE}</style>\n\
             <h1>deploy: {verdict}</h1>\n<p>{} – {}, driftless {}</p>\n\
             <table>\n<tr><th>database<th>outcome<th>applied<th>ms<th></tr>\n",
            self.started_at, self.started_at, self.finished_at, self.version
        );
        for target in &self.targets {
            let error = target
                .error
                .as_ref()
                .map_or_else(String::new, |e| format!("{}: {}", e.code, escaped(&e.message)));
            out += &format!(
                "<tr class=\"{}\"><td>{}<td>{}<td>{}<td>{}<td>{error}</tr>\n",
                target.outcome.word().replace(' ', "-"),
                escaped(&target.name),
                target.outcome.word(),
                target.applied,
                target.milliseconds,
            );
        }
        out += "</table>\n";
        for target in self.targets.iter().filter(|t| !t.migrations.is_empty() || t.error.is_some())
        {
            out += &target_html(target);
        }
        out
    }
}

fn target_html(target: &TargetReport) -> String {
    let mut out =
        format!("<h2>{}</h2>\n<p>{}</p>\n", escaped(&target.name), escaped(&target.database));
    for migration in &target.migrations {
        let took = migration.milliseconds.map_or_else(String::new, |ms| format!(" ({ms:.0} ms)"));
        out += &format!(
            "<h3>{}{took}</h3>\n<table>\n<tr><th>step<th>line<th>SQL<th>ms<th>lock ms<th>rows\
             <th>attempts</tr>\n",
            escaped(&migration.migration)
        );
        for step in &migration.steps {
            let took = step.milliseconds.map_or_else(|| "—".to_owned(), |ms| format!("{ms:.1}"));
            out += &format!(
                "<tr><td>{}<td>{}<td><code>{}</code><td>{took}<td>{:.1}<td>{}<td>{}</tr>\n",
                step.step,
                step.line,
                escaped(&step.sql),
                step.lock_milliseconds,
                step.rows,
                step.attempts
            );
        }
        out += "</table>\n";
    }
    if let Some(error) = &target.error {
        out +=
            &format!("<p class=\"failed\">{}: {}</p>\n<ul>\n", error.code, escaped(&error.message));
        for note in error.notes.iter().chain(&error.help) {
            out += &format!("<li>{}</li>\n", escaped(note));
        }
        out += "</ul>\n";
    }
    if !target.said.is_empty() {
        out += &format!("<pre>{}</pre>\n", escaped(&target.said.join("\n")));
    }
    out
}

const STYLE: &str = "body{font:14px system-ui,sans-serif;margin:2em;max-width:80em}\
table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:left;border-bottom:1px solid #ddd}\
.failed{color:#b00}.not-begun{color:#888}code,pre{font:12px monospace;white-space:pre-wrap}";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Takes note of what runs, and passes it on.
pub(crate) struct Recorder<'a> {
    next: &'a dyn Observer,
    migrations: RefCell<Vec<MigrationReport>>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(next: &'a dyn Observer) -> Self {
        Self { next, migrations: RefCell::default() }
    }

    pub(crate) fn take(&self) -> Vec<MigrationReport> {
        self.migrations.take()
    }
}

impl Observer for Recorder<'_> {
    fn notice(&self, event: &Event) {
        self.next.notice(event);
        let mut migrations = self.migrations.borrow_mut();
        if let Event::MigrationStarted { migration, .. } = event {
            let (migration, steps) = (migration.clone(), Vec::new());
            migrations.push(MigrationReport { migration, milliseconds: None, steps });
            return;
        }
        let Some(last) = migrations.last_mut() else { return };
        match event {
            Event::StepStarted { step, line, sql, .. } => {
                if let Some(again) = last.steps.iter_mut().find(|s| s.step == *step) {
                    again.attempts += 1;
                    return;
                }
                last.steps.push(StepReport {
                    step: *step,
                    line: *line,
                    sql: sql.clone(),
                    milliseconds: None,
                    lock_milliseconds: 0.0,
                    rows: 0,
                    attempts: 1,
                });
            }
            Event::StepDone { step, milliseconds, lock_milliseconds, rows, .. } => {
                if let Some(done) = last.steps.iter_mut().find(|s| s.step == *step) {
                    done.milliseconds = Some(*milliseconds);
                    done.lock_milliseconds = *lock_milliseconds;
                    done.rows = *rows;
                }
            }
            Event::MigrationDone { milliseconds, .. } => last.milliseconds = Some(*milliseconds),
            _ => {}
        }
    }
}
