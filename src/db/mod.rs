//! Everything that talks to a PostgreSQL server.

mod connect;
mod environment;
mod error;
pub mod introspect;
pub mod runtime;
pub mod scratch;
mod target;
mod tls;

pub use self::{
    connect::{Connection, OLDEST_MAJOR, ServerVersion, connect},
    environment::Environment,
    error::{Error, describe},
    scratch::{Scratch, ScratchDb, ScratchOptions},
    target::{HostPort, Target, redact},
};
