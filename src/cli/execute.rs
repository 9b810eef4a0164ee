//! `execute`: runs SQL that is no migration.

use std::{io::Read as _, path::PathBuf, time::Instant};

use clap::Args;
use serde_json::json;

use super::{ExitStatus, Failure, Session, args::UrlArgs};
use crate::{
    db::{Connection, Error},
    migrations::parse_script,
};

/// Arguments of `execute`.
#[derive(Debug, Args)]
pub(crate) struct ExecuteArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// The script; `-` for stdin
    #[arg(value_name = "FILE", required_unless_present = "command", conflicts_with = "command")]
    file: Option<PathBuf>,
    /// SQL to run instead of a file's
    #[arg(short, long, value_name = "SQL")]
    command: Option<String>,
}

pub(crate) async fn run(args: &ExecuteArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let (name, text) = source(args)?;
    let connection = session.connect(&args.url).await?;
    let started = Instant::now();
    let steps = run_text(&connection, &name, &text, session).await?;
    let seconds = started.elapsed().as_secs_f64();
    if session.ui.json {
        session.ui.json(&json!({ "steps": steps, "seconds": seconds }));
    }
    let plural = if steps == 1 { "" } else { "s" };
    session.ui.say(&format!("ran {steps} statement{plural} in {seconds:.2} s"));
    Ok(ExitStatus::Done)
}

/// Runs a script on a database; returns how many statements that were.
pub(crate) async fn run_text(
    connection: &Connection,
    name: &str,
    text: &str,
    session: &Session<'_>,
) -> Result<usize, Failure> {
    let script = parse_script(text).map_err(|errors| {
        let mut failure = Failure::usage("P0019", format!("`{name}`, {}", errors[0]));
        failure.help = errors.iter().find_map(|error| error.help.clone());
        failure
    })?;
    if let Some(step) = script.steps.iter().find(|step| step.program.is_some()) {
        let message = format!("`{name}`, line {}: only migrations run programs", step.line);
        return Err(Failure::usage("P0019", message));
    }
    for segment in &script.segments {
        let result: Result<(), (usize, Error)> = async {
            let first = script.steps[segment.steps.start].line;
            if segment.transaction {
                let begin = segment.begin.as_deref().unwrap_or("BEGIN");
                connection.run("beginning", begin).await.map_err(|error| (first, error))?;
            }
            for step in &script.steps[segment.steps.clone()] {
                let result = connection.run(&step.title(), &step.sql).await;
                for notice in connection.take_notices() {
                    session.ui.say(&notice);
                }
                result.map_err(|error| (step.line, error))?;
            }
            if segment.transaction {
                connection.run("committing", "COMMIT").await.map_err(|error| (first, error))?;
            }
            Ok(())
        }
        .await;
        if let Err((line, error)) = result {
            let code = error.code();
            let message = format!("`{name}`, line {line}: {error}");
            let failure = Failure::new(ExitStatus::Environment, code, message);
            return Err(if segment.steps.start == 0 {
                failure.note("nothing of it stays in the database")
            } else {
                failure.note(format!("what stands before line {line} stays in the database"))
            });
        }
    }
    Ok(script.steps.len())
}

fn source(args: &ExecuteArgs) -> Result<(String, String), Failure> {
    if let Some(sql) = &args.command {
        return Ok(("--command".to_owned(), sql.clone()));
    }
    let path = args.file.clone().unwrap_or_else(|| PathBuf::from("-"));
    let mut text = String::new();
    let result = if path.as_os_str() == "-" {
        std::io::stdin().lock().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(&path).map(|read| text = read)
    };
    result.map_err(|error| Failure::io("read", &path, &error))?;
    Ok((path.display().to_string(), text))
}
