//! Access methods of tables and indexes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Syntax, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The kind `access_method`; path `[name]`, facets `type` (`INDEX` or `TABLE`) and `handler`
/// (function, qualified and quoted).
pub struct AccessMethodKind;

impl Kind for AccessMethodKind {
    fn name(&self) -> &'static str {
        "access_method"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("ACCESS METHOD {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let what = object.text("type").unwrap_or("TABLE");
        let handler = object.text("handler").unwrap_or_default();
        let address = self.address(object);
        vec![Statement::new(format!("CREATE {address} TYPE {what} HANDLER {handler}"))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Replace
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Name])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check_texts(&["type", "handler"], name, value)
    }
}
