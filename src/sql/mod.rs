//! PostgreSQL's vocabulary: identifiers, literals, statements.

mod ident;
pub mod lex;
mod respell;
pub mod split;
mod statement;

pub use self::{
    ident::{quote_ident, quote_literal, quote_path, unquote_ident, unquote_path},
    respell::respell,
    statement::{Statement, render_script},
};
