//! Running one statement while watching who blocks it and how far it is.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use tokio_postgres::{SimpleQueryMessage, error::SqlState};

use super::{Event, Executor, Session};
use crate::db::Error;

/// How long a statement runs before it is worth a look.
const FIRST_LOOK: Duration = Duration::from_millis(40);
/// How often it is looked at after that.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What a statement took.
#[derive(Debug, Default)]
pub(super) struct Cost {
    pub(super) milliseconds: f64,
    pub(super) lock_milliseconds: f64,
    pub(super) rows: u64,
}

/// A statement that failed, and who was in its way when it was last looked at.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) blockers: Vec<Session>,
}

impl Failure {
    /// Whether another attempt may succeed where this one lost to somebody else.
    pub(super) fn is_contention(&self) -> bool {
        [
            &SqlState::LOCK_NOT_AVAILABLE,
            &SqlState::T_R_DEADLOCK_DETECTED,
            &SqlState::T_R_SERIALIZATION_FAILURE,
        ]
        .iter()
        .any(|state| self.error.is(state))
    }

    pub(super) fn was_cancelled(&self) -> bool {
        self.error.is(&SqlState::QUERY_CANCELED)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, blockers: Vec::new() }
    }
}

impl Executor<'_> {
    /// Has the session watched that this transaction got, where each may get another.
    pub(super) async fn watch(&self) -> Result<(), Error> {
        if self.lease.is_none() {
            return Ok(());
        }
        let sql = "SELECT pg_catalog.pg_backend_pid()";
        let row = self.connection.query_one(sql, &[]).await;
        let row = row.map_err(|error| Error::statement("asking for the session", &error))?;
        self.monitor.borrow_mut().watch(row.get(0));
        Ok(())
    }

    /// Runs a statement of a step to its end.
    #[expect(clippy::await_holding_refcell_ref, reason = "one statement runs at a time")]
    pub(super) async fn run_statement(
        &self,
        migration: &str,
        step: usize,
        (title, sql): (&str, &str),
    ) -> Result<Cost, Failure> {
        let started = Instant::now();
        let mut cost = Cost::default();
        let mut blockers = Vec::new();
        let result = {
            let mut statement = pin!(self.count_rows(sql));
            let mut pause = FIRST_LOOK;
            loop {
                tokio::select! {
                    result = &mut statement => break result,
                    () = tokio::time::sleep(pause) => {}
                }
                let mut monitor = self.monitor.borrow_mut();
                let sight = monitor.look().await;
                if sight.waits_for_lock {
                    cost.lock_milliseconds += pause.as_secs_f64() * 1000.0;
                }
                if !sight.blockers.is_empty() && sight.blockers != blockers {
                    let pids = |list: &[Session]| list.iter().map(|s| s.pid).collect::<Vec<_>>();
                    if pids(&sight.blockers) != pids(&blockers) {
                        self.observer.notice(&Event::WaitingForLock {
                            migration: migration.to_owned(),
                            step: step + 1,
                            blockers: sight.blockers.clone(),
                        });
                    }
                    blockers = sight.blockers;
                }
                if let Some((phase, percent)) = sight.progress {
                    let migration = migration.to_owned();
                    let step = step + 1;
                    self.observer.notice(&Event::Progress { migration, step, phase, percent });
                }
                if self.stop.now() {
                    monitor.cancel().await;
                }
                pause = LOOK_EVERY;
            }
        };
        self.tell_notices();
        cost.milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        match result {
            Ok(rows) => {
                cost.rows = rows;
                Ok(cost)
            }
            Err(error) => Err(Failure { error: Error::statement(title, &error), blockers }),
        }
    }

    /// Runs a statement, keeping nothing of what it returns but the count.
    async fn count_rows(&self, sql: &str) -> Result<u64, tokio_postgres::Error> {
        let mut messages = pin!(self.connection.simple_query_raw(sql).await?);
        let mut rows = 0;
        while let Some(message) = messages.next().await {
            if let SimpleQueryMessage::CommandComplete(count) = message? {
                rows += count;
            }
        }
        Ok(rows)
    }
}
