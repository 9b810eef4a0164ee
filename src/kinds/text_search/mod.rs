//! Text search: parsers, templates, dictionaries, configurations.

mod configuration;
mod dictionary;

use std::collections::BTreeSet;

use serde_json::Value;

pub use self::{
    configuration::{Configuration, TextSearchConfigurationKind},
    dictionary::{Dictionary, TextSearchDictionaryKind},
};
use super::{Alteration, Context, Kind, Misfit, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_path},
};

/// The kind `text_search_parser`; path `[namespace, name]`, facets `start`, `gettoken`, `end`,
/// `headline`, `lextypes`: functions, qualified and quoted.
pub struct TextSearchParserKind;

/// The kind `text_search_template`; path `[namespace, name]`, facets `init`, `lexize`: functions,
/// qualified and quoted.
pub struct TextSearchTemplateKind;

const PARSER: &[&str] = &["start", "gettoken", "end", "headline", "lextypes"];
const TEMPLATE: &[&str] = &["init", "lexize"];

impl Kind for TextSearchParserKind {
    fn name(&self) -> &'static str {
        "text_search_parser"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("parser.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("TEXT SEARCH PARSER {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![definition(&self.address(object), PARSER, object)]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Replace
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check_texts(PARSER, name, value)
    }
}

impl Kind for TextSearchTemplateKind {
    fn name(&self) -> &'static str {
        "text_search_template"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("template.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("TEXT SEARCH TEMPLATE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![definition(&self.address(object), TEMPLATE, object)]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Replace
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check_texts(TEMPLATE, name, value)
    }
}

/// `CREATE … (WORD = function, …)`.
fn definition(address: &str, words: &[&str], object: &Object) -> Statement {
    let list: Vec<String> = words
        .iter()
        .filter_map(|word| Some(format!("{} = {}", word.to_uppercase(), object.text(word)?)))
        .collect();
    Statement::new(format!("CREATE {address} ({})", list.join(", ")))
}
