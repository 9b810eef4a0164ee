//! Column defaults: objects of their own, so that a default and what it calls can be ordered apart
//! from the column.

pub(crate) mod lower;
pub(crate) mod meaning;
pub(crate) mod print;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Inline, Kind, column};
use crate::{
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_ident},
};

/// The facets of a `default`; path as of its column, which is its parent (or a view).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnDefault {
    /// As `pg_get_expr` spells it with an empty search path.
    pub expression: String,
}

/// The kind `default`.
pub struct DefaultKind;

impl Kind for DefaultKind {
    fn name(&self) -> &'static str {
        "default"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("DEFAULT {}", crate::sql::quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let expression = object.text("expression").unwrap_or_default();
        vec![alter(object, &format!("SET DEFAULT {expression}"))]
    }

    fn alter(&self, _: &Object, to: &Object, _: &BTreeSet<&str>, cx: &Context<'_>) -> Alteration {
        Alteration::InPlace(self.create(to, &[], cx))
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Entry(super::Entry {
            one: "default",
            many: "defaults",
            value: Some("expression"),
            sibling: false,
        })
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        super::common::check_texts(&["expression"], name, value)
    }

    fn rename(&self, _: &Object, _: &ObjectId) -> Vec<Statement> {
        Vec::new()
    }

    fn inline(&self, object: &Object, state: &Schema) -> Inline {
        // A column that only a parent table defines has no line of its own to stand in.
        let column = object.parent.as_ref().and_then(|id| state.get(id));
        match column {
            Some(column) if column.flag("inherited") && !column.flag("local") => Inline::Never,
            Some(column) if column.id.is("column") => Inline::May,
            // A column of a view is no object.
            _ => Inline::Never,
        }
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![alter(object, "DROP DEFAULT")]
    }
}

fn alter(object: &Object, action: &str) -> Statement {
    Statement::new(format!(
        "ALTER TABLE ONLY {} ALTER COLUMN {} {action}",
        column::relation(object),
        quote_ident(object.id.name())
    ))
}
