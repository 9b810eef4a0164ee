//! How an execution can end otherwise than well.

use super::Session;
use crate::{db::Error, migrations::ScriptError};

/// Why an execution stopped, and where.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The database, outside of any step.
    #[error(transparent)]
    Database(#[from] Error),
    /// A script that is not run as it stands.
    #[error("`{file}` of migration `{migration}` cannot be run: {}", first(errors))]
    Script {
        /// The migration.
        migration: String,
        /// `migration.sql` or `down.sql`.
        file: &'static str,
        /// All that is wrong with it.
        errors: Vec<ScriptError>,
    },
    /// A step failed.
    #[error("migration `{migration}` failed at step {step}, line {line}: {error}")]
    Failed {
        /// The migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Line in the file.
        line: usize,
        /// How many steps before it stay done.
        stays: usize,
        /// `deploy` or `rollback`: what goes on from there.
        command: &'static str,
        /// What the server said.
        error: Box<Error>,
    },
    /// A lock was not to be had in time.
    #[error(
        "migration `{migration}` waited {waited_s:.0} s for a lock at step {step}, line {line}"
    )]
    Blocked {
        /// The migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Line in the file.
        line: usize,
        /// How long, in seconds.
        waited_s: f64,
        /// Who held it last.
        blockers: Vec<Session>,
    },
    /// A file was changed in a part that is done already.
    #[error(
        "migration `{migration}` was edited in step {step}, line {line}, which is done already"
    )]
    EditedBeforeResume {
        /// The migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Line in the file; 0 where the step is gone from it.
        line: usize,
    },
    /// Nobody can tell whether a step was done.
    #[error(
        "nobody recorded how step {step} of migration `{migration}` ended, and the catalog does not tell: {sql}"
    )]
    Unknown {
        /// The migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Its first words.
        sql: String,
    },
    /// The user asked to stop.
    #[error("stopped on request; migration `{migration}` is done up to step {stays}")]
    Stopped {
        /// The migration.
        migration: String,
        /// How many of its steps are done.
        stays: usize,
    },
    /// Another execution holds the lock.
    #[error("another deploy is at work on this database (waited {waited_s:.0} s)")]
    Locked {
        /// How long, in seconds.
        waited_s: f64,
        /// Who holds it, where that can be seen.
        holder: Option<Box<Session>>,
    },
    /// A statement that cannot be run in ranges.
    #[error(
        "step {step} of migration `{migration}`, line {line}, cannot be run in batches: {reason}"
    )]
    Batch {
        /// The migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Line in the file.
        line: usize,
        /// Why not.
        reason: String,
    },
    /// A migration that runs a program where none may run.
    #[error("migration `{migration}`, line {line}, wants to `{title}`")]
    Program {
        /// The migration.
        migration: String,
        /// Line in the file.
        line: usize,
        /// The program with its arguments.
        title: String,
    },
    /// A step that needs one session from beginning to end, and there is a pooler.
    #[error(
        "step {step} of migration `{migration}`, line {line}, does not run through a connection pooler: {reason}"
    )]
    Pooled {
        /// The migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Line in the file.
        line: usize,
        /// Why not.
        reason: &'static str,
    },
    /// There is nothing to take it back with.
    #[error("migration `{migration}` cannot be taken back: {}", reason.as_deref().unwrap_or("it has no `down.sql`"))]
    NoWayBack {
        /// The migration.
        migration: String,
        /// What its header says.
        reason: Option<String>,
    },
    /// The lock that keeps other executions away is gone.
    #[error("the lock that keeps other deploys away was lost before migration `{migration}`")]
    LockLost {
        /// The migration that was to begin.
        migration: String,
    },
}

fn first(errors: &[ScriptError]) -> String {
    errors.first().map(ToString::to_string).unwrap_or_default()
}

impl ExecuteError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database(error) => error.code(),
            Self::Script { .. } => "P0019",
            Self::Failed { error, .. } => match error.code() {
                "P0015" => "P0020",
                code => code,
            },
            Self::Blocked { .. } => "P0021",
            Self::EditedBeforeResume { .. } => "P0012",
            Self::Unknown { .. } => "P0022",
            Self::Stopped { .. } => "P0023",
            Self::Locked { .. } => "P0024",
            Self::LockLost { .. } => "P0025",
            Self::NoWayBack { .. } => "P0026",
            Self::Batch { .. } => "P0056",
            Self::Program { .. } => "P0077",
            Self::Pooled { .. } => "P0055",
        }
    }

    /// Facts that help to understand it.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        match self {
            Self::Script { errors, .. } => errors.iter().skip(1).map(ToString::to_string).collect(),
            Self::Failed { stays: 0, .. } => vec!["nothing of it stays in the database".to_owned()],
            Self::Failed { stays, .. } => {
                vec![format!("its first {stays} steps stay done and will not be run again")]
            }
            Self::Blocked { blockers, .. } => {
                blockers.iter().map(|session| format!("held by {session}")).collect()
            }
            Self::Locked { holder: Some(session), .. } => vec![format!("it is {session}")],
            _ => Vec::new(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Database(error) => return error.help(),
            Self::Script { errors, .. } => return errors.iter().find_map(|e| e.help.clone()),
            Self::Failed { error, command, .. } => error.help().unwrap_or_else(|| {
                format!("correct the file from this step on and run `driftless {command}` again")
            }),
            Self::Blocked { .. } => {
                "end what holds the lock, or allow more time with `--lock-wait`".to_owned()
            }
            Self::EditedBeforeResume { .. } => {
                "restore what is done as it was; change only what comes after it".to_owned()
            }
            Self::Unknown { migration, step, .. } => format!(
                "look whether it happened; then run `driftless resolve {migration} --step {step} \
                 --done` or `--not-done`"
            ),
            Self::Stopped { .. } => "run `driftless deploy` again to go on".to_owned(),
            Self::Locked { .. } => "wait for it, or allow more time with `--wait`".to_owned(),
            Self::Program { .. } => {
                "let it with `allow-programs = true` under `[deploy]` in `driftless.toml`"
                    .to_owned()
            }
            Self::Batch { .. } => {
                "name a key that an index leads with and that is never NULL, or `key=ctid`"
                    .to_owned()
            }
            Self::Pooled { .. } => "name the server itself in the URL".to_owned(),
            Self::NoWayBack { .. } => "write a new migration that undoes it".to_owned(),
            Self::LockLost { .. } => {
                "a migration must not run `DISCARD ALL` or `pg_advisory_unlock_all()`".to_owned()
            }
        })
    }
}
