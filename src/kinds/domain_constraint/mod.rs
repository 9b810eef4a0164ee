//! Checks of domains.

use std::collections::BTreeSet;

use super::{Alteration, Context, Inline, Kind};
use crate::{
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_ident, quote_path, respell},
};

/// The kind `domain_constraint`; path `[namespace, domain, name]`, facets `expression`, `not_valid`.
pub struct DomainConstraintKind;

impl Kind for DomainConstraintKind {
    fn name(&self) -> &'static str {
        "domain_constraint"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        let name = quote_ident(object.id.name());
        format!("CONSTRAINT {name} ON DOMAIN {}", quote_path(&object.id.path[..2]))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let valid = if object.flag("not_valid") { " NOT VALID" } else { "" };
        vec![on(object, &format!("ADD {}{valid}", definition(object)))]
    }

    fn alter(
        &self,
        _: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if changed.contains("expression") || to.flag("not_valid") {
            return Alteration::Replace;
        }
        let name = quote_ident(to.id.name());
        Alteration::InPlace(vec![on(to, &format!("VALIDATE CONSTRAINT {name}"))])
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Entry(super::Entry {
            one: "constraint",
            many: "constraints",
            value: None,
            sibling: false,
        })
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        match name {
            "not_valid" if value.is_boolean() => Ok(()),
            "not_valid" => Err(super::Misfit::Type("expected `true` or `false`".to_owned())),
            _ => super::common::check_texts(&["expression", "not_valid"], name, value),
        }
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![on(object, &format!("DROP CONSTRAINT {}", quote_ident(object.id.name())))]
    }

    fn rename(&self, object: &Object, to: &ObjectId) -> Vec<Statement> {
        let (old, new) = (quote_ident(object.id.name()), quote_ident(to.name()));
        vec![on(object, &format!("RENAME CONSTRAINT {old} TO {new}"))]
    }

    fn inline(&self, object: &Object, _: &Schema) -> Inline {
        if object.flag("not_valid") { Inline::Never } else { Inline::May }
    }
}

/// `CONSTRAINT name CHECK (…)`.
pub(super) fn definition(object: &Object) -> String {
    let expression = respell(object.text("expression").unwrap_or("true"));
    format!("CONSTRAINT {} CHECK ({expression})", quote_ident(object.id.name()))
}

fn on(object: &Object, action: &str) -> Statement {
    Statement::new(format!("ALTER DOMAIN {} {action}", quote_path(&object.id.path[..2])))
}
