//! Collations. The version of the library behind one is a matter of the server, not of the schema.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_literal, quote_path},
};

/// The facets of a `collation`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Collation {
    /// `icu` or `builtin` (17 and later); absent for `libc`.
    pub provider: Option<String>,
    /// Absent where `lc_collate` and `lc_ctype` differ.
    pub locale: Option<String>,
    pub lc_collate: Option<String>,
    pub lc_ctype: Option<String>,
    pub nondeterministic: bool,
    /// ICU tailoring rules; 16 and later.
    pub rules: Option<String>,
}

/// The kind `collation`.
pub struct CollationKind;

impl Kind for CollationKind {
    fn name(&self) -> &'static str {
        "collation"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("COLLATION {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let collation: Collation = object.read();
        let texts = [
            ("locale", collation.locale),
            ("lc_collate", collation.lc_collate),
            ("lc_ctype", collation.lc_ctype),
            ("rules", collation.rules),
        ];
        let mut list: Vec<String> =
            collation.provider.iter().map(|p| format!("provider = {p}")).collect();
        list.extend(
            texts.iter().filter_map(|(n, v)| Some(format!("{n} = {}", quote_literal(v.as_ref()?)))),
        );
        if collation.nondeterministic {
            list.push("deterministic = false".to_owned());
        }
        let list = list.join(", ");
        vec![Statement::new(format!("CREATE {} ({list})", self.address(object)))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Swap
    }

    fn set_aside(&self, object: &Object, name: &str) -> Vec<Statement> {
        let name = quote_ident(name);
        vec![Statement::new(format!("ALTER {} RENAME TO {name}", self.address(object)))]
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Collation>(name, value)
    }
}
