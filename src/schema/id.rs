//! Typed, name-based identity of an object.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

/// The name of an object kind, e.g. `table` or `foreign_server`.
pub type KindName = Cow<'static, str>;

/// Names one object of one kind: `column` + `["public", "users", "name"]`.
///
/// The path starts with the namespace for objects that live in one, then the names of the objects
/// around it, then its own name; routines end with their argument types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// Object kind.
    pub kind: KindName,
    /// Path of names, unquoted.
    pub path: Vec<String>,
}

impl ObjectId {
    /// Builds an identity from a kind and its path.
    pub fn new<S: Into<String>>(
        kind: impl Into<KindName>,
        path: impl IntoIterator<Item = S>,
    ) -> Self {
        Self { kind: kind.into(), path: path.into_iter().map(Into::into).collect() }
    }

    /// Whether this identity is of the given kind.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// The last name of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.replace('_', " "), self.path.join("."))
    }
}
