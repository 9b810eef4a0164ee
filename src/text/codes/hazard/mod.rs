//! Codes of hazards. Each explanation has three paragraphs: when, what happens, what to do instead.

pub(in crate::text) mod brief;
pub(in crate::text) mod compatibility;
pub(in crate::text) mod failure;
pub(in crate::text) mod lock;
pub(in crate::text) mod loss;
pub(in crate::text) mod operation;
pub(in crate::text) mod security;
pub(in crate::text) mod style;
pub(in crate::text) mod transaction;
