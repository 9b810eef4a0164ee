//! Rules of tables and views.

use std::collections::BTreeSet;

use super::{Alteration, Context, Kind, column};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The kind `rule`; path `[namespace, table, name]`, facets `definition` (as
/// `pg_get_ruledef` spells it) and `enabled` (`DISABLE`, `ENABLE REPLICA`, `ENABLE ALWAYS`).
pub struct RuleKind;

impl Kind for RuleKind {
    fn name(&self) -> &'static str {
        "rule"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("RULE {} ON {}", quote_ident(object.id.name()), column::relation(object))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let mut out = vec![Statement::new(object.text("definition").unwrap_or_default())];
        out.extend(object.text("enabled").map(|state| enable(object, state)));
        out
    }

    fn alter(
        &self,
        _: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if changed.contains("definition") {
            return Alteration::Replace;
        }
        Alteration::InPlace(vec![enable(to, to.text("enabled").unwrap_or("ENABLE"))])
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Block(&[super::Part::On, super::Part::Name])
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        super::common::check_texts(&["definition", "enabled"], name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn blocks_rebuild(&self, _: &Object) -> bool {
        true
    }
}

fn enable(object: &Object, state: &str) -> Statement {
    Statement::new(format!(
        "ALTER TABLE {} {state} RULE {}",
        column::relation(object),
        quote_ident(object.id.name())
    ))
}
