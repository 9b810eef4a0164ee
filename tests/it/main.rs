//! Integration tests, one binary.

mod batches;
mod branch_campaign;
mod branches;
mod catalog;
mod cli;
mod corpus;
mod daily;
mod data;
mod down;
mod elsewhere;
mod example;
mod faults;
mod histories;
mod model_cases;
mod mutations;
mod names;
mod pooler;
mod prisma_evolutions;

mod prisma_sql;
mod prisma_validation;
mod rows;
mod safety;
mod scratch;
mod squash;
mod support;
mod syntax;
mod targets;
mod tour;
