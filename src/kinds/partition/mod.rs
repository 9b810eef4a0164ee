//! Attachment of a partition to its partitioned table, apart from the partition itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind};
use crate::{
    schema::Object,
    sql::{Statement, quote_path},
};

/// The facets of a `partition`; path and parent: the partition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Partition {
    /// Path of the partitioned table.
    pub of: Vec<String>,
    /// `FOR VALUES …` or `DEFAULT`.
    pub bound: String,
}

/// The kind `partition`.
pub struct PartitionKind;

impl Kind for PartitionKind {
    fn name(&self) -> &'static str {
        "partition"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("TABLE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let partition: Partition = object.read();
        vec![Statement::new(format!(
            "ALTER TABLE ONLY {} ATTACH PARTITION {} {}",
            quote_path(&partition.of),
            quote_path(&object.id.path),
            partition.bound
        ))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Replace
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Entry(super::Entry {
            one: "partition",
            many: "partitions",
            value: None,
            sibling: false,
        })
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        let partition: Partition = object.read();
        vec![Statement::new(format!(
            "ALTER TABLE {} DETACH PARTITION {}",
            quote_path(&partition.of),
            quote_path(&object.id.path)
        ))]
    }
}
