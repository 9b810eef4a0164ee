//! Running scripts and whole histories on a scratch database, to see what they lead to.

use std::collections::BTreeSet;

use tokio_postgres::error::SqlState;

use super::{Connection, Error, ScratchDb};
use crate::{
    migrations::{
        Condition, Migration, Script, ScriptError, Segment, from_checkpoint, parse_script,
    },
    sql::quote_ident,
};

/// Why a script does not run on a scratch database.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The connection failed.
    #[error(transparent)]
    Database(#[from] Error),
    /// The script cannot be taken apart.
    #[error("`{file}`, {}", .errors.first().map(ToString::to_string).unwrap_or_default())]
    Script {
        /// Its name.
        file: String,
        /// All that is wrong with it.
        errors: Vec<ScriptError>,
    },
    /// A statement fails.
    #[error("`{file}`, line {line}, fails on a scratch database: {error}")]
    Statement {
        /// The name of the script.
        file: String,
        /// 1-based line of the statement.
        line: usize,
        /// What the server said.
        error: Box<Error>,
    },
}

impl ReplayError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database(error) => error.code(),
            Self::Script { .. } => "P0019",
            Self::Statement { .. } => "P0020",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Database(error) => error.help(),
            Self::Script { errors, .. } => errors.iter().find_map(|error| error.help.clone()),
            Self::Statement { .. } => None,
        }
    }
}

/// Runs migrations one after another, as a deploy does to a database that has none of them.
///
/// # Errors
/// When one of them does not run.
pub async fn replay<'m>(
    database: &ScratchDb,
    migrations: impl IntoIterator<Item = &'m Migration>,
) -> Result<(), ReplayError> {
    for migration in from_checkpoint(migrations.into_iter().collect()) {
        let file = migration.path.join("migration.sql").display().to_string();
        run_script(database, &file, &migration.up).await?;
    }
    Ok(())
}

/// What becomes of the conditions of a script: on empty tables their answers say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditions {
    /// They are asked, and any answer will do.
    Ask,
    /// They have to hold.
    Enforce,
}

/// Runs a script on a scratch database, its transactions as the script has them.
///
/// On a private server roles that it names and that do not exist are created on the way: who may
/// do what is part of a schema, and who there is belongs to the server that the script is for.
///
/// # Errors
/// When it does not run.
pub async fn run_script(database: &ScratchDb, file: &str, text: &str) -> Result<(), ReplayError> {
    run_script_with(database, file, text, Conditions::Ask).await
}

/// Runs a script as [`run_script`] does.
///
/// # Errors
/// When it does not run, or a condition that is to hold does not.
pub async fn run_script_with(
    database: &ScratchDb,
    file: &str,
    text: &str,
    conditions: Conditions,
) -> Result<(), ReplayError> {
    let script = parse_script(text)
        .map_err(|errors| ReplayError::Script { file: file.to_owned(), errors })?;
    let prepare = format!("{RESET}; SET search_path = public");
    database.run("preparing the scratch database", &prepare).await?;
    for segment in &script.segments {
        let mut created = BTreeSet::new();
        while let Err((line, error)) = run_segment(database, &script, segment, conditions).await {
            if segment.transaction {
                let _ = database.batch_execute("ROLLBACK").await;
            }
            // Each role is tried once, so this ends.
            let missing = missing_role(&error).filter(|role| created.insert(role.clone()));
            match missing {
                Some(role) if database.is_private() => {
                    let sql = format!("CREATE ROLE {}", quote_ident(&role));
                    database.run("creating a role on the scratch server", &sql).await?;
                }
                _ => {
                    let (file, error) = (file.to_owned(), Box::new(error));
                    return Err(ReplayError::Statement { file, line, error });
                }
            }
        }
    }
    Ok(database.run("leaving the scratch database", RESET).await?)
}

/// Undoes what a script did to the session.
const RESET: &str = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL";

async fn run_segment(
    connection: &Connection,
    script: &Script,
    segment: &Segment,
    conditions: Conditions,
) -> Result<(), (usize, Error)> {
    let first = script.steps[segment.steps.start].line;
    if segment.transaction {
        let begin = segment.begin.as_deref().unwrap_or("BEGIN");
        connection.run("beginning", begin).await.map_err(|error| (first, error))?;
    }
    for step in &script.steps[segment.steps.clone()] {
        // Programs are for rows, of which there are none here.
        if step.program.is_some() {
            continue;
        }
        let asked = step.condition.as_ref().filter(|_| conditions == Conditions::Ask);
        let sql = asked.map_or_else(|| step.sql.clone(), Condition::ask);
        connection.run(&step.title(), &sql).await.map_err(|error| (step.line, error))?;
    }
    if segment.transaction {
        connection.run("committing", "COMMIT").await.map_err(|error| (first, error))?;
    }
    Ok(())
}

/// The role that a statement missed; private servers speak English.
fn missing_role(error: &Error) -> Option<String> {
    if !error.is(&SqlState::UNDEFINED_OBJECT) {
        return None;
    }
    let rest = error.message().strip_prefix("role \"")?;
    Some(rest.strip_suffix("\" does not exist")?.to_owned())
}
