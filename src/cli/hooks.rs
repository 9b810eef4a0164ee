//! What a project wants to happen around a deploy: SQL before and after, a command at the end.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;

use super::{ExitStatus, Failure, Session, report::Report};
use crate::db::{Connection, execute::Executor};

/// Runs SQL of the configuration, each text in one transaction with the settings of migrations.
pub(crate) async fn run_sql(
    executor: &Executor<'_>,
    connection: &Connection,
    which: &'static str,
    list: &[String],
    session: &Session<'_>,
) -> Result<(), Failure> {
    for (number, sql) in list.iter().enumerate() {
        executor.restore_session().await?;
        session.ui.detail(&format!("hook `{which}` {}", number + 1));
        // Several statements sent at once are one transaction.
        let doing = format!("hook `{which}` {}", number + 1);
        connection.run(&doing, sql).await.map_err(|error| {
            let then = match which {
                "before" => "no migration was begun",
                _ => "all migrations are applied",
            };
            Failure::new(ExitStatus::Environment, "P0073", error.to_string()).note(then)
        })?;
    }
    executor.restore_session().await?;
    Ok(())
}

/// Runs a command with the report, as JSON, on its standard input.
pub(crate) async fn notify(command: &str, report: &Report, session: &Session<'_>) {
    let shell = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let child = tokio::process::Command::new(shell.0)
        .args([shell.1, command])
        .env("DRIFTLESS_OK", if report.ok { "true" } else { "false" })
        .env("DRIFTLESS_APPLIED", report.applied().to_string())
        // What the command says is talk; stdout belongs to the data of the deploy.
        .stdout(Stdio::null())
        .stdin(Stdio::piped())
        .spawn();
    let result = async {
        let mut child = child?;
        if let Some(mut input) = child.stdin.take() {
            // A command may not want to read it.
            let _ = input.write_all(report.json().as_bytes()).await;
        }
        child.wait().await
    };
    match result.await {
        Ok(status) if status.success() => {}
        Ok(status) => session.ui.warn(&format!("the command of `notify` ended with {status}")),
        Err(error) => session.ui.warn(&format!("the command of `notify` does not run: {error}")),
    }
}
