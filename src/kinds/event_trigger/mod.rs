//! Event triggers. They come last in the order of kinds, so that they fire for as little of a plan
//! as possible: dropped first, created last.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Syntax, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_literal},
};

/// The facets of an `event_trigger`; path `[name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventTrigger {
    /// `ddl_command_start`, `ddl_command_end`, `sql_drop`, `table_rewrite`, `login` (17).
    pub event: String,
    /// Command tags that it fires for; empty for all.
    pub tags: Vec<String>,
    /// Function, qualified and quoted.
    pub function: String,
    /// `DISABLE`, `ENABLE REPLICA`, `ENABLE ALWAYS`; absent for `ENABLE`.
    pub enabled: Option<String>,
}

/// The kind `event_trigger`.
pub struct EventTriggerKind;

impl Kind for EventTriggerKind {
    fn name(&self) -> &'static str {
        "event_trigger"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("EVENT TRIGGER {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let trigger: EventTrigger = object.read();
        let address = self.address(object);
        let mut sql = format!("CREATE {address} ON {}", trigger.event);
        if !trigger.tags.is_empty() {
            let tags: Vec<_> = trigger.tags.iter().map(|t| quote_literal(t)).collect();
            sql += &format!("\n    WHEN TAG IN ({})", tags.join(", "));
        }
        sql += &format!("\n    EXECUTE FUNCTION {}()", trigger.function);
        let mut out = vec![Statement::new(sql)];
        out.extend(trigger.enabled.map(|state| Statement::new(format!("ALTER {address} {state}"))));
        out
    }

    fn alter(
        &self,
        _: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if changed.iter().any(|facet| *facet != "enabled") {
            return Alteration::Replace;
        }
        let state = to.text("enabled").unwrap_or("ENABLE");
        Alteration::InPlace(vec![Statement::new(format!("ALTER {} {state}", self.address(to)))])
    }

    fn acts_on_creations(&self) -> bool {
        true
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Name])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<EventTrigger>(name, value)
    }
}
