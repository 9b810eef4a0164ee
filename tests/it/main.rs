//! Integration tests, one binary.

mod cli;
mod corpus;
mod faults;
mod prisma_validation;
mod scratch;
mod support;
mod syntax;
