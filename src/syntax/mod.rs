//! Model text → syntax tree with recovery; syntax tree → formatted text.

pub mod ast;
mod build;
mod format;
mod junk;
mod parse;
mod strings;

pub(crate) use self::format::attribute_text;
pub use self::{
    format::{format_file, format_source},
    parse::{Parsed, parse_source},
};
