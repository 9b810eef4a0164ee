//! Text search configurations and their mappings.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    kinds::{Alteration, Context, Kind, Misfit, common},
    schema::Object,
    sql::{Statement, quote_ident, quote_path},
};

/// The facets of a `text_search_configuration`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Configuration {
    /// Parser, qualified and quoted.
    pub parser: String,
    /// Dictionaries in order, qualified and quoted, by token type.
    pub mappings: BTreeMap<String, Vec<String>>,
}

/// The kind `text_search_configuration`.
pub struct TextSearchConfigurationKind;

impl Kind for TextSearchConfigurationKind {
    fn name(&self) -> &'static str {
        "text_search_configuration"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("configuration.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("TEXT SEARCH CONFIGURATION {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let configuration: Configuration = object.read();
        let address = self.address(object);
        let parser = &configuration.parser;
        let mut out = vec![Statement::new(format!("CREATE {address} (PARSER = {parser})"))];
        out.extend(changes(&address, &BTreeMap::new(), &configuration.mappings));
        out
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if changed.contains("parser") {
            return Alteration::Replace;
        }
        let (old, new): (Configuration, Configuration) = (from.read(), to.read());
        Alteration::InPlace(changes(&self.address(to), &old.mappings, &new.mappings))
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Configuration>(name, value)
    }
}

/// `DROP MAPPING`, `ALTER MAPPING` and `ADD MAPPING`, one for all tokens with the same
/// dictionaries.
fn changes(
    address: &str,
    old: &BTreeMap<String, Vec<String>>,
    new: &BTreeMap<String, Vec<String>>,
) -> Vec<Statement> {
    let mut out = Vec::new();
    let gone: Vec<String> =
        old.keys().filter(|token| !new.contains_key(*token)).map(|t| quote_ident(t)).collect();
    if !gone.is_empty() {
        out.push(format!("ALTER {address} DROP MAPPING FOR {}", gone.join(", ")));
    }
    let mut groups: BTreeMap<(&str, &[String]), Vec<String>> = BTreeMap::new();
    for (token, dictionaries) in new {
        let verb = match old.get(token) {
            Some(before) if before == dictionaries => continue,
            Some(_) => "ALTER",
            None => "ADD",
        };
        groups.entry((verb, dictionaries)).or_default().push(quote_ident(token));
    }
    for ((verb, dictionaries), tokens) in groups {
        let (tokens, dictionaries) = (tokens.join(", "), dictionaries.join(", "));
        out.push(format!("ALTER {address} {verb} MAPPING FOR {tokens}\n    WITH {dictionaries}"));
    }
    out.into_iter().map(Statement::new).collect()
}
