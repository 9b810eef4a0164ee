//! Extensions. What an extension owns belongs to it and is never looked at.

pub(crate) mod lower;
pub(crate) mod print;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_literal},
};

/// The facets of an `extension`; path `[name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extension {
    pub schema: Option<String>,
    /// Absent in a model that leaves the version to the server.
    pub version: Option<String>,
    /// Whether `ALTER EXTENSION … SET SCHEMA` works.
    pub relocatable: bool,
}

/// The kind `extension`.
pub struct ExtensionKind;

impl Kind for ExtensionKind {
    fn name(&self) -> &'static str {
        "extension"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("EXTENSION {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let extension: Extension = object.read();
        let mut sql = format!("CREATE EXTENSION IF NOT EXISTS {}", quote_ident(object.id.name()));
        if let Some(schema) = &extension.schema {
            sql += &format!(" WITH SCHEMA {}", quote_ident(schema));
        }
        vec![Statement::new(sql)]
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        let (old, new): (Extension, Extension) = (from.read(), to.read());
        let mut out = Vec::new();
        if changed.contains("schema")
            && let Some(schema) = &new.schema
        {
            if !old.relocatable {
                return Alteration::Replace;
            }
            let schema = quote_ident(schema);
            out.push(Statement::new(format!("ALTER {} SET SCHEMA {schema}", self.address(to))));
        }
        if changed.contains("version")
            && let Some(version) = &new.version
        {
            let version = quote_literal(version);
            out.push(Statement::new(format!("ALTER {} UPDATE TO {version}", self.address(to))));
        }
        Alteration::InPlace(out)
    }

    fn derived(&self) -> &'static [&'static str] {
        &["relocatable"]
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Block(&[super::Part::Name])
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        super::common::check::<Extension>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }
}
