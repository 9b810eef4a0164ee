//! What an execution tells while it goes on.

use serde::Serialize;

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Another deploy holds the lock; told once per holder.
    WaitingForDeploy {
        /// Who holds it, where that can be seen.
        holder: Option<Session>,
    },
    /// A migration begins.
    MigrationStarted {
        /// Its name.
        migration: String,
        /// `up` or `down`.
        direction: &'static str,
        /// How many steps it has.
        steps: usize,
        /// How many of them were done before.
        resumed_after: usize,
    },
    /// A step begins.
    StepStarted {
        /// Its migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Line in the file.
        line: usize,
        /// Its first words.
        sql: String,
        /// Whether it runs in a transaction.
        transaction: bool,
    },
    /// A step ended well; where it ran in a transaction, that is still to be committed.
    StepDone {
        /// Its migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// How long it took.
        milliseconds: f64,
        /// How much of that it waited for locks.
        lock_milliseconds: f64,
        /// Rows that the server reported as changed or returned.
        rows: u64,
    },
    /// A step waits for a lock.
    WaitingForLock {
        /// Its migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Who holds it.
        blockers: Vec<Session>,
    },
    /// What held the lock too long made the step give up for now.
    Retry {
        /// Its migration.
        migration: String,
        /// The attempt that follows, from 2.
        attempt: u32,
        /// After this pause.
        milliseconds: u64,
        /// What the server said.
        reason: String,
    },
    /// An index build or another long command got further.
    Progress {
        /// Its migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// What it is at.
        phase: String,
        /// Hundredths done, where that is known.
        percent: Option<f64>,
    },
    /// A step that runs in ranges got further.
    Batch {
        /// Its migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Rows changed so far.
        rows: u64,
        /// Rows gone through so far, or pages where `key=ctid`.
        seen: u64,
        /// How many there are, by the server's estimate.
        of: u64,
        /// Rows changed per second of this run.
        rate: f64,
        /// Size of the next range.
        size: u64,
        /// Why it rests longer than asked, where it does.
        throttled: Option<String>,
    },
    /// How a step ended that nobody recorded was read from the catalog.
    Reconciled {
        /// Its migration.
        migration: String,
        /// Its place, from 1.
        step: usize,
        /// Whether it was done.
        done: bool,
        /// What was found.
        found: String,
    },
    /// The server has something to say.
    Notice {
        /// Its words.
        text: String,
    },
    /// All of a migration is done.
    MigrationDone {
        /// Its name.
        migration: String,
        /// How long it took.
        milliseconds: f64,
    },
}

/// A session of the server, as far as the role may see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Session {
    /// Its process.
    pub pid: i32,
    /// Its role.
    pub user: String,
    /// How it calls itself.
    pub application: String,
    /// `active`, `idle in transaction`, …
    pub state: String,
    /// Age of its transaction, or else of its statement.
    pub seconds: f64,
    /// What it runs or ran last.
    pub query: String,
    /// `client backend`, `autovacuum worker`, …
    pub backend: String,
}

impl std::fmt::Display for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pid {}", self.pid)?;
        for part in [&self.application, &self.user].into_iter().filter(|part| !part.is_empty()) {
            write!(f, ", {part}")?;
        }
        if !self.state.is_empty() {
            write!(f, ", {} for {:.0} s", self.state, self.seconds)?;
        }
        if !self.query.is_empty() {
            write!(f, ": {}", self.query.split_whitespace().collect::<Vec<_>>().join(" "))?;
        }
        Ok(())
    }
}

/// Whoever wants to know.
pub trait Observer {
    /// Takes note of an event.
    fn notice(&self, event: &Event);
}

/// Takes note of nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn notice(&self, _: &Event) {}
}
