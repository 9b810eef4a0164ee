//! `baseline`: starts a history from a database that is there.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    new::timestamp_after,
    session::upto,
    state::{history_or_empty, read},
};
use crate::{
    db::{
        Connection,
        execute::{Executor, Silent, Stop},
    },
    migrations::{Header, History, Migration, NewMigration, read_directory, write_migration},
    plan,
    schema::Schema,
};

/// Arguments of `baseline`.
#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// Record the migrations up to this one, which are in the directory, as applied
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    to: Option<String>,
}

pub(crate) async fn run(args: &BaselineArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let connection = session.connect(&args.url).await?;
    let marked = baseline(&connection, args.to.as_deref(), session).await?;
    if session.ui.json {
        session.ui.json(&json!({ "applied": marked }));
    }
    for name in &marked {
        session.ui.say(&format!("`{name}` counts as applied"));
    }
    Ok(ExitStatus::Done)
}

/// Records migrations as applied: those named, or a new one that makes what is there.
pub(crate) async fn baseline(
    connection: &Connection,
    to: Option<&str>,
    session: &Session<'_>,
) -> Result<Vec<String>, Failure> {
    let directory = session.migrations_path();
    let mut history = history_or_empty(&directory)?;
    let name = session.config.ledger();
    let settings = session.config.settings();
    let executor = Executor::open(connection, &name, &settings, &Silent, Stop::default()).await?;
    let result = async {
        let ledger = executor.ledger();
        if !ledger.read().await?.is_empty() {
            return Err(Failure::refused("P0042", "the database has a history already")
                .help("`driftless status` shows it"));
        }
        if to.is_none() {
            if !history.is_empty() {
                let message =
                    format!("`{}` holds {} migrations", directory.display(), history.len());
                return Err(Failure::usage("P0043", message)
                    .help("name the last one that is in the database with `--to`"));
            }
            let live = read(connection, session).await?;
            write(&live, &history, session)?;
            history = History::of(read_directory(&directory)?)?;
        }
        let list: Vec<&Migration> = match to {
            Some(text) => upto(&history, text, None)?,
            None => history.iter().collect(),
        };
        for migration in &list {
            let parents = history.parents(&migration.name);
            let sum = migration.up_sha256();
            ledger.mark_applied(&migration.name, &sum, parents, "baseline").await?;
        }
        Ok(list.iter().map(|migration| migration.name.clone()).collect())
    }
    .await;
    executor.close().await;
    result
}

fn write(live: &Schema, history: &History, session: &Session<'_>) -> Result<(), Failure> {
    let empty = Schema::of_empty_database();
    let plan = plan::plan(&empty, live, plan::Mode::Direct)?;
    let directory = session.migrations_path();
    let new = NewMigration {
        name: format!("{}_baseline", timestamp_after(history)),
        up: plan::render(&plan),
        down: None,
        header: Header {
            before: Some(empty.fingerprint().0),
            after: Some(live.fingerprint().0),
            irreversible: Some("it is what was there before the history began".to_owned()),
            ..Header::default()
        },
        proved: true,
    };
    write_migration(&directory, &new)
        .map_err(|error| Failure::io("write", &directory.join(&new.name), &error))?;
    Ok(())
}
