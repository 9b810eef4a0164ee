//! `history`, `heads`, `show`: the migrations as files.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    session::{one_migration, upto},
};
use crate::migrations::{Migration, parse_script};

/// Arguments of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only this migration and what it follows
    #[arg(value_name = "NAME", allow_negative_numbers = true)]
    upto: Option<String>,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The migration: its name, the start of it, its words, `head`, `head~2`, `-1`
    #[arg(allow_negative_numbers = true)]
    name: String,
    /// Show the way back instead
    #[arg(long)]
    back: bool,
}

pub(crate) fn history(args: &HistoryArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let heads = history.heads();
    let list: Vec<&Migration> = match &args.upto {
        Some(text) => upto(&history, text, None)?,
        None => history.iter().collect(),
    };
    for migration in list {
        let parents = history.parents(&migration.name);
        if session.ui.json {
            session.ui.json(&json!({
                "migration": migration.name,
                "parents": parents,
                "sha256": migration.up_sha256(),
                "head": heads.contains(&migration.name.as_str()),
                "reversible": migration.down.is_some(),
            }));
            continue;
        }
        let mut line = migration.name.clone();
        if session.ui.verbose() && !parents.is_empty() {
            line.push_str(&format!("  after {}", parents.join(", ")));
        }
        if migration.down.is_none() {
            line.push_str("  (no way back)");
        }
        session.ui.data(&format!("{line}\n"));
    }
    Ok(ExitStatus::Done)
}

pub(crate) fn heads(session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let heads = history.heads();
    if session.ui.json {
        session.ui.json(&json!({ "heads": heads }));
    } else {
        session.ui.data(&heads.iter().map(|name| format!("{name}\n")).collect::<String>());
    }
    Ok(ExitStatus::Done)
}

pub(crate) fn show(args: &ShowArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let migration = one_migration(&history, &args.name)?;
    let sql = match (args.back, &migration.down) {
        (false, _) => &migration.up,
        (true, Some(down)) => down,
        (true, None) => {
            let message = format!("migration `{}` has no `down.sql`", migration.name);
            return Err(Failure::usage("P0026", message));
        }
    };
    if !session.ui.json {
        session.ui.data(sql);
        return Ok(ExitStatus::Done);
    }
    let script = parse_script(sql);
    let steps = script.as_ref().map(|script| {
        let steps = script.steps.iter();
        let rows = steps.map(
            |step| json!({ "line": step.line, "sql": step.sql, "transaction": step.transactional }),
        );
        rows.collect::<Vec<_>>()
    });
    session.ui.json(&json!({
        "migration": migration.name,
        "parents": history.parents(&migration.name),
        "header": migration.header,
        "sha256": migration.up_sha256(),
        "sql": sql,
        "steps": steps.ok(),
    }));
    Ok(ExitStatus::Done)
}
