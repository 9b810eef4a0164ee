//! Foreign servers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Privileges, Syntax, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_literal},
};

/// The facets of a `foreign_server`; path `[name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForeignServer {
    /// Name of the foreign-data wrapper, unquoted.
    pub wrapper: String,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub version: Option<String>,
    pub options: BTreeMap<String, String>,
}

/// The kind `foreign_server`.
pub struct ForeignServerKind;

impl Kind for ForeignServerKind {
    fn name(&self) -> &'static str {
        "foreign_server"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("SERVER {}", quote_ident(object.id.name()))
    }

    fn grant_target(&self, object: &Object) -> String {
        format!("FOREIGN SERVER {}", quote_ident(object.id.name()))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let server: ForeignServer = object.read();
        let mut sql = format!("CREATE {}", self.address(object));
        if let Some(type_name) = &server.type_name {
            sql += &format!(" TYPE {}", quote_literal(type_name));
        }
        if let Some(version) = &server.version {
            sql += &format!(" VERSION {}", quote_literal(version));
        }
        sql += &format!(" FOREIGN DATA WRAPPER {}", quote_ident(&server.wrapper));
        sql += &common::foreign_options(&server.options);
        vec![Statement::new(sql)]
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        let (old, new): (ForeignServer, ForeignServer) = (from.read(), to.read());
        // ALTER SERVER can set a version and cannot take it away.
        let unversioned = changed.contains("version") && new.version.is_none();
        if changed.contains("wrapper") || changed.contains("type") || unversioned {
            return Alteration::Replace;
        }
        let mut sql = format!("ALTER {}", self.address(to));
        if let (true, Some(version)) = (changed.contains("version"), &new.version) {
            sql += &format!(" VERSION {}", quote_literal(version));
        }
        if let Some(options) = common::foreign_option_changes(&old.options, &new.options) {
            sql += &format!(" {options}");
        }
        Alteration::InPlace(vec![Statement::new(sql)])
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(Privileges { all: &["USAGE"], public: &[], default_type: None })
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Name])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<ForeignServer>(name, value)
    }
}
