//! Domains; their checks are objects of the kind `domain_constraint`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind, Privileges, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_path},
};

/// The facets of a `domain`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Domain {
    /// Base type.
    #[serde(rename = "type")]
    pub type_name: String,
    pub default: Option<String>,
    pub not_null: bool,
    /// Collation where it is not the base type's own, qualified and quoted.
    pub collation: Option<String>,
}

/// The kind `domain`.
pub struct DomainKind;

impl Kind for DomainKind {
    fn name(&self) -> &'static str {
        "domain"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("DOMAIN {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, parts: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let domain: Domain = object.read();
        let mut sql = format!("CREATE {} AS {}", self.address(object), domain.type_name);
        if let Some(collation) = &domain.collation {
            sql += &format!(" COLLATE {collation}");
        }
        if let Some(default) = &domain.default {
            sql += &format!(" DEFAULT {default}");
        }
        if domain.not_null {
            sql += " NOT NULL";
        }
        for part in parts {
            sql += &format!("\n    {}", super::domain_constraint::definition(part));
        }
        vec![Statement::new(sql)]
    }

    fn alter(
        &self,
        _: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if changed.contains("type") || changed.contains("collation") {
            return Alteration::Swap;
        }
        let domain: Domain = to.read();
        let address = self.address(to);
        let mut out = Vec::new();
        if changed.contains("default") {
            out.push(match &domain.default {
                Some(default) => format!("ALTER {address} SET DEFAULT {default}"),
                None => format!("ALTER {address} DROP DEFAULT"),
            });
        }
        if changed.contains("not_null") {
            let action = if domain.not_null { "SET" } else { "DROP" };
            out.push(format!("ALTER {address} {action} NOT NULL"));
        }
        Alteration::InPlace(out.into_iter().map(Statement::new).collect())
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        common::check::<Domain>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::TYPE_PRIVILEGES)
    }

    fn set_aside(&self, object: &Object, name: &str) -> Vec<Statement> {
        let name = quote_ident(name);
        vec![Statement::new(format!("ALTER {} RENAME TO {name}", self.address(object)))]
    }
}
