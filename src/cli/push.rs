//! `push`: makes a database what the model asks for, without a migration.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    state::read,
    workbench::{Workbench, read_model},
};
use crate::{
    db::{Connection, Error, ledger::Ledger},
    diff::diff,
    migrations::{Script, parse_script},
    plan,
};

/// Arguments of `push`.
#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// Print the SQL, and run nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(args: &PushArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let model = read_model(&session.model_path()?, session)?;
    let connection = session.connect_or_create(&args.url).await?;
    let ledger = session.config.ledger();
    if session.config.values.production
        || Ledger::new(&connection, &ledger).was_deployed_to().await?
    {
        let message =
            format!("`{}` is deployed to: `push` would bypass its history", connection.target());
        return Err(
            Failure::refused("P0040", message).help("write a migration with `driftless dev`")
        );
    }
    let target = connection.target().clone();
    let major = connection.version().major();
    let mut workbench = Workbench::new(session, Some(target), Some(major))?;
    let from = read(&connection, session).await?;
    let mut to = workbench.schema_of_model(&model, &from).await?;
    model.complete(&from, &mut to, session);
    let changes = diff(&from, &to);
    let sql = plan::render(&plan::plan(&from, &to, plan::Mode::Direct)?);
    if args.dry_run {
        session.ui.data(&sql);
        return Ok(ExitStatus::Done);
    }
    let script = parse_script(&sql)
        .map_err(|errors| Failure::new(ExitStatus::Environment, "P0091", errors[0].to_string()))?;
    execute(&connection, &script).await?;
    let left = diff(&read(&connection, session).await?, &to);
    if !left.is_empty() {
        let message = "the database is not what the model asks for after all".to_owned();
        return Err(
            super::drift::failure("P0091", message, &left).help("this is a defect of driftless")
        );
    }
    let count = changes.changes.len();
    if session.ui.json {
        session.ui.json(&json!({ "changed": count }));
    }
    session.ui.say(&match count {
        0 => "the database is what the model asks for".to_owned(),
        n => format!("changed {n} objects"),
    });
    Ok(ExitStatus::Done)
}

/// Runs a script, segment by segment.
async fn execute(connection: &Connection, script: &Script) -> Result<(), Error> {
    for segment in &script.segments {
        let result = async {
            if segment.transaction {
                connection.run("beginning", "BEGIN").await?;
            }
            for step in &script.steps[segment.steps.clone()] {
                connection.run(&step.title(), &step.sql).await?;
            }
            if segment.transaction {
                connection.run("committing", "COMMIT").await?;
            }
            Ok(())
        }
        .await;
        if let Err(error) = result {
            let _ = connection.batch_execute("ROLLBACK").await;
            return Err(error);
        }
    }
    Ok(())
}
