//! PostgreSQL's vocabulary: identifiers, literals, statements.

pub(crate) mod body;
pub(crate) mod expr;
mod ident;
pub mod lex;
mod lock;
mod ranged;
pub(crate) mod read;
mod requalify;
mod respell;
pub mod split;
mod statement;
pub(crate) mod tree;

pub use self::{
    ident::{quote_ident, quote_literal, quote_path, unquote_ident, unquote_path},
    lock::LockMode,
    ranged::Ranged,
    requalify::requalify,
    respell::respell,
    statement::{Statement, render_script},
};
