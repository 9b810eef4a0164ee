//! `rebase`: puts one branch of the history on top of the other.

use std::fs;

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    branches::{Tried, attempt, written},
    new::timestamp_after,
    prove::{Proved, prove},
    renames,
    session::one_migration,
    workbench::{Workbench, read_model},
};
use crate::{
    db::ledger::{Entry, Ledger, settled},
    diff::diff,
    migrations::{
        Branch, Branches, Header, History, Migration, NewMigration, rename_into_place,
        render_header, write_migration,
    },
    plan::Fills,
};

/// Arguments of `rebase`.
#[derive(Debug, Args)]
pub(crate) struct RebaseArgs {
    /// The head of the branch to move; without it, the one that is not applied
    #[arg(value_name = "HEAD")]
    head: Option<String>,
    #[command(flatten)]
    url: UrlArgs,
    /// Put it on top of this one; needed where there are more than two heads
    #[arg(long, value_name = "HEAD")]
    onto: Option<String>,
    /// Write its SQL anew from the model, even where that loses statements written by hand
    #[arg(long)]
    regenerate: bool,
    /// Take what is gone and what is new for the same, as in `users.name:full_name` (can be repeated)
    #[arg(long, value_name = "OLD:NEW")]
    rename: Vec<String>,
    /// Drop what the model no longer has, whatever it holds
    #[arg(long)]
    accept_data_loss: bool,
}

/// What was done.
enum Outcome {
    /// The files stay as they are and follow the other branch.
    Moved,
    /// One migration stands for the branch.
    Rewritten(String),
    /// The other branch does all that it did.
    Nothing,
}

pub(crate) async fn run(args: &RebaseArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let entries = match session.has_database(&args.url)? {
        true => {
            let connection = session.connect(&args.url).await?;
            settled(&history, Ledger::new(&connection, &session.config.ledger()).read().await?)
        }
        false => Vec::new(),
    };
    let Some(branches) = chosen(args, &history, &entries)? else {
        session.ui.say("nothing to move: the history has one head");
        return Ok(ExitStatus::Done);
    };
    let [onto, moving] = &branches.sides;
    if let Some(applied) = moving.own.iter().find(|m| entries.iter().any(|e| e.name == m.name)) {
        let message = format!("`{}` is applied to the database", applied.name);
        return Err(Failure::refused("P0066", message)
            .help("take it back with `driftless rollback`, or name the head of the other branch"));
    }
    let mut workbench = Workbench::new(session, None, None)?;
    let tried = attempt(&branches, &mut workbench).await?;
    let fits = tried.conflict(&branches).is_empty();
    let outcome = if fits && !args.regenerate {
        reparent(onto, moving, &tried)?;
        Outcome::Moved
    } else {
        rewrite(args, &history, &branches, &mut workbench).await?
    };
    report(&outcome, onto, moving, session);
    Ok(ExitStatus::Done)
}

/// The branch to stay and the branch to move.
fn chosen<'h>(
    args: &RebaseArgs,
    history: &'h History,
    entries: &[Entry],
) -> Result<Option<Branches<'h>>, Failure> {
    let heads = history.heads();
    let moving = match &args.head {
        Some(text) => Some(one_migration(history, text)?.name.as_str()),
        None => None,
    };
    let onto = match &args.onto {
        Some(text) => Some(one_migration(history, text)?.name.as_str()),
        None => None,
    };
    let others: Vec<&str> =
        heads.iter().copied().filter(|h| Some(*h) != moving && Some(*h) != onto).collect();
    let (onto, moving) = match (onto, moving, others.as_slice()) {
        (Some(onto), Some(moving), _) => (onto, moving),
        (None, Some(moving), [onto]) => (*onto, moving),
        (Some(onto), None, [moving]) => (onto, *moving),
        (None, None, [_]) => return Ok(None),
        (None, None, [a, b]) => {
            // The one that is applied stays; of two that are not, the older one.
            let branches = history.branches(a, b);
            let applied = |side: &Branch<'_>| {
                side.own.iter().any(|m| entries.iter().any(|entry| entry.name == m.name))
            };
            match (applied(&branches.sides[0]), applied(&branches.sides[1])) {
                (false, true) => (*b, *a),
                (false, false) if b < a => (*b, *a),
                _ => (*a, *b),
            }
        }
        _ => {
            let names: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
            return Err(super::new::several_heads(&names)
                .help("name the branch to move, and `--onto` the one that it is to follow"));
        }
    };
    Ok(Some(history.branches(onto, moving)))
}

/// Lets the branch follow the other as it is.
fn reparent(onto: &Branch<'_>, moving: &Branch<'_>, tried: &Tried) -> Result<(), Failure> {
    let [_, own] = &tried.alone;
    let end = tried.both[0].as_ref().ok();
    for migration in &moving.own {
        let Some(mut header) = migration.header.clone() else { continue };
        let inside = |name: &String| moving.own.iter().any(|other| other.name == *name);
        if !header.parents.iter().any(inside) {
            header.parents.retain(inside);
            header.parents.push(onto.head.to_owned());
        } else {
            let followed: Vec<String> =
                header.parents.iter().filter(|name| inside(name)).cloned().collect();
            header.parents = followed;
        }
        // What it starts from and leads to has changed; the last one's end is known.
        header.before = None;
        header.after = (migration.name == moving.head && header.after == Some(own.fingerprint().0))
            .then(|| end.map(|schema| schema.fingerprint().0))
            .flatten();
        let path = migration.path.join("migration.toml");
        rename_into_place(&path, &render_header(&header))
            .map_err(|error| Failure::io("write", &path, &error))?;
    }
    Ok(())
}

/// Replaces the branch by one migration from what the other leads to, to what the model asks for.
async fn rewrite(
    args: &RebaseArgs,
    history: &History,
    branches: &Branches<'_>,
    workbench: &mut Workbench<'_>,
) -> Result<Outcome, Failure> {
    let session = workbench.session();
    let [onto, moving] = &branches.sides;
    let tables = written(&branches.common, &moving.own);
    if !tables.is_empty() && !args.regenerate {
        let mut failure = Failure::refused(
            "P0067",
            format!("the branch of `{}` writes rows, which no model says", moving.head),
        );
        failure.notes = tables.into_iter().collect();
        return Err(failure.help(
            "keep its statements in a migration of their own (`driftless new`), then \
             `--regenerate`",
        ));
    }
    let model = read_model(&session.model_path()?, session)?;
    let ground: Vec<&Migration> = history.upto(onto.head);
    let from = workbench.schema_of_history(&ground).await?;
    let mut to = workbench.schema_of_model(&model, &from).await?;
    model.complete(&from, &mut to, session);
    let new = if diff(&from, &to).is_empty() {
        None
    } else {
        let declared = &model.draft.renames;
        let renames =
            renames::decide(&from, &to, declared, &args.rename, args.accept_data_loss, session)?;
        let proved = prove(&ground, &to, (&renames, &Fills::new()), workbench).await?;
        Some(migration(history, onto, moving, &proved))
    };
    let directory = session.migrations_path();
    if let Some(new) = &new {
        write_migration(&directory, new)
            .map_err(|error| Failure::io("write", &directory.join(&new.name), &error))?;
    }
    for old in &moving.own {
        fs::remove_dir_all(&old.path).map_err(|error| Failure::io("remove", &old.path, &error))?;
    }
    Ok(new.map_or(Outcome::Nothing, |new| Outcome::Rewritten(new.name)))
}

fn migration(
    history: &History,
    onto: &Branch<'_>,
    moving: &Branch<'_>,
    proved: &Proved,
) -> NewMigration {
    let slug = moving.head.split_once('_').map_or(moving.head, |(_, slug)| slug);
    NewMigration {
        name: format!("{}_{slug}", timestamp_after(history)),
        up: proved.up.clone(),
        down: proved.down.clone().ok(),
        header: Header { parents: vec![onto.head.to_owned()], ..proved.header() },
        proved: true,
    }
}

fn report(outcome: &Outcome, onto: &Branch<'_>, moving: &Branch<'_>, session: &Session<'_>) {
    let onto = onto.head;
    let own: Vec<&str> = moving.own.iter().map(|m| m.name.as_str()).collect();
    let (migration, text) = match outcome {
        Outcome::Moved => {
            (Some(moving.head), format!("`{}` follows `{onto}`, its SQL unchanged", moving.head))
        }
        Outcome::Rewritten(name) => (
            Some(name.as_str()),
            format!("`{name}` follows `{onto}` and replaces {}", own.join(", ")),
        ),
        Outcome::Nothing => {
            (None, format!("removed {}: `{onto}` leads to what the model asks for", own.join(", ")))
        }
    };
    if session.ui.json {
        let removed = if matches!(outcome, Outcome::Moved) { &[][..] } else { own.as_slice() };
        session.ui.json(&json!({ "migration": migration, "onto": onto, "removed": removed }));
    } else if let Some(name) = migration {
        let path = session.migrations_path().join(name).join("migration.sql");
        session.ui.data(&format!("{}\n", path.display()));
    }
    session.ui.say(&text);
}
