//! `new`: an empty migration for SQL written by hand.

use clap::Args;
use serde_json::json;

use super::{ExitStatus, Failure, Session, branches::describe};
use crate::migrations::{
    Header, History, NewMigration, read_directory, slug, timestamp_now, write_migration,
};

/// Arguments of `new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// What it will do, in a few words
    name: String,
    /// Start from a template for moving rows: what has to be so before and after
    #[arg(long)]
    data: bool,
}

pub(crate) fn run(args: &NewArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let slug = slug(&args.name);
    if slug.is_empty() {
        let message = format!("`{}` holds no letter or digit to name a folder with", args.name);
        return Err(Failure::usage("P0033", message));
    }
    let directory = session.migrations_path();
    let history = if directory.is_dir() {
        History::of(read_directory(&directory)?)?
    } else {
        History::default()
    };
    let parents: Vec<String> = history.heads().into_iter().map(str::to_owned).collect();
    if parents.len() > 1 {
        return Err(several_heads(&parents).notes(describe(&parents, session)));
    }
    let new = NewMigration {
        name: format!("{}_{slug}", timestamp_after(&history)),
        up: format!("-- {}\n{}", args.name.replace('\n', " "), if args.data { DATA } else { "" }),
        down: None,
        header: Header { parents, ..Header::default() },
        proved: false,
    };
    let path = write_migration(&directory, &new)
        .map_err(|error| Failure::io("write", &directory.join(&new.name), &error))?;
    if session.ui.json {
        session.ui.json(&json!({ "migration": new.name, "path": path }));
    } else {
        session.ui.data(&format!("{}\n", path.join("migration.sql").display()));
        session.ui.say("write the SQL there, and what takes it back into `down.sql` beside it");
    }
    Ok(ExitStatus::Done)
}

/// What a migration of rows starts as.
const DATA: &str = "--
-- A query that has to return true before the first statement, in its transaction:
-- driftless: require SELECT true
-- And one for the end of that transaction; if it does not hold, nothing stays:
-- driftless: ensure SELECT true

-- Where there are many rows, let the statement run in ranges that are committed one by one: the
-- directive `batch key=id` before it.
";

/// The time now, or a second after the last migration where that is later.
pub(crate) fn timestamp_after(history: &History) -> String {
    let now = timestamp_now();
    let last = history.iter().filter_map(|m| m.name.get(..14)?.parse::<u64>().ok()).max();
    match last {
        Some(last) if now.parse::<u64>().is_ok_and(|now| now <= last) => (last + 1).to_string(),
        _ => now,
    }
}

/// The failure for a history that has not one end.
pub(crate) fn several_heads(heads: &[String]) -> Failure {
    let names: Vec<_> = heads.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("the history has {} heads: {}", heads.len(), names.join(", "));
    Failure::refused("P0034", message).help(
        "`driftless merge` joins them if they go together; `driftless rebase` puts one on top",
    )
}
