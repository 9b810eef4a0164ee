//! Finding out from the catalog whether a statement happened whose end nobody recorded.
//!
//! Only statements that run outside of transactions come here; the others are recorded by the
//! transaction that runs them.

use serde_json::{Value, json};

use crate::{
    db::{Connection, Error},
    sql::{lex::Token, quote_ident, split},
};

/// What the catalog says of a statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It happened.
    Done(String),
    /// It did not happen, or what it left was removed: it may run (again).
    NotDone(String),
    /// The catalog does not tell.
    Undecidable,
}

/// What a statement is about.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    CreateIndex {
        name: Option<String>,
        table: String,
    },
    DropIndex {
        name: String,
    },
    Reindex {
        kind: String,
        name: String,
    },
    Detach {
        parent: String,
        child: String,
    },
    Create {
        catalog: &'static str,
        column: &'static str,
        name: String,
    },
    Drop {
        catalog: &'static str,
        column: &'static str,
        name: String,
    },
    /// Doing it twice is as good as once.
    Repeatable,
    Opaque,
}

/// Reads what has to be known before the statement begins, to judge its end later.
pub(super) async fn before(connection: &Connection, sql: &str) -> Result<Value, Error> {
    Ok(match subject(sql) {
        Subject::CreateIndex { table, .. } => json!(indexes_of(connection, &table).await?),
        Subject::Reindex { kind, name } => {
            json!(half_rebuilt(connection, &kind, &name).await?)
        }
        Subject::Create { catalog, column, name } | Subject::Drop { catalog, column, name } => {
            json!(named(connection, catalog, column, &name).await?)
        }
        _ => Value::Null,
    })
}

/// Removes an invalid index that an attempt of somebody else left under the name to be created;
/// with `IF NOT EXISTS` the statement would take it for the index wanted.
pub(super) async fn clear_way(connection: &Connection, sql: &str) -> Result<Option<String>, Error> {
    let Subject::CreateIndex { name: Some(name), table } = subject(sql) else { return Ok(None) };
    let indexes = indexes_of(connection, &table).await?;
    match indexes.iter().find(|index| index.is_named(&name) && !index.valid && !index.building) {
        Some(index) => {
            drop_index(connection, index).await?;
            Ok(Some(format!("removed the invalid index `{name}` of an earlier attempt")))
        }
        None => Ok(None),
    }
}

/// Decides whether the statement happened; removes what a broken attempt left.
pub(super) async fn decide(
    connection: &Connection,
    sql: &str,
    before: &Value,
) -> Result<Outcome, Error> {
    match subject(sql) {
        Subject::CreateIndex { name, table } => {
            decide_create_index(connection, name.as_deref(), &table, before).await
        }
        Subject::DropIndex { name } => Ok(if exists(connection, &name).await? {
            Outcome::NotDone(format!("index {name} is still there"))
        } else {
            Outcome::Done(format!("index {name} is gone"))
        }),
        Subject::Reindex { kind, name } => {
            let mut found = "it can be repeated".to_owned();
            let fresh = half_rebuilt(connection, &kind, &name).await?;
            for index in without(fresh, before).iter().filter(|index| !index.building) {
                drop_index(connection, index).await?;
                found = format!("removed the invalid index `{}`", index.name);
            }
            Ok(Outcome::NotDone(found))
        }
        Subject::Detach { parent, child } => decide_detach(connection, &parent, &child).await,
        Subject::Create { catalog, column, name } => {
            let there = named(connection, catalog, column, &name).await?;
            Ok(if there && *before == json!(false) {
                Outcome::Done(format!("`{name}` is there"))
            } else {
                Outcome::NotDone(format!("`{name}` is not there"))
            })
        }
        Subject::Drop { catalog, column, name } => {
            let there = named(connection, catalog, column, &name).await?;
            Ok(if !there && *before == json!(true) {
                Outcome::Done(format!("`{name}` is gone"))
            } else {
                Outcome::NotDone(format!("`{name}` is still there"))
            })
        }
        Subject::Repeatable => Ok(Outcome::NotDone("it can be repeated".to_owned())),
        Subject::Opaque => Ok(Outcome::Undecidable),
    }
}

/// Checks after a statement that went well that what it was to build is there and valid.
pub(super) async fn verify(connection: &Connection, sql: &str) -> Result<(), Error> {
    let Subject::CreateIndex { name: Some(name), table } = subject(sql) else { return Ok(()) };
    let indexes = indexes_of(connection, &table).await?;
    if indexes.iter().any(|index| index.is_named(&name) && index.valid) {
        return Ok(());
    }
    Err(Error::Statement {
        doing: format!("checking the index `{name}`"),
        message: "the statement succeeded, but the index is not there or not valid".to_owned(),
        sqlstate: "55000".to_owned(),
        position: None,
    })
}

/// An index as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Index {
    oid: u32,
    /// Unquoted.
    name: String,
    /// Qualified and quoted.
    path: String,
    valid: bool,
    /// Somebody is building it right now.
    #[serde(skip)]
    building: bool,
}

impl Index {
    fn of(row: &tokio_postgres::Row) -> Self {
        Self {
            oid: row.get(0),
            name: row.get(1),
            path: row.get(2),
            valid: row.get(3),
            building: row.get(4),
        }
    }

    fn is_named(&self, name: &str) -> bool {
        self.name == name
    }
}

async fn indexes_of(connection: &Connection, table: &str) -> Result<Vec<Index>, Error> {
    let sql = "SELECT c.oid, c.relname, format('%I.%I', n.nspname, c.relname), i.indisvalid, \
         EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p \
           WHERE p.index_relid = c.oid AND p.datname = pg_catalog.current_database() \
             AND p.pid <> pg_catalog.pg_backend_pid()) \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE i.indrelid = pg_catalog.to_regclass($1) ORDER BY c.oid";
    let rows = connection
        .query(sql, &[&table])
        .await
        .map_err(|error| Error::statement(format!("looking at the indexes of {table}"), &error))?;
    Ok(rows.iter().map(Index::of).collect())
}

/// The indexes of a table that were not there before.
async fn new_indexes(
    connection: &Connection,
    table: &str,
    before: &Value,
) -> Result<Vec<Index>, Error> {
    Ok(without(indexes_of(connection, table).await?, before))
}

/// The indexes that were not there before.
fn without(mut indexes: Vec<Index>, before: &Value) -> Vec<Index> {
    let old: Vec<Index> = serde_json::from_value(before.clone()).unwrap_or_default();
    indexes.retain(|index| old.iter().all(|other| other.oid != index.oid));
    indexes
}

/// The invalid indexes that a broken `REINDEX CONCURRENTLY` leaves: of the table named, of the
/// table of the index named, or of all tables; those of TOAST tables among them.
async fn half_rebuilt(
    connection: &Connection,
    kind: &str,
    name: &str,
) -> Result<Vec<Index>, Error> {
    let of_table = "COALESCE((SELECT indrelid FROM pg_catalog.pg_index \
         WHERE indexrelid = pg_catalog.to_regclass($1)), pg_catalog.to_regclass($1)::oid)";
    let scope = if matches!(kind, "table" | "index") {
        format!(
            "(r.oid = {of_table} OR r.oid = (SELECT reltoastrelid FROM pg_catalog.pg_class \
             WHERE oid = {of_table}))"
        )
    } else {
        "$1 IS NOT NULL".to_owned()
    };
    let sql = format!(
        "SELECT c.oid, c.relname, format('%I.%I', n.nspname, c.relname), i.indisvalid, \
         EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p \
           WHERE p.relid = r.oid AND p.datname = pg_catalog.current_database() \
             AND p.pid <> pg_catalog.pg_backend_pid()) \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_class r ON r.oid = i.indrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND {scope} ORDER BY c.oid"
    );
    let rows = connection
        .query(&sql, &[&name])
        .await
        .map_err(|error| Error::statement(format!("looking at the indexes of {name}"), &error))?;
    Ok(rows.iter().map(Index::of).collect())
}

async fn decide_create_index(
    connection: &Connection,
    name: Option<&str>,
    table: &str,
    before: &Value,
) -> Result<Outcome, Error> {
    let mut fresh = new_indexes(connection, table, before).await?;
    fresh.retain(|index| name.is_none_or(|name| index.is_named(name)));
    let mut found = "no new index".to_owned();
    for index in &fresh {
        if index.valid {
            return Ok(Outcome::Done(format!("index `{}` is there and valid", index.name)));
        }
        if index.building {
            return Ok(Outcome::Undecidable);
        }
        drop_index(connection, index).await?;
        found = format!("removed the invalid index `{}`", index.name);
    }
    Ok(Outcome::NotDone(found))
}

async fn decide_detach(
    connection: &Connection,
    parent: &str,
    child: &str,
) -> Result<Outcome, Error> {
    // The column came with DETACH CONCURRENTLY itself, in 14.
    let sql = "SELECT inhdetachpending FROM pg_catalog.pg_inherits \
         WHERE inhrelid = pg_catalog.to_regclass($1) AND inhparent = pg_catalog.to_regclass($2)";
    let doing = format!("looking at the partition {child}");
    let row = connection
        .query_opt(sql, &[&child, &parent])
        .await
        .map_err(|error| Error::statement(doing, &error))?;
    match row.map(|row| row.get::<_, bool>(0)) {
        None => Ok(Outcome::Done(format!("{child} is no partition any more"))),
        Some(false) => Ok(Outcome::NotDone(format!("{child} is still a partition"))),
        Some(true) => {
            let sql = format!("ALTER TABLE {parent} DETACH PARTITION {child} FINALIZE");
            connection.run("finishing the detachment", &sql).await?;
            Ok(Outcome::Done(format!("finished the detachment of {child}")))
        }
    }
}

async fn drop_index(connection: &Connection, index: &Index) -> Result<(), Error> {
    let sql = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.path);
    connection.run(&format!("removing the invalid index `{}`", index.name), &sql).await
}

async fn exists(connection: &Connection, path: &str) -> Result<bool, Error> {
    connection
        .query_one("SELECT pg_catalog.to_regclass($1) IS NOT NULL", &[&path])
        .await
        .map(|row| row.get(0))
        .map_err(|error| Error::statement(format!("looking for {path}"), &error))
}

async fn named(
    connection: &Connection,
    catalog: &str,
    column: &str,
    name: &str,
) -> Result<bool, Error> {
    let sql = format!("SELECT EXISTS (SELECT FROM pg_catalog.{catalog} WHERE {column}::text = $1)");
    connection
        .query_one(&sql, &[&name])
        .await
        .map(|row| row.get(0))
        .map_err(|error| Error::statement(format!("looking for `{name}`"), &error))
}

/// Reads the subject of a statement from its tokens.
fn subject(sql: &str) -> Subject {
    let script = split::split(sql);
    let Some(piece) = script.pieces.first() else { return Subject::Opaque };
    let words = Words { tokens: piece.tokens() };
    let create = words.is(0, "create");
    let index = 1 + usize::from(words.is(1, "unique"));
    if create && words.is(index, "index") {
        return create_index(&words, index + 1);
    }
    if words.is(0, "drop") && words.is(1, "index") {
        let at = words.skip(2, &["concurrently"]);
        let at = words.skip(at, &["if", "exists"]);
        return Subject::DropIndex { name: words.path(at).0 };
    }
    if words.is(0, "reindex") {
        return reindex(&words);
    }
    if words.is(0, "alter") && words.is(1, "table") {
        if let Some(at) = (2..words.tokens.len()).find(|at| words.is(*at, "detach")) {
            let from = words.skip(words.skip(2, &["if", "exists"]), &["only"]);
            let parent = words.path(from).0;
            return Subject::Detach { parent, child: words.path(at + 2).0 };
        }
        return Subject::Opaque;
    }
    for (word, catalog, column) in [
        ("database", "pg_database", "datname"),
        ("tablespace", "pg_tablespace", "spcname"),
        ("subscription", "pg_subscription", "subname"),
    ] {
        if words.is(1, word) {
            let at = words.skip(2, &["if", "exists"]);
            let name = words.tokens.get(at).and_then(Token::name).map(cut).unwrap_or_default();
            if create {
                return Subject::Create { catalog, column, name };
            } else if words.is(0, "drop") {
                return Subject::Drop { catalog, column, name };
            }
        }
    }
    let repeatable = ["vacuum", "analyze", "cluster", "alter", "discard", "refresh"];
    if repeatable.iter().any(|word| words.is(0, word)) {
        return Subject::Repeatable;
    }
    Subject::Opaque
}

/// A name as PostgreSQL cuts it (`truncate_identifier` in src/backend/parser/scansup.c).
fn cut(mut name: String) -> String {
    while name.len() > 63 {
        name.pop();
    }
    name
}

fn create_index(words: &Words<'_, '_>, at: usize) -> Subject {
    let at = words.skip(at, &["concurrently"]);
    let at = words.skip(at, &["if", "not", "exists"]);
    let (name, at) = if words.is(at, "on") {
        (None, at)
    } else {
        (words.tokens.get(at).and_then(Token::name).map(cut), at + 1)
    };
    let at = words.skip(words.skip(at, &["on"]), &["only"]);
    Subject::CreateIndex { name, table: words.path(at).0 }
}

fn reindex(words: &Words<'_, '_>) -> Subject {
    let kinds = ["index", "table", "schema", "database", "system"];
    let at = (1..words.tokens.len()).find(|at| kinds.iter().any(|kind| words.is(*at, kind)));
    let Some(at) = at else { return Subject::Repeatable };
    let kind = words.tokens[at].text.to_ascii_lowercase();
    let name = words.path(words.skip(at + 1, &["concurrently"])).0;
    Subject::Reindex { kind, name }
}

struct Words<'t, 'a> {
    tokens: &'t [Token<'a>],
}

impl Words<'_, '_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(word))
    }

    /// The place after the words, if they all stand there.
    fn skip(&self, at: usize, words: &[&str]) -> usize {
        let all = words.iter().enumerate().all(|(i, word)| self.is(at + i, word));
        if all { at + words.len() } else { at }
    }

    /// A qualified name, quoted, and the place after it.
    fn path(&self, mut at: usize) -> (String, usize) {
        let mut path = String::new();
        while let Some(name) = self.tokens.get(at).and_then(Token::name) {
            path.push_str(&quote_ident(&cut(name)));
            at += 1;
            if !self.is(at, ".") {
                break;
            }
            path.push('.');
            at += 1;
        }
        (path, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: Subject) {
        assert_eq!(subject(sql), expected);
    }

    #[test]
    fn subjects_are_read_from_the_text() {
        check(
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I x\" ON ONLY app.\"T\" (a)",
            Subject::CreateIndex { name: Some("I x".into()), table: "app.\"T\"".into() },
        );
        check(
            "create index concurrently on t (a)",
            Subject::CreateIndex { name: None, table: "t".into() },
        );
        check("DROP INDEX CONCURRENTLY IF EXISTS a.b", Subject::DropIndex { name: "a.b".into() });
        check(
            "REINDEX (VERBOSE) TABLE CONCURRENTLY a.t",
            Subject::Reindex { kind: "table".into(), name: "a.t".into() },
        );
        check(
            "ALTER TABLE p DETACH PARTITION q.c CONCURRENTLY",
            Subject::Detach { parent: "p".into(), child: "q.c".into() },
        );
        check("VACUUM ANALYZE t", Subject::Repeatable);
        check("CALL p()", Subject::Opaque);
    }
}
