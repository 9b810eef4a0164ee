//! `stamp`: says where a database stands, without running anything.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    drift::{allow, drift},
    session::upto,
};
use crate::{
    db::{
        Connection,
        execute::{Executor, Silent, Stop},
        ledger::{Entry, State},
    },
    migrations::Migration,
};

/// Arguments of `stamp`.
#[derive(Debug, Args)]
pub(crate) struct StampArgs {
    /// The migration at which the database stands; `base` for none, `head` for all
    #[arg(allow_negative_numbers = true)]
    name: String,
    #[command(flatten)]
    url: UrlArgs,
    /// Why; the ledger keeps it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Say so although the database is not what those migrations lead to
    #[arg(long)]
    force: bool,
}

/// What is to be written into the ledger.
struct Marks<'h> {
    applied: Vec<&'h Migration>,
    not_applied: Vec<String>,
}

pub(crate) async fn run(args: &StampArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let connection = session.connect(&args.url).await?;
    let name = session.config.ledger();
    let settings = session.config.settings();
    let executor = Executor::open(&connection, &name, &settings, &Silent, Stop::default()).await?;
    let result = async {
        let ledger = executor.ledger();
        let entries = ledger.settle(&history).await?;
        let point = upto(&history, &args.name, Some(&entries))?;
        if !args.force {
            compare(&connection, &point, &entries, session).await?;
        }
        let marks = marks(&point, &entries);
        for name in &marks.not_applied {
            ledger.mark_rolled_back(name, &args.reason).await?;
        }
        for migration in &marks.applied {
            let parents = history.parents(&migration.name);
            let sum = migration.up_sha256();
            ledger.mark_applied(&migration.name, &sum, parents, &args.reason).await?;
        }
        Ok::<_, Failure>(marks)
    }
    .await;
    executor.close().await;
    let marks = result?;
    let applied: Vec<&str> = marks.applied.iter().map(|m| m.name.as_str()).collect();
    if session.ui.json {
        session.ui.json(&json!({ "applied": applied, "not_applied": marks.not_applied }));
    }
    for name in &applied {
        session.ui.say(&format!("`{name}` counts as applied"));
    }
    for name in &marks.not_applied {
        session.ui.say(&format!("`{name}` counts as not applied"));
    }
    if applied.is_empty() && marks.not_applied.is_empty() {
        session.ui.say("the ledger says so already");
    }
    Ok(ExitStatus::Done)
}

/// Refuses a mark that the database contradicts.
async fn compare(
    connection: &Connection,
    point: &[&Migration],
    entries: &[Entry],
    session: &Session<'_>,
) -> Result<(), Failure> {
    let mut changes = drift(connection, point, entries, session).await?;
    allow(&mut changes, &session.config.values.deploy.allow_drift);
    if changes.is_empty() {
        return Ok(());
    }
    let message = "the database is not what those migrations lead to".to_owned();
    Err(super::drift::failure("P0063", message, &changes)
        .help("name the migration at which it stands; `--force` says so nevertheless"))
}

/// What has to change in the ledger; what is gone goes the newest first.
fn marks<'h>(point: &[&'h Migration], entries: &[Entry]) -> Marks<'h> {
    let wanted: BTreeSet<&str> = point.iter().map(|m| m.name.as_str()).collect();
    let applied = |name: &str| {
        entries.iter().any(|e| e.name == name && e.direction == "up" && e.state() == State::Applied)
    };
    let gone = entries.iter().rev().filter(|entry| !wanted.contains(entry.name.as_str()));
    Marks {
        applied: point.iter().copied().filter(|m| !applied(&m.name)).collect(),
        not_applied: gone.map(|entry| entry.name.clone()).collect(),
    }
}
