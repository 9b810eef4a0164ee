//! Namespaces: what SQL calls schemas.

use std::collections::BTreeSet;

use super::{Alteration, Context, Kind, Privileges, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The kind `namespace`; path `[name]`.
pub struct NamespaceKind;

impl Kind for NamespaceKind {
    fn name(&self) -> &'static str {
        "namespace"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("SCHEMA {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("CREATE {}", self.address(object)))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::InPlace(Vec::new())
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Block(&[super::Part::Name])
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        super::common::check_texts(&[], name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::NAMESPACE_PRIVILEGES)
    }
}
