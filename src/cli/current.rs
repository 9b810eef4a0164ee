//! `current`: the migrations at which a database stands.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::json;

use super::{ExitStatus, Failure, Session, args::UrlArgs, state::history_or_empty};
use crate::db::ledger::{Ledger, State, settled};

/// Arguments of `current`.
#[derive(Debug, Args)]
pub(crate) struct CurrentArgs {
    #[command(flatten)]
    url: UrlArgs,
}

pub(crate) async fn run(args: &CurrentArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = history_or_empty(&session.migrations_path())?;
    let connection = session.connect(&args.url).await?;
    let name = session.config.ledger();
    let entries = settled(&history, Ledger::new(&connection, &name).read().await?);
    let applied: Vec<&str> = entries
        .iter()
        .filter(|entry| entry.state() == State::Applied)
        .map(|entry| entry.name.as_str())
        .collect();
    let followed: BTreeSet<&str> = applied
        .iter()
        .flat_map(|name| history.parents(name).iter().map(String::as_str))
        .chain(entries.iter().flat_map(|entry| entry.parents.iter().map(String::as_str)))
        .collect();
    let current: Vec<_> = applied.iter().filter(|name| !followed.contains(*name)).collect();
    if session.ui.json {
        session.ui.json(&json!({ "current": current, "heads": history.heads() }));
        return Ok(ExitStatus::Done);
    }
    let heads = history.heads();
    for name in &current {
        let note = if heads.contains(*name) { " (head)" } else { "" };
        session.ui.data(&format!("{name}{note}\n"));
    }
    if current.is_empty() {
        session.ui.say("nothing is applied");
    }
    Ok(ExitStatus::Done)
}
