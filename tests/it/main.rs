//! Integration tests, one binary.

mod corpus;
mod scratch;
mod syntax;
