//! `rollback`: takes migrations back, the newest first.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    losses::{self, Finding},
    progress::Progress,
    renames::Renamed,
    session::upto,
    state::read,
    workbench::Workbench,
};
use crate::{
    db::{
        Connection,
        execute::{ExecuteError, Executor, Stop},
        ledger::{Entry, Ledger, State, settled},
    },
    migrations::{Checksum, History, Migration},
    plan::Fills,
    sql::split,
};

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// How many to take back: `-1` (the default), `-2`, …
    #[arg(value_name = "-N", allow_negative_numbers = true, conflicts_with_all = ["to", "all"])]
    count: Option<i64>,
    #[command(flatten)]
    url: UrlArgs,
    /// Keep this migration and what it follows, and take back the others
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, conflicts_with = "all")]
    to: Option<String>,
    /// Take all of them back
    #[arg(long)]
    all: bool,
    /// Print what would run, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Go back although rows are lost by it
    #[arg(long)]
    accept_data_loss: bool,
}

pub(crate) async fn run(args: &RollbackArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let connection = session.connect(&args.url).await?;
    let name = session.config.ledger();
    if args.dry_run {
        let entries = settled(&history, Ledger::new(&connection, &name).read().await?);
        let chosen = chosen(args, &history, &entries)?;
        let findings = look(&connection, &chosen, (&history, &entries), session).await?;
        losses::tell(&findings, session);
        return Ok(dry_run(&chosen, session));
    }
    let mut settings = session.config.settings();
    if let Some(schema) = connection.target().schema() {
        settings.search_path = vec![schema.to_owned()];
    }
    let progress = Progress::new(session.ui);
    let stop = Stop::default();
    let signals = tokio::spawn(super::deploy::listen(stop.clone()));
    let executor = Executor::open(&connection, &name, &settings, &progress, stop).await?;
    let result = async {
        let entries = executor.ledger().settle(&history).await?;
        let chosen = chosen(args, &history, &entries)?;
        let findings = look(&connection, &chosen, (&history, &entries), session).await?;
        losses::judge(&findings, args.accept_data_loss, session)?;
        for migration in &chosen {
            executor.take_back(migration).await?;
        }
        Ok::<_, Failure>(chosen.len())
    }
    .await;
    signals.abort();
    executor.close().await;
    let count = result?;
    if session.ui.json {
        session.ui.json(&json!({ "event": "rollback_done", "taken_back": count }));
    }
    let plural = if count == 1 { "" } else { "s" };
    session.ui.say(&format!("took back {count} migration{plural}"));
    Ok(ExitStatus::Done)
}

/// What to take back, the newest first; refuses all of it where one has no way back.
fn chosen<'h>(
    args: &RollbackArgs,
    history: &'h History,
    entries: &[Entry],
) -> Result<Vec<&'h Migration>, Failure> {
    let kept: Vec<&str> = match args.to.as_deref() {
        None => Vec::new(),
        Some(text) => upto(history, text, Some(entries))?.iter().map(|m| m.name.as_str()).collect(),
    };
    let count = match args.count {
        _ if args.all || args.to.is_some() => usize::MAX,
        None => 1,
        Some(number) => usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX),
    };
    let mut chosen = Vec::new();
    // What was applied later follows what was applied earlier, never the other way round.
    // What nobody wrote down goes with what it stands for.
    let written = entries.iter().filter(|entry| !entry.version.is_empty());
    let newest_first = written.rev().filter(|entry| !kept.contains(&entry.name.as_str()));
    for entry in newest_first.take(count) {
        let Some(migration) = history.get(&entry.name) else {
            let message =
                format!("migration `{}` was applied and is not in the directory", entry.name);
            return Err(Failure::refused("P0027", message)
                .help("roll back from the checkout that has its files"));
        };
        if entry.state() != State::Applied && entry.direction == "up" {
            let message = format!("migration `{}` is only half applied", entry.name);
            return Err(Failure::refused("P0028", message)
                .help("finish it with `driftless deploy`, or undo it by hand and `resolve` it"));
        }
        let recorded = Checksum(entry.up_sha256.clone());
        if !recorded.0.is_empty() && !recorded.fits(&migration.up) {
            let message = format!("migration `{}` was edited after it was applied", entry.name);
            return Err(Failure::refused("P0012", message)
                .help("restore the file: its `down.sql` may not fit what was run"));
        }
        if migration.down.is_none() {
            let reason = migration.header.as_ref().and_then(|header| header.irreversible.clone());
            let migration = entry.name.clone();
            return Err(ExecuteError::NoWayBack { migration, reason }.into());
        }
        chosen.push(migration);
    }
    Ok(chosen)
}

/// Looks at what going back means for the rows that are there: those it would lose, and those that
/// what comes back would refuse. Tells what comes back empty.
async fn look(
    connection: &Connection,
    chosen: &[&Migration],
    (history, entries): (&History, &[Entry]),
    session: &Session<'_>,
) -> Result<Vec<Finding>, Failure> {
    for migration in chosen {
        let hazards = migration.header.iter().flat_map(|header| &header.hazards);
        for (_, object) in hazards.filter_map(|text| text.split_once(" may lose what is in ")) {
            let name = &migration.name;
            session.ui.warn(&format!("{object} comes back empty: `{name}` dropped what it held"));
        }
    }
    // Where the way back moves rows or names itself, the states alone do not tell what is lost.
    let half = entries.iter().any(|entry| entry.state() != State::Applied);
    if half || chosen.iter().any(|m| m.down.as_deref().is_some_and(moves_rows)) {
        return Ok(Vec::new());
    }
    let stays = |name: &str| {
        entries.iter().any(|entry| entry.name == name) && chosen.iter().all(|m| m.name != name)
    };
    let rest: Vec<&Migration> = history.iter().filter(|m| stays(&m.name)).collect();
    let schema = read(connection, session).await?;
    let mut workbench = Workbench::new(session, None, Some(connection.version().major()))?;
    match workbench.schema_of_history(&rest).await {
        Ok(to) => {
            let from = Renamed { schema, up: Vec::new(), down: Vec::new() };
            losses::look(connection, &from, &to, &Fills::new()).await
        }
        Err(failure) => {
            session.ui.warn(&format!("the rows are not looked at: {}", failure.message));
            Ok(Vec::new())
        }
    }
}

/// Whether a script renames something or changes rows by itself.
fn moves_rows(script: &str) -> bool {
    let words = ["rename", "update", "insert", "delete", "merge", "truncate", "do", "call"];
    split::split(script).pieces.iter().any(|piece| {
        piece.tokens().first().is_some_and(|first| words.iter().any(|word| first.is(word)))
            || piece.tokens().iter().any(|token| token.is("rename"))
    })
}

fn dry_run(chosen: &[&Migration], session: &Session<'_>) -> ExitStatus {
    for migration in chosen {
        let sql = migration.down.as_deref().unwrap_or_default();
        if session.ui.json {
            session.ui.json(&json!({ "migration": migration.name, "sql": sql }));
        } else {
            session.ui.data(&format!("-- {}\n{}\n\n", migration.name, sql.trim_end()));
        }
    }
    session.ui.say(&match chosen.len() {
        1 => "1 migration would be taken back".to_owned(),
        n => format!("{n} migrations would be taken back"),
    });
    ExitStatus::Done
}
