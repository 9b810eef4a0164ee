//! `history`, `heads`, `show`: the migrations as files.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    session::{one_migration, upto},
};
use crate::migrations::{History, Migration, parse_script};

/// Arguments of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only this migration and what it follows
    #[arg(value_name = "NAME", allow_negative_numbers = true)]
    upto: Option<String>,
    /// Draw the graph, the newest first
    #[arg(long, conflicts_with = "json")]
    graph: bool,
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
    if args.graph {
        session.ui.data(&graph(&history, &list));
        return Ok(ExitStatus::Done);
    }
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

/// Draws migrations and what they follow, one a line, as git draws commits.
fn graph(history: &History, list: &[&Migration]) -> String {
    let mut out = String::new();
    // What each lane waits for.
    let mut lanes: Vec<&str> = Vec::new();
    for migration in list.iter().rev() {
        let name = migration.name.as_str();
        let at = lanes.iter().position(|lane| *lane == name).unwrap_or_else(|| {
            lanes.push(name);
            lanes.len() - 1
        });
        while let Some(other) = lanes.iter().rposition(|lane| *lane == name).filter(|n| *n > at) {
            out.push_str(&format!("{}/\n", "| ".repeat(other).trim_end()));
            lanes.remove(other);
        }
        let marks: Vec<&str> =
            (0..lanes.len()).map(|lane| if lane == at { "*" } else { "|" }).collect();
        out.push_str(&format!("{}  {name}\n", marks.join(" ")));
        let parents = history.parents(name);
        match parents.split_first() {
            None => {
                lanes.remove(at);
            }
            Some((first, others)) => {
                lanes[at] = first;
                for (number, other) in others.iter().enumerate() {
                    lanes.insert(at + 1 + number, other);
                    out.push_str(&format!("{}\\\n", "| ".repeat(at + 1).trim_end()));
                }
            }
        }
    }
    out
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
