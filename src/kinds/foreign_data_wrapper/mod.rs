//! Foreign-data wrappers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Privileges, Syntax, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The facets of a `foreign_data_wrapper`; path `[name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForeignDataWrapper {
    /// Function, qualified and quoted.
    pub handler: Option<String>,
    /// Function, qualified and quoted.
    pub validator: Option<String>,
    pub options: BTreeMap<String, String>,
}

/// The kind `foreign_data_wrapper`.
pub struct ForeignDataWrapperKind;

impl Kind for ForeignDataWrapperKind {
    fn name(&self) -> &'static str {
        "foreign_data_wrapper"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("FOREIGN DATA WRAPPER {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let wrapper: ForeignDataWrapper = object.read();
        let mut sql = format!("CREATE {}", self.address(object));
        if let Some(handler) = &wrapper.handler {
            sql += &format!(" HANDLER {handler}");
        }
        if let Some(validator) = &wrapper.validator {
            sql += &format!(" VALIDATOR {validator}");
        }
        sql += &common::foreign_options(&wrapper.options);
        vec![Statement::new(sql)]
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        let (old, new): (ForeignDataWrapper, ForeignDataWrapper) = (from.read(), to.read());
        let mut sql = format!("ALTER {}", self.address(to));
        let words =
            [("handler", "HANDLER", &new.handler), ("validator", "VALIDATOR", &new.validator)];
        for (facet, word, function) in words {
            if changed.contains(facet) {
                sql += &match function {
                    Some(function) => format!(" {word} {function}"),
                    None => format!(" NO {word}"),
                };
            }
        }
        if let Some(options) = common::foreign_option_changes(&old.options, &new.options) {
            sql += &format!(" {options}");
        }
        Alteration::InPlace(vec![Statement::new(sql)])
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(Privileges { all: &["USAGE"], public: &[], default_type: None })
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Name])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<ForeignDataWrapper>(name, value)
    }
}
