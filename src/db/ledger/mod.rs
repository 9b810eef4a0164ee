//! The ledger: tables in the target database that say what was applied, step by step.

mod entry;
mod hide;
mod name;
mod prisma;
mod replaced;

use std::collections::BTreeMap;

use serde_json::Value;
use tokio_postgres::error::SqlState;

pub(super) use self::entry::StepDone;
pub use self::{
    entry::{Entry, State, StepRecord},
    hide::hide,
    name::LedgerName,
    replaced::settled,
};
use super::{Connection, Error};
use crate::{
    migrations::Checksum,
    sql::{quote_ident, quote_literal},
};

/// The program's version, as the ledger records it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The ledger of one database.
#[derive(Clone, Copy, Debug)]
pub struct Ledger<'a> {
    connection: &'a Connection,
    name: &'a LedgerName,
}

impl<'a> Ledger<'a> {
    /// The ledger under that name; it need not be there.
    #[must_use]
    pub fn new(connection: &'a Connection, name: &'a LedgerName) -> Self {
        Self { connection, name }
    }

    /// Whether it is there.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub async fn exists(&self) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
             ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2)";
        let row = self
            .connection
            .query_one(sql, &[&self.name.schema, &self.name.table])
            .await
            .map_err(|error| Error::statement("looking for the ledger", &error))?;
        Ok(row.get(0))
    }

    /// Creates it unless it is there; to be called by the holder of the lock.
    ///
    /// # Errors
    /// When the role may not.
    pub async fn ensure(&self) -> Result<(), Error> {
        let mut attempt = 0;
        while !self.exists().await? {
            match self.create().await {
                // Somebody else creates it, through a pooler, where nobody has a lock yet.
                Err(error) if made_meanwhile(&error) && attempt < 50 => {
                    attempt += 1;
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                result => result?,
            }
        }
        if self.name.shared { prisma::ensure(self.connection, self.name).await } else { Ok(()) }
    }

    async fn create(&self) -> Result<(), Error> {
        let schema_exists: bool = self
            .connection
            .query_one(
                "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)",
                &[&self.name.schema],
            )
            .await
            .map_err(|error| Error::statement("looking for the ledger", &error))?
            .get(0);
        let mut sql = String::from("BEGIN;\n");
        if !schema_exists {
            sql.push_str(&format!("CREATE SCHEMA {};\n", quote_ident(&self.name.schema)));
        }
        sql.push_str(&ledger_sql(self.name));
        sql.push_str("COMMIT;");
        let result = self.connection.run("creating the ledger", &sql).await;
        if result.is_err() {
            let _ = self.connection.batch_execute("ROLLBACK").await;
        }
        result
    }

    /// Everything it holds, in the order in which it began. Empty where there is none: then what
    /// Prisma's ledger says counts, if that is there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(&self) -> Result<Vec<Entry>, Error> {
        if !self.exists().await? {
            return prisma::read(self.connection).await;
        }
        let own = self.read_own().await?;
        if !self.name.shared || !prisma::exists(self.connection).await? {
            return Ok(own);
        }
        Ok(prisma::merge(own, prisma::read(self.connection).await?))
    }

    async fn read_own(&self) -> Result<Vec<Entry>, Error> {
        let sql = format!(
            "SELECT name::text, COALESCE(up_sha256::text, ''), COALESCE({}, ''), {}, steps::int4, \
             steps_done::int4, error::text, COALESCE(applied_by::text, ''), \
             COALESCE(version::text, ''), note::text, \
             pg_catalog.array_remove(parents::text[], NULL), COALESCE(direction::text, '') \
             FROM {} ORDER BY ordinal",
            utc("started_at"),
            utc("finished_at"),
            self.name.main()
        );
        let rows = self
            .connection
            .query(&sql, &[])
            .await
            .map_err(|error| Error::statement("reading the ledger", &error))?;
        Ok(rows
            .iter()
            .map(|row| Entry {
                name: printable(row.get(0)),
                up_sha256: row.get(1),
                started_at: row.get(2),
                finished_at: row.get(3),
                steps: row.get(4),
                steps_done: row.get(5),
                error: row.get::<_, Option<String>>(6).map(printable),
                applied_by: row.get(7),
                version: row.get(8),
                note: row.get::<_, Option<String>>(9).map(printable),
                parents: row.get(10),
                direction: row.get(11),
            })
            .collect())
    }

    /// Takes over what Prisma's ledger says; returns how many migrations that were.
    ///
    /// # Errors
    /// When either cannot be read or written.
    pub async fn import_prisma(&self) -> Result<usize, Error> {
        let entries = prisma::read(self.connection).await?;
        for entry in &entries {
            let finished = entry.finished_at.as_deref().map_or("NULL".to_owned(), quote_literal);
            let error = entry.error.as_deref().map_or("NULL".to_owned(), quote_literal);
            let sql = format!(
                "INSERT INTO {} (name, up_sha256, started_at, finished_at, steps, steps_done, \
                 error, version, note) VALUES ({}, {}, {}, {finished}, {}, {}, {error}, {}, {})",
                self.name.main(),
                quote_literal(&entry.name),
                quote_literal(&entry.up_sha256),
                quote_literal(&entry.started_at),
                entry.steps,
                entry.steps_done,
                quote_literal(VERSION),
                quote_literal("taken over from _prisma_migrations"),
            );
            self.connection.run("taking over Prisma's ledger", &sql).await?;
        }
        Ok(entries.len())
    }

    /// The steps recorded for a migration.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn read_steps(
        &self,
        migration: &str,
        direction: &str,
    ) -> Result<Vec<StepRecord>, Error> {
        let sql = format!(
            "SELECT step::int4, sha256::text, sql::text, finished_at IS NOT NULL, before::jsonb FROM {} \
             WHERE migration = $1 AND direction = $2 ORDER BY step",
            self.name.steps()
        );
        let rows = self
            .connection
            .query(&sql, &[&migration, &direction])
            .await
            .map_err(|error| Error::statement("reading the ledger", &error))?;
        Ok(rows
            .iter()
            .map(|row| StepRecord {
                step: row.get(0),
                sha256: row.get(1),
                sql: row.get(2),
                done: row.get(3),
                before: row.get(4),
            })
            .collect())
    }

    /// SQL that records that a migration runs: the first of it, or another attempt.
    pub(super) fn begin_sql(
        &self,
        name: &str,
        up: &Checksum,
        down: Option<&Checksum>,
        parents: &[String],
        steps: usize,
    ) -> String {
        let shared = self.shared(|table| prisma::begin_sql(&table, name, up));
        self.begin_own_sql(name, up, down, parents, steps) + &shared
    }

    /// SQL on Prisma's ledger, where it is kept as well.
    fn shared(&self, sql: impl FnOnce(String) -> String) -> String {
        if self.name.shared { sql(prisma::table(self.connection)) } else { String::new() }
    }

    fn begin_own_sql(
        &self,
        name: &str,
        up: &Checksum,
        down: Option<&Checksum>,
        parents: &[String],
        steps: usize,
    ) -> String {
        let parents: Vec<_> = parents.iter().map(|parent| quote_literal(parent)).collect();
        format!(
            "INSERT INTO {} AS m (name, up_sha256, down_sha256, parents, steps, version) \
             VALUES ({}, '{up}', {}, ARRAY[{}]::pg_catalog.text[], {steps}, {}) \
             ON CONFLICT (name) DO UPDATE SET up_sha256 = excluded.up_sha256, \
             down_sha256 = excluded.down_sha256, parents = excluded.parents, \
             steps = excluded.steps, version = excluded.version, error = NULL, \
             finished_at = NULL;\n",
            self.name.main(),
            quote_literal(name),
            down.map_or("NULL".to_owned(), |sum| format!("'{sum}'")),
            parents.join(", "),
            quote_literal(VERSION),
        )
    }

    /// SQL that records steps as done.
    pub(super) fn done_sql(&self, name: &str, direction: &str, done: &[StepDone<'_>]) -> String {
        if done.is_empty() {
            return String::new();
        }
        let rows: Vec<_> = done
            .iter()
            .map(|step| {
                format!(
                    "({}, '{direction}', {}, '{}', {}, \
                     pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp(), {:.1}, {:.1}, {})",
                    quote_literal(name),
                    step.step,
                    step.sha256,
                    quote_literal(step.sql),
                    step.milliseconds,
                    step.lock_milliseconds,
                    step.rows,
                )
            })
            .collect();
        format!(
            "INSERT INTO {} AS s (migration, direction, step, sha256, sql, started_at, \
             finished_at, duration_ms, lock_wait_ms, rows) VALUES {} \
             ON CONFLICT (migration, direction, step) DO UPDATE SET sha256 = excluded.sha256, \
             sql = excluded.sql, finished_at = excluded.finished_at, \
             duration_ms = excluded.duration_ms, lock_wait_ms = excluded.lock_wait_ms, \
             rows = excluded.rows;\n\
             UPDATE {} SET steps_done = {}, error = NULL WHERE name = {};\n",
            self.name.steps(),
            rows.join(", "),
            self.name.main(),
            done.last().map_or(0, |step| step.step + 1),
            quote_literal(name),
        )
    }

    /// SQL that records that all of a migration is done.
    pub(super) fn finish_sql(&self, name: &str) -> String {
        let name = quote_literal(name);
        format!(
            "UPDATE {} SET finished_at = pg_catalog.clock_timestamp(), error = NULL \
             WHERE name = {name};\n{}{}",
            self.name.main(),
            self.log_sql("applied", &name, "NULL"),
            self.shared(|table| prisma::finish_sql(&table, &name)),
        )
    }

    fn log_sql(&self, event: &str, quoted_name: &str, quoted_detail: &str) -> String {
        format!(
            "INSERT INTO {} (event, migration, version, detail) \
             VALUES ('{event}', {quoted_name}, {}, {quoted_detail});\n",
            self.name.log(),
            quote_literal(VERSION),
        )
    }

    /// Records that a step begins that runs in no transaction, and what its subject is like.
    pub(super) async fn step_begins(
        &self,
        name: &str,
        direction: &str,
        step: usize,
        (sha256, sql): (&str, &str),
        before: &Value,
    ) -> Result<(), Error> {
        let statement = format!(
            "INSERT INTO {} (migration, direction, step, sha256, sql, started_at, before) \
             VALUES ({}, '{direction}', {step}, '{sha256}', {}, pg_catalog.clock_timestamp(), {}) \
             ON CONFLICT (migration, direction, step) DO UPDATE SET sha256 = excluded.sha256, \
             sql = excluded.sql, started_at = excluded.started_at, finished_at = NULL, \
             before = excluded.before",
            self.name.steps(),
            quote_literal(name),
            quote_literal(sql),
            quote_literal(&before.to_string()),
        );
        self.connection.run("writing the ledger", &statement).await
    }

    /// SQL that records how far a step is that runs in ranges.
    pub(super) fn position_sql(
        &self,
        name: &str,
        direction: &str,
        step: usize,
        position: &Value,
    ) -> String {
        format!(
            "UPDATE {} SET before = {} WHERE migration = {} AND direction = '{direction}' \
             AND step = {step};\n",
            self.name.steps(),
            quote_literal(&position.to_string()),
            quote_literal(name),
        )
    }

    /// Records that a migration failed, and takes back the record of a step that did not happen.
    pub(super) async fn failed(
        &self,
        name: &str,
        direction: &str,
        step: usize,
        error: &str,
    ) -> Result<(), Error> {
        let sql = format!(
            "BEGIN;\nDELETE FROM {} WHERE migration = {name} AND direction = '{direction}' \
             AND step = {step} AND finished_at IS NULL AND before -> 'batch' IS NULL;\n\
             UPDATE {} SET error = {error} WHERE name = {name};\n{}{}COMMIT;",
            self.name.steps(),
            self.name.main(),
            self.log_sql("failed", &quote_literal(name), &quote_literal(error)),
            self.shared(|table| prisma::failed_sql(&table, name, error)),
            name = quote_literal(name),
            error = quote_literal(error),
        );
        self.connection.run("writing the ledger", &sql).await
    }

    /// Records a migration as applied without running it.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn mark_applied(
        &self,
        name: &str,
        up: &Checksum,
        parents: &[String],
        note: &str,
    ) -> Result<(), Error> {
        let sql = format!(
            "BEGIN;\n{}UPDATE {} SET finished_at = pg_catalog.clock_timestamp(), error = NULL, \
             direction = 'up', steps_done = steps, note = {} WHERE name = {};\n{}{}COMMIT;",
            self.begin_own_sql(name, up, None, parents, 0),
            self.name.main(),
            quote_literal(note),
            quote_literal(name),
            self.log_sql("marked applied", &quote_literal(name), &quote_literal(note)),
            self.shared(|table| prisma::mark_applied_sql(&table, name, up)),
        );
        self.connection.run("writing the ledger", &sql).await
    }

    /// Records how a step ended whose end is unknown; tells whether there was such a step.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn resolve_step(
        &self,
        name: &str,
        step_from_1: usize,
        done: bool,
    ) -> Result<bool, Error> {
        let steps = self.name.steps();
        let what = if done {
            format!("UPDATE {steps} SET finished_at = pg_catalog.clock_timestamp()")
        } else {
            format!("DELETE FROM {steps}")
        };
        let sql = format!("{what} WHERE migration = $1 AND step = $2 AND finished_at IS NULL");
        let step = i32::try_from(step_from_1).unwrap_or(i32::MAX) - 1;
        let count = self
            .connection
            .execute(&sql, &[&name, &step])
            .await
            .map_err(|error| Error::statement("writing the ledger", &error))?;
        if count > 0 {
            let event = if done { "step marked done" } else { "step marked not done" };
            let detail = quote_literal(&format!("step {step_from_1}"));
            let sql = self.log_sql(event, &quote_literal(name), &detail);
            self.connection.run("writing the ledger", &sql).await?;
        }
        Ok(count > 0)
    }

    /// Records that this database is one that is deployed to, not one to develop on.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn mark_deployed_to(&self) -> Result<(), Error> {
        let sql = format!(
            "INSERT INTO {log} (event, migration, version) SELECT 'deployed to', '', {version} \
             WHERE NOT EXISTS (SELECT FROM {log} WHERE event = 'deployed to')",
            log = self.name.log(),
            version = quote_literal(VERSION),
        );
        self.connection.run("writing the ledger", &sql).await
    }

    /// Whether this database was ever deployed to.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn was_deployed_to(&self) -> Result<bool, Error> {
        if !self.exists().await? {
            return Ok(false);
        }
        let sql =
            format!("SELECT EXISTS (SELECT FROM {} WHERE event = 'deployed to')", self.name.log());
        self.connection
            .query_one(&sql, &[])
            .await
            .map(|row| row.get(0))
            .map_err(|error| Error::statement("reading the ledger", &error))
    }

    /// SQL that turns an applied migration into one that is being taken back.
    pub(super) fn begin_down_sql(&self, name: &str) -> String {
        format!(
            "UPDATE {} SET direction = 'down', error = NULL WHERE name = {};\n",
            self.name.main(),
            quote_literal(name)
        )
    }

    /// SQL that forgets a migration; the log keeps that it was there.
    pub(super) fn forget_sql(&self, name: &str, event: &str, detail: &str) -> String {
        format!(
            "DELETE FROM {} WHERE name = {name};\n{}{}",
            self.name.main(),
            self.log_sql(event, &quote_literal(name), &quote_literal(detail)),
            self.shared(|table| prisma::rolled_back_sql(&table, name)),
            name = quote_literal(name),
        )
    }

    /// Records a migration as not applied.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn mark_rolled_back(&self, name: &str, note: &str) -> Result<(), Error> {
        let sql = format!("BEGIN;\n{}COMMIT;", self.forget_sql(name, "marked rolled back", note));
        self.connection.run("writing the ledger", &sql).await
    }
}

/// Text that nobody knows who wrote, without what a terminal would obey.
fn printable(text: String) -> String {
    let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.contains(obeyed) { text.replace(obeyed, "\u{fffd}") } else { text }
}

/// Whether the creation of something failed because another transaction created it.
pub(super) fn made_meanwhile(error: &Error) -> bool {
    [
        &SqlState::UNIQUE_VIOLATION,
        &SqlState::DUPLICATE_SCHEMA,
        &SqlState::DUPLICATE_TABLE,
        &SqlState::DUPLICATE_OBJECT,
    ]
    .iter()
    .any(|state| error.is(state))
}

/// Entries by name.
#[must_use]
pub fn by_name(entries: &[Entry]) -> BTreeMap<&str, &Entry> {
    entries.iter().map(|entry| (entry.name.as_str(), entry)).collect()
}

fn utc(column: &str) -> String {
    // Nobody but a hand writes `infinity`, of which `to_char` makes nothing.
    format!(
        "CASE WHEN pg_catalog.isfinite({column}) THEN \
         pg_catalog.to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') \
         ELSE {column}::text END"
    )
}

fn ledger_sql(name: &LedgerName) -> String {
    format!(
        "CREATE TABLE {main} (
    name text PRIMARY KEY,
    up_sha256 text NOT NULL,
    down_sha256 text,
    parents text[] NOT NULL DEFAULT '{{}}',
    direction text NOT NULL DEFAULT 'up' CHECK (direction IN ('up', 'down')),
    started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at timestamptz,
    steps integer NOT NULL,
    steps_done integer NOT NULL DEFAULT 0,
    error text,
    applied_by text NOT NULL DEFAULT session_user,
    version text NOT NULL,
    note text,
    ordinal bigint GENERATED ALWAYS AS IDENTITY
);
COMMENT ON TABLE {main} IS 'driftless ledger 1: migrations applied to this database';
CREATE TABLE {steps} (
    migration text NOT NULL REFERENCES {main} ON DELETE CASCADE,
    direction text NOT NULL,
    step integer NOT NULL,
    sha256 text NOT NULL,
    sql text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    duration_ms double precision,
    lock_wait_ms double precision,
    rows bigint,
    before jsonb,
    PRIMARY KEY (migration, direction, step)
);
COMMENT ON TABLE {steps} IS 'driftless ledger 1: steps of those migrations';
CREATE TABLE {log} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    event text NOT NULL,
    migration text NOT NULL,
    who text NOT NULL DEFAULT session_user,
    version text NOT NULL,
    detail text
);
COMMENT ON TABLE {log} IS 'driftless ledger 1: what happened, in order';
",
        main = name.main(),
        steps = name.steps(),
        log = name.log(),
    )
}
