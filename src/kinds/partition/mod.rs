//! Attachment of a partition to its partitioned table, apart from the partition itself.

pub(crate) mod lower;
pub(crate) mod print;
pub(crate) mod taken;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind, Moment, Order};
use crate::{
    schema::{Object, ObjectId},
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

    fn rename(&self, _: &Object, _: &ObjectId) -> Vec<Statement> {
        Vec::new()
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

/// The order of an index, or a constraint with an index, and the attachments of its table.
///
/// A partition is attached once its own indexes stand, so that PostgreSQL takes them for those of
/// the partitioned table instead of making its own; a new index of the partitioned table comes
/// after, and finds all partitions there.
pub(crate) fn index_order(object: &Object, cx: &Context<'_>) -> Vec<Order> {
    let Some(table) = &object.parent else { return Vec::new() };
    let own = Moment::Create(object.id.clone());
    let mut out =
        vec![(own.clone(), Moment::Create(ObjectId::new("partition", table.path.clone())))];
    if cx.to.get(table).is_some_and(|t| t.facets.contains_key("partition_by")) {
        let partitions =
            cx.to.of_kind("partition").filter(|p| p.read::<Partition>().of == table.path);
        out.extend(partitions.map(|p| (Moment::Create(p.id.clone()), own.clone())));
    }
    out
}
