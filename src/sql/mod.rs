//! PostgreSQL's vocabulary: identifiers, literals, statements.

mod ident;
pub mod lex;
pub mod split;
mod statement;

pub use self::{
    ident::{quote_ident, quote_literal, quote_path, unquote_ident, unquote_path},
    statement::{Statement, render_script},
};
