//! driftless: a declarative schema engine for PostgreSQL.
//!
//! Two sources, one [`schema::Schema`]: model text and a live catalog both become the same value, and every
//! command is arithmetic on such values.

pub mod cli;
pub mod db;
pub mod diff;
pub mod kinds;
pub mod lint;
pub mod migrations;
pub mod model;
pub mod plan;
pub mod schema;
pub mod sql;
pub mod syntax;
pub mod text;
