//! Default privileges: what objects made later start with.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Alteration, Context, Kind, Misfit, Part, Privileges, Syntax,
    common::{self, Grants, Target},
};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The facets of `default_privileges`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DefaultPrivileges {
    /// `grantee=PRIVILEGE,…`: all that it gives, to `$owner` too where it is not for one schema.
    pub grants: Vec<String>,
}

/// The kind `default_privileges`; path `[role, schema, objects]`: an empty role is the one that
/// connects, an empty schema is everywhere, objects is a `pg_default_acl.defaclobjtype`.
///
/// Rules that go are dropped before anything is created, the others change after everything is:
/// the last kind of all is the first to be dropped and the last to be created.
pub struct DefaultPrivilegesKind;

impl Kind for DefaultPrivilegesKind {
    fn name(&self) -> &'static str {
        "default_privileges"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        let mut out = "DEFAULT PRIVILEGES".to_owned();
        if let Some(role) = role(object) {
            out += &format!(" FOR ROLE {}", quote_ident(role));
        }
        if let Some(schema) = schema(object) {
            out += &format!(" IN SCHEMA {}", quote_ident(schema));
        }
        out
    }

    fn create(&self, object: &Object, _: &[&Object], cx: &Context<'_>) -> Vec<Statement> {
        changes(object, &base(object, cx), &listed(object), cx)
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        _: &BTreeSet<&str>,
        cx: &Context<'_>,
    ) -> Alteration {
        Alteration::InPlace(changes(to, &listed(from), &listed(to), cx))
    }

    fn drop(&self, object: &Object, cx: &Context<'_>) -> Vec<Statement> {
        changes(object, &listed(object), &base(object, cx), cx)
    }

    fn acts_on_creations(&self) -> bool {
        true
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Key("role"), Part::Key("schema"), Part::Key("objects")])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<DefaultPrivileges>(name, value)
    }

    fn roles(&self, object: &Object) -> Vec<String> {
        let grantees = listed(object).into_keys().filter(|g| g != "$owner" && g != "PUBLIC");
        role(object).map(str::to_owned).into_iter().chain(grantees).collect()
    }
}

/// The role whose objects it is about, unless it is the one that connects.
pub(super) fn role(object: &Object) -> Option<&str> {
    object.id.path.first().map(String::as_str).filter(|name| !name.is_empty())
}

/// The schema that it is limited to.
pub(super) fn schema(object: &Object) -> Option<&str> {
    object.id.path.get(1).map(String::as_str).filter(|name| !name.is_empty())
}

/// Word of the statement and privileges of a kind of objects.
fn objects(object: &Object) -> (&'static str, Privileges) {
    match object.id.path.get(2).map(String::as_str) {
        Some("S") => ("SEQUENCES", common::SEQUENCE_PRIVILEGES),
        Some("f") => ("FUNCTIONS", common::ROUTINE_PRIVILEGES),
        Some("T") => ("TYPES", common::TYPE_PRIVILEGES),
        Some("n") => ("SCHEMAS", common::NAMESPACE_PRIVILEGES),
        Some("L") => ("LARGE OBJECTS", common::LARGE_OBJECT_PRIVILEGES),
        _ => ("TABLES", common::TABLE_PRIVILEGES),
    }
}

/// What the rule gives, grantee by grantee.
pub(super) fn listed(object: &Object) -> Grants {
    let list = object.facets.get("grants").and_then(Value::as_array);
    list.map(|list| common::parse(list)).unwrap_or_default()
}

/// What holds without the rule: a rule for one schema adds, any other replaces.
fn base(object: &Object, cx: &Context<'_>) -> Grants {
    match schema(object) {
        Some(_) => Grants::new(),
        None => common::built_in(objects(object).1, cx.server_version()),
    }
}

fn changes(object: &Object, before: &Grants, after: &Grants, cx: &Context<'_>) -> Vec<Statement> {
    let (word, privileges) = objects(object);
    let target = Target { name: word, owner: role(object), version: cx.server_version() };
    let address = DefaultPrivilegesKind.address(object);
    common::grants(&target, privileges, before, after)
        .into_iter()
        .map(|s| Statement::new(format!("ALTER {address} {}", s.sql)))
        .collect()
}
