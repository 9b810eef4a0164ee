//! Publications; the tables and schemas that one publishes are objects of their own, since they
//! leave it together with the table or schema.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Entry, Inline, Kind, Misfit, Part, Syntax, common};
use crate::{
    schema::{Object, Schema},
    sql::{Statement, quote_ident, quote_literal, quote_path},
};

/// The facets of a `publication`; path `[name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Publication {
    pub all_tables: bool,
    /// `insert`, `update`, `delete`, `truncate`; absent for all of them.
    pub publish: Option<Vec<String>>,
    /// `publish_via_partition_root`.
    pub via_root: bool,
    /// `stored`, otherwise none; 18 and later.
    pub generated_columns: Option<String>,
}

/// The facets of a `publication_table`; path `[publication, table]`, the table
/// qualified and quoted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PublicationTable {
    /// Column names, unquoted, in the order of the alphabet; empty for all; 15 and later.
    pub columns: Vec<String>,
    /// Row filter without outer `WHERE ( )`, as `pg_get_expr` spells it; 15 and later.
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// The kind `publication`.
pub struct PublicationKind;

/// The kind `publication_table`.
pub struct PublicationTableKind;

/// The kind `publication_schema`; path `[publication, namespace]`, no facets; 15 and later.
pub struct PublicationSchemaKind;

impl Kind for PublicationKind {
    fn name(&self) -> &'static str {
        "publication"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql"), include_str!("tables.sql"), include_str!("schemas.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("PUBLICATION {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, parts: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let publication: Publication = object.read();
        let mut sql = format!("CREATE {}", self.address(object));
        if publication.all_tables {
            sql += "\n    FOR ALL TABLES";
        }
        if !parts.is_empty() {
            sql += &format!("\n    FOR {}", list(parts));
        }
        let options = options(&Publication::default(), &publication);
        if !options.is_empty() {
            sql += &format!("\n    WITH ({})", options.join(", "));
        }
        vec![Statement::new(sql)]
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if changed.contains("all_tables") {
            return Alteration::Replace;
        }
        let options = options(&from.read(), &to.read()).join(", ");
        Alteration::InPlace(vec![Statement::new(format!(
            "ALTER {} SET ({options})",
            self.address(to)
        ))])
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Name])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Publication>(name, value)
    }
}

impl Kind for PublicationTableKind {
    fn name(&self) -> &'static str {
        "publication_table"
    }

    fn catalog(&self) -> &'static [&'static str] {
        // The queries of publications yield their tables and schemas too.
        &[]
    }

    fn address(&self, object: &Object) -> String {
        publication(object)
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![alter(object, &format!("ADD {}", list(&[object])))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Replace
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![alter(object, &format!("DROP TABLE ONLY {}", object.id.name()))]
    }

    fn inline(&self, _: &Object, _: &Schema) -> Inline {
        Inline::May
    }

    fn blocks_rebuild(&self, object: &Object) -> bool {
        object.facets.contains_key("where")
    }

    fn syntax(&self) -> Syntax {
        Syntax::Entry(Entry { one: "table", many: "tables", value: None, sibling: false })
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<PublicationTable>(name, value)
    }
}

impl Kind for PublicationSchemaKind {
    fn name(&self) -> &'static str {
        "publication_schema"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[]
    }

    fn address(&self, object: &Object) -> String {
        publication(object)
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![alter(object, &format!("ADD {}", list(&[object])))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::InPlace(Vec::new())
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![alter(object, &format!("DROP {}", list(&[object])))]
    }

    fn inline(&self, _: &Object, _: &Schema) -> Inline {
        Inline::May
    }

    fn syntax(&self) -> Syntax {
        Syntax::Entry(Entry { one: "schema", many: "schemas", value: None, sibling: false })
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check_texts(&[], name, value)
    }
}

/// `PUBLICATION name` of one of its parts.
fn publication(object: &Object) -> String {
    format!("PUBLICATION {}", quote_path(&object.id.path[..1]))
}

fn alter(object: &Object, action: &str) -> Statement {
    Statement::new(format!("ALTER {} {action}", publication(object)))
}

/// Tables and schemas as they stand after `FOR` and `ADD`; before 15 `TABLE` may not be repeated.
fn list(parts: &[&Object]) -> String {
    let (schemas, tables): (Vec<&Object>, Vec<&Object>) =
        parts.iter().partition(|part| part.id.is("publication_schema"));
    let tables: Vec<String> = tables.into_iter().map(table).collect();
    let schemas: Vec<String> = schemas.iter().map(|s| quote_ident(s.id.name())).collect();
    [("TABLE", tables), ("TABLES IN SCHEMA", schemas)]
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word} {}", names.join(", ")))
        .collect::<Vec<_>>()
        .join(",\n        ")
}

fn table(object: &Object) -> String {
    let table: PublicationTable = object.read();
    let mut sql = format!("ONLY {}", object.id.name());
    if !table.columns.is_empty() {
        let columns: Vec<_> = table.columns.iter().map(|c| quote_ident(c)).collect();
        sql += &format!(" ({})", columns.join(", "));
    }
    if let Some(filter) = &table.filter {
        sql += &format!(" WHERE ({filter})");
    }
    sql
}

fn options(old: &Publication, new: &Publication) -> Vec<String> {
    let mut out = Vec::new();
    if old.publish != new.publish {
        let all = || ["insert", "update", "delete", "truncate"].map(str::to_owned).to_vec();
        let list = new.publish.clone().unwrap_or_else(all).join(", ");
        out.push(format!("publish = {}", quote_literal(&list)));
    }
    if old.via_root != new.via_root {
        out.push(format!("publish_via_partition_root = {}", new.via_root));
    }
    if old.generated_columns != new.generated_columns {
        let which = new.generated_columns.as_deref().unwrap_or("none");
        out.push(format!("publish_generated_columns = {which}"));
    }
    out
}
