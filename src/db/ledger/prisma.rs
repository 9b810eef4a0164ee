//! `_prisma_migrations`, the ledger of Prisma Migrate: read, and kept as Prisma keeps it.

use super::{Entry, LedgerName, State, utc};
use crate::{
    db::{Connection, Error},
    migrations::Checksum,
    sql::{quote_ident, quote_literal},
};

/// The key of the advisory lock that Prisma takes.
pub(super) const LOCK_KEY: i64 = 72_707_369;

/// A row that neither ended nor was given up.
const OPEN: &str = "finished_at IS NULL AND rolled_back_at IS NULL";

fn namespace(connection: &Connection) -> String {
    connection.target().schema().unwrap_or("public").to_owned()
}

/// The table, quoted.
pub(super) fn table(connection: &Connection) -> String {
    format!("{}._prisma_migrations", quote_ident(&namespace(connection)))
}

/// Whether it is there.
pub(super) async fn exists(connection: &Connection) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
         ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = '_prisma_migrations')";
    connection
        .query_one(sql, &[&namespace(connection)])
        .await
        .map(|row| row.get(0))
        .map_err(|error| Error::statement("looking for `_prisma_migrations`", &error))
}

/// Creates it unless it is there, with what the other ledger knows as applied.
pub(super) async fn ensure(connection: &Connection, own: &LedgerName) -> Result<(), Error> {
    if exists(connection).await? {
        return Ok(());
    }
    let table = table(connection);
    let sql = format!(
        "BEGIN;
CREATE TABLE {table} (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL,
    logs TEXT,
    rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
);
INSERT INTO {table} (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
    SELECT pg_catalog.gen_random_uuid()::pg_catalog.text, up_sha256, finished_at, name, started_at, 1
    FROM {} WHERE finished_at IS NOT NULL AND direction = 'up' ORDER BY ordinal;
COMMIT;",
        own.main()
    );
    let result = connection.run("creating `_prisma_migrations`", &sql).await;
    if result.is_err() {
        let _ = connection.batch_execute("ROLLBACK").await;
    }
    result
}

/// A migration begins, or is tried again.
pub(super) fn begin_sql(table: &str, name: &str, up: &Checksum) -> String {
    let name = quote_literal(name);
    format!(
        "UPDATE {table} SET checksum = '{up}', logs = NULL \
         WHERE migration_name = {name} AND {OPEN};\n\
         INSERT INTO {table} (id, checksum, migration_name, started_at) \
         SELECT pg_catalog.gen_random_uuid()::pg_catalog.text, '{up}', {name}, \
         pg_catalog.clock_timestamp() WHERE NOT EXISTS \
         (SELECT FROM {table} WHERE migration_name = {name} AND {OPEN});\n"
    )
}

/// All of it is done.
pub(super) fn finish_sql(table: &str, quoted_name: &str) -> String {
    format!(
        "UPDATE {table} SET finished_at = pg_catalog.clock_timestamp(), \
         applied_steps_count = applied_steps_count + 1 \
         WHERE migration_name = {quoted_name} AND {OPEN};\n"
    )
}

/// It failed.
pub(super) fn failed_sql(table: &str, name: &str, error: &str) -> String {
    format!(
        "UPDATE {table} SET logs = {} WHERE migration_name = {} AND {OPEN};\n",
        quote_literal(error),
        quote_literal(name),
    )
}

/// It counts as applied: a failed attempt is given up, and a row stands for what was done by hand.
pub(super) fn mark_applied_sql(table: &str, name: &str, up: &Checksum) -> String {
    let name = quote_literal(name);
    format!(
        "UPDATE {table} SET rolled_back_at = pg_catalog.clock_timestamp() \
         WHERE migration_name = {name} AND {OPEN};\n\
         INSERT INTO {table} (id, checksum, migration_name, started_at, finished_at, logs) \
         SELECT pg_catalog.gen_random_uuid()::pg_catalog.text, '{up}', {name}, now, now, '' \
         FROM pg_catalog.clock_timestamp() AS now WHERE NOT EXISTS (SELECT FROM {table} \
         WHERE migration_name = {name} AND rolled_back_at IS NULL);\n"
    )
}

/// It counts as not applied.
pub(super) fn rolled_back_sql(table: &str, name: &str) -> String {
    format!(
        "UPDATE {table} SET rolled_back_at = pg_catalog.clock_timestamp() \
         WHERE migration_name = {} AND rolled_back_at IS NULL;\n",
        quote_literal(name),
    )
}

/// Prisma's rows say what there is; the other ledger adds what it knows of the same attempt.
pub(super) fn merge(own: Vec<Entry>, prisma: Vec<Entry>) -> Vec<Entry> {
    prisma
        .into_iter()
        .map(|entry| {
            let same = |o: &&Entry| {
                o.name == entry.name
                    && (o.state() == State::Applied) == (entry.state() == State::Applied)
            };
            match own.iter().find(same) {
                Some(known) => Entry { up_sha256: entry.up_sha256, ..known.clone() },
                None => entry,
            }
        })
        .collect()
}

/// The last attempt at each migration that was not marked as rolled back.
///
/// It lies in the namespace of the URL's `?schema=`, by default `public`.
pub(super) async fn read(connection: &Connection) -> Result<Vec<Entry>, Error> {
    let doing = "reading `_prisma_migrations`";
    let fail = |error: tokio_postgres::Error| Error::statement(doing, &error);
    if !exists(connection).await? {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT DISTINCT ON (migration_name) migration_name, checksum, {}, {}, \
         applied_steps_count::int4, logs FROM {} \
         WHERE rolled_back_at IS NULL ORDER BY migration_name, started_at DESC",
        utc("started_at"),
        utc("finished_at"),
        table(connection),
    );
    let rows = connection.query(&sql, &[]).await.map_err(fail)?;
    let mut entries: Vec<_> = rows
        .iter()
        .map(|row| {
            let finished_at: Option<String> = row.get(3);
            let logs: Option<String> = row.get(5);
            let error = match finished_at {
                Some(_) => None,
                None => logs.filter(|logs| !logs.is_empty()),
            };
            Entry {
                name: row.get(0),
                up_sha256: row.get(1),
                started_at: row.get(2),
                finished_at,
                steps: row.get(4),
                steps_done: row.get(4),
                error,
                version: "prisma".to_owned(),
                note: Some("applied by Prisma".to_owned()),
                direction: "up".to_owned(),
                ..Entry::default()
            }
        })
        .collect();
    entries.sort_by(|a, b| (&a.started_at, &a.name).cmp(&(&b.started_at, &b.name)));
    Ok(entries)
}
