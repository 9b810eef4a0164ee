//! Whether an expression gives one value for all rows of a statement, which decides whether a new
//! column can have it without a rewrite of the table.

use super::Known;
use crate::sql::{
    expr,
    lex::tokens,
    tree::{CreateRoutine, Name, Volatility},
};

/// One overload of a function that the database defines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Function {
    pub(crate) volatility: Volatility,
    pub(crate) language: String,
    pub(crate) body: String,
}

impl From<&CreateRoutine> for Function {
    fn from(made: &CreateRoutine) -> Self {
        Self {
            volatility: made.volatility,
            language: made.language.clone(),
            body: made.body.clone(),
        }
    }
}

/// What is known about the functions that an expression calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Steadiness {
    /// None is volatile.
    Steady,
    /// This one is.
    Volatile(String),
    /// Nothing is known about this one, and PostgreSQL's own default is volatile.
    Unknown(String),
}

/// Functions of PostgreSQL and of the extensions that it comes with which are not volatile in any
/// overload (`pg_proc.provolatile`), and the words of SQL that look like calls.
const STEADY: &str = include_str!("steady_functions.txt");

/// Functions of PostgreSQL and common extensions that are volatile and could be a default value.
const VOLATILE: &[&str] = &[
    "array_sample",
    "array_shuffle",
    "clock_timestamp",
    "currval",
    "gen_random_bytes",
    "gen_random_uuid",
    "gen_salt",
    "lastval",
    "nextval",
    "pg_sleep",
    "random",
    "random_normal",
    "setval",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuid_generate_v7",
    "uuidv4",
    "uuidv7",
];

/// Whether an expression calls something volatile.
pub(crate) fn volatility(text: &str, known: &Known) -> Steadiness {
    judge(text, known, 0)
}

fn judge(text: &str, known: &Known, depth: usize) -> Steadiness {
    let mut unknown = None;
    for call in expr::calls(text) {
        match judge_call(&call, known, depth) {
            Steadiness::Steady => {}
            Steadiness::Volatile(name) => return Steadiness::Volatile(name),
            Steadiness::Unknown(name) => unknown = unknown.or(Some(name)),
        }
    }
    unknown.map_or(Steadiness::Steady, Steadiness::Unknown)
}

fn judge_call(call: &Name, known: &Known, depth: usize) -> Steadiness {
    let shown = call.parts.join(".");
    let builtin = call.schema().is_none_or(|schema| schema == "pg_catalog");
    if let Some(overloads) = known.functions_of(call.schema(), call.last()) {
        let all: Vec<_> = overloads.iter().map(|f| judge_function(f, known, depth)).collect();
        return match all.iter().find(|v| **v != Steadiness::Steady) {
            None => Steadiness::Steady,
            Some(_) if all.contains(&Steadiness::Steady) => Steadiness::Unknown(shown),
            Some(Steadiness::Unknown(_)) => Steadiness::Unknown(shown),
            Some(_) => Steadiness::Volatile(shown),
        };
    }
    if VOLATILE.contains(&call.last()) {
        return Steadiness::Volatile(shown);
    }
    let steady = STEADY.lines().any(|name| name == call.last());
    let typed = known.type_of(&crate::sql::tree::TypeName {
        name: call.last().to_owned(),
        schema: call.schema().map(str::to_owned),
        ..Default::default()
    });
    if builtin && steady || typed.is_some() {
        Steadiness::Steady
    } else {
        Steadiness::Unknown(shown)
    }
}

fn judge_function(function: &Function, known: &Known, depth: usize) -> Steadiness {
    if function.volatility != Volatility::Volatile {
        return Steadiness::Steady;
    }
    let volatile = Steadiness::Volatile(String::new());
    // From 12 on the default is planned before it is judged, so that a function in SQL counts as
    // what stands in it (tablecmds.c, ATExecAddColumn; measured on 12 to 18).
    if known.version < 12 || function.language != "sql" || depth > 4 {
        return volatile;
    }
    match inlined(&function.body) {
        Some(expression) => judge(expression, known, depth + 1),
        None => volatile,
    }
}

/// The expression of a body that is one `SELECT` of one expression from nothing.
fn inlined(body: &str) -> Option<&str> {
    let all = tokens(body);
    let first = all.first()?;
    let end = all.iter().find(|t| t.is(";")).map_or(body.len(), |t| t.start);
    let many = all.iter().skip_while(|t| !t.is(";")).nth(1).is_some();
    let refused = ["from", "where", "into", "union", "with", "group", "order", "limit"];
    if many || all.iter().any(|t| refused.iter().any(|word| t.is(word))) {
        return None;
    }
    (first.is("select") || first.is("return")).then(|| &body[first.end()..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_disjoint() {
        let names: Vec<_> = STEADY.lines().collect();
        assert!(names.windows(2).all(|w| w[0] < w[1]));
        assert!(VOLATILE.iter().all(|name| !names.contains(name)));
    }

    #[test]
    fn judges_expressions() {
        let known = Known::nothing(17);
        let judge = |text| volatility(text, &known);
        assert_eq!(judge("now() - interval '100 years'"), Steadiness::Steady);
        assert_eq!(judge("current_date"), Steadiness::Steady);
        assert_eq!(judge("cast(array[] as bigint[])"), Steadiness::Steady);
        assert_eq!(judge("(random() * 10)::int"), Steadiness::Volatile("random".into()));
        assert_eq!(judge("myfn(1)"), Steadiness::Unknown("myfn".into()));
    }
}
