//! User mappings of foreign servers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Syntax, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident},
};

/// The facets of a `user_mapping`; path `[server, role]`, the role `PUBLIC` for everyone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserMapping {
    /// What the connected role may see of them: its own, its servers', or all for a superuser.
    pub options: BTreeMap<String, String>,
}

/// The kind `user_mapping`.
pub struct UserMappingKind;

impl Kind for UserMappingKind {
    fn name(&self) -> &'static str {
        "user_mapping"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        let role = match object.id.name() {
            "PUBLIC" => "PUBLIC".to_owned(),
            name => quote_ident(name),
        };
        let server = object.id.path.first().map(|s| quote_ident(s)).unwrap_or_default();
        format!("USER MAPPING FOR {role} SERVER {server}")
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let mapping: UserMapping = object.read();
        let options = common::foreign_options(&mapping.options);
        vec![Statement::new(format!("CREATE {}{options}", self.address(object)))]
    }

    fn alter(&self, from: &Object, to: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        let (old, new): (UserMapping, UserMapping) = (from.read(), to.read());
        let address = self.address(to);
        let options = common::foreign_option_changes(&old.options, &new.options);
        let statement = options.map(|list| Statement::new(format!("ALTER {address} {list}")));
        Alteration::InPlace(statement.into_iter().collect())
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Key("server"), Part::Name])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<UserMapping>(name, value)
    }

    fn roles(&self, object: &Object) -> Vec<String> {
        Some(object.id.name())
            .filter(|name| *name != "PUBLIC")
            .map(str::to_owned)
            .into_iter()
            .collect()
    }
}
