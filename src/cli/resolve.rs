//! `resolve`: tells the ledger what happened where it cannot know.

use clap::{ArgGroup, Args};
use serde_json::json;

use super::{ExitStatus, Failure, Session, args::UrlArgs, session::one_migration};
use crate::db::{
    execute::{Executor, Silent, Stop},
    ledger::by_name,
};

/// Arguments of `resolve`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("verdict").required(true))]
pub(crate) struct ResolveArgs {
    /// The migration
    name: String,
    #[command(flatten)]
    url: UrlArgs,
    /// All of it is in the database: record it as applied
    #[arg(long, group = "verdict", requires = "reason")]
    applied: bool,
    /// Nothing of it is in the database: record it as not applied
    #[arg(long, group = "verdict", requires = "reason")]
    rolled_back: bool,
    /// The step given by `--step` happened
    #[arg(long, group = "verdict", requires = "step")]
    done: bool,
    /// The step given by `--step` did not happen
    #[arg(long, group = "verdict", requires = "step")]
    not_done: bool,
    /// The step whose end nobody recorded, from 1
    #[arg(long, value_name = "N", conflicts_with_all = ["applied", "rolled_back"])]
    step: Option<usize>,
    /// Why; the ledger keeps it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(crate) async fn run(args: &ResolveArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let connection = session.connect(&args.url).await?;
    let name = session.config.ledger();
    let settings = session.config.settings();
    let executor = Executor::open(&connection, &name, &settings, &Silent, Stop::default()).await?;
    let ledger = executor.ledger();
    let reason = args.reason.as_deref().unwrap_or("marked by hand");
    let done: Result<String, Failure> = async {
        if args.applied {
            let migration = one_migration(&history, &args.name)?;
            let parents = history.parents(&migration.name);
            ledger.mark_applied(&migration.name, &migration.up_sha256(), parents, reason).await?;
            return Ok(format!("`{}` counts as applied", migration.name));
        }
        let entries = ledger.read().await?;
        let known = by_name(&entries);
        // A migration that is gone from the directory can still be resolved by its full name.
        let wanted = match known.get(args.name.as_str()) {
            Some(entry) => entry.name.clone(),
            None => one_migration(&history, &args.name)?.name.clone(),
        };
        if !known.contains_key(wanted.as_str()) {
            let message = format!("the ledger knows nothing of `{wanted}`");
            return Err(Failure::usage("P0039", message));
        }
        let Some(step) = args.step else {
            ledger.mark_rolled_back(&wanted, reason).await?;
            return Ok(format!("`{wanted}` counts as not applied"));
        };
        if !ledger.resolve_step(&wanted, step, args.done).await? {
            let message = format!("step {step} of `{wanted}` is not one whose end is unknown");
            return Err(Failure::usage("P0039", message));
        }
        let verdict = if args.done { "done" } else { "not done" };
        Ok(format!("step {step} of `{wanted}` counts as {verdict}"))
    }
    .await;
    executor.close().await;
    let text = done?;
    if session.ui.json {
        session.ui.json(&json!({ "resolved": args.name }));
    }
    session.ui.say(&text);
    Ok(ExitStatus::Done)
}
