//! Constraints of tables: primary key, unique, foreign key, check, exclusion, NOT NULL (18).

mod ddl;
pub(crate) mod lower;
mod not_null;
pub(crate) mod print;
mod rows;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::ddl::*;

/// The facets of a `constraint`; path `[namespace, table, name]`, parent the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constraint {
    /// `primary_key`, `unique`, `foreign_key`, `check`, `exclusion`, `not_null`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Column names, unquoted (not of check and exclusion).
    pub columns: Vec<String>,
    /// Last column is `WITHOUT OVERLAPS` (key) or `PERIOD` (foreign key); 18 and later.
    pub period: bool,
    pub include: Vec<String>,
    pub nulls_not_distinct: bool,
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub not_valid: bool,
    /// `NOT ENFORCED`; 18 and later.
    pub not_enforced: bool,
    pub no_inherit: bool,
    /// Foreign key: path of the referenced table, unquoted.
    pub references: Vec<String>,
    pub referenced_columns: Vec<String>,
    pub match_full: bool,
    /// `CASCADE`, `RESTRICT`, `SET NULL`, `SET DEFAULT`; absent for `NO ACTION`.
    pub on_delete: Option<String>,
    pub on_update: Option<String>,
    /// Column list of `ON DELETE SET NULL (…)`; 15 and later.
    pub on_delete_columns: Vec<String>,
    /// Check: the condition without outer `CHECK ( )`, as `pg_get_expr` spells it.
    pub expression: Option<String>,
    /// Exclusion: what stands after `EXCLUDE`, e.g. `USING gist (room WITH =, during WITH &&)`,
    /// up to but without `DEFERRABLE`.
    pub exclude: Option<String>,
    /// Storage parameters of its index.
    pub options: BTreeMap<String, String>,
    pub tablespace: Option<String>,
    /// The table is clustered on its index.
    pub clustered: bool,
    /// Its index is the table's replica identity.
    pub replica_identity: bool,
    /// Comment of its index, beside that of the constraint.
    pub index_comment: Option<String>,
    /// Check or NOT NULL that a parent table defines too.
    pub inherited: bool,
    pub comment: Option<String>,
}
