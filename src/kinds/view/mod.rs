//! Views.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind, Privileges, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_path, respell},
};

/// The facets of a `view`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// The query as `pg_get_viewdef` spells it, without the final semicolon.
    pub definition: String,
    /// `name type` of each column, in order; derived from the definition.
    pub columns: Vec<String>,
    /// `check_option`, `security_barrier`, `security_invoker`.
    pub options: BTreeMap<String, String>,
}

/// The kind `view`.
pub struct ViewKind;

impl Kind for ViewKind {
    fn name(&self) -> &'static str {
        "view"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("VIEW {}", quote_path(&object.id.path))
    }

    fn grant_target(&self, object: &Object) -> String {
        format!("TABLE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![definition("CREATE VIEW", object)]
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        let (old, new): (View, View) = (from.read(), to.read());
        if changed.contains("definition") || changed.contains("columns") {
            // CREATE OR REPLACE VIEW may only add columns at the end (manual, "CREATE VIEW").
            if !new.columns.starts_with(&old.columns) {
                return Alteration::Replace;
            }
            let mut out = vec![definition("CREATE OR REPLACE VIEW", to)];
            let gone: Vec<String> =
                old.options.keys().filter(|n| !new.options.contains_key(*n)).cloned().collect();
            if !gone.is_empty() {
                let list = gone.join(", ");
                out.push(Statement::new(format!("ALTER {} RESET ({list})", self.address(to))));
            }
            return Alteration::InPlace(out);
        }
        let address = self.address(to);
        Alteration::InPlace(
            common::option_changes(&old.options, &new.options)
                .into_iter()
                .map(|a| Statement::new(format!("ALTER {address} {a}")))
                .collect(),
        )
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        common::check::<View>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn derived(&self) -> &'static [&'static str] {
        &["columns"]
    }

    fn blocks_rebuild(&self, _: &Object) -> bool {
        true
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::TABLE_PRIVILEGES)
    }

    fn relation_names(&self, object: &Object) -> Vec<Vec<String>> {
        vec![object.id.path.clone()]
    }
}

fn definition(verb: &str, object: &Object) -> Statement {
    let view: View = object.read();
    let name = quote_path(&object.id.path);
    let options = common::with_options(&view.options);
    Statement::new(format!("{verb} {name}{options} AS\n{}", respell(&view.definition)))
}
