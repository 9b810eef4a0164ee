//! The roles that a draft names: created where that is ours to do, reported where it is not.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    db::{Connection, Error},
    kinds,
    schema::{Draft, Object},
    sql::quote_ident,
    text::{Diagnostic, Span, code},
};

/// Makes sure that the roles exist; a finding for each one that does not.
pub(super) async fn provide(
    draft: &Draft,
    connection: &Connection,
    may_create: bool,
) -> Result<Vec<Diagnostic>, Error> {
    let mut wanted: BTreeMap<String, Span> = BTreeMap::new();
    for item in &draft.objects {
        for role in named(&item.object) {
            wanted.entry(role).or_insert(item.span);
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&String> = wanted.keys().collect();
    let sql = "SELECT u.name FROM unnest($1::text[]) AS u(name) \
               WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = u.name)";
    let missing: Vec<String> = connection
        .query(sql, &[&names])
        .await
        .map_err(|error| Error::statement("asking for the roles of the scratch server", &error))?
        .iter()
        .map(|row| row.get(0))
        .collect();
    if may_create {
        let script: Vec<String> =
            missing.iter().map(|name| format!("CREATE ROLE {}", quote_ident(name))).collect();
        connection.run("creating roles on the scratch server", &script.join("; ")).await?;
        return Ok(Vec::new());
    }
    let finding = |name: &String| {
        let message = format!("role `{name}` does not exist on the scratch server");
        let create = format!("create it there: `CREATE ROLE {}`", quote_ident(name));
        Diagnostic::error(&code::E0805, wanted[name], message)
            .help(format!("{create}; or leave the scratch server to driftless"))
    };
    Ok(missing.iter().map(finding).collect())
}

/// Owner, grantees, and the roles that the kind itself knows of.
fn named(object: &Object) -> Vec<String> {
    let mut found: Vec<String> = object.text("owner").map(str::to_owned).into_iter().collect();
    let granted = object.facets.get("privileges").and_then(Value::as_array);
    let grantees = granted
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|item| item.rsplit_once('='))
        .map(|(grantee, _)| grantee.to_owned())
        .filter(|name| name != "PUBLIC" && name != "$owner");
    found.extend(grantees);
    if let Some(kind) = kinds::named(&object.id.kind) {
        found.extend(kind.roles(object));
    }
    found
}
