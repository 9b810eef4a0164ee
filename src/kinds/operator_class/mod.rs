//! Operator classes; the family of one is an object of its own, also where PostgreSQL made it
//! along with the class.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Syntax, common, operator_family};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_path},
};

/// The facets of an `operator_class`; path `[namespace, name, access method]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatorClass {
    pub default: bool,
    #[serde(rename = "type")]
    pub type_name: String,
    /// Family, qualified and quoted, where it is not of the same name.
    pub family: Option<String>,
    /// Type stored in the index where it is another.
    pub storage: Option<String>,
    /// As of [`operator_family::OperatorFamily`].
    pub operators: Vec<String>,
    /// As of [`operator_family::OperatorFamily`].
    pub functions: Vec<String>,
}

/// The kind `operator_class`.
pub struct OperatorClassKind;

impl Kind for OperatorClassKind {
    fn name(&self) -> &'static str {
        "operator_class"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("OPERATOR CLASS {}", operator_family::name_using(object))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let class: OperatorClass = object.read();
        let [namespace, name, method] = object.id.path.as_slice() else { return Vec::new() };
        let own = quote_path(&[namespace, name]);
        let default = if class.default { " DEFAULT" } else { "" };
        let mut list = operator_family::items(&class.operators, &class.functions);
        // A class needs an item; STORAGE with its own type says nothing.
        if class.storage.is_some() || list.is_empty() {
            list.push(format!("STORAGE {}", class.storage.as_ref().unwrap_or(&class.type_name)));
        }
        vec![Statement::new(format!(
            "CREATE OPERATOR CLASS {own}{default} FOR TYPE {} USING {} FAMILY {} AS\n    {}",
            class.type_name,
            quote_ident(method),
            class.family.as_ref().unwrap_or(&own),
            list.join(",\n    ")
        ))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Replace
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Schema, Part::Name, Part::Key("method")])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<OperatorClass>(name, value)
    }
}
