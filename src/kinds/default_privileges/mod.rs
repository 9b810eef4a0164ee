//! Default privileges: what objects made later start with.

use std::collections::BTreeSet;

use super::{
    Alteration, Context, Kind, Privileges,
    common::{self, Grants, Target},
};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The kind `default_privileges`; path `[role, schema, objects]`, the first two empty where the
/// facet is absent. Facets: `role` (absent: the role that connects), `schema` (absent: everywhere),
/// `objects` (`pg_default_acl.defaclobjtype`) and `privileges`.
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
        if let Some(role) = object.text("role") {
            out += &format!(" FOR ROLE {}", quote_ident(role));
        }
        if let Some(schema) = object.text("schema") {
            out += &format!(" IN SCHEMA {}", quote_ident(schema));
        }
        out
    }

    fn create(&self, object: &Object, _: &[&Object], cx: &Context<'_>) -> Vec<Statement> {
        changes(self, object, &base(object, cx), &listed(object))
    }

    fn alter(&self, from: &Object, to: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::InPlace(changes(self, to, &listed(from), &listed(to)))
    }

    fn drop(&self, object: &Object, cx: &Context<'_>) -> Vec<Statement> {
        changes(self, object, &listed(object), &base(object, cx))
    }
}

/// Word of the statement and privileges of a kind of objects.
fn objects(object: &Object) -> (&'static str, Privileges) {
    match object.text("objects") {
        Some("S") => ("SEQUENCES", common::SEQUENCE_PRIVILEGES),
        Some("f") => ("FUNCTIONS", common::ROUTINE_PRIVILEGES),
        Some("T") => ("TYPES", common::TYPE_PRIVILEGES),
        Some("n") => ("SCHEMAS", common::NAMESPACE_PRIVILEGES),
        Some("L") => ("LARGE OBJECTS", common::LARGE_OBJECT_PRIVILEGES),
        _ => ("TABLES", common::TABLE_PRIVILEGES),
    }
}

fn listed(object: &Object) -> Grants {
    let list = object.facets.get("privileges").and_then(serde_json::Value::as_array);
    list.map(|list| common::parse(list)).unwrap_or_default()
}

/// What holds without the rule: a rule for one schema adds, any other replaces.
fn base(object: &Object, cx: &Context<'_>) -> Grants {
    match object.text("schema") {
        Some(_) => Grants::new(),
        None => common::built_in(objects(object).1, cx.server_version()),
    }
}

fn changes(kind: &dyn Kind, object: &Object, before: &Grants, after: &Grants) -> Vec<Statement> {
    let (word, privileges) = objects(object);
    let target = Target { name: word, owner: object.text("role") };
    common::grants(&target, privileges, before, after)
        .into_iter()
        .map(|s| Statement::new(format!("ALTER {} {}", kind.address(object), s.sql)))
        .collect()
}
