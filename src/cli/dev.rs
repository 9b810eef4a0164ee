//! `dev`: from an edited model to one proved migration, applied to the development database.

use std::{cmp::Reverse, collections::BTreeMap};

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    branches::describe,
    deploy::pending,
    drift::drift,
    losses,
    new::{several_heads, timestamp_after},
    progress::Progress,
    prove::{Proved, prove},
    renames,
    state::{history_or_empty, read},
    workbench::{Workbench, read_model},
};
use crate::{
    db::{
        Connection,
        execute::{Executor, Stop},
        ledger::{State, by_name},
    },
    diff::{ChangeSet, Difference, diff},
    migrations::{Header, History, Migration, NewMigration, read_directory, slug, write_migration},
    plan::Fills,
    schema::{ObjectId, Schema},
};

/// Arguments of `dev`.
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// What the migration does, in a few words
    #[arg(short, long)]
    name: Option<String>,
    /// Write the migration, and apply nothing
    #[arg(long)]
    create_only: bool,
    /// Take what is gone and what is new for the same, as in `users.name:full_name` (can be repeated)
    #[arg(long, value_name = "OLD:NEW")]
    rename: Vec<String>,
    /// What existing rows get in a new column, as in `orders.status='open'` (can be repeated)
    #[arg(long, value_name = "COLUMN=SQL")]
    fill: Vec<String>,
    /// Drop what the model no longer has, whatever it holds
    #[arg(long)]
    accept_data_loss: bool,
}

pub(crate) async fn run(args: &DevArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let model = read_model(&session.model_path()?, session)?;
    let directory = session.migrations_path();
    let history = history_or_empty(&directory)?;
    let heads: Vec<String> = history.heads().into_iter().map(str::to_owned).collect();
    if heads.len() > 1 {
        return Err(several_heads(&heads).notes(describe(&heads, session)));
    }
    let connection = session.connect_or_create(&args.url).await?;
    let target = connection.target().clone();
    let major = connection.version().major();
    let mut workbench = Workbench::new(session, Some(target), Some(major))?;
    let all: Vec<&Migration> = history.iter().collect();
    let from = workbench.schema_of_history(&all).await?;
    let mut to = workbench.schema_of_model(&model, &from).await?;
    model.complete(&from, &mut to, session);
    let changes = diff(&from, &to);
    let name = session.config.ledger();
    let settings = session.config.settings();
    let progress = Progress::new(session.ui);
    let executor =
        Executor::open(&connection, &name, &settings, &progress, Stop::default()).await?;
    let result = async {
        catch_up(&executor, &connection, &history, session).await?;
        if changes.is_empty() {
            return Ok(None);
        }
        let declared = &model.draft.renames;
        let renames =
            renames::decide(&from, &to, declared, &args.rename, args.accept_data_loss, session)?;
        let fills = fills(&args.fill, &changes)?;
        let proved = prove(&all, &to, (&renames, &fills), &mut workbench).await?;
        let findings = losses::look(&connection, &proved.renamed, &to, &fills).await?;
        if args.create_only {
            losses::tell(&findings, session);
        } else {
            losses::judge(&findings, args.accept_data_loss, session)?;
        }
        let new = migration(args, &history, &changes, &proved);
        write_migration(&directory, &new)
            .map_err(|error| Failure::io("write", &directory.join(&new.name), &error))?;
        if !args.create_only {
            let written = History::of(read_directory(&directory)?)?;
            apply(&executor, &connection, &written, &new.name, &proved.after, session).await?;
        }
        Ok::<_, Failure>(Some((new, proved)))
    }
    .await;
    executor.close().await;
    report(args, result?.as_ref(), session);
    Ok(ExitStatus::Done)
}

/// Applies what is in the directory already, to a database that is what its history says.
async fn catch_up(
    executor: &Executor<'_>,
    connection: &Connection,
    history: &History,
    session: &Session<'_>,
) -> Result<(), Failure> {
    let entries = executor.ledger().settle(history).await?;
    let pending = pending(history, &entries, None)?;
    let known = by_name(&entries);
    let halfway = entries.iter().any(|entry| entry.state() != State::Applied);
    if !halfway {
        let applied: Vec<&Migration> =
            history.iter().filter(|m| known.contains_key(m.name.as_str())).collect();
        let changes = drift(connection, &applied, &entries, session).await?;
        if !changes.is_empty() {
            let message = "the development database is not what its migrations lead to".to_owned();
            return Err(super::drift::failure("P0046", message, &changes)
                .help("to keep it, start from it with `driftless baseline`; `driftless reset` empties it instead"));
        }
    }
    for migration in pending {
        let entry = known.get(migration.name.as_str()).copied();
        executor.apply(migration, history.parents(&migration.name), entry).await?;
    }
    Ok(executor.restore_session().await?)
}

/// What existing rows get, by new column.
fn fills(given: &[String], changes: &ChangeSet) -> Result<Fills, Failure> {
    let mut out = Fills::new();
    for text in given {
        let usage = |message: String| {
            Failure::usage("P0070", message)
                .help("write `table.column=SQL`, of a column that is new")
        };
        let Some((name, expression)) = text.split_once('=') else {
            return Err(usage(format!("`{text}` does not say what rows get")));
        };
        let new = changes.changes.iter().filter(|c| matches!(c.difference, Difference::Created));
        let mut named = new.map(|change| &change.id).filter(|id| {
            let path = id.path.join(".");
            id.path.len() == 3 && (path == name || path.strip_prefix("public.") == Some(name))
        });
        let Some(id) = named.next() else {
            return Err(usage(format!("`{name}` is no column that is new in the model")));
        };
        out.insert(id.clone(), expression.to_owned());
    }
    Ok(out)
}

async fn apply(
    executor: &Executor<'_>,
    connection: &Connection,
    history: &History,
    name: &str,
    after: &Schema,
    session: &Session<'_>,
) -> Result<(), Failure> {
    let Some(migration) = history.get(name) else { return Ok(()) };
    executor.apply(migration, history.parents(name), None).await?;
    executor.restore_session().await?;
    let differs = diff(after, &read(connection, session).await?);
    if differs.is_empty() {
        return Ok(());
    }
    let message = "all is applied, but the database is not what the migrations lead to";
    Err(super::drift::failure("P0047", message.to_owned(), &differs))
}

fn migration(
    args: &DevArgs,
    history: &History,
    changes: &ChangeSet,
    proved: &Proved,
) -> NewMigration {
    let words = args.name.as_deref().map(slug).filter(|slug| !slug.is_empty());
    let slug = words.unwrap_or_else(|| slug(&title(changes, proved)));
    NewMigration {
        name: format!("{}_{slug}", timestamp_after(history)),
        up: proved.up.clone(),
        down: proved.down.clone().ok(),
        header: Header {
            parents: history.heads().into_iter().map(str::to_owned).collect(),
            ..proved.header()
        },
        proved: true,
    }
}

/// A few words for what changes: named for the object of which most else that changes is a part.
fn title(changes: &ChangeSet, proved: &Proved) -> String {
    let parent = |id: &ObjectId| {
        let object = proved.after.get(id).or_else(|| proved.before.get(id));
        object.and_then(|object| object.parent.clone())
    };
    let mut parts = BTreeMap::<&ObjectId, usize>::new();
    for change in &changes.changes {
        let mut root = &change.id;
        let mut at = change.id.clone();
        while let Some(above) = parent(&at) {
            if let Some(other) = changes.changes.iter().find(|other| other.id == above) {
                root = &other.id;
            }
            at = above;
        }
        *parts.entry(root).or_default() += 1;
    }
    let Some((root, _)) = parts.iter().max_by_key(|(id, count)| (**count, Reverse(*id))) else {
        return "change".to_owned();
    };
    let difference = changes.changes.iter().find(|change| change.id == **root);
    let verb = match difference.map(|change| &change.difference) {
        Some(Difference::Created) => "add",
        Some(Difference::Dropped) => "drop",
        _ => "change",
    };
    let path = &root.path;
    let name = path[usize::from(path.len() > 1 && path[0] == "public")..].join(" ");
    // Several wholes are told; an enum or a sequence beside its table is not.
    match parts.values().filter(|count| **count > 2).count() {
        0 | 1 => format!("{verb} {name}"),
        n => format!("{verb} {name} and {} more", n - 1),
    }
}

fn report(args: &DevArgs, done: Option<&(NewMigration, Proved)>, session: &Session<'_>) {
    let ui = session.ui;
    let Some((new, proved)) = done else {
        if ui.json {
            ui.json(&json!({ "migration": null }));
        }
        ui.say("the model and the migrations agree; the database is up to date");
        return;
    };
    let path = session.migrations_path().join(&new.name).join("migration.sql");
    if ui.json {
        ui.json(&json!({
            "migration": new.name,
            "path": path,
            "applied": !args.create_only,
            "irreversible": proved.down.as_ref().err(),
        }));
    } else {
        ui.data(&format!("{}\n", path.display()));
    }
    if let Err(reason) = &proved.down {
        ui.warn(&format!("there is no way back: {reason}"));
    }
    let proof = if proved.down.is_ok() {
        "proved: up, down and up again on a scratch database"
    } else {
        "proved: it reaches the model on a scratch database"
    };
    ui.say(proof);
    ui.say(if args.create_only { "not applied" } else { "applied" });
}
