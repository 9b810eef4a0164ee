//! Conversions between encodings.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_literal, quote_path},
};

/// The facets of a `conversion`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conversion {
    /// Encoding that it converts from.
    pub source: String,
    /// Encoding that it converts to.
    pub target: String,
    /// Function, qualified and quoted.
    pub function: String,
    pub default: bool,
}

/// The kind `conversion`.
pub struct ConversionKind;

impl Kind for ConversionKind {
    fn name(&self) -> &'static str {
        "conversion"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("CONVERSION {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let conversion: Conversion = object.read();
        let default = if conversion.default { "DEFAULT " } else { "" };
        vec![Statement::new(format!(
            "CREATE {default}{} FOR {} TO {} FROM {}",
            self.address(object),
            quote_literal(&conversion.source),
            quote_literal(&conversion.target),
            conversion.function
        ))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Replace
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Conversion>(name, value)
    }
}
