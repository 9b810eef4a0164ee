//! `verify`: proves migrations on a scratch database: up, down and up again.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session, session::one_migration, state::read, workbench::Workbench,
};
use crate::{
    db::replay::{Conditions, ReplayError, replay, run_script, run_script_with},
    diff::{ChangeSet, diff},
    migrations::{Header, History, Migration, rename_into_place, render_header},
    schema::Schema,
};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The migrations; without any, those that were not proved as they are now
    #[arg(value_name = "NAME", allow_negative_numbers = true)]
    names: Vec<String>,
    /// All migrations
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Record what was proved in the headers, so that later edits are noticed
    #[arg(long)]
    update: bool,
    /// Run this script before each migration, so that it is tried on rows and its conditions count
    #[arg(long, value_name = "FILE")]
    with_data: Option<PathBuf>,
}

/// What came of one migration.
struct Verdict {
    before: Schema,
    after: Schema,
    /// What is wrong with it; empty for a migration that does what it should.
    wrong: Vec<String>,
}

pub(crate) async fn run(args: &VerifyArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let chosen = choose(args, &history)?;
    let mut workbench = Workbench::new(session, None, None)?;
    let rows = match &args.with_data {
        Some(file) => {
            let text =
                std::fs::read_to_string(file).map_err(|error| Failure::io("read", file, &error))?;
            Some((file.display().to_string(), text))
        }
        None => None,
    };
    let mut failed = 0;
    for migration in &chosen {
        let verdict = verify(migration, &history, rows.as_ref(), &mut workbench).await?;
        tell(migration, &verdict, session);
        if !verdict.wrong.is_empty() {
            failed += 1;
        } else if args.update {
            update(migration, &history, &verdict)?;
        }
    }
    if failed > 0 {
        return Ok(ExitStatus::Findings);
    }
    session.ui.say(&match chosen.len() {
        0 => "every migration was proved as it is".to_owned(),
        1 => "1 migration is proved".to_owned(),
        n => format!("{n} migrations are proved"),
    });
    Ok(ExitStatus::Done)
}

fn choose<'h>(args: &VerifyArgs, history: &'h History) -> Result<Vec<&'h Migration>, Failure> {
    if !args.names.is_empty() {
        return args.names.iter().map(|name| one_migration(history, name)).collect();
    }
    let proved = |migration: &Migration| {
        let recorded = migration.header.as_ref().is_some_and(|header| header.up_sha256.is_some());
        recorded && !migration.edited_since_proof()
    };
    Ok(history.iter().filter(|migration| args.all || !proved(migration)).collect())
}

async fn verify(
    migration: &Migration,
    history: &History,
    rows: Option<&(String, String)>,
    workbench: &mut Workbench<'_>,
) -> Result<Verdict, Failure> {
    let session = workbench.session();
    let database = workbench.database().await?;
    let own = &migration.name;
    let earlier = history.upto(own).into_iter().filter(|other| other.name != *own);
    let checkpoint = migration.header.as_ref().is_some_and(|header| !header.covers.is_empty());
    if !checkpoint {
        replay(&database, earlier).await?;
    }
    let before = read(&database, session).await?;
    let mut verdict = Verdict { after: before.clone(), before, wrong: Vec::new() };
    if let Some((file, text)) = rows {
        run_script(&database, file, text).await?;
    }
    let conditions = if rows.is_some() { Conditions::Enforce } else { Conditions::Ask };
    let file = |name: &str| migration.path.join(name).display().to_string();
    let (up_file, down_file) = (file("migration.sql"), file("down.sql"));
    let up = run_script_with(&database, &up_file, &migration.up, conditions).await;
    if !passes(up, &mut verdict.wrong)? {
        database.drop_database().await?;
        return Ok(verdict);
    }
    verdict.after = read(&database, session).await?;
    if let Some(down) = &migration.down
        && passes(run_script(&database, &down_file, down).await, &mut verdict.wrong)?
    {
        let back = diff(&verdict.before, &read(&database, session).await?);
        differs("after `down.sql` something is left", &back, &mut verdict.wrong);
        if back.is_empty()
            && passes(run_script(&database, &up_file, &migration.up).await, &mut verdict.wrong)?
        {
            let again = diff(&verdict.after, &read(&database, session).await?);
            differs("run again it leads to something else", &again, &mut verdict.wrong);
        }
    }
    database.drop_database().await?;
    Ok(verdict)
}

/// Whether a script ran; notes what is wrong with it, and passes on what is wrong with the server.
fn passes(result: Result<(), ReplayError>, wrong: &mut Vec<String>) -> Result<bool, Failure> {
    match result {
        Ok(()) => Ok(true),
        Err(error @ ReplayError::Database(_)) => Err(error.into()),
        Err(error) => {
            wrong.push(error.to_string());
            Ok(false)
        }
    }
}

fn differs(what: &str, changes: &ChangeSet, wrong: &mut Vec<String>) {
    wrong.extend(changes.changes.iter().map(|change| format!("{what}: {change}")));
}

fn tell(migration: &Migration, verdict: &Verdict, session: &Session<'_>) {
    if session.ui.json {
        session.ui.json(&json!({
            "migration": migration.name,
            "reversible": migration.down.is_some(),
            "wrong": verdict.wrong,
        }));
        return;
    }
    let word = if verdict.wrong.is_empty() { "proved" } else { "wrong" };
    session.ui.data(&format!("{word:<7} {}\n", migration.name));
    for text in &verdict.wrong {
        session.ui.data(&format!("        {}\n", text.replace('\n', "\n        ")));
    }
}

fn update(migration: &Migration, history: &History, verdict: &Verdict) -> Result<(), Failure> {
    let parents = history.parents(&migration.name).to_vec();
    let header = Header {
        up_sha256: Some(migration.up_sha256()),
        down_sha256: migration.down_sha256(),
        before: Some(verdict.before.fingerprint().0),
        after: Some(verdict.after.fingerprint().0),
        ..migration.header.clone().unwrap_or_else(|| Header { parents, ..Header::default() })
    };
    let path = migration.path.join("migration.toml");
    rename_into_place(&path, &render_header(&header))
        .map_err(|error| Failure::io("write", &path, &error))
}
