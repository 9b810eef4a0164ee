//! Range types and the multirange types that come with them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind, Privileges, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_path},
};

/// The facets of a `range`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Range {
    pub subtype: String,
    /// Operator class where it is not the default, qualified and quoted.
    pub subtype_opclass: Option<String>,
    pub collation: Option<String>,
    /// Function, qualified and quoted.
    pub canonical: Option<String>,
    /// Function, qualified and quoted.
    pub subtype_diff: Option<String>,
    /// Name of the multirange type, qualified and quoted; 14 and later.
    pub multirange: Option<String>,
}

/// The kind `range`.
pub struct RangeKind;

impl Kind for RangeKind {
    fn name(&self) -> &'static str {
        "range"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("TYPE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let range: Range = object.read();
        let mut list = vec![format!("subtype = {}", range.subtype)];
        let optional = [
            ("subtype_opclass", range.subtype_opclass),
            ("collation", range.collation),
            ("canonical", range.canonical),
            ("subtype_diff", range.subtype_diff),
            ("multirange_type_name", range.multirange),
        ];
        list.extend(optional.into_iter().filter_map(|(n, v)| v.map(|v| format!("{n} = {v}"))));
        let list = list.join(",\n    ");
        vec![Statement::new(format!("CREATE {} AS RANGE (\n    {list}\n)", self.address(object)))]
    }

    fn alter(&self, from: &Object, _: &Object, _: &BTreeSet<&str>, cx: &Context<'_>) -> Alteration {
        let used = cx.from.objects.values().any(|object| object.deps.contains(&from.id));
        if used { Alteration::Swap } else { Alteration::Replace }
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        common::check::<Range>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::TYPE_PRIVILEGES)
    }

    fn set_aside(&self, object: &Object, name: &str) -> Vec<Statement> {
        let range: Range = object.read();
        let (namespace, old) = (quote_ident(&object.id.path[0]), quote_ident(object.id.name()));
        let (new, subtype) = (quote_ident(name), &range.subtype);
        let mut list = vec![
            format!("ALTER {} RENAME TO {new}", self.address(object)),
            // Its constructors have its name and are not renamed with it (manual, "CREATE TYPE").
            format!("ALTER FUNCTION {namespace}.{old}({subtype}, {subtype}) RENAME TO {new}"),
            format!("ALTER FUNCTION {namespace}.{old}({subtype}, {subtype}, text) RENAME TO {new}"),
        ];
        if let Some(many) = &range.multirange {
            let set = quote_ident(&format!("{}_set", name.chars().take(50).collect::<String>()));
            list.push(format!("ALTER TYPE {many} RENAME TO {set}"));
            for arguments in [
                String::new(),
                format!("{namespace}.{new}"),
                format!("VARIADIC {namespace}.{new}[]"),
            ] {
                list.push(format!("ALTER FUNCTION {many}({arguments}) RENAME TO {set}"));
            }
        }
        list.into_iter().map(Statement::new).collect()
    }
}
