//! Casts between types.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alteration, Context, Kind, Misfit, Moment, Order, Part, Syntax, common};
use crate::{schema::Object, sql::Statement};

/// The facets of a `cast`; path `[source type, target type]` as `format_type` spells them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cast {
    /// Function with its argument types; absent with neither `inout`: binary-coercible.
    pub function: Option<String>,
    /// `WITH INOUT`.
    pub inout: bool,
    /// `IMPLICIT` or `ASSIGNMENT`; absent for explicit only.
    pub context: Option<String>,
}

/// The kind `cast`.
pub struct CastKind;

impl Kind for CastKind {
    fn name(&self) -> &'static str {
        "cast"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("CAST ({})", object.id.path.join(" AS "))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let cast: Cast = object.read();
        let how = match &cast.function {
            Some(function) => format!("WITH FUNCTION {function}"),
            None if cast.inout => "WITH INOUT".to_owned(),
            None => "WITHOUT FUNCTION".to_owned(),
        };
        let context = cast.context.map(|c| format!(" AS {c}")).unwrap_or_default();
        vec![Statement::new(format!("CREATE {} {how}{context}", self.address(object)))]
    }

    fn alter(&self, _: &Object, _: &Object, _: &BTreeSet<&str>, _: &Context<'_>) -> Alteration {
        Alteration::Replace
    }

    fn order(&self, object: &Object, cx: &Context<'_>) -> Vec<Order> {
        // An expression that casts depends on the function of the cast, not on the cast.
        let functions: Vec<_> = object.deps.iter().filter(|d| d.is("function")).collect();
        let calls = |other: &&Object| functions.iter().any(|f| other.deps.contains(*f));
        let apart = |other: &&Object| other.id != object.id && !object.deps.contains(&other.id);
        let users = cx.to.objects.values().filter(calls).filter(apart);
        users.map(|u| (Moment::Create(object.id.clone()), Moment::Create(u.id.clone()))).collect()
    }

    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Key("source"), Part::Key("target")])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Cast>(name, value)
    }
}
