//! Row-level security policies.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind, column};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, respell, unquote_ident},
};

/// The facets of a `policy`; path `[namespace, table, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    pub restrictive: bool,
    /// `SELECT`, `INSERT`, `UPDATE`, `DELETE`; absent for `ALL`.
    pub command: Option<String>,
    /// Quoted role names; empty for PUBLIC.
    pub roles: Vec<String>,
    pub using: Option<String>,
    pub check: Option<String>,
}

/// The kind `policy`.
pub struct PolicyKind;

impl Kind for PolicyKind {
    fn name(&self) -> &'static str {
        "policy"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("POLICY {} ON {}", quote_ident(object.id.name()), column::relation(object))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let policy: Policy = object.read();
        let mut sql = format!("CREATE {}", self.address(object));
        if policy.restrictive {
            sql += "\n    AS RESTRICTIVE";
        }
        if let Some(command) = &policy.command {
            sql += &format!("\n    FOR {command}");
        }
        if !policy.roles.is_empty() {
            sql += &format!("\n    TO {}", policy.roles.join(", "));
        }
        if let Some(using) = &policy.using {
            sql += &format!("\n    USING ({})", respell(using));
        }
        if let Some(check) = &policy.check {
            sql += &format!("\n    WITH CHECK ({})", respell(check));
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
        let (old, new): (Policy, Policy) = (from.read(), to.read());
        let lost = old.using.is_some() && new.using.is_none()
            || old.check.is_some() && new.check.is_none();
        if changed.contains("restrictive") || changed.contains("command") || lost {
            return Alteration::Replace;
        }
        let mut sql = format!("ALTER {}", self.address(to));
        if changed.contains("roles") {
            let roles = if new.roles.is_empty() { "PUBLIC".into() } else { new.roles.join(", ") };
            sql += &format!("\n    TO {roles}");
        }
        if let (true, Some(using)) = (changed.contains("using"), &new.using) {
            sql += &format!("\n    USING ({})", respell(using));
        }
        if let (true, Some(check)) = (changed.contains("check"), &new.check) {
            sql += &format!("\n    WITH CHECK ({})", respell(check));
        }
        Alteration::InPlace(vec![Statement::new(sql)])
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Block(&[super::Part::On, super::Part::Name])
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        super::common::check::<Policy>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn blocks_rebuild(&self, _: &Object) -> bool {
        true
    }

    fn roles(&self, object: &Object) -> Vec<String> {
        let policy: Policy = object.read();
        policy.roles.iter().filter_map(|role| unquote_ident(role)).collect()
    }
}
