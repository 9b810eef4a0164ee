//! States of a schema, wherever `--from` and `--to` take one.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    Failure, Session,
    workbench::{Workbench, complete, read_model},
};
use crate::{
    db::{Connection, Error, Target, connect, introspect, ledger},
    migrations::{Directory, History, read_directory},
    schema::Schema,
};

/// A state as the command line names it.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// `empty`
    Empty,
    /// `model:PATH`
    Model(PathBuf),
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
    /// Reads `empty`, `model:PATH`, `migrations:DIR[@NAME]`, `sql:FILE`, `db:URL` or a bare URL.
    pub(crate) fn parse(text: &str, session: &Session<'_>) -> Result<Self, Failure> {
        if text == "empty" {
            return Ok(Self::Empty);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Database(session.target(text)?));
        }
        match text.split_once(':') {
            Some(("db", url)) => Ok(Self::Database(session.target(url)?)),
            Some(("model", "")) => Ok(Self::Model(session.model_path()?)),
            Some(("model", path)) => Ok(Self::Model(path.into())),
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
            _ if text.ends_with(".model") || text.ends_with(".prisma") => {
                Ok(Self::Model(text.into()))
            }
            _ => Err(Failure::usage("P0035", format!("`{text}` names no state of a schema")).help(
                "a state is `empty`, `model:PATH`, `migrations:DIR`, `migrations:DIR@NAME`, `sql:FILE`, or \
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
    let mut workbench = Workbench::new(session, None, major)?;
    // The namespaces of the last state, where it is a model in Prisma's language.
    let mut last_spoken = None;
    let mut there = Schema::of_empty_database();
    for (state, slot) in states.iter().zip(&mut schemas) {
        if slot.is_none() {
            let (schema, spoken) = load_one(state, &there, &mut workbench, session).await?;
            last_spoken = spoken;
            there.clone_from(&schema);
            *slot = Some(schema);
        } else if let Some(schema) = slot {
            last_spoken = None;
            there.clone_from(schema);
        }
    }
    let mut schemas: Vec<Schema> = schemas.into_iter().flatten().collect();
    if let ([there, asked], Some(namespaces)) = (schemas.as_mut_slice(), last_spoken) {
        complete(there, asked, &namespaces, session);
    }
    // An empty database is one of the same version as the other.
    let version = schemas.iter().map(|schema| schema.server_version).max().unwrap_or_default();
    for schema in schemas.iter_mut().filter(|schema| schema.server_version == 0) {
        schema.server_version = version;
    }
    Ok(schemas)
}

/// The schema of a state, and the namespaces that it speaks for where it is a model in Prisma's
/// language.
async fn load_one(
    state: &State,
    there: &Schema,
    workbench: &mut Workbench<'_>,
    session: &Session<'_>,
) -> Result<(Schema, Option<BTreeSet<String>>), Failure> {
    let schema = match state {
        State::Empty => Schema::of_empty_database(),
        State::Model(path) => {
            let model = read_model(path, session)?;
            let spoken = model.is_prisma().then(|| model.draft.namespaces.clone());
            return Ok((workbench.schema_of_model(&model, there).await?, spoken));
        }
        State::Sql(file) => workbench.schema_of_script(file).await?,
        State::Migrations { directory, upto } => {
            let history = History::of(read_directory(directory)?)?;
            let list: Vec<_> = match upto {
                Some(text) => super::session::upto(&history, text, None)?,
                None => history.iter().collect(),
            };
            workbench.schema_of_history(&list).await?
        }
        State::Database(target) => read(&connect(target).await?, session).await?,
    };
    Ok((schema, None))
}

/// Reads what a database defines, without the ledger.
pub(crate) async fn read(
    connection: &Connection,
    session: &Session<'_>,
) -> Result<Schema, Failure> {
    let doing = || format!("reading the catalog of `{}`", connection.target());
    let mut schema = introspect::read_large(connection)
        .await
        .map_err(|error| Error::statement(doing(), &error))?;
    ledger::hide(&mut schema, &session.config.ledger());
    Ok(schema)
}

/// The directory as a history that may be absent.
pub(crate) fn history_or_empty(path: &Path) -> Result<History, Failure> {
    let directory = if path.is_dir() { read_directory(path)? } else { Directory::default() };
    Ok(History::of(directory)?)
}
