//! Hazards of SQL before it runs: locks, rewrites, losses, failures, over scripts and plans.
//!
//! [`check`] goes through a script with what is known about the database and reports, for every
//! statement, which relations it locks and how, what it does meanwhile, and which hazards of the
//! closed catalogue in [`hazards`] it has. Nothing here reads a database or a file.

mod allow;
mod check;
pub mod hazards;
mod known;
mod live;
mod locks;
mod output;
mod questions;
mod report;
mod rules;
mod session;

pub use self::{
    check::{Options, check, check_and_learn},
    hazards::{Class, HAZARDS, Hazard, Level, find_hazard},
    known::Known,
    live::{Live, Size},
    output::{render_github, render_json, render_locks, render_sarif},
    questions::{Ask, Question, Questioner, question_of_constraint},
    report::{Finding, Lock, Report, StatementReport, WorkKind},
    session::Transactions,
};
