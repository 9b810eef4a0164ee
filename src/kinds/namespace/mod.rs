//! Namespaces: what SQL calls schemas.

use std::collections::BTreeSet;

use super::{Alteration, Context, Kind, Privileges, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The kind `namespace`; path `[name]`, facet `public_owner`: who owns `public`, where it is not
/// who owns it in a new database.
pub struct NamespaceKind;

impl Kind for NamespaceKind {
    fn name(&self) -> &'static str {
        "namespace"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("SCHEMA {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("CREATE {}", self.address(object)))]
    }

    fn alter(
        &self,
        _: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        cx: &Context<'_>,
    ) -> Alteration {
        if !changed.contains("public_owner") {
            return Alteration::InPlace(Vec::new());
        }
        let owner = match to.text("public_owner") {
            Some(role) => quote_ident(role),
            None if cx.server_version() >= 150_000 => "pg_database_owner".to_owned(),
            None => "CURRENT_USER".to_owned(),
        };
        Alteration::InPlace(vec![Statement::new(format!("ALTER SCHEMA public OWNER TO {owner}"))])
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Block(&[super::Part::Name])
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        super::common::check_texts(&["public_owner"], name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::NAMESPACE_PRIVILEGES)
    }
}
