//! `check`: the gate of a pipeline: model, migrations and their headers agree.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    branches::describe,
    workbench::{Workbench, read_model},
};
use crate::{
    diff::{ChangeSet, diff},
    migrations::{History, Migration},
};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Do without the model: check the migrations alone
    #[arg(long)]
    no_model: bool,
}

pub(crate) async fn run(args: &CheckArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let mut findings = Vec::new();
    let heads = history.heads();
    if heads.len() > 1 {
        let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
        let whose = describe(&heads, session).join(", ");
        findings.push(format!("the history has {} heads: {whose}", heads.len()));
    }
    for migration in history.iter().filter(|migration| migration.edited_since_proof()) {
        findings.push(format!("`{}` was edited after it was proved", migration.name));
    }
    if heads.len() > 1 {
        // Whether they go together, and so what they lead to, is for `merge` to find out.
        return Ok(report(args, &history, &findings, None, session));
    }
    let mut workbench = Workbench::new(session, None, None)?;
    let all: Vec<&Migration> = history.iter().collect();
    let reached = workbench.schema_of_history(&all).await?;
    let mut changes = None;
    if !args.no_model {
        let model = read_model(&session.model_path()?, session)?;
        let mut wanted = workbench.schema_of_model(&model, &reached).await?;
        model.complete(&reached, &mut wanted, session);
        let differs = diff(&reached, &wanted);
        if !differs.is_empty() {
            let count = differs.changes.len();
            findings.push(format!(
                "the model asks for what the migrations do not lead to ({count} objects differ); \
                 `driftless dev` writes the migration"
            ));
        }
        changes = Some(differs);
    }
    Ok(report(args, &history, &findings, changes.as_ref(), session))
}

fn report(
    args: &CheckArgs,
    history: &History,
    findings: &[String],
    changes: Option<&ChangeSet>,
    session: &Session<'_>,
) -> ExitStatus {
    if session.ui.json {
        session.ui.json(&json!({
            "findings": findings,
            "changes": changes.map(|changes| &changes.changes),
        }));
    } else {
        for finding in findings {
            session.ui.data(&format!("{finding}\n"));
        }
        if let Some(changes) = changes {
            session.ui.data(&super::drift::render(changes, session.ui));
        }
    }
    if findings.is_empty() {
        session.ui.say(&match args.no_model {
            true => format!("{} migrations are in order", history.len()),
            false => format!("{} migrations and the model agree", history.len()),
        });
        return ExitStatus::Done;
    }
    ExitStatus::Findings
}
