//! Transforms: how a procedural language sees values of a type.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Syntax, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The kind `transform`; path `[type, language]`, facets `from_sql` and `to_sql` (functions with
/// their argument types).
pub struct TransformKind;

impl Kind for TransformKind {
    fn name(&self) -> &'static str {
        "transform"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        let type_name = object.id.path.first().map(String::as_str).unwrap_or_default();
        format!("TRANSFORM FOR {type_name} LANGUAGE {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![definition("CREATE", &self.address(object), object)]
    }

    fn alter(&self, _: &Object, to: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::InPlace(vec![definition("CREATE OR REPLACE", &self.address(to), to)])
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Key("type"), Part::Key("language")])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check_texts(&["from_sql", "to_sql"], name, value)
    }
}

fn definition(verb: &str, address: &str, object: &Object) -> Statement {
    let list: Vec<String> = [("FROM", "from_sql"), ("TO", "to_sql")]
        .iter()
        .filter_map(|(word, facet)| {
            Some(format!("{word} SQL WITH FUNCTION {}", object.text(facet)?))
        })
        .collect();
    Statement::new(format!("{verb} {address} ({})", list.join(", ")))
}
