//! Watching a statement from a second connection: who blocks it, how far it is.

use std::time::{Duration, Instant};

use super::{Session, Settings};
use crate::db::{Connection, Error, Target, connect};

/// A second connection, opened when a statement takes long enough to be worth a look.
#[derive(Debug)]
pub(super) struct Monitor {
    target: Target,
    pid: i32,
    connection: Option<Connection>,
    /// It could not be opened: then nothing is seen.
    blind: bool,
}

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub(super) waits_for_lock: bool,
    pub(super) blockers: Vec<Session>,
    pub(super) progress: Option<(String, Option<f64>)>,
}

/// The columns of a [`Session`], of `pg_stat_activity a`.
const SESSION: &str = "a.pid, COALESCE(a.usename, '')::text, COALESCE(a.application_name, ''), \
     COALESCE(a.state, ''), COALESCE(extract(epoch FROM clock_timestamp() - \
     COALESCE(a.xact_start, a.query_start)), 0)::float8, COALESCE(left(a.query, 200), ''), \
     COALESCE(a.backend_type, '')";

fn session(row: &tokio_postgres::Row) -> Session {
    Session {
        pid: row.get(0),
        user: row.get(1),
        application: row.get(2),
        state: row.get(3),
        seconds: row.get(4),
        query: row.get(5),
        backend: row.get(6),
    }
}

impl Monitor {
    pub(super) fn new(target: &Target, pid: i32) -> Self {
        let target = target.with_application_name("driftless monitor");
        Self { target, pid, connection: None, blind: false }
    }

    /// Watches another session from now on.
    pub(super) fn watch(&mut self, pid: i32) {
        self.pid = pid;
    }

    async fn connection(&mut self) -> Option<&Connection> {
        if self.connection.as_ref().is_some_and(|c| c.is_closed()) {
            self.connection = None;
        }
        if self.connection.is_none() && !self.blind {
            self.connection = connect(&self.target).await.ok();
            self.blind = self.connection.is_none();
        }
        self.connection.as_ref()
    }

    /// Looks at the statement that the watched session runs.
    pub(super) async fn look(&mut self) -> Sight {
        let pid = self.pid;
        let Some(connection) = self.connection().await else { return Sight::default() };
        let mut sight = Sight::default();
        let sql = format!(
            "SELECT {SESSION}, w.wait_event_type = 'Lock' FROM pg_stat_activity w \
             LEFT JOIN pg_stat_activity a ON a.pid = ANY(pg_blocking_pids(w.pid)) \
             WHERE w.pid = $1"
        );
        for row in connection.query(&sql, &[&pid]).await.unwrap_or_default() {
            sight.waits_for_lock = row.get::<_, Option<bool>>(7).unwrap_or(false);
            if row.get::<_, Option<i32>>(0).is_some() {
                sight.blockers.push(session(&row));
            }
        }
        if sight.waits_for_lock && sight.blockers.is_empty() {
            sight.blockers = prepared(connection).await;
        }
        let sql = "SELECT phase, CASE WHEN blocks_total > 0 \
             THEN 100.0 * blocks_done / blocks_total END::float8 \
             FROM pg_stat_progress_create_index WHERE pid = $1";
        if let Ok(Some(row)) = connection.query_opt(sql, &[&pid]).await {
            sight.progress = Some((row.get(0), row.get(1)));
        }
        sight
    }

    /// Waits until none of the sessions has the transaction any more that was in the way.
    pub(super) async fn wait_for_end(&mut self, of: &[Session], until: Instant) {
        let pids: Vec<i32> = of
            .iter()
            .filter(|session| session.backend == "client backend")
            .map(|session| session.pid)
            .collect();
        if pids.is_empty() {
            return;
        }
        let Some(connection) = self.connection().await else { return };
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1) \
             AND clock_timestamp() - xact_start > interval '200 ms'";
        while Instant::now() < until {
            match connection.query_one(sql, &[&pids]).await {
                Ok(row) if row.get::<_, i64>(0) > 0 => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                _ => return,
            }
        }
    }

    /// Cancels the statement that the watched session runs.
    pub(super) async fn cancel(&mut self) {
        let pid = self.pid;
        if let Some(connection) = self.connection().await {
            let _ = connection.query("SELECT pg_cancel_backend($1)", &[&pid]).await;
        }
    }
}

/// Prepared transactions of this database: they hold locks and belong to no process.
async fn prepared(connection: &Connection) -> Vec<Session> {
    let sql = "SELECT 0, owner::text, 'prepared transaction ' || gid, 'prepared', \
         extract(epoch FROM clock_timestamp() - prepared)::float8, '', 'prepared transaction' \
         FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared";
    connection.query(sql, &[]).await.unwrap_or_default().iter().map(session).collect()
}

/// The session that holds an advisory lock of this database.
pub(super) async fn holder(connection: &Connection, key: i64) -> Result<Option<Session>, Error> {
    let sql = format!(
        "SELECT {SESSION} FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
           AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
           AND (l.classid::int8 << 32 | l.objid::int8) = $1 AND a.pid <> pg_backend_pid()"
    );
    let row = connection
        .query_opt(&sql, &[&key])
        .await
        .map_err(|error| Error::statement("looking for the holder of the lock", &error))?;
    Ok(row.map(|row| session(&row)))
}

/// How long to pause before the given attempt: longer each time, never twice the same.
pub(super) fn pause(attempt: u32, settings: &Settings) -> Duration {
    let base = settings.lock_timeout.max(Duration::from_millis(20));
    let grown = base * 2_u32.pow(attempt.saturating_sub(2).min(4));
    let share = 50 + u32::try_from(crate::db::random() % 100).unwrap_or(50);
    grown * share / 100
}
