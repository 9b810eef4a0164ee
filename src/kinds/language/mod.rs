//! Procedural languages that no extension brings.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Privileges, Syntax, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The facets of a `language`; path `[name]`. Functions are qualified and quoted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Language {
    pub trusted: bool,
    pub handler: String,
    pub inline: Option<String>,
    pub validator: Option<String>,
}

/// The kind `language`.
pub struct LanguageKind;

impl Kind for LanguageKind {
    fn name(&self) -> &'static str {
        "language"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("LANGUAGE {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![definition("CREATE", object)]
    }

    fn alter(&self, from: &Object, to: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        // What was granted on a trusted language cannot be revoked once it is not.
        let granted = from.facets.contains_key("privileges");
        if granted && from.flag("trusted") && !to.flag("trusted") {
            return Alteration::Replace;
        }
        Alteration::InPlace(vec![definition("CREATE OR REPLACE", to)])
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(Privileges { all: &["USAGE"], public: &["USAGE"], default_type: None })
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Name])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Language>(name, value)
    }
}

fn definition(verb: &str, object: &Object) -> Statement {
    let language: Language = object.read();
    let trusted = if language.trusted { "TRUSTED " } else { "" };
    let name = quote_ident(object.id.name());
    let mut sql = format!("{verb} {trusted}LANGUAGE {name} HANDLER {}", language.handler);
    if let Some(inline) = &language.inline {
        sql += &format!(" INLINE {inline}");
    }
    if let Some(validator) = &language.validator {
        sql += &format!(" VALIDATOR {validator}");
    }
    Statement::new(sql)
}
