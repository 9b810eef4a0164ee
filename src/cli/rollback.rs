//! `rollback`: takes migrations back, the newest first.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session, args::UrlArgs, progress::Progress, session::one_migration,
};
use crate::{
    db::{
        execute::{ExecuteError, Executor, Stop},
        ledger::{Entry, Ledger, State},
    },
    migrations::{Checksum, History, Migration},
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
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    to: Option<String>,
    /// Take all of them back
    #[arg(long)]
    all: bool,
    /// Print what would run, and run nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(args: &RollbackArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let connection = session.connect(&args.url).await?;
    let name = session.config.ledger();
    if args.dry_run {
        let entries = Ledger::new(&connection, &name).read().await?;
        return dry_run(&chosen(args, &history, &entries)?, session);
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
        let entries = executor.ledger().read().await?;
        let chosen = chosen(args, &history, &entries)?;
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
        None | Some("base") => Vec::new(),
        Some(text) => {
            let name = &one_migration(history, text)?.name;
            history.upto(name).iter().map(|migration| migration.name.as_str()).collect()
        }
    };
    let count = match args.count {
        _ if args.all || args.to.is_some() => usize::MAX,
        None => 1,
        Some(number) => usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX),
    };
    let mut chosen = Vec::new();
    // What was applied later follows what was applied earlier, never the other way round.
    let newest_first = entries.iter().rev().filter(|entry| !kept.contains(&entry.name.as_str()));
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

fn dry_run(chosen: &[&Migration], session: &Session<'_>) -> Result<ExitStatus, Failure> {
    for migration in chosen {
        let sql = migration.down.as_deref().unwrap_or_default();
        if session.ui.json {
            session.ui.json(&json!({ "migration": migration.name, "sql": sql }));
        } else {
            session.ui.data(&format!("-- {}\n{}\n\n", migration.name, sql.trim_end()));
        }
    }
    session.ui.say(&format!("{} migrations would be taken back", chosen.len()));
    Ok(ExitStatus::Done)
}
