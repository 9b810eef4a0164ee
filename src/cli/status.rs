//! `status`: how the database stands to the migrations.

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session, args::UrlArgs, drift::drift, state::history_or_empty, status_all,
    targets::TargetsArgs, ui::Tone,
};
use crate::{
    db::{
        Connection,
        ledger::{Entry, Ledger, State, by_name, settled},
    },
    diff::ChangeSet,
    migrations::{Checksum, History},
};

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// End with status 1 unless everything is applied and nothing differs
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Show the steps of what is pending, with the locks that they take
    #[arg(long, conflicts_with = "json")]
    plan: bool,
    #[command(flatten)]
    pub(crate) targets: TargetsArgs,
}

/// How one migration stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// Applied as the file says.
    Applied,
    /// Applied, and the file was changed since.
    Edited,
    /// Applied, and the file is gone.
    Missing,
    /// Not applied yet.
    Pending,
    /// Begun, and a step failed.
    Failed,
    /// Begun, and nobody wrote how it ended.
    Interrupted,
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) migration: String,
    pub(crate) standing: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) applied_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) steps: Option<(i32, i32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

pub(crate) async fn run(args: &StatusArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = history_or_empty(&session.migrations_path())?;
    if args.targets.any() {
        let destinations = args.targets.resolve(&args.url, session).await?;
        return status_all::run(args, &destinations, &history, session).await;
    }
    let connection = session.connect(&args.url).await?;
    let name = session.config.ledger();
    let entries = settled(&history, Ledger::new(&connection, &name).read().await?);
    let lines = compare(&history, &entries);
    let heads = history.heads();
    let drift = drift_of(&connection, &history, (&lines, &entries), session).await?;
    let in_sync = heads.len() <= 1
        && lines.iter().all(|line| line.standing == Standing::Applied)
        && drift.as_ref().is_some_and(ChangeSet::is_empty);
    if session.ui.json {
        session.ui.json(&json!({
            "database": connection.target().to_string(),
            "migrations": lines,
            "heads": heads,
            "drift": drift.as_ref().map(|drift| &drift.changes),
            "in_sync": in_sync,
        }));
    } else {
        report(&lines, &heads, session);
        report_drift(drift.as_ref(), session);
        if args.plan {
            let pending = |name: &str| {
                let pending = |line: &Line| line.standing == Standing::Pending;
                lines.iter().any(|line| line.migration == name && pending(line))
            };
            let list: Vec<_> = history.iter().filter(|m| pending(&m.name)).collect();
            session.ui.data(if list.is_empty() { "" } else { "\n" });
            super::preview::tell(&connection, &list, session).await?;
        }
    }
    Ok(if args.exit_code && !in_sync { ExitStatus::Findings } else { ExitStatus::Done })
}

/// How the database differs from what its migrations lead to; `None` where that cannot be told.
pub(crate) async fn drift_of(
    connection: &Connection,
    history: &History,
    (lines, entries): (&[Line], &[Entry]),
    session: &Session<'_>,
) -> Result<Option<ChangeSet>, Failure> {
    let reason = lines.iter().find_map(|line| match line.standing {
        Standing::Failed | Standing::Interrupted => {
            Some(format!("`{}` is only half applied", line.migration))
        }
        Standing::Missing => Some(format!("the files of `{}` are missing", line.migration)),
        _ => None,
    });
    if let Some(reason) = reason {
        session.ui.warn(&format!("the schema is not compared: {reason}"));
        return Ok(None);
    }
    let applied = |name: &str| {
        let standing = |line: &Line| matches!(line.standing, Standing::Applied | Standing::Edited);
        lines.iter().any(|line| line.migration == name && standing(line))
    };
    let applied: Vec<_> = history.iter().filter(|migration| applied(&migration.name)).collect();
    match drift(connection, &applied, entries, session).await {
        Ok(changes) => Ok(Some(changes)),
        // Reading the database itself has to work; trying things out elsewhere need not.
        Err(failure) if failure.code == "P0007" => Err(failure),
        Err(failure) => {
            session.ui.warn(&format!("the schema is not compared: {}", failure.message));
            Ok(None)
        }
    }
}

fn report_drift(drift: Option<&ChangeSet>, session: &Session<'_>) {
    let Some(changes) = drift else { return };
    if changes.is_empty() {
        session.ui.say("the schema is what they lead to");
        return;
    }
    session.ui.data("\nThe schema differs from what the applied migrations lead to:\n");
    session.ui.data(&super::drift::render_wholes(changes, session.ui));
}

/// Compares the directory with the ledger: first what is in the ledger and not in the directory.
pub(crate) fn compare(history: &History, entries: &[Entry]) -> Vec<Line> {
    let known = by_name(entries);
    let gone = entries.iter().filter(|entry| history.get(&entry.name).is_none());
    let mut lines: Vec<_> = gone.map(|entry| line(entry, Standing::Missing)).collect();
    for migration in history.iter() {
        let Some(entry) = known.get(migration.name.as_str()) else {
            lines.push(Line {
                migration: migration.name.clone(),
                standing: Standing::Pending,
                applied_at: None,
                steps: None,
                error: None,
            });
            continue;
        };
        let recorded = Checksum(entry.up_sha256.clone());
        let standing = match entry.state() {
            State::Failed => Standing::Failed,
            State::Interrupted => Standing::Interrupted,
            State::Applied if recorded.0.is_empty() || recorded.fits(&migration.up) => {
                Standing::Applied
            }
            State::Applied => Standing::Edited,
        };
        lines.push(line(entry, standing));
    }
    lines
}

fn line(entry: &Entry, standing: Standing) -> Line {
    let unfinished = matches!(standing, Standing::Failed | Standing::Interrupted);
    Line {
        migration: entry.name.clone(),
        standing,
        applied_at: entry.finished_at.clone(),
        steps: unfinished.then_some((entry.steps_done, entry.steps)),
        error: entry.error.clone(),
    }
}

fn report(lines: &[Line], heads: &[&str], session: &Session<'_>) {
    let ui = session.ui;
    for line in lines {
        let (tone, word) = match line.standing {
            Standing::Applied => (Tone::Good, "applied"),
            Standing::Pending => (Tone::Warn, "pending"),
            Standing::Edited => (Tone::Bad, "edited"),
            Standing::Missing => (Tone::Bad, "missing"),
            Standing::Failed => (Tone::Bad, "failed"),
            Standing::Interrupted => (Tone::Bad, "interrupted"),
        };
        let mut text =
            format!("{}  {}", ui.paint_data(tone, &format!("{word:<11}")), line.migration);
        if let Some((done, all)) = line.steps {
            text.push_str(&format!("  ({done} of {all} steps done)"));
        }
        if let Some(at) = line.applied_at.as_ref().filter(|_| ui.verbose()) {
            text.push_str(&format!("  {at}"));
        }
        if let Some(error) = &line.error {
            text.push_str(&format!("\n             {}", error.replace('\n', "\n             ")));
        }
        ui.data(&format!("{text}\n"));
    }
    let count = |standing| lines.iter().filter(|line| line.standing == standing).count();
    if heads.len() > 1 {
        ui.warn(&format!("the history has {} heads: {}", heads.len(), heads.join(", ")));
    }
    let pending = count(Standing::Pending);
    let summary = match (lines.len(), pending) {
        (0, _) => "there are no migrations".to_owned(),
        (all, 0) if count(Standing::Applied) == all => format!("all {all} migrations are applied"),
        (all, pending) => {
            format!(
                "{} of {all} migrations are applied, {pending} pending",
                count(Standing::Applied)
            )
        }
    };
    ui.say(&summary);
}
