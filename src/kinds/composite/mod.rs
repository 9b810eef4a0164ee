//! Composite types; their attributes are objects of the kind `column`.

use std::collections::BTreeSet;

use super::{Alteration, Context, Kind, Privileges, column, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_path},
};

/// The kind `composite`; path `[namespace, name]`.
pub struct CompositeKind;

impl Kind for CompositeKind {
    fn name(&self) -> &'static str {
        "composite"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("TYPE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, parts: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let attributes: Vec<String> = parts.iter().map(|part| column::attribute(part)).collect();
        let list = if attributes.is_empty() {
            "()".to_owned()
        } else {
            format!("(\n    {}\n)", attributes.join(",\n    "))
        };
        vec![Statement::new(format!("CREATE {} AS {list}", self.address(object)))]
    }

    fn alter(&self, from: &Object, to: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        // The order counts, as in ROW(…), and ADD ATTRIBUTE adds at the end.
        let (old, new) = (attributes(from), attributes(to));
        let (kept, added): (Vec<&String>, Vec<&String>) =
            new.iter().partition(|name| old.contains(name));
        let in_place = old.iter().filter(|name| new.contains(name)).eq(kept.iter().copied())
            && new.iter().eq(kept.iter().copied().chain(added));
        if in_place { Alteration::InPlace(Vec::new()) } else { Alteration::Swap }
    }

    fn unwritten(&self) -> &'static [&'static str] {
        &["attributes"]
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        super::common::check_texts(&[], name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::TYPE_PRIVILEGES)
    }

    fn set_aside(&self, object: &Object, name: &str) -> Vec<Statement> {
        let name = quote_ident(name);
        vec![Statement::new(format!("ALTER {} RENAME TO {name}", self.address(object)))]
    }
}

/// Names of the attributes in order.
fn attributes(object: &Object) -> Vec<String> {
    let list = object.facets.get("attributes").cloned().unwrap_or_default();
    serde_json::from_value(list).unwrap_or_default()
}
