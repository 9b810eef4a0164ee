//! Proof of a migration: run up it reaches the model, run down it is back, run up again.

use super::{
    Failure,
    renames::{Renamed, rename},
    state::read,
    workbench::Workbench,
};
use crate::{
    db::{ScratchDb, replay::replay, replay::run_script},
    diff::{ChangeSet, Rename, diff},
    migrations::{Header, Migration},
    plan,
    schema::Schema,
    sql::{Statement, render_script},
};

/// A way from one schema to another that was tried in both directions.
#[derive(Debug)]
pub(crate) struct Proved {
    pub(crate) up: String,
    /// The way back, or why there is none.
    pub(crate) down: Result<String, String>,
    pub(crate) before: Schema,
    pub(crate) after: Schema,
    /// The state before with the new names.
    pub(crate) renamed: Renamed,
    /// Hazards of losing what is there, whether or not there is anything.
    pub(crate) losses: Vec<String>,
}

impl Proved {
    /// What `migration.toml` says of it; the parents are to be filled in.
    pub(crate) fn header(&self) -> Header {
        Header {
            before: Some(self.before.fingerprint().0),
            after: Some(self.after.fingerprint().0),
            irreversible: self.down.clone().err(),
            hazards: self.losses.clone(),
            ..Header::default()
        }
    }
}

/// Finds and tries the way from what a history leads to, to what a model asks for.
pub(crate) async fn prove(
    history: &[&Migration],
    to: &Schema,
    (renames, fills): (&[Rename], &plan::Fills),
    workbench: &mut Workbench<'_>,
) -> Result<Proved, Failure> {
    let session = workbench.session();
    let database = workbench.database().await?;
    replay(&database, history.iter().copied()).await?;
    let before = read(&database, session).await?;
    let renamed = rename(&database, &before, to, renames, session).await?;
    if !renamed.down.is_empty() {
        // The whole of it is what is tried below.
        database.run("taking the renames back", &render_script(&renamed.down)).await?;
    }
    let mut up = plan::plan_filled(&renamed.schema, to, plan::Mode::Online, fills)?;
    up.steps.splice(0..0, renames_step(renames, &renamed.up));
    let losses = losses(&renamed.schema, to);
    let up = losses.iter().map(|l| format!("-- {l}\n")).collect::<String>() + &plan::render(&up);
    run_script(&database, "migration.sql", &up).await.map_err(|error| {
        let failure = Failure::from(error);
        defect(format!("the migration for the model cannot be run: {}", failure.message))
            .note(up.clone())
    })?;
    let after = read(&database, session).await?;
    let missed = diff(&after, to);
    if !missed.is_empty() {
        return Err(wrong("the migration does not reach the model", &missed).note(up.clone()));
    }
    let down = match plan::plan(&after, &renamed.schema, plan::Mode::Online) {
        Ok(mut plan) => {
            plan.steps.extend(renames_step(renames, &renamed.down));
            let down = plan::render(&plan);
            way_back(&database, (&up, &down), (&before, &after), session).await?.map(|()| down)
        }
        Err(cycle) => Err(cycle.to_string()),
    };
    database.drop_database().await?;
    Ok(Proved { up, down, before, after, renamed, losses })
}

fn renames_step(renames: &[Rename], statements: &[Statement]) -> Option<plan::Step> {
    let (object, _) = renames.first()?;
    (!statements.is_empty()).then(|| plan::Step {
        object: object.clone(),
        verb: plan::Verb::Rename,
        statements: statements.to_vec(),
    })
}

/// What a change may lose, by hazard and object.
fn losses(from: &Schema, to: &Schema) -> Vec<String> {
    plan::row_checks(from, to)
        .into_iter()
        .filter(|(_, check)| !check.fails)
        .map(|(id, check)| format!("{} may lose what is in {id}", check.hazard))
        .map(|line| line.replace(['\n', '\r'], " "))
        .collect()
}

/// Tries a way back, and then the way up again; the inner result says why it is none.
async fn way_back(
    database: &ScratchDb,
    (up, down): (&str, &str),
    (before, after): (&Schema, &Schema),
    session: &super::Session<'_>,
) -> Result<Result<(), String>, Failure> {
    if let Err(error) = run_script(database, "down.sql", down).await {
        return Ok(Err(error.to_string()));
    }
    let back = diff(&read(database, session).await?, before);
    if let Some(change) = back.changes.first() {
        return Ok(Err(format!("it leaves a difference: {change}")));
    }
    if let Err(error) = run_script(database, "migration.sql", up).await {
        return Err(defect(format!("after the way back it cannot be run again: {error}")));
    }
    let again = diff(&read(database, session).await?, after);
    if !again.is_empty() {
        return Err(wrong("after the way back it leads to something else", &again));
    }
    Ok(Ok(()))
}

fn defect(message: String) -> Failure {
    Failure::new(super::ExitStatus::Environment, "P0091", message)
        .help("this is a defect of driftless; nothing was written")
}

fn wrong(message: &str, changes: &ChangeSet) -> Failure {
    let mut failure = defect(message.to_owned());
    failure.notes = changes.changes.iter().take(20).map(ToString::to_string).collect();
    failure
}
