//! Aggregate functions: ordinary, ordered-set, hypothetical-set, moving.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Privileges, Syntax, common, routine};
use crate::{
    schema::Object,
    sql::{Statement, quote_literal, quote_path},
};

/// The facets of an `aggregate`; path `[namespace, name, argument types]`. Functions are qualified
/// and quoted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Aggregate {
    /// As `pg_get_function_arguments` spells them, `ORDER BY` included; absent for `*`.
    pub arguments: Option<String>,
    /// Derived from the final function and the state type.
    pub returns: Option<String>,
    pub hypothetical: bool,
    pub state_function: String,
    pub state_type: String,
    /// Bytes.
    pub state_space: Option<i64>,
    pub final_function: Option<String>,
    pub final_extra: bool,
    /// `READ_ONLY`, `SHAREABLE`, `READ_WRITE` where it is not the default of its sort.
    pub final_modify: Option<String>,
    pub combine_function: Option<String>,
    pub serial_function: Option<String>,
    pub deserial_function: Option<String>,
    pub initial: Option<String>,
    pub moving_state_function: Option<String>,
    pub moving_inverse_function: Option<String>,
    pub moving_state_type: Option<String>,
    /// Bytes.
    pub moving_state_space: Option<i64>,
    pub moving_final_function: Option<String>,
    pub moving_final_extra: bool,
    pub moving_final_modify: Option<String>,
    pub moving_initial: Option<String>,
    /// Qualified: `pg_catalog.>`.
    pub sort_operator: Option<String>,
    /// `SAFE` or `RESTRICTED`.
    pub parallel: Option<String>,
}

/// The kind `aggregate`.
pub struct AggregateKind;

impl Kind for AggregateKind {
    fn name(&self) -> &'static str {
        "aggregate"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        let name = quote_path(&object.id.path[..object.id.path.len() - 1]);
        format!("AGGREGATE {name}({})", object.text("arguments").unwrap_or("*"))
    }

    fn grant_target(&self, object: &Object) -> String {
        let mut plain = object.clone();
        if let Some(arguments) = plain.id.path.last_mut() {
            *arguments = all_arguments(arguments);
        }
        format!("FUNCTION {}", routine::signature(&plain))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        vec![definition("CREATE", &self.address(object), object)]
    }

    fn alter(&self, from: &Object, to: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        // CREATE OR REPLACE AGGREGATE keeps arguments and result (manual, "CREATE AGGREGATE").
        let (old, new): (Aggregate, Aggregate) = (from.read(), to.read());
        let same = |a: &Aggregate| (a.arguments.clone(), a.returns.clone(), a.hypothetical);
        if same(&old) != same(&new) {
            return Alteration::Replace;
        }
        Alteration::InPlace(vec![definition("CREATE OR REPLACE", &self.address(to), to)])
    }

    fn derived(&self) -> &'static [&'static str] {
        &["returns"]
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::ROUTINE_PRIVILEGES)
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Schema, Part::Name, Part::Arguments("arguments")])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Aggregate>(name, value)
    }
}

/// The arguments of an ordered-set aggregate as those of a function: `GRANT` knows no `ORDER BY`.
fn all_arguments(text: &str) -> String {
    let Some((direct, ordered)) = text.split_once("ORDER BY ") else { return text.to_owned() };
    match direct.trim() {
        "" => ordered.to_owned(),
        // A hypothetical-set aggregate states its one variadic argument twice.
        direct if direct.ends_with(ordered) && ordered.starts_with("VARIADIC ") => {
            direct.to_owned()
        }
        direct => format!("{direct}, {ordered}"),
    }
}

fn definition(verb: &str, address: &str, object: &Object) -> Statement {
    let aggregate: Aggregate = object.read();
    let options = options(&aggregate).join(",\n    ");
    Statement::new(format!("{verb} {address} (\n    {options}\n)"))
}

fn options(a: &Aggregate) -> Vec<String> {
    let literal = |text: &Option<String>| text.as_deref().map(quote_literal);
    let number = |n: Option<i64>| n.map(|n| n.to_string());
    let pairs = [
        ("SFUNC", Some(a.state_function.clone())),
        ("STYPE", Some(a.state_type.clone())),
        ("SSPACE", number(a.state_space)),
        ("FINALFUNC", a.final_function.clone()),
        ("FINALFUNC_MODIFY", a.final_modify.clone()),
        ("COMBINEFUNC", a.combine_function.clone()),
        ("SERIALFUNC", a.serial_function.clone()),
        ("DESERIALFUNC", a.deserial_function.clone()),
        ("INITCOND", literal(&a.initial)),
        ("MSFUNC", a.moving_state_function.clone()),
        ("MINVFUNC", a.moving_inverse_function.clone()),
        ("MSTYPE", a.moving_state_type.clone()),
        ("MSSPACE", number(a.moving_state_space)),
        ("MFINALFUNC", a.moving_final_function.clone()),
        ("MFINALFUNC_MODIFY", a.moving_final_modify.clone()),
        ("MINITCOND", literal(&a.moving_initial)),
        ("SORTOP", a.sort_operator.as_ref().map(|o| format!("OPERATOR({o})"))),
        ("PARALLEL", a.parallel.clone()),
    ];
    let flags = [
        (a.final_extra, "FINALFUNC_EXTRA"),
        (a.moving_final_extra, "MFINALFUNC_EXTRA"),
        (a.hypothetical, "HYPOTHETICAL"),
    ];
    pairs
        .into_iter()
        .filter_map(|(name, value)| value.map(|v| format!("{name} = {v}")))
        .chain(flags.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::all_arguments;

    #[test]
    fn ordered_arguments_are_arguments_of_the_function() {
        assert_eq!(all_arguments("real ORDER BY anyelement"), "real, anyelement");
        assert_eq!(all_arguments("ORDER BY anyelement"), "anyelement");
        let rank = r#"VARIADIC "any" ORDER BY VARIADIC "any""#;
        assert_eq!(all_arguments(rank), r#"VARIADIC "any""#);
        assert_eq!(all_arguments("integer"), "integer");
    }
}
