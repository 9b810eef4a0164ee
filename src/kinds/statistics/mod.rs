//! Extended statistics.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Entry, Kind, Misfit, Syntax, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_path},
};

/// The facets of `statistics`; path `[namespace, name]`, parent the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statistics {
    /// `ndistinct`, `dependencies`, `mcv`; empty for all of them.
    pub kinds: Vec<String>,
    /// Column names, unquoted, in the order of the alphabet: PostgreSQL keeps no other.
    pub columns: Vec<String>,
    /// As PostgreSQL spells them, without outer parentheses; 14 and later.
    pub expressions: Vec<String>,
    /// Statistics target where set.
    pub target: Option<i32>,
}

/// The kind `statistics`.
pub struct StatisticsKind;

impl Kind for StatisticsKind {
    fn name(&self) -> &'static str {
        "statistics"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("STATISTICS {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let statistics: Statistics = object.read();
        let mut sql = format!("CREATE {}", self.address(object));
        if !statistics.kinds.is_empty() {
            sql += &format!(" ({})", statistics.kinds.join(", "));
        }
        let columns = statistics.columns.iter().map(|c| quote_ident(c));
        let expressions = statistics.expressions.iter().map(|e| format!("({e})"));
        let table = object.parent.as_ref().map(|p| quote_path(&p.path)).unwrap_or_default();
        let list: Vec<String> = columns.chain(expressions).collect();
        sql += &format!("\n    ON {}\n    FROM {table}", list.join(", "));
        let mut out = vec![Statement::new(sql)];
        out.extend(statistics.target.map(|target| set_target(object, target)));
        out
    }

    fn alter(
        &self,
        _: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if changed.iter().any(|facet| *facet != "target") {
            return Alteration::Replace;
        }
        let statistics: Statistics = to.read();
        Alteration::InPlace(vec![set_target(to, statistics.target.unwrap_or(-1))])
    }

    fn syntax(&self) -> Syntax {
        Syntax::Entry(Entry { one: "statistics", many: "statistics", value: None, sibling: true })
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Statistics>(name, value)
    }
}

fn set_target(object: &Object, target: i32) -> Statement {
    let name = quote_path(&object.id.path);
    Statement::new(format!("ALTER STATISTICS {name} SET STATISTICS {target}"))
}
