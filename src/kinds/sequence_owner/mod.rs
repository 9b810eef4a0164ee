//! Ownership of a sequence by a column: an object of its own, since the column's default needs the
//! sequence and the ownership needs the column.

use std::collections::BTreeSet;

use super::{Alteration, Context, Kind};
use crate::{
    schema::{Object, ObjectId},
    sql::{Statement, quote_path},
};

/// Name of the kind.
pub const KIND: &str = "sequence_owner";

/// The kind `sequence_owner`; path of the sequence, facet `column`: path of the column.
pub struct SequenceOwnerKind;

impl Kind for SequenceOwnerKind {
    fn name(&self) -> &'static str {
        "sequence_owner"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("SEQUENCE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let column = quote_path(&column(object).path);
        vec![Statement::new(format!("ALTER {} OWNED BY {column}", self.address(object)))]
    }

    fn alter(&self, _: &Object, to: &Object, _: &BTreeSet<&str>, cx: &Context<'_>) -> Alteration {
        Alteration::InPlace(self.create(to, &[], cx))
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Entry(super::Entry {
            one: "owned_by",
            many: "owned_by",
            value: Some("column"),
            sibling: false,
        })
    }

    fn rename(&self, _: &Object, _: &ObjectId) -> Vec<Statement> {
        Vec::new()
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("ALTER {} OWNED BY NONE", self.address(object)))]
    }
}

/// The column that owns the sequence.
#[must_use]
pub fn column(object: &Object) -> ObjectId {
    let path = object.facets.get("column").and_then(|v| serde_json::from_value(v.clone()).ok());
    let path: Vec<String> = path.unwrap_or_default();
    ObjectId::new("column", path)
}
