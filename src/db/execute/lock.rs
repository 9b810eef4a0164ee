//! The lock that lets only one execution at a time work on a database.

use std::time::{Duration, Instant};

use super::{Event, ExecuteError, Observer, monitor::holder};
use crate::db::{Connection, Error};

/// Takes the lock on the connection itself: it is held as long as its session lives, also when
/// this process is killed while the server still works on a statement of it.
///
/// It asks again and again instead of waiting in `pg_advisory_lock`: a session that waits there
/// holds a snapshot, which `CREATE INDEX CONCURRENTLY` of the holder would wait for.
pub(super) async fn acquire(
    connection: &Connection,
    key: i64,
    wait: Duration,
    observer: &dyn Observer,
) -> Result<(), ExecuteError> {
    let started = Instant::now();
    let mut told = None;
    loop {
        let row = connection
            .query_one("SELECT pg_catalog.pg_try_advisory_lock($1)", &[&key])
            .await
            .map_err(|error| Error::statement("taking the lock", &error))?;
        if row.get(0) {
            return Ok(());
        }
        let current = holder(connection, key).await.unwrap_or_default();
        if started.elapsed() >= wait {
            let waited_s = started.elapsed().as_secs_f64();
            return Err(ExecuteError::Locked { waited_s, holder: current });
        }
        let pid = current.as_ref().map(|session| session.pid);
        if told != Some(pid) {
            told = Some(pid);
            observer.notice(&Event::WaitingForDeploy { holder: current });
        }
        let pause = 100 + crate::db::random() % 200;
        let left = wait.saturating_sub(started.elapsed());
        tokio::time::sleep(Duration::from_millis(pause).min(left)).await;
    }
}

/// Gives the lock back.
pub(super) async fn release(connection: &Connection, key: i64) {
    let _ = connection.query("SELECT pg_catalog.pg_advisory_unlock($1)", &[&key]).await;
}
