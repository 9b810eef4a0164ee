//! What keeps two executions apart where no session stays the same: a row with a heartbeat.
//!
//! PgBouncer in transaction mode gives each transaction whatever session is free, so a lock of a
//! session would stay with a stranger. Here the holder writes its token into a row beside the
//! ledger, and from a connection of its own the time, every two seconds. Each of its transactions
//! takes a lock that ends with it and looks whether the token is still there; whoever takes the row
//! over does so under that lock, when the time is old and nothing of the holder runs any more. A
//! holder that wakes up later finds another token and ends.

use std::time::{Duration, Instant};

use super::{Event, ExecuteError, Observer, Session};
use crate::{
    db::{
        Connection, Error, connect,
        ledger::{LedgerName, made_meanwhile},
    },
    sql::quote_literal,
};

/// How often the holder writes the time.
const BEAT: Duration = Duration::from_secs(2);
/// When nothing was written for so long, the holder may be gone.
const STALE_S: u32 = 15;
/// The error that a transaction ends with whose execution lost its row.
const LOST: &str = "driftless: another deploy has taken over";

/// The row, held.
#[derive(Debug)]
pub(super) struct Lease {
    token: String,
    table: String,
    work_key: i64,
    heartbeat: tokio::task::JoinHandle<()>,
}

/// What to know of whoever holds the row.
struct Holder {
    session: Session,
    stale: bool,
}

impl Lease {
    /// Waits for its turn and takes the row.
    pub(super) async fn acquire(
        connection: &Connection,
        name: &LedgerName,
        wait: Duration,
        observer: &dyn Observer,
    ) -> Result<Self, ExecuteError> {
        let table = name.lock_table();
        create(connection, name).await?;
        let token = format!("{:016x}{:016x}", crate::db::random(), std::process::id());
        let started = Instant::now();
        let mut told = None;
        loop {
            if claim(connection, name, &token).await? {
                break;
            }
            let holder = holder(connection, &table).await?.map(|holder| holder.session);
            if started.elapsed() >= wait {
                let waited_s = started.elapsed().as_secs_f64();
                return Err(ExecuteError::Locked { waited_s, holder: holder.map(Box::new) });
            }
            let who = holder.as_ref().map(|session| session.query.clone());
            if told.as_ref() != Some(&who) {
                told = Some(who);
                observer.notice(&Event::WaitingForDeploy { holder });
            }
            tokio::time::sleep(Duration::from_millis(200 + crate::db::random() % 300)).await;
        }
        let beat = format!(
            "UPDATE {table} SET heartbeat_at = pg_catalog.clock_timestamp() WHERE token = '{token}'"
        );
        let target = connection.target().with_application_name("driftless heartbeat");
        let heartbeat = tokio::spawn(async move {
            let mut connection = None;
            loop {
                tokio::time::sleep(BEAT).await;
                if connection.is_none() {
                    connection = connect(&target).await.ok();
                }
                if let Some(open) = &connection
                    && open.batch_execute(&beat).await.is_err()
                {
                    connection = None;
                }
            }
        });
        Ok(Self { token, table, work_key: name.work_key(), heartbeat })
    }

    /// What a transaction runs first: it fails unless the row is still held.
    pub(super) fn guard_sql(&self) -> String {
        let (table, token, key) = (&self.table, &self.token, self.work_key);
        format!(
            "DO $driftless$ BEGIN PERFORM pg_catalog.pg_advisory_xact_lock({key}); \
             IF NOT EXISTS (SELECT FROM {table} WHERE token = '{token}') THEN \
             RAISE EXCEPTION USING MESSAGE = {}; END IF; END $driftless$;",
            quote_literal(LOST)
        )
    }

    /// Whether the row is still held.
    pub(super) async fn is_held(&self, connection: &Connection) -> Result<bool, Error> {
        let sql =
            format!("SELECT EXISTS (SELECT FROM {} WHERE token = '{}')", self.table, self.token);
        let row = connection.query_one(&sql, &[]).await;
        Ok(row.map_err(|error| Error::statement("looking at the lock", &error))?.get(0))
    }

    /// Gives the row back.
    pub(super) async fn release(&self, connection: &Connection) {
        self.heartbeat.abort();
        let sql = format!("DELETE FROM {} WHERE token = '{}'", self.table, self.token);
        let _ = connection.batch_execute(&sql).await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

/// Creates the table of the row, in the namespace of the ledger.
async fn create(connection: &Connection, name: &LedgerName) -> Result<(), Error> {
    if exists(connection, name).await? {
        return Ok(());
    }
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS {table} (
    the_one boolean PRIMARY KEY DEFAULT true CHECK (the_one),
    token text NOT NULL,
    holder text NOT NULL,
    role text NOT NULL DEFAULT session_user,
    since timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    heartbeat_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE {table} IS 'driftless ledger 1: who deploys through a connection pooler';",
        table = name.lock_table()
    );
    match connection.run("creating the lock", &sql).await {
        Err(error) if made_meanwhile(&error) => Ok(()),
        result => result,
    }
}

async fn exists(connection: &Connection, name: &LedgerName) -> Result<bool, Error> {
    let sql = "SELECT pg_catalog.to_regclass($1) IS NOT NULL";
    let row = connection.query_one(sql, &[&name.lock_table()]).await;
    Ok(row.map_err(|error| Error::statement("looking for the lock", &error))?.get(0))
}

/// Takes the row if nobody has it, or if whoever has it is gone; in one transaction, under the
/// locks that a plain execution and the transactions of the holder take.
async fn claim(connection: &Connection, name: &LedgerName, token: &str) -> Result<bool, Error> {
    let (table, steps) = (name.lock_table(), name.steps());
    let keys: Vec<_> = name
        .lock_keys()
        .into_iter()
        .chain([name.work_key()])
        .map(|key| format!("pg_catalog.pg_try_advisory_xact_lock({key})"))
        .collect();
    let host = hostname();
    let holder = quote_literal(&format!("process {} on {host}", std::process::id()));
    let sql = format!(
        "DO $driftless$ BEGIN IF {} AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a \
           JOIN {steps} s ON s.finished_at IS NULL \
           AND pg_catalog.left(s.sql, 500) = pg_catalog.left(a.query, 500) \
           WHERE a.datname = pg_catalog.current_database() AND a.state = 'active' \
             AND a.pid <> pg_catalog.pg_backend_pid()) \
         THEN INSERT INTO {table} AS held (token, holder) VALUES ('{token}', {holder}) \
         ON CONFLICT (the_one) DO UPDATE SET token = excluded.token, holder = excluded.holder, \
         role = excluded.role, since = excluded.since, heartbeat_at = excluded.heartbeat_at \
         WHERE held.heartbeat_at < pg_catalog.clock_timestamp() - interval '{STALE_S} s'; \
         END IF; END $driftless$",
        keys.join(" AND ")
    );
    connection.run("taking the lock", &sql).await?;
    let sql = format!("SELECT EXISTS (SELECT FROM {table} WHERE token = '{token}')");
    let row = connection.query_one(&sql, &[]).await;
    Ok(row.map_err(|error| Error::statement("taking the lock", &error))?.get(0))
}

async fn holder(connection: &Connection, table: &str) -> Result<Option<Holder>, Error> {
    let sql = format!(
        "SELECT holder, role, EXTRACT(epoch FROM pg_catalog.clock_timestamp() - since)::float8, \
         heartbeat_at < pg_catalog.clock_timestamp() - interval '{STALE_S} s' FROM {table}"
    );
    let row = connection.query_opt(&sql, &[]).await;
    let row = row.map_err(|error| Error::statement("looking at the lock", &error))?;
    Ok(row.map(|row| Holder {
        session: Session {
            pid: 0,
            user: row.get(1),
            application: "driftless through a pooler".to_owned(),
            state: "at work".to_owned(),
            seconds: row.get(2),
            query: row.get(0),
            backend: "lease".to_owned(),
        },
        stale: row.get(3),
    }))
}

/// Whoever holds the row and is not gone, for an execution that has a session of its own.
pub(super) async fn living(
    connection: &Connection,
    name: &LedgerName,
) -> Result<Option<Session>, Error> {
    if !exists(connection, name).await? {
        return Ok(None);
    }
    let Some(found) = holder(connection, &name.lock_table()).await? else { return Ok(None) };
    if !found.stale {
        return Ok(Some(found.session));
    }
    // Removed under the lock that its transactions take, so that it cannot go on.
    let sql = format!(
        "DO $driftless$ BEGIN IF pg_catalog.pg_try_advisory_xact_lock({}) THEN DELETE FROM {} \
         WHERE heartbeat_at < pg_catalog.clock_timestamp() - interval '{STALE_S} s'; \
         END IF; END $driftless$",
        name.work_key(),
        name.lock_table()
    );
    connection.run("removing the lock of who is gone", &sql).await?;
    Ok(holder(connection, &name.lock_table()).await?.map(|holder| holder.session))
}

fn hostname() -> String {
    std::fs::read_to_string("/etc/hostname")
        .map_or_else(|_| "another host".to_owned(), |name| name.trim().to_owned())
}
