//! Tables: ordinary and partitioned.

mod ddl;
pub(crate) mod lower;
pub(crate) mod print;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::ddl::TableKind;
pub(crate) use self::ddl::column_lines;

/// The facets of a `table`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Table {
    pub unlogged: bool,
    /// `RANGE (created_at)` as `pg_get_partkeydef` spells it.
    pub partition_by: Option<String>,
    /// Tables it inherits from, in order, qualified and quoted.
    pub inherits: Vec<String>,
    /// Composite type of a typed table, qualified and quoted.
    pub of_type: Option<String>,
    /// Storage parameters.
    pub options: BTreeMap<String, String>,
    /// Storage parameters of the TOAST table.
    pub toast_options: BTreeMap<String, String>,
    pub access_method: Option<String>,
    pub tablespace: Option<String>,
    pub row_security: bool,
    pub force_row_security: bool,
    /// `FULL` or `NOTHING`; an index used as identity is a facet of that index.
    pub replica_identity: Option<String>,
    /// Partition of another table: parent (qualified, quoted) and bound are objects of kind
    /// `partition`, not facets.
    pub owner: Option<String>,
    pub comment: Option<String>,
    pub privileges: Option<Vec<String>>,
}
