//! Functions and procedures.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind, Privileges, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_literal, quote_path},
};

/// The facets of a `function` or `procedure`; path `[namespace, name, argument types]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Routine {
    /// As `pg_get_function_arguments` spells them.
    pub arguments: Option<String>,
    /// Argument names; empty where an argument has none.
    pub argument_names: Vec<String>,
    /// `i`, `o`, `b`, `v`, `t` per argument where any is not plain IN.
    pub argument_modes: Vec<String>,
    /// Names and types of what is returned by arguments, in order.
    pub out_arguments: Vec<String>,
    /// How many arguments have a default.
    pub defaults: u32,
    pub returns: Option<String>,
    pub language: String,
    pub window: bool,
    /// `IMMUTABLE` or `STABLE`.
    pub volatility: Option<String>,
    /// `SAFE` or `RESTRICTED`.
    pub parallel: Option<String>,
    pub strict: bool,
    pub security_definer: bool,
    pub leakproof: bool,
    pub cost: Option<serde_json::Number>,
    pub rows: Option<serde_json::Number>,
    /// Planner support function, qualified.
    pub support: Option<String>,
    pub transforms: Vec<String>,
    /// `name=value` as in `pg_proc.proconfig`.
    pub config: Vec<String>,
    /// Library of a C function.
    pub object_file: Option<String>,
    /// Body as text.
    pub body: Option<String>,
    /// SQL-standard body: `BEGIN ATOMIC …` or `RETURN …`; 14 and later.
    pub sql_body: Option<String>,
}

/// The kind `function`, window functions included.
pub struct FunctionKind;

/// All of this stands in `arguments` too.
const DERIVED: &[&str] = &["argument_names", "argument_modes", "out_arguments", "defaults"];

/// A body may name what is created after it.
const SETTINGS: &[&str] = &["check_function_bodies = off"];

/// The kind `procedure`.
pub struct ProcedureKind;

impl Kind for FunctionKind {
    fn name(&self) -> &'static str {
        "function"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("FUNCTION {}", signature(object))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![definition("CREATE FUNCTION", object)]
    }

    fn alter(&self, from: &Object, to: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        alter("CREATE OR REPLACE FUNCTION", from, to)
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Block(&[
            super::Part::Schema,
            super::Part::Name,
            super::Part::Arguments("arguments"),
        ])
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        common::check::<Routine>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn derived(&self) -> &'static [&'static str] {
        DERIVED
    }

    fn settings(&self) -> &'static [&'static str] {
        SETTINGS
    }

    fn blocks_rebuild(&self, _: &Object) -> bool {
        true
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::ROUTINE_PRIVILEGES)
    }
}

impl Kind for ProcedureKind {
    fn name(&self) -> &'static str {
        "procedure"
    }

    fn catalog(&self) -> &'static [&'static str] {
        // The query of functions yields procedures too.
        &[]
    }

    fn address(&self, object: &Object) -> String {
        format!("PROCEDURE {}", signature(object))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![definition("CREATE PROCEDURE", object)]
    }

    fn alter(&self, from: &Object, to: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        alter("CREATE OR REPLACE PROCEDURE", from, to)
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Block(&[
            super::Part::Schema,
            super::Part::Name,
            super::Part::Arguments("arguments"),
        ])
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        common::check::<Routine>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn derived(&self) -> &'static [&'static str] {
        DERIVED
    }

    fn settings(&self) -> &'static [&'static str] {
        SETTINGS
    }

    fn blocks_rebuild(&self, _: &Object) -> bool {
        true
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::ROUTINE_PRIVILEGES)
    }
}

/// `public.f(integer, text)`: the argument types are the last part of the path, as PostgreSQL
/// prints them.
pub(crate) fn signature(object: &Object) -> String {
    let (arguments, name) = object.id.path.split_last().expect("a routine has a path");
    format!("{}({arguments})", quote_path(name))
}

fn alter(verb: &str, from: &Object, to: &Object) -> Alteration {
    let (old, new): (Routine, Routine) = (from.read(), to.read());
    // CREATE OR REPLACE cannot change what a call returns, rename an argument that has a name,
    // or take a default away (manual, "CREATE FUNCTION", Notes).
    let renamed = old.argument_names.iter().enumerate().any(|(i, name)| {
        !name.is_empty() && new.argument_names.get(i).is_none_or(|now| now != name)
    });
    if old.returns != new.returns
        || old.argument_modes != new.argument_modes
        || old.out_arguments != new.out_arguments
        || old.window != new.window
        || renamed
        || new.defaults < old.defaults
    {
        return Alteration::Replace;
    }
    Alteration::InPlace(vec![definition(verb, to)])
}

fn definition(verb: &str, object: &Object) -> Statement {
    let routine: Routine = object.read();
    let name = quote_path(&object.id.path[..object.id.path.len() - 1]);
    let mut sql = format!("{verb} {name}({})", routine.arguments.as_deref().unwrap_or_default());
    if let Some(returns) = &routine.returns {
        sql += &format!("\n    RETURNS {returns}");
    }
    sql += &format!("\n    LANGUAGE {}", quote_ident(&routine.language));
    for clause in clauses(&routine) {
        sql += &format!("\n    {clause}");
    }
    if let Some(body) = &routine.sql_body {
        sql += &format!("\n{body}");
    } else {
        let body = routine.body.as_deref().unwrap_or_default();
        sql += &match &routine.object_file {
            Some(file) => format!("\n    AS {}, {}", quote_literal(file), quote_literal(body)),
            None => format!("\n    AS {}", dollar_quote(body)),
        };
    }
    Statement::new(sql)
}

fn clauses(routine: &Routine) -> Vec<String> {
    let mut out = Vec::new();
    if !routine.transforms.is_empty() {
        let list: Vec<_> = routine.transforms.iter().map(|t| format!("FOR TYPE {t}")).collect();
        out.push(format!("TRANSFORM {}", list.join(", ")));
    }
    let flags = [
        (routine.window, "WINDOW"),
        (routine.strict, "STRICT"),
        (routine.security_definer, "SECURITY DEFINER"),
        (routine.leakproof, "LEAKPROOF"),
    ];
    out.extend(routine.volatility.clone());
    out.extend(flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()));
    out.extend(routine.parallel.as_ref().map(|p| format!("PARALLEL {p}")));
    out.extend(routine.cost.as_ref().map(|n| format!("COST {n}")));
    out.extend(routine.rows.as_ref().map(|n| format!("ROWS {n}")));
    out.extend(routine.support.as_ref().map(|f| format!("SUPPORT {f}")));
    out.extend(routine.config.iter().filter_map(|c| c.split_once('=')).map(setting));
    out
}

/// `SET name TO value`; the value of a list setting is stored quoted already (`GUC_LIST_QUOTE`
/// in guc_tables.c).
fn setting((name, value): (&str, &str)) -> String {
    const LISTS: &[&str] = &[
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    ];
    let name_sql = name.split('.').map(quote_ident).collect::<Vec<_>>().join(".");
    if LISTS.contains(&name.to_ascii_lowercase().as_str()) {
        let value = if value.is_empty() { "''" } else { value };
        format!("SET {name_sql} TO {value}")
    } else {
        format!("SET {name_sql} TO {}", quote_literal(value))
    }
}

/// Quotes a body with the shortest dollar tag that it does not contain.
pub(crate) fn dollar_quote(body: &str) -> String {
    let mut tag = String::new();
    while body.contains(&format!("${tag}$")) || (tag.is_empty() && body.ends_with('$')) {
        tag = if tag.is_empty() { "body".to_owned() } else { format!("{tag}_") };
    }
    format!("${tag}${body}${tag}$")
}
