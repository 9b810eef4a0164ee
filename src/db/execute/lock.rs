//! The lock that lets only one execution at a time work on a database.

use std::time::{Duration, Instant};

use super::{Event, ExecuteError, Observer, Session, lease, monitor::holder};
use crate::db::{Connection, Error, ledger::LedgerName};

/// Takes the locks of a ledger on the connection itself: they are held as long as its session
/// lives, also when this process is killed while the server still works on a statement of it.
///
/// It asks again and again instead of waiting in `pg_advisory_lock`: a session that waits there
/// holds a snapshot, which `CREATE INDEX CONCURRENTLY` of the holder would wait for.
pub(super) async fn acquire(
    connection: &Connection,
    name: &LedgerName,
    wait: Duration,
    observer: &dyn Observer,
) -> Result<(), ExecuteError> {
    let started = Instant::now();
    let mut told = None;
    loop {
        let Some(current) = attempt(connection, name).await? else { return Ok(()) };
        if started.elapsed() >= wait {
            let waited_s = started.elapsed().as_secs_f64();
            return Err(ExecuteError::Locked { waited_s, holder: current.map(Box::new) });
        }
        let who = current.as_ref().map(|session| (session.pid, session.backend.clone()));
        if told.as_ref() != Some(&who) {
            told = Some(who);
            observer.notice(&Event::WaitingForDeploy { holder: current });
        }
        let pause = 100 + crate::db::random() % 200;
        let left = wait.saturating_sub(started.elapsed());
        tokio::time::sleep(Duration::from_millis(pause).min(left)).await;
    }
}

/// Takes them all, or none and tells who is in the way, where that can be seen.
async fn attempt(
    connection: &Connection,
    name: &LedgerName,
) -> Result<Option<Option<Session>>, Error> {
    let keys = name.lock_keys();
    for (at, key) in keys.iter().enumerate() {
        let row = connection
            .query_one("SELECT pg_catalog.pg_try_advisory_lock($1)", &[key])
            .await
            .map_err(|error| Error::statement("taking the lock", &error))?;
        if row.get(0) {
            continue;
        }
        let current = holder(connection, *key).await.unwrap_or_default();
        for taken in &keys[..at] {
            release(connection, *taken).await;
        }
        return Ok(Some(current));
    }
    match lease::living(connection, name).await? {
        None => Ok(None),
        Some(other) => {
            for key in keys {
                release(connection, key).await;
            }
            Ok(Some(Some(other)))
        }
    }
}

/// Gives one lock back.
pub(super) async fn release(connection: &Connection, key: i64) {
    let _ = connection.query("SELECT pg_catalog.pg_advisory_unlock($1)", &[&key]).await;
}
