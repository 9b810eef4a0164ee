//! Foreign tables; their columns, defaults and checks are objects of their own, as of tables.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Privileges, column, common, constraint, table};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_path},
};

/// The facets of a `foreign_table`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForeignTable {
    /// Name of the server, unquoted.
    pub server: String,
    pub options: BTreeMap<String, String>,
    /// Tables it inherits from, in order, qualified and quoted.
    pub inherits: Vec<String>,
}

/// The kind `foreign_table`.
pub struct ForeignTableKind;

impl Kind for ForeignTableKind {
    fn name(&self) -> &'static str {
        "foreign_table"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("FOREIGN TABLE {}", quote_path(&object.id.path))
    }

    fn grant_target(&self, object: &Object) -> String {
        format!("TABLE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, parts: &[&Object], cx: &Context<'_>) -> Vec<Statement> {
        let foreign: ForeignTable = object.read();
        let like = table::Table { inherits: foreign.inherits.clone(), ..table::Table::default() };
        let mut lines = table::column_lines(&like, parts);
        let constraints: Vec<_> = parts.iter().filter(|p| p.id.is("constraint")).collect();
        lines.extend(constraints.iter().map(|p| constraint::definition(p)));
        let list = if lines.is_empty() {
            "()".to_owned()
        } else {
            format!("(\n    {}\n)", lines.join(",\n    "))
        };
        let mut sql = format!("CREATE {} {list}", self.address(object));
        if !foreign.inherits.is_empty() {
            sql += &format!("\nINHERITS ({})", foreign.inherits.join(", "));
        }
        sql += &format!("\nSERVER {}", quote_ident(&foreign.server));
        sql += &common::foreign_options(&foreign.options);
        let mut out = vec![Statement::new(sql)];
        out.extend(parts.iter().filter(|p| p.id.is("column")).flat_map(|p| column::settings(p)));
        if !foreign.inherits.is_empty() {
            out.extend(column::defaults_not_taken_over(parts, cx));
        }
        out
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if changed.contains("server") {
            return Alteration::Replace;
        }
        let (old, new): (ForeignTable, ForeignTable) = (from.read(), to.read());
        let mut actions = Vec::new();
        for parent in old.inherits.iter().filter(|p| !new.inherits.contains(p)) {
            actions.push(format!("NO INHERIT {parent}"));
        }
        for parent in new.inherits.iter().filter(|p| !old.inherits.contains(p)) {
            actions.push(format!("INHERIT {parent}"));
        }
        actions.extend(common::foreign_option_changes(&old.options, &new.options));
        let address = self.address(to);
        Alteration::InPlace(
            actions.into_iter().map(|a| Statement::new(format!("ALTER {address} {a}"))).collect(),
        )
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::TABLE_PRIVILEGES)
    }

    fn relation_names(&self, object: &Object) -> Vec<Vec<String>> {
        vec![object.id.path.clone()]
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<ForeignTable>(name, value)
    }
}
