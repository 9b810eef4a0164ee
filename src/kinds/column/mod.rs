//! Columns of tables, foreign tables and composite types; their defaults are objects of their own.

pub(crate) mod cast;
mod ddl;
mod fill;
pub(crate) mod lower;
pub(crate) mod print;
mod rows;
mod types;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::ddl::*;

/// The facets of a `column`; path `[namespace, table, name]`, parent the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Column {
    /// Type as `format_type` spells it with an empty search path: `numeric(10,2)`, `public.mood[]`.
    #[serde(rename = "type")]
    pub type_name: String,
    pub not_null: bool,
    /// Collation where it is not the type's own, qualified and quoted.
    pub collation: Option<String>,
    pub identity: Option<Identity>,
    pub generated: Option<Generated>,
    /// `PLAIN`, `EXTERNAL`, `EXTENDED`, `MAIN` where it is not the type's own.
    pub storage: Option<String>,
    /// `pglz` or `lz4` where set.
    pub compression: Option<String>,
    /// Statistics target where set.
    pub statistics: Option<i32>,
    /// Attribute options: `n_distinct`, `n_distinct_inherited`.
    pub options: BTreeMap<String, String>,
    /// Options of a foreign table's column.
    pub fdw_options: BTreeMap<String, String>,
    /// Defined by a parent table too (inheritance, partition).
    pub inherited: bool,
    /// Inherited, and defined by this table as well.
    pub local: bool,
    pub comment: Option<String>,
    pub privileges: Option<Vec<String>>,
}

/// `GENERATED … AS IDENTITY`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// `ALWAYS`, otherwise `BY DEFAULT`.
    pub always: bool,
    /// The sequence behind it, qualified and quoted, where it is not `<table>_<column>_seq`.
    pub sequence: Option<String>,
    /// Options of that sequence.
    #[serde(flatten)]
    pub options: crate::kinds::sequence::Options,
}

/// `GENERATED ALWAYS AS (…)`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Generated {
    pub expression: String,
    /// `VIRTUAL` (18 and later), otherwise `STORED`.
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
}
