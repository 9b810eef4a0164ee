//! Integration tests, one binary.

mod cli;
mod corpus;
mod prisma_validation;
mod scratch;
mod support;
mod syntax;
