//! `squash` and `checkpoint`: one migration in the place of many.

use std::{collections::BTreeSet, fs};

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    new::timestamp_after,
    preview::{parsed, range, render_steps},
    session::upto,
    state::read,
    workbench::Workbench,
};
use crate::{
    db::{
        ScratchDb,
        replay::{replay, run_script},
    },
    diff::diff,
    lint::{Known, Options, check_and_learn},
    migrations::{
        Header, History, Migration, NewMigration, rename_into_place, render_header, slug,
        write_migration,
    },
    plan,
    schema::Schema,
    sql::LockMode,
};

/// Arguments of `squash`.
#[derive(Debug, Args)]
pub(crate) struct SquashArgs {
    /// What leads from A to B, without A; all of it by default
    #[arg(value_name = "A..B", default_value = "base..head")]
    range: String,
    /// What the migration is called, in a few words
    #[arg(short, long)]
    name: Option<String>,
    /// Leave out statements that write rows
    #[arg(long)]
    drop_rows: bool,
    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `checkpoint`.
#[derive(Debug, Args)]
pub(crate) struct CheckpointArgs {
    /// The migration up to which it builds everything; the head by default
    #[arg(value_name = "NAME", default_value = "head", allow_negative_numbers = true)]
    name: String,
    /// Leave out statements that write rows
    #[arg(long)]
    drop_rows: bool,
}

/// SQL that stands for several migrations, proved.
struct Folded {
    up: String,
    down: Result<String, String>,
    before: Schema,
    after: Schema,
    /// Migrations whose SQL stayed as it was, since it writes rows.
    kept: Vec<String>,
}

pub(crate) async fn squash(
    args: &SquashArgs,
    session: &Session<'_>,
) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let list = range(&history, &args.range)?;
    if list.len() < 2 {
        let message = format!("`{}` are not two migrations or more", args.range);
        return Err(Failure::usage("P0079", message));
    }
    let last = list[list.len() - 1];
    let inside: BTreeSet<&str> = list.iter().map(|m| m.name.as_str()).collect();
    refuse_side_doors(&history, &inside, last)?;
    let mut parents = BTreeSet::new();
    for migration in &list {
        let own = history.parents(&migration.name).iter();
        parents.extend(own.filter(|name| !inside.contains(name.as_str())).cloned());
    }
    let before: Vec<&Migration> =
        history.upto(&last.name).into_iter().filter(|m| !inside.contains(&*m.name)).collect();
    let mut workbench = Workbench::new(session, None, None)?;
    let folded = fold(&before, &list, args.drop_rows, &mut workbench).await?;
    let words = args.name.as_deref().map(slug).filter(|slug| !slug.is_empty());
    let new = NewMigration {
        // It takes the place of the last one also where the order is by name.
        name: format!("{}_{}", stamp_of(last), words.as_deref().unwrap_or("squash")),
        up: folded.up.clone(),
        down: folded.down.clone().ok(),
        header: Header {
            parents: parents.into_iter().collect(),
            before: Some(folded.before.fingerprint().0),
            after: Some(folded.after.fingerprint().0),
            irreversible: folded.down.clone().err(),
            replaces: list.iter().map(|m| m.name.clone()).collect(),
            expands: expansions(&list),
            ..Header::default()
        },
        proved: true,
    };
    if !args.dry_run {
        replace(&history, &list, &new, session)?;
    }
    let what = format!("`{}` replaces {} migrations", new.name, list.len());
    report(&new, &folded, &what, !args.dry_run, session);
    Ok(ExitStatus::Done)
}

pub(crate) async fn checkpoint(
    args: &CheckpointArgs,
    session: &Session<'_>,
) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let list = upto(&history, &args.name, None)?;
    let Some(last) = list.last() else {
        return Err(Failure::usage("P0079", "there is nothing before the first migration"));
    };
    if list.iter().any(|m| m.header.as_ref().is_some_and(|h| !h.covers.is_empty()))
        && last.header.as_ref().is_some_and(|h| !h.covers.is_empty())
    {
        return Err(Failure::usage("P0079", format!("`{}` is a checkpoint already", last.name)));
    }
    if history.heads() != [last.name.as_str()] {
        let message = format!("`{}` is not the head: others follow or stand beside it", last.name);
        return Err(Failure::refused("P0079", message)
            .help("a checkpoint stands at the end of the history"));
    }
    let plain: Vec<&Migration> = list
        .iter()
        .copied()
        .filter(|m| m.header.as_ref().is_none_or(|h| h.covers.is_empty()))
        .collect();
    let mut workbench = Workbench::new(session, None, None)?;
    let folded = fold(&[], &plain, args.drop_rows, &mut workbench).await?;
    let new = NewMigration {
        name: format!("{}_checkpoint", timestamp_after(&history)),
        up: folded.up.clone(),
        down: None,
        header: Header {
            parents: vec![last.name.clone()],
            after: Some(folded.after.fingerprint().0),
            irreversible: Some("a checkpoint is where a database begins".to_owned()),
            covers: list.iter().map(|m| m.name.clone()).collect(),
            ..Header::default()
        },
        proved: true,
    };
    let directory = session.migrations_path();
    write_migration(&directory, &new)
        .map_err(|error| Failure::io("write", &directory.join(&new.name), &error))?;
    let what =
        format!("an empty database starts from `{}`, not from {} migrations", new.name, list.len());
    report(&new, &folded, &what, true, session);
    Ok(ExitStatus::Done)
}

/// Refuses a range out of whose middle others go.
fn refuse_side_doors(
    history: &History,
    inside: &BTreeSet<&str>,
    last: &Migration,
) -> Result<(), Failure> {
    for migration in history.iter().filter(|m| !inside.contains(m.name.as_str())) {
        let parents = history.parents(&migration.name);
        let mut doors = parents.iter().filter(|p| inside.contains(p.as_str()) && **p != last.name);
        if let Some(parent) = doors.next() {
            let message =
                format!("`{}` follows `{parent}`, which is in the middle", migration.name);
            return Err(Failure::refused("P0079", message)
                .help("join the branches first, or end the range there"));
        }
    }
    Ok(())
}

/// The part of a folder's name that says when.
fn stamp_of(migration: &Migration) -> &str {
    migration.name.split_once('_').map_or(migration.name.as_str(), |(stamp, _)| stamp)
}

/// What those that are squashed themselves replaced.
fn expansions(list: &[&Migration]) -> std::collections::BTreeMap<String, Vec<String>> {
    let mut out = std::collections::BTreeMap::new();
    for migration in list {
        let Some(header) = migration.header.as_ref().filter(|h| !h.replaces.is_empty()) else {
            continue;
        };
        out.insert(migration.name.clone(), header.replaces.clone());
        out.extend(header.expands.clone());
    }
    out
}

/// Folds migrations into one script and proves that it leads to the same.
async fn fold(
    before: &[&Migration],
    list: &[&Migration],
    drop_rows: bool,
    workbench: &mut Workbench<'_>,
) -> Result<Folded, Failure> {
    let session = workbench.session();
    let database = workbench.database().await?;
    replay(&database, before.iter().copied()).await?;
    let start = read(&database, session).await?;
    let online = if before.is_empty() { plan::Mode::Direct } else { plan::Mode::Online };
    let writing = if drop_rows { BTreeSet::new() } else { writing(before, list) };
    let (mut up, mut kept) = (String::new(), Vec::new());
    let (mut from, mut at) = (start.clone(), start.clone());
    for migration in list {
        if !writing.contains(migration.name.as_str()) {
            replay(&database, [*migration]).await?;
            at = read(&database, session).await?;
            continue;
        }
        up.push_str(&plan::render(&plan::plan(&from, &at, online)?));
        up.push_str(&verbatim(migration)?);
        kept.push(migration.name.clone());
        replay(&database, [*migration]).await?;
        from = read(&database, session).await?;
        at = from.clone();
    }
    up.push_str(&plan::render(&plan::plan(&from, &at, online)?));
    database.drop_database().await?;
    let down = prove(before, &up, (&start, &at), kept.is_empty(), workbench).await?;
    Ok(Folded { up, down, before: start, after: at, kept })
}

/// Runs the folded script where the range begins; the way back, or why there is none.
async fn prove(
    before: &[&Migration],
    up: &str,
    (start, end): (&Schema, &Schema),
    reversible: bool,
    workbench: &mut Workbench<'_>,
) -> Result<Result<String, String>, Failure> {
    let session = workbench.session();
    let database = workbench.database().await?;
    replay(&database, before.iter().copied()).await?;
    run_script(&database, "the folded migration", up).await?;
    let differs = diff(&read(&database, session).await?, end);
    if !differs.is_empty() {
        let message = "the folded migration does not lead to the same".to_owned();
        return Err(super::drift::failure("P0091", message, &differs));
    }
    let down = if reversible {
        way_back(&database, (start, end), session).await?
    } else {
        Err("it writes rows".to_owned())
    };
    database.drop_database().await?;
    Ok(down)
}

async fn way_back(
    database: &ScratchDb,
    (start, end): (&Schema, &Schema),
    session: &Session<'_>,
) -> Result<Result<String, String>, Failure> {
    let down = match plan::plan(end, start, plan::Mode::Online) {
        Ok(plan) => plan::render(&plan),
        Err(cycle) => return Ok(Err(cycle.to_string())),
    };
    if let Err(error) = run_script(database, "down.sql", &down).await {
        return Ok(Err(error.to_string()));
    }
    let left = diff(&read(database, session).await?, start);
    Ok(match left.changes.first() {
        Some(change) => Err(format!("it leaves a difference: {change}")),
        None => Ok(down),
    })
}

/// The migrations that write rows, or make sure of something.
fn writing<'m>(before: &[&Migration], list: &[&'m Migration]) -> BTreeSet<&'m str> {
    let mut known = Known::empty(17);
    for migration in before {
        known.learn(&migration.up);
    }
    let mut found = BTreeSet::new();
    for migration in list {
        let report = check_and_learn(&migration.up, &mut known, &Options::default());
        let mut locks = report.statements.iter().flat_map(|statement| &statement.locks);
        if locks.any(|lock| lock.mode == LockMode::RowExclusive)
            || migration.up.contains("driftless: ensure")
            || migration.up.contains("driftless: require")
        {
            found.insert(migration.name.as_str());
        }
    }
    found
}

/// A migration as it is, with its transactions marked and what it set for itself taken back.
fn verbatim(migration: &Migration) -> Result<String, Failure> {
    let script = parsed(migration, "migration.sql", &migration.up)?;
    if let Some(step) = script.steps.iter().find(|step| step.program.is_some()) {
        let message = format!("`{}`, line {}, runs a program", migration.name, step.line);
        return Err(Failure::refused("P0079", message)
            .help("end the range before it, or leave it out with `--drop-rows`"));
    }
    let mut out = format!("-- {}\n{}", migration.name, render_steps(&script, 0));
    if script.steps.iter().any(|step| {
        let first = step.sql.split_whitespace().next().unwrap_or_default();
        first.eq_ignore_ascii_case("set") || step.sql.contains("set_config")
    }) {
        out.push_str("RESET ALL;\nSET search_path = public;\n");
    }
    out.push('\n');
    Ok(out)
}

/// Writes the new migration, lets others follow it, and removes the old ones.
fn replace(
    history: &History,
    list: &[&Migration],
    new: &NewMigration,
    session: &Session<'_>,
) -> Result<(), Failure> {
    let directory = session.migrations_path();
    let last = &list[list.len() - 1].name;
    write_migration(&directory, new)
        .map_err(|error| Failure::io("write", &directory.join(&new.name), &error))?;
    let inside = |name: &str| list.iter().any(|m| m.name == name);
    for migration in history.iter().filter(|m| !inside(&m.name)) {
        let Some(mut header) = migration.header.clone() else { continue };
        if !header.parents.contains(last) && !header.covers.iter().any(|name| inside(name)) {
            continue;
        }
        for parent in header.parents.iter_mut().filter(|parent| *parent == last) {
            parent.clone_from(&new.name);
        }
        if header.covers.iter().any(|name| inside(name)) {
            header.covers.retain(|name| !inside(name));
            header.covers.push(new.name.clone());
        }
        let path = migration.path.join("migration.toml");
        rename_into_place(&path, &render_header(&header))
            .map_err(|error| Failure::io("write", &path, &error))?;
    }
    for old in list {
        fs::remove_dir_all(&old.path).map_err(|error| Failure::io("remove", &old.path, &error))?;
    }
    Ok(())
}

fn report(new: &NewMigration, folded: &Folded, what: &str, written: bool, session: &Session<'_>) {
    let path = session.migrations_path().join(&new.name).join("migration.sql");
    if session.ui.json {
        session.ui.json(&json!({
            "migration": new.name, "path": path, "written": written,
            "replaces": new.header.replaces, "covers": new.header.covers, "kept": folded.kept,
            "irreversible": new.header.irreversible,
        }));
    } else if written {
        session.ui.data(&format!("{}\n", path.display()));
    }
    for name in &folded.kept {
        session.ui.say(&format!("`{name}` writes rows: its SQL is kept as it is"));
    }
    session.ui.say(&format!("{what}; proved: it leads to the same schema"));
    if !written {
        session.ui.say("nothing is written");
    }
}
