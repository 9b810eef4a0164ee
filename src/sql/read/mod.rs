//! Recognises statements: tolerant, by tokens, and never silent about what it did not recognise.
//!
//! Everything that takes a lock is recognised down to what decides about the lock; the rest down to
//! its kind. Nothing is refused: text that no server would take gives whatever was recognised of it.

mod alter;
mod create;
mod cursor;
mod dispatch;
mod query;
mod table;

use super::{
    split::Piece,
    tree::{Name, Tree, TypeName},
};

/// Recognises the statement that a piece of `script` is.
pub(crate) fn read(script: &str, piece: &Piece<'_>) -> Tree {
    if piece.control.is_some() {
        return Tree::Control;
    }
    dispatch::statement(&mut cursor::Cursor::new(script, piece.tokens()))
}

/// Reads a type.
pub(crate) fn type_name_of(text: &str) -> Option<TypeName> {
    cursor::Cursor::new(text, &super::lex::tokens(text)).type_name()
}

/// The sequences that an expression advances: `nextval('…')`.
pub(crate) fn sequences_of(text: &str) -> Vec<Name> {
    query::sequences(&super::lex::tokens(text))
}

/// Reads a qualified name.
pub(crate) fn name_of(text: &str) -> Option<Name> {
    cursor::Cursor::new(text, &super::lex::tokens(text)).name()
}
