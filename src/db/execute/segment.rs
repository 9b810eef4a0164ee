//! The segments of one migration: transactions that are recorded as they commit, and steps outside
//! of transactions that are recorded before and after.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Direction, Event, ExecuteError, Executor, Session,
    monitor::pause,
    reconcile::{self, Outcome},
    statement::{Cost, Failure},
};
use crate::{
    db::{Error, ledger::StepDone},
    migrations::{Script, Segment},
    sql::split::{self, Piece},
};

/// SQL that opens and closes the ledger's record of a migration.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) sql: String,
    pub(super) finish: String,
}

/// One migration while it is run.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) executor: &'a Executor<'a>,
    pub(super) name: &'a str,
    pub(super) folder: &'a Path,
    pub(super) direction: Direction,
    pub(super) script: &'a Script,
    pub(super) begin: Begin,
}

/// Attempts at a segment: when they began and how many they were.
struct Attempts {
    number: u32,
    started: Instant,
}

impl Run<'_> {
    /// How many steps are done; decides about one whose end was not recorded.
    pub(super) async fn resume_point(&self) -> Result<usize, ExecuteError> {
        let records = self.executor.ledger().read_steps(self.name, self.direction.name()).await?;
        let mut done = 0;
        for record in &records {
            let step = self.script.steps.get(done);
            if step.is_none_or(|step| step.sha256.0 != record.sha256) && record.done {
                return Err(ExecuteError::EditedBeforeResume {
                    migration: self.name.to_owned(),
                    step: done + 1,
                    line: step.map_or(0, |step| step.line),
                });
            }
            if !record.done && record.before.as_ref().is_some_and(|b| b.get("batch").is_some()) {
                break;
            }
            if !record.done {
                self.replay_settings(done).await?;
                if !self.decide(done, record).await? {
                    break;
                }
            }
            done += 1;
        }
        self.replay_settings(done).await?;
        Ok(done)
    }

    /// Decides whether a step whose end was not recorded was done, and records it if so.
    async fn decide(
        &self,
        step: usize,
        record: &crate::db::ledger::StepRecord,
    ) -> Result<bool, ExecuteError> {
        let before = record.before.clone().unwrap_or_default();
        // What was looked for ran without a limit on locks, and so does what cleans up after it.
        self.set_limits(true).await?;
        let outcome = reconcile::decide(self.executor.connection, &record.sql, &before).await?;
        let (done, found) = match outcome {
            Outcome::Done(found) => (true, found),
            Outcome::NotDone(found) => (false, found),
            Outcome::Undecidable => {
                let sql = record.sql.clone();
                return Err(ExecuteError::Unknown {
                    migration: self.name.to_owned(),
                    step: step + 1,
                    sql,
                });
            }
        };
        if done && self.script.steps.get(step).is_none_or(|s| s.sha256.0 != record.sha256) {
            return Err(ExecuteError::EditedBeforeResume {
                migration: self.name.to_owned(),
                step: step + 1,
                line: self.script.steps.get(step).map_or(0, |step| step.line),
            });
        }
        let migration = self.name.to_owned();
        self.executor.observer.notice(&Event::Reconciled {
            migration,
            step: step + 1,
            done,
            found,
        });
        if done {
            let finished = [self.done(step, &Cost::default())];
            let sql = self.executor.ledger().done_sql(self.name, self.direction.name(), &finished);
            self.executor.connection.run("writing the ledger", &sql).await?;
        }
        Ok(done)
    }

    /// Runs the settings again that steps already done made for the session.
    async fn replay_settings(&self, done: usize) -> Result<(), ExecuteError> {
        if self.executor.lease.is_some() {
            return Ok(());
        }
        for step in &self.script.steps[..done.min(self.script.steps.len())] {
            let script = split::split(&step.sql);
            if script.pieces.first().is_some_and(sets_session) {
                self.executor.connection.run("restoring the session", &step.sql).await?;
            }
        }
        Ok(())
    }

    /// The settings that earlier steps made, for a transaction that gets another session.
    pub(super) fn local_settings(&self, before: usize) -> String {
        if self.executor.lease.is_none() {
            return String::new();
        }
        let settings = self.script.steps[..before].iter().filter_map(|step| localized(&step.sql));
        settings.map(|sql| format!(" {sql};")).collect()
    }

    /// Runs the segments from the given step on.
    pub(super) async fn run_from(&self, done: usize) -> Result<(), ExecuteError> {
        let rest: Vec<_> = self
            .script
            .segments
            .iter()
            .filter(|segment| segment.steps.end > done)
            .map(|segment| Segment {
                steps: segment.steps.start.max(done)..segment.steps.end,
                ..segment.clone()
            })
            .collect();
        if rest.is_empty() {
            let sql = format!("BEGIN;\n{}{}COMMIT;", self.begin.sql, self.begin.finish);
            return Ok(self.executor.connection.run("writing the ledger", &sql).await?);
        }
        for (number, segment) in rest.iter().enumerate() {
            if self.executor.stop.soon() {
                let stays = segment.steps.start;
                return Err(ExecuteError::Stopped { migration: self.name.to_owned(), stays });
            }
            let (first, last) = (number == 0, number + 1 == rest.len());
            let mut attempts = Attempts { number: 1, started: Instant::now() };
            let mut lock_timeout = self.executor.settings.lock_timeout;
            loop {
                let batch = self.script.steps[segment.steps.start].batch.as_ref();
                let result = if let Some(batch) = batch {
                    self.batched(segment.steps.start, batch, first, last).await?
                } else if segment.transaction {
                    self.transaction(segment, lock_timeout, first, last).await
                } else {
                    self.outside(segment.steps.start, lock_timeout, first, last).await
                };
                match result {
                    Ok(()) => break,
                    Err((step, failure)) => {
                        lock_timeout = self.again(step, failure, &mut attempts).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// After a failure: pauses if another attempt makes sense, or else records it and gives up.
    async fn again(
        &self,
        step: usize,
        failure: Failure,
        attempts: &mut Attempts,
    ) -> Result<Duration, ExecuteError> {
        let settings = self.executor.settings;
        let left = settings.lock_wait.saturating_sub(attempts.started.elapsed());
        if !failure.is_contention() || left.is_zero() || self.executor.stop.soon() {
            return Err(self.give_up(step, failure, attempts).await);
        }
        attempts.number += 1;
        let pause = pause(attempts.number, settings).min(left);
        self.executor.observer.notice(&Event::Retry {
            migration: self.name.to_owned(),
            attempt: attempts.number,
            milliseconds: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            reason: failure.error.message().to_owned(),
        });
        tokio::time::sleep(pause).await;
        self.wait_for(&failure.blockers, Instant::now() + left).await;
        // A vacuum gives way only to who waits longer than `deadlock_timeout`, by default 1 s.
        let vacuum =
            |s: &Session| s.backend == "autovacuum worker" && !s.query.contains("wraparound");
        if failure.blockers.iter().any(vacuum) {
            return Ok(Duration::from_millis(1300).max(settings.lock_timeout));
        }
        let widened = settings.lock_timeout * (1 + attempts.number / 4);
        Ok(widened.min(Duration::from_secs(2)).max(settings.lock_timeout))
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "no statement runs meanwhile")]
    pub(super) async fn wait_for(&self, blockers: &[Session], until: Instant) {
        self.executor.monitor.borrow_mut().wait_for_end(blockers, until).await;
    }

    async fn give_up(&self, step: usize, failure: Failure, attempts: &Attempts) -> ExecuteError {
        let stays = self.segment_start(step);
        let line = self.script.steps.get(step).map_or(0, |step| step.line);
        if self.executor.stop.soon() && (failure.was_cancelled() || failure.is_contention()) {
            return ExecuteError::Stopped { migration: self.name.to_owned(), stays };
        }
        let contention = failure.is_contention();
        let error = failure.error;
        if matches!(error, Error::Lost { .. }) {
            return error.into();
        }
        let ledger = self.executor.ledger();
        let connection = self.executor.connection;
        let text = error.to_string();
        let recorded = async {
            connection.run("writing the ledger", &self.begin.sql).await?;
            ledger.failed(self.name, self.direction.name(), step, &text).await
        };
        if let Err(error) = recorded.await {
            return error.into();
        }
        if contention {
            return ExecuteError::Blocked {
                migration: self.name.to_owned(),
                step: step + 1,
                line,
                waited_s: attempts.started.elapsed().as_secs_f64(),
                blockers: failure.blockers,
            };
        }
        let (migration, error) = (self.name.to_owned(), Box::new(error));
        let command = match self.direction {
            Direction::Up => "deploy",
            Direction::Down => "rollback",
        };
        ExecuteError::Failed { migration, step: step + 1, line, stays, command, error }
    }

    /// The first step of the segment that holds the step: those before it are committed.
    fn segment_start(&self, step: usize) -> usize {
        let segment = self.script.segments.iter().find(|segment| segment.steps.contains(&step));
        segment.map_or(step, |segment| segment.steps.start)
    }

    /// Runs steps in one transaction together with the record that they are done.
    async fn transaction(
        &self,
        segment: &Segment,
        lock_timeout: Duration,
        first: bool,
        last: bool,
    ) -> Result<(), (usize, Failure)> {
        let result = self.transaction_steps(segment, lock_timeout, first, last).await;
        if result.is_err() {
            let _ = self.executor.connection.batch_execute("ROLLBACK").await;
        }
        result
    }

    async fn transaction_steps(
        &self,
        segment: &Segment,
        lock_timeout: Duration,
        first: bool,
        last: bool,
    ) -> Result<(), (usize, Failure)> {
        let steps = segment.steps.clone();
        let mut opening = format!(
            "{}; SET LOCAL lock_timeout = {};",
            segment.begin.as_deref().unwrap_or("BEGIN"),
            lock_timeout.as_millis()
        );
        opening.push_str(&self.executor.transaction_prefix());
        opening.push_str(&self.local_settings(steps.start));
        if self.executor.notices_clients {
            // Without a client the work would be rolled back in the end; better to stop it.
            opening.push_str(" SET LOCAL client_connection_check_interval = 2000;");
        }
        let at = |step: usize| move |error: Error| (step, Failure::from(error));
        let connection = self.executor.connection;
        connection.run("beginning the transaction", &opening).await.map_err(at(steps.start))?;
        self.executor.watch().await.map_err(at(steps.start))?;
        let mut done = Vec::with_capacity(steps.len());
        for index in steps.clone() {
            let cost = self.step(index, true, lock_timeout).await.map_err(|f| (index, f))?;
            done.push(self.done(index, &cost));
        }
        let ledger = self.executor.ledger();
        let closing = format!(
            "SET LOCAL SESSION AUTHORIZATION DEFAULT; {}{}{}{}COMMIT;",
            self.executor.role_sql("LOCAL"),
            if first { self.begin.sql.as_str() } else { "" },
            ledger.done_sql(self.name, self.direction.name(), &done),
            if last { self.begin.finish.as_str() } else { "" },
        );
        let last_step = steps.end - 1;
        connection.run("ending the transaction", &closing).await.map_err(at(last_step))
    }

    /// Runs one step that cannot be in a transaction.
    async fn outside(
        &self,
        index: usize,
        lock_timeout: Duration,
        first: bool,
        last: bool,
    ) -> Result<(), (usize, Failure)> {
        let step = &self.script.steps[index];
        let patient = is_patient(&step.sql);
        let connection = self.executor.connection;
        let ledger = self.executor.ledger();
        let prepared = async {
            if first {
                connection.run("writing the ledger", &self.begin.sql).await?;
            }
            if let Some(lease) = &self.executor.lease {
                let guard = format!("BEGIN; {} COMMIT", lease.guard_sql());
                connection.run("looking at the lock", &guard).await?;
            }
            self.set_limits(patient).await?;
            if !patient && self.executor.lease.is_none() {
                let sql = format!("SET lock_timeout = {}", lock_timeout.as_millis());
                connection.run("preparing the session", &sql).await?;
            }
            if let Some(found) = reconcile::clear_way(connection, &step.sql).await? {
                let (migration, step) = (self.name.to_owned(), index + 1);
                let event = Event::Reconciled { migration, step, done: false, found };
                self.executor.observer.notice(&event);
            }
            let before = reconcile::before(connection, &step.sql).await?;
            let text = (step.sha256.0.as_str(), step.sql.as_str());
            ledger.step_begins(self.name, self.direction.name(), index, text, &before).await?;
            Ok::<_, Error>(before)
        };
        let before = prepared.await.map_err(|error| (index, Failure::from(error)))?;
        let cost = match self.step(index, false, lock_timeout).await {
            Ok(cost) => match reconcile::verify(connection, &step.sql).await {
                Ok(()) => cost,
                Err(error) => return Err((index, Failure::from(error))),
            },
            Err(failure) => {
                if matches!(failure.error, Error::Lost { .. })
                    || !self.clean_up(index, &before).await
                {
                    return Err((index, failure));
                }
                Cost::default()
            }
        };
        let finished = [self.done(index, &cost)];
        let closing = format!(
            "BEGIN;\n{}{}COMMIT;",
            ledger.done_sql(self.name, self.direction.name(), &finished),
            if last { self.begin.finish.as_str() } else { "" },
        );
        connection
            .run("writing the ledger", &closing)
            .await
            .map_err(|error| (index, Failure::from(error)))
    }

    /// Removes what a failed attempt left behind, so that nothing half-built stays in use; tells
    /// whether the step was done nevertheless.
    async fn clean_up(&self, index: usize, before: &serde_json::Value) -> bool {
        let _ = self.set_limits(true).await;
        let sql = &self.script.steps[index].sql;
        let (done, found) = match reconcile::decide(self.executor.connection, sql, before).await {
            Ok(Outcome::Done(found)) => (true, found),
            Ok(Outcome::NotDone(found)) => (false, found),
            _ => return false,
        };
        let migration = self.name.to_owned();
        let event = Event::Reconciled { migration, step: index + 1, done, found };
        self.executor.observer.notice(&event);
        done
    }

    /// Sets the time limits of the session for a step outside of transactions.
    async fn set_limits(&self, patient: bool) -> Result<(), Error> {
        if !patient || self.executor.lease.is_some() {
            return Ok(());
        }
        // A limit would cancel a concurrent build half-way and leave an invalid index.
        let sql = "SET lock_timeout = 0; SET statement_timeout = 0";
        self.executor.connection.run("preparing the session", sql).await
    }

    /// Tells that a step begins.
    pub(super) fn announce(&self, index: usize, transaction: bool) {
        let step = &self.script.steps[index];
        self.executor.observer.notice(&Event::StepStarted {
            migration: self.name.to_owned(),
            step: index + 1,
            line: step.line,
            sql: step.title(),
            transaction,
        });
    }

    /// Runs the statement of a step.
    async fn step(
        &self,
        index: usize,
        transaction: bool,
        lock_timeout: Duration,
    ) -> Result<Cost, Failure> {
        self.announce(index, transaction);
        let step = &self.script.steps[index];
        let patient = transaction && is_patient(&step.sql);
        let connection = self.executor.connection;
        if patient {
            let sql = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0";
            connection.run("preparing the step", sql).await?;
        }
        let title = step.title();
        let localized = self.executor.lease.as_ref().and_then(|_| localized(&step.sql));
        let sql = localized.as_ref().unwrap_or(&step.sql);
        let cost = match &step.program {
            Some(program) => self.executor.run_program(self.name, (program, self.folder)).await?,
            None => self.executor.run_statement(self.name, index, (&title, sql)).await?,
        };
        if patient {
            let sql = format!("SET LOCAL lock_timeout = {}", lock_timeout.as_millis());
            connection.run("after the step", &sql).await?;
        }
        self.executor.observer.notice(&Event::StepDone {
            migration: self.name.to_owned(),
            step: index + 1,
            milliseconds: cost.milliseconds,
            lock_milliseconds: cost.lock_milliseconds,
            rows: cost.rows,
        });
        Ok(cost)
    }

    pub(super) fn done(&self, index: usize, cost: &Cost) -> StepDone<'_> {
        let step = &self.script.steps[index];
        StepDone {
            step: index,
            sha256: &step.sha256.0,
            sql: &step.sql,
            milliseconds: cost.milliseconds,
            lock_milliseconds: cost.lock_milliseconds,
            rows: cost.rows,
        }
    }
}

/// Whether the statement waits for others by design and blocks nobody meanwhile: concurrent
/// commands, and the validation of a constraint.
fn is_patient(sql: &str) -> bool {
    let script = split::split(sql);
    script.pieces.first().is_some_and(|piece| {
        let has = |word: &str| piece.tokens().iter().any(|token| token.is(word));
        !split::transactional(piece) && has("concurrently")
            || piece.starts_with(&["alter", "table"])
                && piece.tokens().windows(2).any(|w| w[0].is("validate") && w[1].is("constraint"))
                && !has("add")
    })
}

/// Whether a step changes the session beyond its transaction.
pub(super) fn changes_session(sql: &str) -> bool {
    split::split(sql).pieces.first().is_some_and(sets_session)
}

/// `SET a = b` for one transaction alone.
pub(super) fn localized(sql: &str) -> Option<String> {
    let script = split::split(sql);
    let piece = script.pieces.first().filter(|piece| sets_session(piece))?;
    let tokens = piece.tokens();
    let at = 1 + usize::from(tokens.get(1)?.is("session"));
    let first = tokens.get(at)?;
    let setting = piece.starts_with(&["set"])
        && !["authorization", "characteristics", "role"].iter().any(|word| first.is(word));
    setting.then(|| format!("SET LOCAL {}", &piece.text[first.start - piece.span.start..]))
}

/// Whether the statement changes the session beyond its transaction.
fn sets_session(piece: &Piece<'_>) -> bool {
    let sets = piece.starts_with(&["set"])
        && !["local", "transaction", "constraints"].iter().any(|w| piece.starts_with(&["set", w]));
    sets || piece.starts_with(&["reset"])
        || piece.starts_with(&["select"])
            && piece.tokens().iter().take(4).any(|token| token.is("set_config"))
}
