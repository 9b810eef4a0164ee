//! Sequences: standalone and owned. Identity sequences are part of their column.

use serde::{Deserialize, Serialize};

/// Options of a sequence; one at PostgreSQL's own default for the type and direction is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    pub start: Option<i64>,
    pub increment: Option<i64>,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub cache: Option<i64>,
    pub cycle: bool,
}

/// The facets of a `sequence`; path `[namespace, name]`. What owns it is an object of kind
/// `sequence_owner` with the same path and the facet `column`: path of the column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sequence {
    /// `smallint` or `integer`; absent for `bigint`.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub unlogged: bool,
    #[serde(flatten)]
    pub options: Options,
    pub owner: Option<String>,
    pub comment: Option<String>,
    pub privileges: Option<Vec<String>>,
}
