//! Indexes that are not part of a constraint.

mod ddl;
pub(crate) mod lower;
pub(crate) mod print;
mod standing;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::ddl::*;
pub(crate) use self::standing::{identity_given_up, identity_without, order_given_up};

/// The facets of an `index`; path `[namespace, name]`, parent the table or materialized view.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Index {
    pub unique: bool,
    /// `btree`, `gin`, …
    pub method: String,
    pub keys: Vec<Key>,
    pub include: Vec<String>,
    pub nulls_not_distinct: bool,
    /// Predicate without outer `WHERE`, as `pg_get_expr` spells it.
    #[serde(rename = "where")]
    pub predicate: Option<String>,
    pub options: BTreeMap<String, String>,
    pub tablespace: Option<String>,
    /// The table is clustered on it.
    pub clustered: bool,
    /// It is the table's replica identity.
    pub replica_identity: bool,
    /// Statistics targets of expression keys by key number, from 1.
    pub statistics: BTreeMap<String, i32>,
    /// `CREATE INDEX CONCURRENTLY` failed on it.
    pub invalid: bool,
    pub comment: Option<String>,
}

/// One key of an index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Key {
    /// Column name, unquoted; or else `expression`.
    pub column: Option<String>,
    /// As `pg_get_indexdef` spells it for that key, with its parentheses where needed.
    pub expression: Option<String>,
    /// Collation where it is not the column's own, qualified and quoted.
    pub collation: Option<String>,
    /// Operator class where it is not the default, qualified and quoted.
    pub opclass: Option<String>,
    pub opclass_options: BTreeMap<String, String>,
    pub descending: bool,
    /// `FIRST` or `LAST` where it is not what the direction implies.
    pub nulls: Option<String>,
}
