//! Several databases, or several schemas of one: which they are.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Session, args::UrlArgs, glob};
use crate::db::{Connection, Environment, Error, Target, connect, redact};

/// Which databases a command works on, where it is more than one.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Several databases")]
pub(crate) struct TargetsArgs {
    /// Work on the databases of this file: a URL a line, after a name if it has one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "targets_query", "schema_per_tenant"])]
    targets: Option<PathBuf>,
    /// Work on the databases that a query returns: a URL or the name of a database a row, after a
    /// name if there are two columns
    #[arg(long, num_args = 2, value_names = ["URL", "SQL"], conflicts_with_all = ["url", "schema_per_tenant"])]
    targets_query: Option<Vec<String>>,
    /// Work on the schemas that fit the pattern, each with a ledger of its own, e.g. `tenant_*`
    #[arg(long, value_name = "PATTERN")]
    schema_per_tenant: Option<String>,
    /// Work on so many at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) parallel: u16,
}

/// One of several databases, or one schema of one.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    /// What it is called.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) target: Target,
    /// The schema, where each tenant has one.
    pub(crate) tenant: Option<String>,
}

impl TargetsArgs {
    /// Whether more than one database is meant.
    pub(crate) fn any(&self) -> bool {
        self.targets.is_some() || self.targets_query.is_some() || self.schema_per_tenant.is_some()
    }

    /// Finds them.
    pub(crate) async fn resolve(
        &self,
        url: &UrlArgs,
        session: &Session<'_>,
    ) -> Result<Vec<Destination>, Failure> {
        let found = if let Some(file) = &self.targets {
            let text =
                std::fs::read_to_string(file).map_err(|error| Failure::io("read", file, &error))?;
            of_text(&text, &session.environment).map_err(|(line, message)| {
                Failure::usage("P0071", format!("`{}`, line {line}: {message}", file.display()))
            })?
        } else if let Some([url, sql]) = self.targets_query.as_deref() {
            let connection = connect(&session.target(url)?).await?;
            of_query(&connection, sql, &session.environment).await?
        } else if let Some(pattern) = &self.schema_per_tenant {
            of_schemas(&session.connect_named(url).await?, pattern).await?
        } else {
            Vec::new()
        };
        if found.is_empty() {
            return Err(Failure::usage("P0071", "there is no database to work on"));
        }
        for (at, one) in found.iter().enumerate() {
            if found[..at].iter().any(|other| other.name == one.name) {
                let message = format!("two databases are called `{}`", one.name);
                return Err(Failure::usage("P0071", message));
            }
        }
        Ok(found)
    }
}

/// `[name] URL` a line; `#` begins a comment.
fn of_text(text: &str, environment: &Environment) -> Result<Vec<Destination>, (usize, String)> {
    let mut out = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, url) = match line.split_once(char::is_whitespace) {
            Some((name, url)) if !name.contains("://") && !name.contains('=') => {
                (Some(name), url.trim())
            }
            _ => (None, line),
        };
        let target =
            Target::parse(url, environment).map_err(|error| (number + 1, error.to_string()))?;
        out.push(destination(name, target));
    }
    Ok(out)
}

fn destination(name: Option<&str>, target: Target) -> Destination {
    let name = name.map_or_else(|| target.database().to_owned(), str::to_owned);
    Destination { name, target, tenant: None }
}

async fn of_query(
    connection: &Connection,
    sql: &str,
    environment: &Environment,
) -> Result<Vec<Destination>, Failure> {
    let failed = |error: tokio_postgres::Error| Error::statement("looking for databases", &error);
    let mut out = Vec::new();
    // Whatever the types of the columns are, they come as text.
    let messages = connection.simple_query(sql).await.map_err(failed)?;
    for message in messages {
        let tokio_postgres::SimpleQueryMessage::Row(row) = message else { continue };
        let (name, place) = match row.len() {
            1 => (None, row.get(0)),
            2 => (row.get(0), row.get(1)),
            n => {
                let message = format!("the query returns {n} columns, expected 1 or 2");
                return Err(Failure::usage("P0071", message));
            }
        };
        let Some(place) = place else {
            return Err(Failure::usage("P0071", "the query returns a database that is NULL"));
        };
        let target = if place.contains("://") || place.contains('=') {
            Target::parse(place, environment)
                .map_err(|error| Failure::usage("P0071", format!("`{}`: {error}", redact(place))))?
        } else {
            connection.target().with_database(place)
        };
        out.push(destination(name, target));
    }
    Ok(out)
}

async fn of_schemas(connection: &Connection, pattern: &str) -> Result<Vec<Destination>, Failure> {
    let sql = "SELECT nspname::text FROM pg_catalog.pg_namespace \
         WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1";
    let rows = connection
        .query(sql, &[])
        .await
        .map_err(|error| Error::statement("looking for schemas", &error))?;
    Ok(rows
        .iter()
        .map(|row| row.get::<_, String>(0))
        .filter(|name| glob::fits(pattern, name))
        .map(|name| Destination {
            name: name.clone(),
            target: connection.target().clone(),
            tenant: Some(name),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_databases() {
        let text =
            "# ours\npostgres://u:secret@h/one\n\nacme postgres://h/two\nhost=h dbname=three\n";
        let found = of_text(text, &Environment::default()).unwrap();
        let names: Vec<_> = found.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["one", "acme", "three"]);
        let (line, message) =
            of_text("\nmysql://u:secret@h/x", &Environment::default()).unwrap_err();
        assert_eq!(line, 2);
        assert!(!message.contains("secret"), "{message}");
    }
}
