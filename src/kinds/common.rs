//! What all kinds share: comment, owner, privileges, option lists.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Context, Kind, Misfit, Privileges, default_privileges};
use crate::{
    schema::{Object, ObjectId},
    sql::{Statement, quote_ident, quote_literal, quote_path},
};

/// Facets that every kind may carry and that [`alter`] handles.
pub const FACETS: &[&str] = &["owner", "comment", "privileges", "labels", "column_comments"];

/// Privileges of tables and views; MAINTAIN exists from 17 on.
pub(crate) const TABLE_PRIVILEGES: Privileges = Privileges {
    all: &["DELETE", "INSERT", "MAINTAIN", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"],
    public: &[],
    default_type: Some('r'),
};
pub(crate) const TYPE_PRIVILEGES: Privileges =
    Privileges { all: &["USAGE"], public: &["USAGE"], default_type: Some('T') };
pub(crate) const ROUTINE_PRIVILEGES: Privileges =
    Privileges { all: &["EXECUTE"], public: &["EXECUTE"], default_type: Some('f') };
pub(crate) const SEQUENCE_PRIVILEGES: Privileges =
    Privileges { all: &["SELECT", "UPDATE", "USAGE"], public: &[], default_type: Some('S') };
pub(crate) const NAMESPACE_PRIVILEGES: Privileges =
    Privileges { all: &["CREATE", "USAGE"], public: &[], default_type: Some('n') };
pub(crate) const LARGE_OBJECT_PRIVILEGES: Privileges =
    Privileges { all: &["SELECT", "UPDATE"], public: &[], default_type: Some('L') };

/// Statements that bring comment, owner, labels and privileges from one state to another; `from`
/// is absent when the object has just been created.
#[must_use]
pub fn alter(
    kind: &dyn Kind,
    from: Option<&Object>,
    to: &Object,
    cx: &Context<'_>,
) -> Vec<Statement> {
    let mut out = Vec::new();
    let address = kind.address(to);
    let differs = |facet: &str| {
        let open = to.open.contains(facet) || from.is_some_and(|o| o.open.contains(facet));
        !open && from.and_then(|o| o.facets.get(facet)) != to.facets.get(facet)
    };
    if differs("owner") {
        let owner = to.text("owner").map_or("CURRENT_USER".to_owned(), quote_ident);
        out.push(Statement::new(format!("ALTER {address} OWNER TO {owner}")));
    }
    if differs("comment") {
        out.push(comment(&address, to.text("comment")));
    }
    out.extend(column_comments(from, to));
    out.extend(labels(&address, from, to));
    if let Some(privileges) = kind.privileges() {
        let created = from.is_none();
        let before = match from {
            Some(object) => granted(object, privileges, cx.server_version()),
            None => initial(to, privileges, cx),
        };
        let after = granted(to, privileges, cx.server_version());
        if created || differs("privileges") || differs("owner") {
            let target = Target {
                name: &kind.grant_target(to),
                owner: to.text("owner"),
                version: cx.server_version(),
            };
            out.extend(grants(&target, privileges, &before, &after));
        }
    }
    out
}

fn comment(address: &str, text: Option<&str>) -> Statement {
    let text = text.map_or("NULL".to_owned(), quote_literal);
    Statement::new(format!("COMMENT ON {address} IS {text}"))
}

fn column_comments(from: Option<&Object>, to: &Object) -> Vec<Statement> {
    let list = |o: Option<&Object>| -> BTreeMap<String, Value> {
        o.and_then(|o| o.facets.get("column_comments"))
            .and_then(Value::as_object)
            .map(|m| m.clone().into_iter().collect())
            .unwrap_or_default()
    };
    let (before, after) = (list(from), list(Some(to)));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let column = format!("{}.{}", quote_path(&to.id.path), quote_ident(name));
            comment(&format!("COLUMN {column}"), after.get(name).and_then(Value::as_str))
        })
        .collect()
}

/// `SECURITY LABEL` statements; the facet `labels` maps provider to label.
fn labels(address: &str, from: Option<&Object>, to: &Object) -> Vec<Statement> {
    let list = |o: Option<&Object>| -> BTreeMap<String, String> {
        o.and_then(|o| o.facets.get("labels"))
            .and_then(|v| serde_json::from_value(v.clone()).ok())
            .unwrap_or_default()
    };
    let (before, after) = (list(from), list(Some(to)));
    let providers: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    providers
        .into_iter()
        .filter(|provider| before.get(*provider) != after.get(*provider))
        .map(|provider| {
            let label = after.get(provider).map_or("NULL".to_owned(), |l| quote_literal(l));
            let provider = quote_ident(provider);
            Statement::new(format!("SECURITY LABEL FOR {provider} ON {address} IS {label}"))
        })
        .collect()
}

/// Grantee → privileges, with `*` after one that may be granted on.
pub(crate) type Grants = BTreeMap<String, BTreeSet<String>>;

/// The privileges of an object as its facet states them, or those that PostgreSQL gives.
fn granted(object: &Object, privileges: Privileges, version: u32) -> Grants {
    match object.facets.get("privileges").and_then(Value::as_array) {
        Some(list) => parse(list),
        // `initdb` gives more to PUBLIC than a namespace has by itself (information in pg_init_privs).
        None if object.id.is("namespace") && object.id.name() == "public" => {
            let mut out = built_in(privileges, version);
            let public: &[&str] = if version < 150_000 { &["CREATE", "USAGE"] } else { &["USAGE"] };
            out.insert("PUBLIC".to_owned(), public.iter().map(|p| (*p).to_owned()).collect());
            out
        }
        None => built_in(privileges, version),
    }
}

/// What PostgreSQL gives by itself.
pub(crate) fn built_in(privileges: Privileges, version: u32) -> Grants {
    let mut out = Grants::new();
    let all: BTreeSet<String> =
        privileges.all.iter().filter(|p| known(p, version)).map(|p| (*p).to_owned()).collect();
    out.insert("$owner".to_owned(), all);
    if !privileges.public.is_empty() {
        let public = privileges.public.iter().map(|p| (*p).to_owned()).collect();
        out.insert("PUBLIC".to_owned(), public);
    }
    out
}

fn known(privilege: &str, version: u32) -> bool {
    privilege != "MAINTAIN" || version >= 170_000
}

/// What a new object starts with: `ALTER DEFAULT PRIVILEGES` that are in force while it is made,
/// which are those that were there before and are not dropped.
fn initial(object: &Object, privileges: Privileges, cx: &Context<'_>) -> Grants {
    let mut out = built_in(privileges, cx.server_version());
    let Some(letter) = privileges.default_type else { return out };
    let namespace = object.id.path.first().map(String::as_str);
    for rule in cx.from.of_kind("default_privileges") {
        let other = rule.id.name() != letter.to_string();
        if other || default_privileges::role(rule).is_some() || cx.to.get(&rule.id).is_none() {
            continue;
        }
        let list = default_privileges::listed(rule);
        match default_privileges::schema(rule) {
            None => out = list,
            Some(name) if Some(name) == namespace => {
                for (grantee, set) in list {
                    out.entry(grantee).or_default().extend(set);
                }
            }
            Some(_) => {}
        }
    }
    out
}

pub(crate) fn parse(list: &[Value]) -> Grants {
    list.iter()
        .filter_map(Value::as_str)
        .filter_map(|item| item.rsplit_once('='))
        .map(|(grantee, set)| (grantee.to_owned(), set.split(',').map(str::to_owned).collect()))
        .collect()
}

/// What is granted on.
pub(crate) struct Target<'a> {
    /// `TABLE public.users`; for a column `(name) ON TABLE public.users`.
    pub(crate) name: &'a str,
    /// Its owner; absent for the connecting role.
    pub(crate) owner: Option<&'a str>,
    /// Version of the server, on which it depends what `ALL` is.
    pub(crate) version: u32,
}

impl Target<'_> {
    fn on(&self, names: &[&str], privileges: Privileges) -> String {
        match self.name.split_once(" ON ") {
            Some((column, table)) => {
                let list: Vec<String> = bare(names).map(|n| format!("{n} {column}")).collect();
                format!("{} ON {table}", list.join(", "))
            }
            None => format!("{} ON {}", list(names, privileges, self.version), self.name),
        }
    }
}

fn bare<'a>(names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    names.iter().map(|n| n.trim_end_matches('*'))
}

/// `REVOKE` and `GRANT` statements between two states.
pub(crate) fn grants(
    target: &Target<'_>,
    privileges: Privileges,
    before: &Grants,
    after: &Grants,
) -> Vec<Statement> {
    let mut out = Vec::new();
    let none = BTreeSet::new();
    let grantees: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for grantee in grantees {
        let (old, new) =
            (before.get(grantee).unwrap_or(&none), after.get(grantee).unwrap_or(&none));
        if old == new {
            continue;
        }
        let role = match grantee.as_str() {
            "$owner" => target.owner.map_or("CURRENT_USER".to_owned(), quote_ident),
            "PUBLIC" => "PUBLIC".to_owned(),
            name => quote_ident(name),
        };
        let lost: Vec<&str> = old.difference(new).map(String::as_str).collect();
        if !lost.is_empty() {
            let what = target.on(&lost, privileges);
            out.push(Statement::new(format!("REVOKE {what} FROM {role}")));
        }
        // A privilege whose grant option went is revoked as a whole above, so it is given again.
        let gained: Vec<&str> = new.difference(old).map(String::as_str).collect();
        let (with, without): (Vec<&str>, Vec<&str>) =
            gained.iter().partition(|name| name.ends_with('*'));
        for (names, suffix) in [(without, ""), (with, " WITH GRANT OPTION")] {
            if !names.is_empty() {
                let what = target.on(&names, privileges);
                out.push(Statement::new(format!("GRANT {what} TO {role}{suffix}")));
            }
        }
    }
    out
}

fn list(names: &[&str], privileges: Privileges, version: u32) -> String {
    let bare: BTreeSet<&str> = bare(names).collect();
    let all = privileges.all.iter().filter(|p| known(p, version)).all(|p| bare.contains(p));
    if privileges.all.len() > 1 && all {
        return "ALL".to_owned();
    }
    bare.into_iter().collect::<Vec<_>>().join(", ")
}

/// `ALTER … SET SCHEMA` and `ALTER … RENAME TO`, as far as the two identities differ.
pub(crate) fn rename(address: &str, from: &ObjectId, to: &ObjectId) -> Vec<Statement> {
    let mut out = Vec::new();
    let (Some(old), Some(new)) = (from.path.last(), to.path.last()) else { return out };
    if old != new {
        out.push(Statement::new(format!("ALTER {address} RENAME TO {}", quote_ident(new))));
    }
    if from.path.len() > 1 && from.path[0] != to.path[0] {
        let address = match address.rsplit_once(&quote_path(&from.path)) {
            Some((kind, _)) => format!("{kind}{}", quote_path(&[&from.path[0], new])),
            None => address.to_owned(),
        };
        let namespace = quote_ident(&to.path[0]);
        out.push(Statement::new(format!("ALTER {address} SET SCHEMA {namespace}")));
    }
    out
}

/// `WITH (a=1, b='x')`, or nothing.
pub(crate) fn with_options(options: &BTreeMap<String, String>) -> String {
    if options.is_empty() { String::new() } else { format!(" WITH ({})", assignments(options)) }
}

/// `a=1, b='x'`.
pub(crate) fn assignments(options: &BTreeMap<String, String>) -> String {
    let plain = |v: &str| {
        !v.is_empty() && v.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
    };
    options
        .iter()
        .map(|(name, value)| {
            let name = name.split('.').map(quote_ident).collect::<Vec<_>>().join(".");
            if plain(value) {
                format!("{name}={value}")
            } else {
                format!("{name}={}", quote_literal(value))
            }
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// `SET (…)` and `RESET (…)` clauses from one option list to another.
pub(crate) fn option_changes(
    from: &BTreeMap<String, String>,
    to: &BTreeMap<String, String>,
) -> Vec<String> {
    let changed: BTreeMap<String, String> = to
        .iter()
        .filter(|(name, value)| from.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let gone: Vec<String> =
        from.keys().filter(|name| !to.contains_key(*name)).map(|name| quote_dotted(name)).collect();
    let mut out = Vec::new();
    if !gone.is_empty() {
        out.push(format!("RESET ({})", gone.join(", ")));
    }
    if !changed.is_empty() {
        out.push(format!("SET ({})", assignments(&changed)));
    }
    out
}

fn quote_dotted(name: &str) -> String {
    name.split('.').map(quote_ident).collect::<Vec<_>>().join(".")
}

/// Stands for the value of an option that is a secret: it is never read from a server, so two of
/// them are equal, and whoever creates one fills it in.
pub const SECRET: &str = "********";

/// One option of a foreign object; a secret says that somebody has to set it.
fn foreign_option(name: &str, value: &str) -> String {
    let note = if value == SECRET { " /* a secret: set it by hand */" } else { "" };
    format!("{} {}{note}", quote_ident(name), quote_literal(value))
}

/// `OPTIONS (a 'x', b 'y')` of foreign objects, or nothing.
pub(crate) fn foreign_options(options: &BTreeMap<String, String>) -> String {
    if options.is_empty() {
        return String::new();
    }
    let list: Vec<_> = options.iter().map(|(n, v)| foreign_option(n, v)).collect();
    format!(" OPTIONS ({})", list.join(", "))
}

/// `OPTIONS (ADD a 'x', SET b 'y', DROP c)` between two lists of foreign options, if they differ.
pub(crate) fn foreign_option_changes(
    from: &BTreeMap<String, String>,
    to: &BTreeMap<String, String>,
) -> Option<String> {
    let mut list = Vec::new();
    for name in from.keys().filter(|name| !to.contains_key(*name)) {
        list.push(format!("DROP {}", quote_ident(name)));
    }
    for (name, value) in to {
        match from.get(name) {
            Some(old) if old == value => {}
            Some(_) => list.push(format!("SET {}", foreign_option(name, value))),
            None => list.push(format!("ADD {}", foreign_option(name, value))),
        }
    }
    (!list.is_empty()).then(|| format!("OPTIONS ({})", list.join(", ")))
}

/// Checks a facet against the structure of a kind.
pub(crate) fn check<T: Default + Serialize + DeserializeOwned>(
    name: &str,
    value: &Value,
) -> Result<(), Misfit> {
    if FACETS.contains(&name) {
        return Ok(());
    }
    let known: Vec<String> = match serde_json::to_value(T::default()) {
        Ok(Value::Object(map)) => map.keys().cloned().collect(),
        _ => Vec::new(),
    };
    if !known.iter().any(|k| k == name) {
        return Err(Misfit::Unknown(known));
    }
    let alone = Value::Object([(name.to_owned(), value.clone())].into_iter().collect());
    serde_json::from_value::<T>(alone).map(drop).map_err(|error| Misfit::Type(error.to_string()))
}

/// Checks a facet of a kind whose facets are texts.
pub(crate) fn check_texts(known: &[&str], name: &str, value: &Value) -> Result<(), Misfit> {
    if FACETS.contains(&name) {
        return Ok(());
    }
    if !known.contains(&name) {
        return Err(Misfit::Unknown(known.iter().map(|k| (*k).to_owned()).collect()));
    }
    if value.is_string() { Ok(()) } else { Err(Misfit::Type("expected a string".to_owned())) }
}
