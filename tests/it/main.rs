//! Integration tests, one binary.

mod cli;
mod corpus;
mod scratch;
mod support;
mod syntax;
