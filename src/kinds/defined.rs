//! What a relation carries and PostgreSQL prints as one statement: triggers and rules.

use std::collections::BTreeSet;

use super::{Alteration, Context, Kind, column};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// A kind with the path `[namespace, relation, name]` and the facets `definition` (the whole
/// `CREATE` statement as PostgreSQL spells it) and `enabled` (`DISABLE`, `ENABLE REPLICA`,
/// `ENABLE ALWAYS`; absent where it fires on the origin).
#[derive(Debug)]
pub struct Defined {
    pub(super) name: &'static str,
    /// What `ALTER TABLE` and `DROP` call it.
    pub(super) word: &'static str,
    pub(super) catalog: &'static [&'static str],
}

impl Kind for Defined {
    fn name(&self) -> &'static str {
        self.name
    }

    fn catalog(&self) -> &'static [&'static str] {
        self.catalog
    }

    fn address(&self, object: &Object) -> String {
        format!("{} {} ON {}", self.word, quote_ident(object.id.name()), column::relation(object))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let mut out = vec![Statement::new(object.text("definition").unwrap_or_default())];
        out.extend(object.text("enabled").map(|state| self.enable(object, state)));
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
        Alteration::InPlace(vec![self.enable(to, to.text("enabled").unwrap_or("ENABLE"))])
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

impl Defined {
    fn enable(&self, object: &Object, state: &str) -> Statement {
        Statement::new(format!(
            "ALTER TABLE {} {state} {} {}",
            column::relation(object),
            self.word,
            quote_ident(object.id.name())
        ))
    }
}
