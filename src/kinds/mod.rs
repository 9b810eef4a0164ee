//! What driftless knows about each kind of object, one folder a kind.

pub mod column;
pub mod constraint;
pub mod index;
pub mod kind;
pub mod sequence;
pub mod table;

pub use self::kind::{Alteration, Context, Kind};
