//! `blame`: which migrations made something what it is.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session, branches::author, session::upto, state::read,
    workbench::Workbench,
};
use crate::{
    db::replay::replay,
    diff::{Change, ChangeSet, Difference, diff},
    migrations::{Migration, without_checkpoints},
    schema::{ObjectId, Schema},
    sql::split,
};

/// Arguments of `blame`.
#[derive(Debug, Args)]
pub(crate) struct BlameArgs {
    /// What to look for: `users`, `users.email`, `app.users.email`
    #[arg(value_name = "NAME")]
    what: String,
    /// Up to this migration, and no further
    #[arg(long, value_name = "NAME", default_value = "heads", allow_hyphen_values = true)]
    at: String,
}

/// What one migration did.
struct Deed<'h> {
    migration: &'h Migration,
    changes: ChangeSet,
}

pub(crate) async fn run(args: &BlameArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let list = without_checkpoints(upto(&history, &args.at, None)?);
    let deeds = deeds(&list, session).await?;
    let mut path = target(&args.what, &deeds).ok_or_else(|| {
        let message = format!("no migration has to do with `{}`", args.what);
        Failure::usage("P0080", message).help("write `table`, `table.column` or `schema.table`")
    })?;
    for deed in deeds.iter().rev() {
        let own = |change: &&Change| change.id.path.starts_with(&path);
        let changes: Vec<Change> = deed.changes.changes.iter().filter(own).cloned().collect();
        if changes.is_empty() {
            continue;
        }
        let made = |c: &Change| c.id.path == path && matches!(c.difference, Difference::Created);
        let older = if changes.iter().any(made) { renamed_from(deed, &path) } else { None };
        tell(deed, changes, older.as_ref(), session);
        if let Some(older) = older {
            path = older;
        }
    }
    Ok(ExitStatus::Done)
}

/// Runs the migrations one by one and looks what each changes.
async fn deeds<'h>(
    list: &[&'h Migration],
    session: &Session<'_>,
) -> Result<Vec<Deed<'h>>, Failure> {
    let mut workbench = Workbench::new(session, None, None)?;
    let database = workbench.database().await?;
    let mut before = Schema::of_empty_database();
    let mut out = Vec::with_capacity(list.len());
    for migration in list {
        replay(&database, [*migration]).await?;
        let after = read(&database, session).await?;
        out.push(Deed { migration, changes: diff(&before, &after) });
        before = after;
    }
    database.drop_database().await?;
    Ok(out)
}

/// The path that a text names, as the latest migration that knows it does.
fn target(text: &str, deeds: &[Deed<'_>]) -> Option<Vec<String>> {
    let fits = |id: &ObjectId| {
        let path = id.path.join(".");
        path == text || path.strip_prefix("public.") == Some(text)
    };
    let mut all = deeds.iter().rev().flat_map(|deed| &deed.changes.changes);
    all.find(|change| fits(&change.id)).map(|change| change.id.path.clone())
}

/// Under which name it was before, where the migration renames it.
fn renamed_from(deed: &Deed<'_>, path: &[String]) -> Option<Vec<String>> {
    let script = split::split(&deed.migration.up);
    let (new, above) = path.split_last()?;
    for piece in &script.pieces {
        let tokens = piece.tokens();
        let Some(to) = tokens.iter().rposition(|token| token.is("to")) else { continue };
        let Some(at) = tokens.iter().position(|token| token.is("rename")) else { continue };
        if tokens.get(to + 1)?.name().as_deref() != Some(new.as_str()) || to < at {
            continue;
        }
        // `RENAME COLUMN old TO new` names it here, `ALTER TABLE old RENAME TO new` before.
        let old = if to == at + 1 { tokens.get(at - 1) } else { tokens.get(to - 1) };
        let old: Vec<String> = above.iter().cloned().chain(old?.name()).collect();
        let gone = |c: &Change| c.id.path == old && matches!(c.difference, Difference::Dropped);
        if deed.changes.changes.iter().any(gone) {
            return Some(old);
        }
    }
    None
}

fn tell(deed: &Deed<'_>, changes: Vec<Change>, older: Option<&Vec<String>>, session: &Session<'_>) {
    let who = author(deed.migration);
    if session.ui.json {
        session.ui.json(&json!({
            "migration": deed.migration.name, "author": who, "changes": changes,
            "renamed_from": older,
        }));
        return;
    }
    let mut head = deed.migration.name.clone();
    if let Some(who) = who {
        head.push_str(&format!("  by {who}"));
    }
    if let Some(older) = older {
        head.push_str(&format!("  (renamed from {})", older.join(".")));
    }
    session.ui.data(&format!("{head}\n"));
    let text = super::drift::render(&ChangeSet { changes }, session.ui);
    session.ui.data(&text.lines().map(|line| format!("    {line}\n")).collect::<String>());
}
