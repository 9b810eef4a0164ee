//! States of a schema, wherever `--from` and `--to` take one.

use std::path::{Path, PathBuf};

use super::{Failure, Session, session::one_migration};
use crate::{
    db::{
        Connection, Error, Scratch, ScratchDb, Target, connect, introspect, ledger,
        replay::{replay, run_script},
    },
    migrations::{Directory, History, read_directory},
    schema::Schema,
};

/// A state as the command line names it.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// `empty`
    Empty,
    /// `migrations:DIR[@NAME]`
    Migrations {
        /// The directory.
        directory: PathBuf,
        /// The last migration that counts.
        upto: Option<String>,
    },
    /// `sql:FILE`
    Sql(PathBuf),
    /// `db:URL`
    Database(Target),
}

impl State {
    /// Reads `empty`, `migrations:DIR[@NAME]`, `sql:FILE`, `db:URL` or a bare URL.
    pub(crate) fn parse(text: &str, session: &Session<'_>) -> Result<Self, Failure> {
        if text == "empty" {
            return Ok(Self::Empty);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Database(session.target(text)?));
        }
        match text.split_once(':') {
            Some(("db", url)) => Ok(Self::Database(session.target(url)?)),
            Some(("sql", file)) => Ok(Self::Sql(file.into())),
            Some(("migrations", rest)) => {
                let (directory, upto) = match rest.rsplit_once('@') {
                    Some((directory, name)) => (directory, Some(name.to_owned())),
                    None => (rest, None),
                };
                let directory =
                    if directory.is_empty() { session.migrations_path() } else { directory.into() };
                Ok(Self::Migrations { directory, upto })
            }
            _ => Err(Failure::usage("P0035", format!("`{text}` names no state of a schema")).help(
                "a state is `empty`, `migrations:DIR`, `migrations:DIR@NAME`, `sql:FILE`, or \
                 `db:URL`",
            )),
        }
    }
}

/// Loads several states, those of databases first: they say which version scratch should have.
pub(crate) async fn load(states: &[State], session: &Session<'_>) -> Result<Vec<Schema>, Failure> {
    let mut schemas: Vec<Option<Schema>> = vec![None; states.len()];
    let mut major = None;
    for (state, slot) in states.iter().zip(&mut schemas) {
        if let State::Database(target) = state {
            let connection = connect(target).await?;
            major = Some(connection.version().major());
            *slot = Some(read(&connection, session).await?);
        }
    }
    let mut scratch = None;
    for (state, slot) in states.iter().zip(&mut schemas) {
        *slot = match (slot.take(), state) {
            (Some(schema), _) => Some(schema),
            (None, State::Empty) => Some(Schema::of_empty_database()),
            (None, state) => {
                if scratch.is_none() {
                    scratch = Some(session.scratch(major).await?);
                }
                let scratch = scratch.as_ref().expect("it was opened above");
                Some(load_on_scratch(state, scratch, session).await?)
            }
        };
    }
    Ok(schemas.into_iter().flatten().collect())
}

async fn load_on_scratch(
    state: &State,
    scratch: &Scratch,
    session: &Session<'_>,
) -> Result<Schema, Failure> {
    let database = scratch.database().await?;
    match state {
        State::Sql(file) => run_file(&database, file).await?,
        State::Migrations { directory, upto } => {
            let history = History::of(read_directory(directory)?)?;
            let list: Vec<_> = match upto {
                Some(text) => history.upto(&one_migration(&history, text)?.name),
                None => history.iter().collect(),
            };
            replay(&database, list).await?;
        }
        State::Empty | State::Database(_) => {}
    }
    let schema = read(&database, session).await?;
    database.drop_database().await?;
    Ok(schema)
}

/// Reads what a database defines, without the ledger.
pub(crate) async fn read(
    connection: &Connection,
    session: &Session<'_>,
) -> Result<Schema, Failure> {
    let doing = || format!("reading the catalog of `{}`", connection.target());
    let mut schema = introspect::read(connection.client())
        .await
        .map_err(|error| Error::statement(doing(), &error))?;
    ledger::hide(&mut schema, &session.config.ledger());
    Ok(schema)
}

async fn run_file(database: &ScratchDb, file: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::io("read", file, &error))?;
    Ok(run_script(database, &file.display().to_string(), &text).await?)
}

/// The directory as a history that may be absent.
pub(crate) fn history_or_empty(path: &Path) -> Result<History, Failure> {
    let directory = if path.is_dir() { read_directory(path)? } else { Directory::default() };
    Ok(History::of(directory)?)
}
