//! Attachment of a partition's index to the index of the partitioned table.

use std::collections::BTreeSet;

use super::{Alteration, Context, Kind, Moment, Order};
use crate::{
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_path},
};

/// The kind `index_attachment`; path `[namespace, index]` of the partition's index, facet `of`:
/// path of the other; parent: the index or constraint of the partition.
pub struct IndexAttachmentKind;

impl Kind for IndexAttachmentKind {
    fn name(&self) -> &'static str {
        "index_attachment"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("INDEX {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!(
            "ALTER INDEX {} ATTACH PARTITION {}",
            quote_path(&of(object)),
            quote_path(&object.id.path)
        ))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Replace
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Entry(super::Entry {
            one: "attachment",
            many: "attachments",
            value: None,
            sibling: false,
        })
    }

    fn rename(&self, _: &Object, _: &ObjectId) -> Vec<Statement> {
        Vec::new()
    }

    fn drop(&self, _: &Object, _: &Context<'_>) -> Vec<Statement> {
        // PostgreSQL has no detaching of indexes: it goes with the index, the other index or the
        // partition.
        Vec::new()
    }

    fn order(&self, object: &Object, cx: &Context<'_>) -> Vec<Order> {
        let partition = |state: &Schema| {
            let index = state.get(object.parent.as_ref()?)?;
            Some(ObjectId::new("partition", index.parent.as_ref()?.path.clone()))
        };
        let id = &object.id;
        let mut out = Vec::new();
        if let Some(partition) = partition(cx.to) {
            out.push((Moment::Create(partition), Moment::Create(id.clone())));
        }
        if let Some(partition) = partition(cx.from) {
            out.push((Moment::Drop(partition), Moment::Drop(id.clone())));
        }
        out
    }
}

/// Path of the partitioned table's index.
#[must_use]
pub fn of(object: &Object) -> Vec<String> {
    object.facets.get("of").and_then(|v| serde_json::from_value(v.clone()).ok()).unwrap_or_default()
}

/// The object behind the index that the index of that path is attached to: an index, or the
/// constraint that owns it.
#[must_use]
pub fn parent(path: &[String], state: &Schema) -> Option<ObjectId> {
    let attachment = state.get(&ObjectId::new("index_attachment", path.to_vec()))?;
    attachment
        .deps
        .iter()
        .find(|d| (d.is("index") || d.is("constraint")) && Some(*d) != attachment.parent.as_ref())
        .cloned()
}
