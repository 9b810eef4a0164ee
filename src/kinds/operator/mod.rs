//! Operators. One that is only a promise, named as commutator or negator of another, is not an
//! object.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Syntax, common};
use crate::{
    schema::{Object, ObjectId},
    sql::{Statement, quote_ident},
};

/// The facets of an `operator`; path `[namespace, symbol, "left type, right type"]`, `NONE` for
/// the side without operand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Operator {
    /// Function, qualified and quoted.
    pub function: String,
    /// Qualified: `public.<`.
    pub commutator: Option<String>,
    /// Qualified: `public.<>`.
    pub negator: Option<String>,
    /// Selectivity function of restrictions, qualified and quoted.
    pub restrict: Option<String>,
    /// Selectivity function of joins, qualified and quoted.
    pub join: Option<String>,
    pub hashes: bool,
    pub merges: bool,
}

/// The kind `operator`.
pub struct OperatorKind;

impl Kind for OperatorKind {
    fn name(&self) -> &'static str {
        "operator"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("OPERATOR {} ({})", name(object), object.id.name())
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let operator: Operator = object.read();
        let qualified = |o: Option<String>| o.map(|o| format!("OPERATOR({o})"));
        let (left, right) = operands(object);
        let operand = |name: &str| Some(name).filter(|n| *n != "NONE").map(str::to_owned);
        let pairs = [
            ("FUNCTION", Some(operator.function)),
            ("LEFTARG", operand(left)),
            ("RIGHTARG", operand(right)),
            ("COMMUTATOR", qualified(operator.commutator)),
            ("NEGATOR", qualified(operator.negator)),
            ("RESTRICT", operator.restrict),
            ("JOIN", operator.join),
        ];
        let flags = [(operator.hashes, "HASHES"), (operator.merges, "MERGES")];
        let list: Vec<String> = pairs
            .into_iter()
            .filter_map(|(word, value)| value.map(|v| format!("{word} = {v}")))
            .chain(flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()))
            .collect();
        let list = list.join(",\n    ");
        vec![Statement::new(format!("CREATE OPERATOR {} (\n    {list}\n)", name(object)))]
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        cx: &Context<'_>,
    ) -> Alteration {
        let (old, new): (Operator, Operator) = (from.read(), to.read());
        let mut list = Vec::new();
        for facet in changed {
            match *facet {
                "restrict" | "join" => {
                    let function = if *facet == "join" { &new.join } else { &new.restrict };
                    let function = function.as_deref().unwrap_or("NONE");
                    list.push(format!("{} = {function}", facet.to_uppercase()));
                }
                // Linked by the creation of the other operator.
                "commutator" if linked(&old.commutator, &new.commutator, to, true, cx) => {}
                "negator" if linked(&old.negator, &new.negator, to, false, cx) => {}
                // ALTER OPERATOR can add these, and no more, from 17 on.
                "commutator" | "negator" if cx.from.server_version >= 170_000 => {
                    let (before, after) = match *facet {
                        "negator" => (&old.negator, &new.negator),
                        _ => (&old.commutator, &new.commutator),
                    };
                    let (None, Some(other)) = (before, after) else { return Alteration::Replace };
                    list.push(format!("{} = OPERATOR({other})", facet.to_uppercase()));
                }
                "hashes" | "merges" if cx.from.server_version >= 170_000 && to.flag(facet) => {
                    list.push(facet.to_uppercase());
                }
                _ => return Alteration::Replace,
            }
        }
        if list.is_empty() {
            return Alteration::InPlace(Vec::new());
        }
        let list = list.join(", ");
        Alteration::InPlace(vec![Statement::new(format!(
            "ALTER {} SET ({list})",
            self.address(to)
        ))])
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Schema, Part::Name, Part::Key("operands")])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Operator>(name, value)
    }
}

/// `public.===`; symbols are never quoted.
fn name(object: &Object) -> String {
    match object.id.path.as_slice() {
        [namespace, symbol, ..] => format!("{}.{symbol}", quote_ident(namespace)),
        _ => String::new(),
    }
}

/// The types of its operands.
fn operands(object: &Object) -> (&str, &str) {
    object.id.name().split_once(", ").unwrap_or(("NONE", object.id.name()))
}

/// Whether a new commutator or negator is created by the same plan and names this operator in
/// turn: PostgreSQL then fills in both sides (manual, "CREATE OPERATOR", and `OperatorUpd`).
fn linked(
    old: &Option<String>,
    new: &Option<String>,
    of: &Object,
    swapped: bool,
    cx: &Context<'_>,
) -> bool {
    let (None, Some(other)) = (old, new) else { return false };
    let types = match operands(of) {
        (left, right) if swapped => format!("{right}, {left}"),
        (left, right) => format!("{left}, {right}"),
    };
    let Some((namespace, symbol)) = other.rsplit_once('.') else { return false };
    let namespace = namespace.trim_matches('"').replace("\"\"", "\"");
    let id = ObjectId::new("operator", [namespace, symbol.to_owned(), types]);
    cx.from.get(&id).is_none() && cx.to.get(&id).is_some()
}
