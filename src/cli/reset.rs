//! `reset`: empties a development database and applies all migrations to it.

use std::io::IsTerminal as _;

use clap::Args;
use serde_json::json;

use super::{ExitStatus, Failure, Session, args::UrlArgs, progress::Progress};
use crate::{
    db::{
        Connection, Error,
        execute::{Executor, Stop},
        ledger::Ledger,
    },
    migrations::from_checkpoint,
    sql::quote_ident,
};

/// Arguments of `reset`.
#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// Do it without asking
    #[arg(short, long)]
    yes: bool,
    /// Leave it empty: apply no migrations
    #[arg(long)]
    empty: bool,
}

pub(crate) async fn run(args: &ResetArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = super::state::history_or_empty(&session.migrations_path())?;
    let connection = session.connect(&args.url).await?;
    refuse_production("reset", &connection, session).await?;
    confirm(args, &connection, session)?;
    let name = session.config.ledger();
    let settings = session.config.settings();
    let progress = Progress::new(session.ui);
    // The lock keeps others away while everything is dropped, the ledger among it.
    let executor =
        Executor::open(&connection, &name, &settings, &progress, Stop::default()).await?;
    let result = async {
        empty(&connection).await?;
        if args.empty {
            return Ok(0);
        }
        executor.ledger().ensure().await?;
        let list = from_checkpoint(history.iter().collect());
        for migration in &list {
            executor.apply(migration, history.parents(&migration.name), None).await?;
        }
        Ok::<_, Failure>(list.len())
    }
    .await;
    executor.close().await;
    let count = result?;
    if session.ui.json {
        session.ui.json(&json!({ "event": "reset_done", "applied": count }));
    }
    session.ui.say(&format!("emptied the database and applied {count} migrations"));
    Ok(ExitStatus::Done)
}

/// Refuses a database that is more than one to develop on.
pub(crate) async fn refuse_production(
    verb: &str,
    connection: &Connection,
    session: &Session<'_>,
) -> Result<(), Failure> {
    let name = session.config.ledger();
    let reason = if session.config.values.production {
        "the configuration says `production = true`"
    } else if Ledger::new(connection, &name).was_deployed_to().await? {
        "its ledger says that it was deployed to"
    } else {
        return Ok(());
    };
    let message = format!("`{}` is not {verb}: {reason}", connection.target());
    Err(Failure::refused("P0040", message)
        .help("a database for development is one that only `dev`, `push` and `reset` changed"))
}

fn confirm(
    args: &ResetArgs,
    connection: &Connection,
    session: &Session<'_>,
) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    let target = connection.target();
    if !std::io::stdin().is_terminal() || session.ui.json {
        let message = format!("everything in `{target}` would be lost");
        return Err(Failure::refused("P0041", message).help("confirm with `--yes`"));
    }
    session.ui.tell(&format!(
        "Everything in `{target}` will be lost. Type `{}` to go on:",
        target.database()
    ));
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() && answer.trim() == target.database() {
        return Ok(());
    }
    Err(Failure::refused("P0041", "not confirmed"))
}

/// Drops everything that is not PostgreSQL's own, and leaves an empty `public`.
async fn empty(connection: &Connection) -> Result<(), Error> {
    let doing = "emptying the database";
    let names = async |sql: &str| -> Result<Vec<String>, Error> {
        let rows = connection.query(sql, &[]).await.map_err(|e| Error::statement(doing, &e))?;
        Ok(rows.iter().map(|row| quote_ident(row.get(0))).collect())
    };
    let mut sql = String::from("BEGIN;\n");
    // Triggers first: they would fire at what follows.
    for trigger in names("SELECT evtname::text FROM pg_event_trigger").await? {
        sql.push_str(&format!("DROP EVENT TRIGGER {trigger};\n"));
    }
    for publication in names("SELECT pubname::text FROM pg_publication").await? {
        sql.push_str(&format!("DROP PUBLICATION {publication};\n"));
    }
    let schemas = "SELECT nspname::text FROM pg_namespace \
         WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'";
    for schema in names(schemas).await? {
        sql.push_str(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE;\n"));
    }
    let extensions = "SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql'";
    for extension in names(extensions).await? {
        sql.push_str(&format!("DROP EXTENSION IF EXISTS {extension} CASCADE;\n"));
    }
    // As initdb leaves it (initdb.c, 15): only its owner may create in it.
    sql.push_str("CREATE SCHEMA public;\nCOMMENT ON SCHEMA public IS 'standard public schema';\n");
    if connection.version().major() >= 15 {
        sql.push_str("ALTER SCHEMA public OWNER TO pg_database_owner;\n");
        sql.push_str("GRANT USAGE ON SCHEMA public TO PUBLIC;\n");
    } else {
        sql.push_str("GRANT ALL ON SCHEMA public TO PUBLIC;\n");
    }
    sql.push_str("COMMIT;");
    let result = connection.run(doing, &sql).await;
    if result.is_err() {
        let _ = connection.batch_execute("ROLLBACK").await;
    }
    result
}
