//! Running migrations on a database: one at a time, recorded step by step, resumed where they
//! stopped.

mod batch;
mod error;
mod event;
mod lease;
mod lock;
mod monitor;
mod program;
mod reconcile;
mod segment;
mod statement;

use std::{
    cell::RefCell,
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

pub use self::{
    error::ExecuteError,
    event::{Event, Observer, Session, Silent},
};
use self::{
    lease::Lease,
    monitor::Monitor,
    segment::{Begin, Run},
};
use super::{
    Connection, Error,
    ledger::{Entry, Ledger, LedgerName},
};
use crate::{
    migrations::{Migration, Script, parse_script},
    sql::{quote_ident, requalify},
};

/// How an execution behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a statement waits for a lock before it lets others pass and asks again.
    pub lock_timeout: Duration,
    /// How long all attempts of one step may take together.
    pub lock_wait: Duration,
    /// How long a statement in a transaction may take; `None` for as long as it needs.
    pub statement_timeout: Option<Duration>,
    /// How long to wait for another deploy to end.
    pub wait: Duration,
    /// How far a replica may be behind before a batched statement rests.
    pub replica_lag: Duration,
    /// The namespaces in which unqualified names are looked for.
    pub search_path: Vec<String>,
    /// The namespace of a tenant, which takes the place of `public` in the scripts.
    pub tenant: Option<String>,
    /// Whether migrations may run programs.
    pub programs: bool,
    /// The role to act as, where it is not the one that logs in.
    pub role: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_millis(150),
            lock_wait: Duration::from_secs(60),
            statement_timeout: None,
            wait: Duration::from_secs(60),
            replica_lag: Duration::from_secs(10),
            search_path: vec!["public".to_owned()],
            tenant: None,
            programs: false,
            role: None,
        }
    }
}

/// Asks a running execution to stop: once after what it is at, twice at once.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicU8>);

impl Stop {
    /// Asks (again).
    pub fn ask(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it was asked to stop after what it is at.
    #[must_use]
    pub fn soon(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= 1
    }

    /// Whether it was asked to stop at once.
    #[must_use]
    pub fn now(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= 2
    }
}

/// Up to the migration's state, or back from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `migration.sql`.
    Up,
    /// `down.sql`.
    Down,
}

impl Direction {
    /// As the ledger names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Up => "migration.sql",
            Self::Down => "down.sql",
        }
    }
}

/// Runs migrations on one connection, whose session holds the lock.
pub struct Executor<'a> {
    connection: &'a Connection,
    name: &'a LedgerName,
    settings: &'a Settings,
    observer: &'a dyn Observer,
    stop: Stop,
    /// Borrowed only by the one statement that runs.
    monitor: RefCell<Monitor>,
    /// What all tenants share: members of extensions in `public`.
    shared: BTreeSet<String>,
    /// What keeps others away where no session stays the same.
    lease: Option<Lease>,
    /// The server can be asked to look whether its client is still there.
    notices_clients: bool,
}

impl std::fmt::Debug for Executor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("connection", self.connection).finish_non_exhaustive()
    }
}

impl<'a> Executor<'a> {
    /// Waits for its turn, then makes sure that there is a ledger.
    ///
    /// # Errors
    /// When another execution does not end in time, the server is read-only, or the role may not.
    pub async fn open(
        connection: &'a Connection,
        name: &'a LedgerName,
        settings: &'a Settings,
        observer: &'a dyn Observer,
        stop: Stop,
    ) -> Result<Self, ExecuteError> {
        let (pid, notices_clients) = refuse_standby(connection).await?;
        let lease = if connection.is_pooled() {
            Ledger::new(connection, name).ensure().await?;
            Some(Lease::acquire(connection, name, settings.wait, observer).await?)
        } else {
            lock::acquire(connection, name, settings.wait, observer).await?;
            None
        };
        let shared = match &settings.tenant {
            Some(_) => extension_members(connection).await?,
            None => BTreeSet::new(),
        };
        let monitor = RefCell::new(Monitor::new(connection.target(), pid));
        let executor = Self {
            connection,
            name,
            settings,
            observer,
            stop,
            monitor,
            shared,
            lease,
            notices_clients,
        };
        executor.reset_session().await?;
        executor.ledger().ensure().await?;
        Ok(executor)
    }

    /// The ledger that it writes.
    #[must_use]
    pub fn ledger(&self) -> Ledger<'a> {
        Ledger::new(self.connection, self.name)
    }

    /// Undoes what the migrations did to the session.
    ///
    /// # Errors
    /// When the connection fails.
    pub async fn restore_session(&self) -> Result<(), Error> {
        self.reset_session().await.map(|_| ())
    }

    /// Gives the lock back.
    pub async fn close(self) {
        if let Some(lease) = &self.lease {
            lease.release(self.connection).await;
            return;
        }
        let _ = self.connection.batch_execute("RESET SESSION AUTHORIZATION; RESET ALL").await;
        for key in self.name.lock_keys() {
            lock::release(self.connection, key).await;
        }
    }

    /// Applies one migration from where it stands.
    ///
    /// # Errors
    /// When a step fails; the ledger then says which.
    pub async fn apply(
        &self,
        migration: &Migration,
        parents: &[String],
        entry: Option<&Entry>,
    ) -> Result<(), ExecuteError> {
        let script = self.parse(migration, &migration.up, Direction::Up)?;
        let ledger = self.ledger();
        let begin = ledger.begin_sql(
            &migration.name,
            &migration.up_sha256(),
            migration.down_sha256().as_ref(),
            parents,
            script.steps.len(),
        );
        let begin = Begin { sql: begin, finish: ledger.finish_sql(&migration.name) };
        self.run(migration, Direction::Up, &script, begin, entry.is_some()).await
    }

    /// Takes one applied migration back.
    ///
    /// # Errors
    /// When it has no way back, or a step fails.
    pub async fn take_back(&self, migration: &Migration) -> Result<(), ExecuteError> {
        let name = &migration.name;
        let Some(down) = &migration.down else {
            return Err(ExecuteError::NoWayBack {
                migration: name.clone(),
                reason: migration.header.as_ref().and_then(|header| header.irreversible.clone()),
            });
        };
        let script = self.parse(migration, down, Direction::Down)?;
        let ledger = self.ledger();
        let begin = Begin {
            sql: ledger.begin_down_sql(name),
            finish: ledger.forget_sql(name, "rolled back", ""),
        };
        self.run(migration, Direction::Down, &script, begin, true).await
    }

    fn parse(
        &self,
        migration: &Migration,
        text: &str,
        direction: Direction,
    ) -> Result<Script, ExecuteError> {
        let script = match &self.settings.tenant {
            Some(tenant) => parse_script(&requalify(text, "public", tenant, &self.shared)),
            None => parse_script(text),
        };
        let name = &migration.name;
        let script = script.map_err(|errors| ExecuteError::Script {
            migration: name.clone(),
            file: direction.file(),
            errors,
        })?;
        match script.steps.iter().find(|step| step.program.is_some()) {
            Some(step) if !self.settings.programs => {
                let (migration, line) = (name.clone(), step.line);
                Err(ExecuteError::Program { migration, line, title: step.title() })
            }
            _ => Ok(script),
        }
    }

    async fn run(
        &self,
        migration: &Migration,
        direction: Direction,
        script: &Script,
        begin: Begin,
        known: bool,
    ) -> Result<(), ExecuteError> {
        let name = migration.name.as_str();
        let started = Instant::now();
        if !self.reset_session().await? {
            return Err(ExecuteError::LockLost { migration: name.to_owned() });
        }
        if self.lease.is_some() {
            self.check_pooled(name, script)?;
        }
        let folder = migration.path.as_path();
        let run = Run { executor: self, name, folder, direction, script, begin };
        let done = if known { run.resume_point().await? } else { 0 };
        self.observer.notice(&Event::MigrationStarted {
            migration: name.to_owned(),
            direction: direction.name(),
            steps: script.steps.len(),
            resumed_after: done,
        });
        run.run_from(done).await?;
        self.observer.notice(&Event::MigrationDone {
            migration: name.to_owned(),
            milliseconds: started.elapsed().as_secs_f64() * 1000.0,
        });
        Ok(())
    }

    /// Refuses what needs one session from beginning to end.
    fn check_pooled(&self, name: &str, script: &Script) -> Result<(), ExecuteError> {
        let ours = self.settings.role.is_none() && self.settings.search_path == ["public"];
        let mut plain = ours;
        let mut refused = None;
        for (at, step) in script.steps.iter().enumerate() {
            if segment::changes_session(&step.sql) {
                plain = false;
                if segment::localized(&step.sql).is_none() {
                    refused = Some((at, "it changes the session"));
                }
            } else if !step.transactional && step.batch.is_none() && !plain {
                refused = Some((at, "it runs in no transaction, with settings of the session"));
            }
            if refused.is_some() {
                break;
            }
        }
        refused.map_or(Ok(()), |(at, reason)| {
            let line = script.steps[at].line;
            Err(ExecuteError::Pooled { migration: name.to_owned(), step: at + 1, line, reason })
        })
    }

    /// Gives the session the settings that every migration starts with, whatever the one before
    /// did, and tells whether it still holds the lock.
    async fn reset_session(&self) -> Result<bool, Error> {
        if let Some(lease) = &self.lease {
            return lease.is_held(self.connection).await;
        }
        let key = self.name.lock_key();
        let statement_timeout = self.statement_timeout_ms();
        let sql = format!(
            "RESET SESSION AUTHORIZATION; RESET ALL; {}SET search_path = {}; \
             SET lock_timeout = {}; SET statement_timeout = {statement_timeout}; \
             SET idle_in_transaction_session_timeout = 0; \
             SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks \
             WHERE locktype = 'advisory' AND objsubid = 1 AND pid = pg_catalog.pg_backend_pid() \
               AND (classid::pg_catalog.int8 << 32 | objid::pg_catalog.int8) = {key}",
            self.role_sql(""),
            self.search_path(),
            self.settings.lock_timeout.as_millis(),
        );
        let messages = self
            .connection
            .simple_query(&sql)
            .await
            .map_err(|error| Error::statement("preparing the session", &error))?;
        Ok(messages.iter().any(|message| {
            matches!(message, tokio_postgres::SimpleQueryMessage::Row(row) if row.get(0) != Some("0"))
        }))
    }

    fn search_path(&self) -> String {
        let path: Vec<_> = self.settings.search_path.iter().map(|name| quote_ident(name)).collect();
        if path.is_empty() { "''".to_owned() } else { path.join(", ") }
    }

    fn statement_timeout_ms(&self) -> u128 {
        self.settings.statement_timeout.map_or(0, |timeout| timeout.as_millis())
    }

    /// What a transaction begins with where no session stays the same; nothing elsewhere.
    fn transaction_prefix(&self) -> String {
        let Some(lease) = &self.lease else { return String::new() };
        format!(
            " SET LOCAL search_path = {}; SET LOCAL statement_timeout = {}; \
             SET LOCAL idle_in_transaction_session_timeout = 0; {} {}",
            self.search_path(),
            self.statement_timeout_ms(),
            lease.guard_sql(),
            self.role_sql("LOCAL"),
        )
    }

    /// `SET ROLE` to the role to act as.
    fn role_sql(&self, local: &str) -> String {
        match &self.settings.role {
            Some(role) => format!("SET {local} ROLE {}; ", quote_ident(role)),
            None => format!("SET {local} ROLE NONE; "),
        }
    }

    fn tell_notices(&self) {
        for text in self.connection.take_notices() {
            self.observer.notice(&Event::Notice { text });
        }
    }
}

/// The names in `public` that belong to extensions.
async fn extension_members(connection: &Connection) -> Result<BTreeSet<String>, Error> {
    let sql = "SELECT pg_catalog.split_part((pg_catalog.pg_identify_object(classid, objid, objsubid)).name, '(', 1) \
         FROM pg_catalog.pg_depend WHERE deptype = 'e' UNION \
         SELECT p.proname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.objid \
         WHERE d.deptype = 'e' AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass";
    let rows = connection.query(sql, &[]).await;
    let rows = rows.map_err(|error| Error::statement("looking for extensions", &error))?;
    Ok(rows.iter().filter_map(|row| row.get(0)).collect())
}

/// Refuses a server that cannot be written to; returns the session's process otherwise, and whether
/// the server can notice that its client is gone (not on Windows).
async fn refuse_standby(connection: &Connection) -> Result<(i32, bool), Error> {
    let sql = "SELECT pg_catalog.pg_is_in_recovery(), \
         pg_catalog.current_setting('transaction_read_only') = 'on', pg_catalog.pg_backend_pid(), \
         pg_catalog.version() ~* 'windows|mingw|visual c'";
    // Not prepared under a name: that would fail behind a pooler, which is asked about next.
    let row = connection
        .query_typed_one(sql, &[])
        .await
        .map_err(|error| Error::statement("asking for the role of the server", &error))?;
    let (standby, read_only): (bool, bool) = (row.get(0), row.get(1));
    if !standby && !read_only {
        let notices_clients = connection.version().major() >= 14 && !row.get::<_, bool>(3);
        return Ok((row.get(2), notices_clients));
    }
    Err(Error::ReadOnly {
        target: connection.target().to_string(),
        reason: if standby {
            "it is a standby".to_owned()
        } else {
            "`default_transaction_read_only` is on".to_owned()
        },
    })
}
