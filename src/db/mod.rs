//! Everything that talks to a PostgreSQL server.

pub mod cache;
mod connect;
mod elaborate;
mod environment;
mod error;
pub mod execute;
pub mod introspect;
pub mod ledger;
mod pooler;
pub mod replay;
mod rows;
pub mod runtime;
pub mod scratch;
mod sizes;
mod target;
mod tls;

pub use self::{
    connect::{Connection, OLDEST_MAJOR, ServerVersion, connect},
    elaborate::{ElaborateError, elaborate, elaborate_on},
    environment::Environment,
    error::{Error, describe},
    rows::{Answer, RowFinding, ask_rows},
    scratch::{Development, Scratch, ScratchDb, ScratchOptions},
    sizes::read_sizes,
    target::{HostPort, Target, redact},
};

/// A number that nobody can guess, good enough for names and pauses.
pub(crate) fn random() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    // The keys of a hasher are the operating system's random numbers.
    RandomState::new().hash_one(std::process::id())
}
