//! Materialized views; their indexes are objects of the kind `index`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind, Privileges, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_path, respell},
};

/// The facets of a `materialized_view`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaterializedView {
    /// The query as `pg_get_viewdef` spells it, without the final semicolon.
    pub definition: String,
    pub options: BTreeMap<String, String>,
    pub access_method: Option<String>,
    pub tablespace: Option<String>,
    /// Not populated yet.
    pub no_data: bool,
    /// Statistics target and storage of its columns where set.
    pub column_settings: BTreeMap<String, ColumnSettings>,
}

/// What `ALTER MATERIALIZED VIEW … ALTER COLUMN` sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnSettings {
    pub statistics: Option<i32>,
    pub storage: Option<String>,
}

/// The kind `materialized_view`.
pub struct MaterializedViewKind;

impl Kind for MaterializedViewKind {
    fn name(&self) -> &'static str {
        "materialized_view"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("MATERIALIZED VIEW {}", quote_path(&object.id.path))
    }

    fn grant_target(&self, object: &Object) -> String {
        format!("TABLE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let view: MaterializedView = object.read();
        let mut sql = format!("CREATE {}", self.address(object));
        if let Some(method) = &view.access_method {
            sql += &format!("\nUSING {}", quote_ident(method));
        }
        sql += &common::with_options(&view.options);
        if let Some(tablespace) = &view.tablespace {
            sql += &format!("\nTABLESPACE {}", quote_ident(tablespace));
        }
        sql += &format!(" AS\n{}", respell(&view.definition));
        if view.no_data {
            sql += "\nWITH NO DATA";
        }
        let mut out = vec![Statement::new(sql)];
        out.extend(settings(self.address(object), &BTreeMap::new(), &view.column_settings));
        out
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        let (old, new): (MaterializedView, MaterializedView) = (from.read(), to.read());
        if changed.contains("definition") {
            return Alteration::Replace;
        }
        let mut actions = common::option_changes(&old.options, &new.options);
        if changed.contains("access_method") {
            let method = quote_ident(new.access_method.as_deref().unwrap_or("heap"));
            actions.push(format!("SET ACCESS METHOD {method}"));
        }
        if changed.contains("tablespace") {
            let name = quote_ident(new.tablespace.as_deref().unwrap_or("pg_default"));
            actions.push(format!("SET TABLESPACE {name}"));
        }
        let address = self.address(to);
        let mut out: Vec<Statement> =
            actions.into_iter().map(|a| Statement::new(format!("ALTER {address} {a}"))).collect();
        out.extend(settings(address, &old.column_settings, &new.column_settings));
        if changed.contains("no_data") {
            let data = if new.no_data { " WITH NO DATA" } else { "" };
            let name = quote_path(&to.id.path);
            out.push(Statement::new(format!("REFRESH MATERIALIZED VIEW {name}{data}")));
        }
        Alteration::InPlace(out)
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        common::check::<MaterializedView>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
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

fn settings(
    address: String,
    old: &BTreeMap<String, ColumnSettings>,
    new: &BTreeMap<String, ColumnSettings>,
) -> Vec<Statement> {
    let mut out = Vec::new();
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (before, after) = (
            old.get(name).cloned().unwrap_or_default(),
            new.get(name).cloned().unwrap_or_default(),
        );
        let column = quote_ident(name);
        if before.statistics != after.statistics {
            let target = after.statistics.unwrap_or(-1);
            out.push(format!("ALTER {address} ALTER COLUMN {column} SET STATISTICS {target}"));
        }
        if before.storage != after.storage {
            let storage = after.storage.unwrap_or_else(|| "EXTENDED".into());
            out.push(format!("ALTER {address} ALTER COLUMN {column} SET STORAGE {storage}"));
        }
    }
    out.into_iter().map(Statement::new).collect()
}
