//! Blocks of kinds that have no form of their own: `keyword name { facet = value }`.

pub(crate) mod lower;
pub(crate) mod print;

pub(crate) use self::lower::lower;
