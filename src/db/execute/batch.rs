//! A statement that is run in ranges of a key: each a transaction of its own, which also records
//! how far it came.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Event, ExecuteError,
    monitor::pause,
    segment::Run,
    statement::{Cost, Failure},
};
use crate::{
    db::Error,
    migrations::{Batch, BatchKey},
    sql::{quote_ident, quote_literal},
};

/// A range never has fewer rows.
const LEAST: u64 = 50;
/// Nor more.
const MOST: u64 = 1_000_000;

/// How far such a step is: what the ledger records with every range.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Position {
    /// Key of the last row gone through, or the number of the next page.
    from: Option<Vec<String>>,
    /// Key of the last row to go through, as it was in the beginning; or the number of pages.
    to: Vec<String>,
    /// Rows changed.
    rows: u64,
    /// Rows or pages gone through.
    seen: u64,
    /// Size of the next range.
    size: u64,
    /// How often all pages were gone through.
    pass: u32,
    /// Rows changed in this pass, and in the first one.
    changed: (u64, u64),
    /// Milliseconds at work.
    milliseconds: f64,
}

/// The key, as queries name it.
struct Key {
    /// Columns as the statement names them.
    qualified: Vec<String>,
    /// Columns alone.
    plain: Vec<String>,
    types: Vec<String>,
    /// Rows or pages, by the server's estimate.
    total: u64,
}

/// One run of such a step.
struct Work<'w> {
    batch: &'w Batch,
    index: usize,
    key: Key,
    started: Instant,
    /// Rows that were changed before this run.
    before: u64,
    /// When the replicas were last looked at.
    looked: Option<Instant>,
}

type Attempt<T> = Result<T, (usize, Failure)>;

impl Run<'_> {
    /// Runs a step in ranges from where the ledger says that it is.
    pub(super) async fn batched(
        &self,
        index: usize,
        batch: &Batch,
        first: bool,
        last: bool,
    ) -> Result<Attempt<()>, ExecuteError> {
        let connection = self.executor.connection;
        // To be asked before another attempt is recorded.
        let failed = first && self.has_failed().await?;
        if first {
            connection.run("writing the ledger", &self.begin.sql).await?;
        }
        self.announce(index, true);
        let (key, mut position) = match self.prepare(index, batch, failed).await {
            Ok(prepared) => prepared,
            Err(Stop::Refused(reason)) => return Err(self.refuse(index, reason)),
            Err(Stop::Failed(error)) => return Ok(Err((index, Failure::from(error)))),
        };
        let (started, before) = (Instant::now(), position.rows);
        let mut work = Work { batch, index, key, started, before, looked: None };
        let mut attempts = (1_u32, Instant::now());
        while let Some(range) = self.next(&work, &mut position).await? {
            if self.executor.stop.soon() {
                let (migration, stays) = (self.name.to_owned(), index);
                return Err(ExecuteError::Stopped { migration, stays });
            }
            match self.range(&work, &range, &mut position).await {
                Ok(cost) => {
                    attempts = (1, Instant::now());
                    self.rest(&mut work, &cost, &mut position).await;
                }
                Err(failure) => {
                    let left =
                        self.executor.settings.lock_wait.saturating_sub(attempts.1.elapsed());
                    if !failure.is_contention() || left.is_zero() {
                        return Ok(Err((index, failure)));
                    }
                    attempts.0 += 1;
                    position.size = (position.size / 2).max(LEAST.min(batch.size));
                    self.yield_to(&failure, attempts.0, left).await;
                }
            }
        }
        self.finish(index, &position, last).await.map(Ok)
    }

    /// Pauses for those who hold what a range needs.
    async fn yield_to(&self, failure: &Failure, attempt: u32, left: Duration) {
        let pause = pause(attempt, self.executor.settings).min(left);
        self.executor.observer.notice(&Event::Retry {
            migration: self.name.to_owned(),
            attempt,
            milliseconds: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            reason: failure.error.message().to_owned(),
        });
        tokio::time::sleep(pause).await;
        self.wait_for(&failure.blockers, Instant::now() + left).await;
    }

    fn refuse(&self, index: usize, reason: String) -> ExecuteError {
        let (migration, line) = (self.name.to_owned(), self.script.steps[index].line);
        ExecuteError::Batch { migration, step: index + 1, line, reason }
    }

    /// Whether the last attempt ended with an error, so that what is edited now corrects it.
    async fn has_failed(&self) -> Result<bool, Error> {
        let entries = self.executor.ledger().read().await?;
        Ok(entries.iter().any(|entry| entry.name == self.name && entry.error.is_some()))
    }

    /// Finds out about the key, and where to go on.
    async fn prepare(
        &self,
        index: usize,
        batch: &Batch,
        failed: bool,
    ) -> Result<(Key, Position), Stop> {
        let ledger = self.executor.ledger();
        let key = self.key(batch).await?;
        let step = &self.script.steps[index];
        let records = ledger.read_steps(self.name, self.direction.name()).await?;
        let mine = records.iter().find(|r| usize::try_from(r.step) == Ok(index) && !r.done);
        if let Some(record) = mine
            && let Some(json) = record.before.as_ref().and_then(|before| before.get("batch"))
        {
            // Beginning again would meet rows twice.
            let Ok(position) = Position::deserialize(json) else {
                let reason = "the ledger does not say how far it came in a way that can be read";
                return Err(Stop::Refused(reason.to_owned()));
            };
            if record.sha256 == step.sha256.0 {
                return Ok((key, position));
            }
            if position.rows > 0 && !failed {
                return Err(Stop::Refused(format!(
                    "it was edited after it changed {} rows; put it back as it was, and say the \
                     rest in a step of its own behind it",
                    position.rows
                )));
            }
        }
        let mut position = Position { size: batch.size, ..Position::default() };
        match &batch.key {
            BatchKey::Pages => position.to = vec![key.total.to_string()],
            BatchKey::Columns(_) => {
                let down: Vec<_> = key.plain.iter().map(|c| format!("{c} DESC")).collect();
                let sql = format!(
                    "SELECT {} FROM {} ORDER BY {} LIMIT 1",
                    texts(&key.plain),
                    batch.statement.table,
                    down.join(", ")
                );
                let row = self.query(&sql).await?;
                position.to = row.unwrap_or_default();
            }
        }
        let text = (step.sha256.0.as_str(), step.sql.as_str());
        let before = json!({ "batch": position });
        ledger.step_begins(self.name, self.direction.name(), index, text, &before).await?;
        Ok((key, position))
    }

    async fn key(&self, batch: &Batch) -> Result<Key, Stop> {
        let connection = self.executor.connection;
        let doing = "looking at the table of the batch";
        let table = &batch.statement.table;
        let failed = |error: tokio_postgres::Error| Error::statement(doing, &error);
        let sql = "SELECT c.oid, c.relkind::pg_catalog.text, \
             GREATEST(c.reltuples, 0)::pg_catalog.float8, \
             pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8 \
             FROM pg_catalog.pg_class c WHERE c.oid = $1::pg_catalog.text::pg_catalog.regclass";
        let row = connection.query_one(sql, &[table]).await.map_err(failed)?;
        let (oid, kind): (u32, String) = (row.get(0), row.get(1));
        let BatchKey::Columns(columns) = &batch.key else {
            if connection.version().major() < 14 {
                return Err(Stop::Refused("by `ctid` it needs PostgreSQL 14 or later".to_owned()));
            }
            if kind != "r" {
                return Err(Stop::Refused(format!("`{table}` has no pages of its own")));
            }
            let total = u64::try_from(row.get::<_, i64>(3)).unwrap_or(0);
            let (qualified, plain, types) = (Vec::new(), Vec::new(), Vec::new());
            return Ok(Key { qualified, plain, types, total });
        };
        let mut types = Vec::new();
        let sql = "SELECT attnum, attnotnull, pg_catalog.format_type(atttypid, atttypmod) \
             FROM pg_catalog.pg_attribute WHERE attrelid = $1 AND attname = $2 AND attnum > 0";
        let mut numbers = Vec::new();
        for column in columns {
            let found = connection.query_opt(sql, &[&oid, column]).await.map_err(failed)?;
            let Some(found) = found else {
                return Err(Stop::Refused(format!("`{table}` has no column `{column}`")));
            };
            if !found.get::<_, bool>(1) {
                return Err(Stop::Refused(format!("`{column}` of `{table}` may be NULL")));
            }
            numbers.push(found.get::<_, i16>(0));
            types.push(found.get(2));
        }
        let sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid \
             JOIN pg_catalog.pg_am m ON m.oid = x.relam WHERE i.indrelid = $1 AND i.indisvalid \
               AND i.indpred IS NULL AND m.amname = 'btree' \
               AND (i.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality($2::int2[]) - 1] = $2)";
        let indexed = connection.query_one(sql, &[&oid, &numbers]).await.map_err(failed)?;
        if !indexed.get::<_, bool>(0) {
            let reason = format!("no index of `{table}` leads with `{}`", columns.join(", "));
            return Err(Stop::Refused(reason));
        }
        let qualified = columns.iter().map(|c| batch.statement.column(c)).collect();
        let plain = columns.iter().map(|c| quote_ident(c)).collect();
        let estimate = row.get::<_, f64>(2);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
        let total = estimate as u64;
        Ok(Key { qualified, plain, types, total })
    }

    async fn query(&self, sql: &str) -> Result<Option<Vec<String>>, Error> {
        let row = self.executor.connection.query_opt(sql, &[]).await;
        let row = row.map_err(|error| Error::statement("looking for the next batch", &error))?;
        Ok(row.map(|row| (0..row.len()).map(|at| row.get(at)).collect()))
    }

    /// The condition of the next range, and what the position is after it.
    async fn next(
        &self,
        work: &Work<'_>,
        position: &mut Position,
    ) -> Result<Option<(String, Position)>, ExecuteError> {
        if work.batch.key == BatchKey::Pages {
            return self.next_pages(work, position).await;
        }
        if position.to.is_empty() || position.from.as_ref() == Some(&position.to) {
            return Ok(None);
        }
        let key = &work.key;
        let sql = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {} OFFSET {} LIMIT 1",
            texts(&key.plain),
            work.batch.statement.table,
            key.between(&key.plain, position.from.as_ref(), &position.to),
            key.plain.join(", "),
            position.size - 1,
        );
        let bound = self.query(&sql).await?.unwrap_or_else(|| position.to.clone());
        let range = key.between(&key.qualified, position.from.as_ref(), &bound);
        let seen = position.seen + position.size;
        Ok(Some((range, Position { from: Some(bound), seen, ..position.clone() })))
    }

    async fn next_pages(
        &self,
        work: &Work<'_>,
        position: &mut Position,
    ) -> Result<Option<(String, Position)>, ExecuteError> {
        let number = |text: Option<&String>| text.and_then(|t| t.parse().ok()).unwrap_or(0_u64);
        let mut from = number(position.from.as_ref().and_then(|list| list.first()));
        let mut to = number(position.to.first());
        if from >= to {
            let (changed, first) = position.changed;
            let first = if position.pass == 0 { changed } else { first };
            if changed == 0 {
                return Ok(None);
            }
            if position.pass > 0 && changed >= first.div_ceil(2) && changed > 100 {
                let reason = "its condition lets rows through that are done".to_owned();
                return Err(self.refuse(work.index, reason));
            }
            // Rows that others changed meanwhile may have moved to where this was already.
            to = self.pages(work).await?;
            position.to = vec![to.to_string()];
            (position.pass, position.changed) = (position.pass + 1, (0, first));
            (position.seen, from) = (0, 0);
        }
        let bound = (from + position.size).min(to);
        let ctid = work.batch.statement.column("ctid");
        let tid = |page: u64| format!("'({page},0)'::pg_catalog.tid");
        let range = format!("{ctid} >= {} AND {ctid} < {}", tid(from), tid(bound));
        let (seen, from) = (position.seen + bound - from, Some(vec![bound.to_string()]));
        Ok(Some((range, Position { from, seen, ..position.clone() })))
    }

    async fn pages(&self, work: &Work<'_>) -> Result<u64, Error> {
        let sql = "SELECT pg_catalog.pg_relation_size($1::pg_catalog.text::pg_catalog.regclass) \
             / pg_catalog.current_setting('block_size')::pg_catalog.int8";
        let row = self.executor.connection.query_one(sql, &[&work.batch.statement.table]).await;
        let row = row.map_err(|error| Error::statement("looking for the next batch", &error))?;
        Ok(u64::try_from(row.get::<_, i64>(0)).unwrap_or(0))
    }

    /// Runs one range together with the record of it.
    async fn range(
        &self,
        work: &Work<'_>,
        (range, after): &(String, Position),
        position: &mut Position,
    ) -> Result<Cost, Failure> {
        let result = self.range_in_transaction(work, range, after).await;
        match result {
            Ok((cost, reached)) => {
                *position = reached;
                Ok(cost)
            }
            Err(failure) => {
                let _ = self.executor.connection.batch_execute("ROLLBACK").await;
                Err(failure)
            }
        }
    }

    async fn range_in_transaction(
        &self,
        work: &Work<'_>,
        range: &str,
        after: &Position,
    ) -> Result<(Cost, Position), Failure> {
        let executor = self.executor;
        let opening = format!(
            "BEGIN; SET LOCAL lock_timeout = {};{}{}",
            executor.settings.lock_timeout.as_millis(),
            executor.transaction_prefix(),
            self.local_settings(work.index),
        );
        executor.connection.run("beginning the transaction", &opening).await?;
        executor.watch().await?;
        let sql = work.batch.statement.within(range);
        let title = self.script.steps[work.index].title();
        let cost = executor.run_statement(self.name, work.index, (&title, &sql)).await?;
        let mut reached = after.clone();
        reached.rows += cost.rows;
        reached.changed.0 += cost.rows;
        reached.milliseconds += cost.milliseconds;
        reached.size = adapted(work.batch, after.size, cost.milliseconds);
        let record = executor.ledger().position_sql(
            self.name,
            self.direction.name(),
            work.index,
            &json!({ "batch": reached }),
        );
        let closing = format!(
            "SET LOCAL SESSION AUTHORIZATION DEFAULT; {}{record}COMMIT;",
            executor.role_sql("LOCAL")
        );
        executor.connection.run("ending the transaction", &closing).await?;
        Ok((cost, reached))
    }

    /// Tells how far it is, and lets others work: as long as was asked for, longer where they
    /// waited or a replica is behind.
    async fn rest(&self, work: &mut Work<'_>, cost: &Cost, position: &mut Position) {
        let mut pause = work.batch.pause;
        let mut throttled = None;
        if cost.lock_milliseconds > 0.0 {
            pause += Duration::from_secs_f64(cost.lock_milliseconds / 1000.0);
            throttled = Some("waited for locks".to_owned());
        }
        self.tell(work, position, throttled);
        tokio::time::sleep(pause).await;
        let most = self.executor.settings.replica_lag;
        while work.looked.is_none_or(|at| at.elapsed() > Duration::from_secs(1)) {
            work.looked = Some(Instant::now());
            let lag = self.replica_lag().await;
            if lag <= most.as_secs_f64() || self.executor.stop.soon() {
                break;
            }
            self.tell(work, position, Some(format!("a replica is {lag:.0} s behind")));
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
    }

    fn tell(&self, work: &Work<'_>, position: &Position, throttled: Option<String>) {
        let seconds = work.started.elapsed().as_secs_f64().max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = (position.rows - work.before) as f64 / seconds;
        self.executor.observer.notice(&Event::Batch {
            migration: self.name.to_owned(),
            step: work.index + 1,
            rows: position.rows,
            seen: position.seen,
            of: work.key.total.max(position.seen),
            rate,
            size: position.size,
            throttled,
        });
    }

    /// Seconds that the slowest replica is behind; zero where that cannot be seen.
    async fn replica_lag(&self) -> f64 {
        let sql = "SELECT pg_catalog.max(EXTRACT(epoch FROM replay_lag))::pg_catalog.float8 \
             FROM pg_catalog.pg_stat_replication";
        let row = self.executor.connection.query_one(sql, &[]).await;
        row.ok().and_then(|row| row.get::<_, Option<f64>>(0)).unwrap_or(0.0)
    }

    async fn finish(
        &self,
        index: usize,
        position: &Position,
        last: bool,
    ) -> Result<(), ExecuteError> {
        let (milliseconds, rows) = (position.milliseconds, position.rows);
        let cost = Cost { milliseconds, lock_milliseconds: 0.0, rows };
        let done = [self.done(index, &cost)];
        let closing = format!(
            "BEGIN;\n{}{}COMMIT;",
            self.executor.ledger().done_sql(self.name, self.direction.name(), &done),
            if last { self.begin.finish.as_str() } else { "" },
        );
        self.executor.connection.run("writing the ledger", &closing).await?;
        let (migration, step) = (self.name.to_owned(), index + 1);
        let lock_milliseconds = 0.0;
        let event = Event::StepDone { migration, step, milliseconds, lock_milliseconds, rows };
        self.executor.observer.notice(&event);
        Ok(())
    }
}

/// Why a step cannot begin.
enum Stop {
    Refused(String),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Key {
    /// The rows behind one key, up to and with another.
    fn between(&self, names: &[String], from: Option<&Vec<String>>, to: &[String]) -> String {
        let names = format!("({})", names.join(", "));
        let row = |values: &[String]| {
            let list: Vec<_> = values
                .iter()
                .zip(&self.types)
                .map(|(value, of)| format!("{}::{of}", quote_literal(value)))
                .collect();
            format!("({})", list.join(", "))
        };
        let from = from.map_or_else(String::new, |from| format!("{names} > {} AND ", row(from)));
        format!("{from}{names} <= {}", row(to))
    }
}

fn texts(columns: &[String]) -> String {
    // `id::text` would be called `id` as well, and `ORDER BY id` would mean the text.
    let names = columns.iter().enumerate();
    let list: Vec<_> =
        names.map(|(at, c)| format!("{c}::pg_catalog.text AS \"driftless key {at}\"")).collect();
    list.join(", ")
}

/// The size at which a range takes as long as was asked for; at most doubled or halved at once.
fn adapted(batch: &Batch, size: u64, milliseconds: f64) -> u64 {
    let share = batch.target.as_secs_f64() * 1000.0 / milliseconds.max(1.0);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and a million"
    )]
    let next = (size as f64 * share.clamp(0.5, 2.0)) as u64;
    next.clamp(LEAST.min(batch.size), MOST.min(batch.size.saturating_mul(20)).max(batch.size))
}
