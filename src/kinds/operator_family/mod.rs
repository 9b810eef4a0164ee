//! Operator families, with the operators and functions that belong to them and to no class.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Part, Syntax, common};
use crate::{
    schema::Object,
    sql::{Statement, quote_ident, quote_path},
};

/// The facets of an `operator_family`; path `[namespace, name, access method]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatorFamily {
    /// `1 public.<(integer,bigint)`, with ` FOR ORDER BY family` where it sorts.
    pub operators: Vec<String>,
    /// `1 (integer, bigint) public.compare(integer,bigint)`.
    pub functions: Vec<String>,
}

/// The kind `operator_family`.
pub struct OperatorFamilyKind;

impl Kind for OperatorFamilyKind {
    fn name(&self) -> &'static str {
        "operator_family"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("OPERATOR FAMILY {}", name_using(object))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let address = self.address(object);
        let family: OperatorFamily = object.read();
        let mut out = vec![Statement::new(format!("CREATE {address}"))];
        out.extend(changes(&address, &OperatorFamily::default(), &family));
        out
    }

    fn alter(&self, from: &Object, to: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::InPlace(changes(&self.address(to), &from.read(), &to.read()))
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Schema, Part::Name, Part::Key("method")])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<OperatorFamily>(name, value)
    }
}

/// `public.name USING btree`.
pub(super) fn name_using(object: &Object) -> String {
    let (method, name) = object.id.path.split_last().expect("its path ends with the access method");
    format!("{} USING {}", quote_path(name), quote_ident(method))
}

/// `OPERATOR …` and `FUNCTION …` items as `CREATE OPERATOR CLASS` and `ADD` take them.
pub(super) fn items(operators: &[String], functions: &[String]) -> Vec<String> {
    let operators = operators.iter().map(|o| format!("OPERATOR {o}"));
    operators.chain(functions.iter().map(|f| format!("FUNCTION {f}"))).collect()
}

fn changes(address: &str, old: &OperatorFamily, new: &OperatorFamily) -> Vec<Statement> {
    let without = |list: &[String], other: &[String]| -> Vec<String> {
        list.iter().filter(|item| !other.contains(item)).cloned().collect()
    };
    let gone =
        items(&without(&old.operators, &new.operators), &without(&old.functions, &new.functions));
    let added =
        items(&without(&new.operators, &old.operators), &without(&new.functions, &old.functions));
    let mut out = Vec::new();
    if !gone.is_empty() {
        let list: Vec<String> = gone.iter().map(|item| number_and_types(item)).collect();
        out.push(format!("ALTER {address} DROP\n    {}", list.join(",\n    ")));
    }
    if !added.is_empty() {
        out.push(format!("ALTER {address} ADD\n    {}", added.join(",\n    ")));
    }
    out.into_iter().map(Statement::new).collect()
}

/// `OPERATOR 1 (integer,bigint)` of `OPERATOR 1 public.<(integer,bigint)`.
fn number_and_types(item: &str) -> String {
    let mut words = item.splitn(3, ' ');
    let (word, number) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let rest = words.next().unwrap_or_default();
    let types = rest
        .find('(')
        .and_then(|start| Some(&rest[start..=start + rest[start..].find(')')?]))
        .unwrap_or_default();
    format!("{word} {number} {types}")
}

#[cfg(test)]
mod tests {
    use super::number_and_types;

    #[test]
    fn members_are_dropped_by_number_and_types() {
        let operator = "OPERATOR 1 public.<(integer,bigint) FOR ORDER BY pg_catalog.float_ops";
        assert_eq!(number_and_types(operator), "OPERATOR 1 (integer,bigint)");
        let function = "FUNCTION 2 (integer, bigint) public.f(integer,bigint)";
        assert_eq!(number_and_types(function), "FUNCTION 2 (integer, bigint)");
    }
}
