//! Sequences: standalone and owned. Identity sequences are part of their column.

pub(crate) mod names;
pub(crate) mod print;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alteration, Context, Kind, Privileges, common, sequence_owner};
use crate::{
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_literal, quote_path},
};

/// Options of a sequence; one at PostgreSQL's own default for the type and direction is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    pub start: Option<i64>,
    pub increment: Option<i64>,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub cache: Option<i64>,
    pub cycle: bool,
}

impl Options {
    /// The clauses that set these options.
    #[must_use]
    pub fn clauses(&self) -> Vec<String> {
        let numbers = [
            ("START WITH", self.start),
            ("INCREMENT BY", self.increment),
            ("MINVALUE", self.min),
            ("MAXVALUE", self.max),
            ("CACHE", self.cache),
        ];
        let mut out: Vec<String> =
            numbers.iter().filter_map(|(w, n)| n.map(|n| format!("{w} {n}"))).collect();
        if self.cycle {
            out.push("CYCLE".to_owned());
        }
        out
    }

    /// The clauses that bring other options to these, one at its default spelled out.
    #[must_use]
    pub fn changes(&self, from: &Self, type_name: Option<&str>) -> Vec<String> {
        let (low, high) = match type_name {
            Some("smallint") => (i64::from(i16::MIN), i64::from(i16::MAX)),
            Some("integer") => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        let increment = self.increment.unwrap_or(1);
        let (min, max) = if increment > 0 { (1, high) } else { (low, -1) };
        let (min, max) = (self.min.unwrap_or(min), self.max.unwrap_or(max));
        let start = self.start.unwrap_or(if increment > 0 { min } else { max });
        let mut out = Vec::new();
        if self.increment != from.increment {
            out.push(format!("INCREMENT BY {increment}"));
        }
        if self.min != from.min {
            out.push(format!("MINVALUE {min}"));
        }
        if self.max != from.max {
            out.push(format!("MAXVALUE {max}"));
        }
        let implied = |o: &Self| o.start.is_none() && (o.min, o.increment) == (None, None);
        let both_implied = implied(self) && implied(from);
        if self.start != from.start || (!both_implied && !out.is_empty()) {
            out.push(format!("START WITH {start}"));
        }
        if self.cache != from.cache {
            out.push(format!("CACHE {}", self.cache.unwrap_or(1)));
        }
        if self.cycle != from.cycle {
            out.push(if self.cycle { "CYCLE".to_owned() } else { "NO CYCLE".to_owned() });
        }
        out
    }
}

/// Moves a sequence whose next value would fall below a raised minimum, which `ALTER SEQUENCE`
/// refuses; one that has passed it stays where it is.
#[must_use]
pub fn catch_up(name: &str, from: &Options, to: &Options) -> Vec<Statement> {
    let (old, new) = (from.min.unwrap_or(1), to.min.unwrap_or(1));
    let widened = match (from.max, to.max) {
        (Some(old), Some(new)) if new > old => format!("MAXVALUE {new}"),
        (Some(_), None) => "NO MAXVALUE".to_owned(),
        _ => String::new(),
    };
    if new <= old || to.increment.unwrap_or(1) < 0 {
        return Vec::new();
    }
    let mut out = Vec::new();
    if !widened.is_empty() {
        out.push(Statement::new(format!("ALTER SEQUENCE {name} {widened}")));
    }
    let literal = quote_literal(name);
    out.push(Statement::new(format!(
        "SELECT pg_catalog.setval({literal}, {new}, false) FROM {name} WHERE last_value < {new}"
    )));
    out
}

/// The facets of a `sequence`; path `[namespace, name]`. What owns it is an object of kind
/// `sequence_owner`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sequence {
    /// `smallint` or `integer`; absent for `bigint`.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub unlogged: bool,
    #[serde(flatten)]
    pub options: Options,
    pub owner: Option<String>,
    pub comment: Option<String>,
    pub privileges: Option<Vec<String>>,
}

/// The kind `sequence`.
pub struct SequenceKind;

impl Kind for SequenceKind {
    fn name(&self) -> &'static str {
        "sequence"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("SEQUENCE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let sequence: Sequence = object.read();
        let kind = if sequence.unlogged { "UNLOGGED SEQUENCE" } else { "SEQUENCE" };
        let mut sql = format!("CREATE {kind} {}", quote_path(&object.id.path));
        if let Some(type_name) = &sequence.type_name {
            sql += &format!(" AS {type_name}");
        }
        for clause in sequence.options.clauses() {
            sql += &format!("\n    {clause}");
        }
        vec![Statement::new(sql)]
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        let (old, new): (Sequence, Sequence) = (from.read(), to.read());
        let address = self.address(to);
        let mut out = Vec::new();
        let mut clauses = Vec::new();
        if changed.contains("type") {
            clauses.push(format!("AS {}", new.type_name.as_deref().unwrap_or("bigint")));
        }
        clauses.extend(new.options.changes(&old.options, new.type_name.as_deref()));
        if !clauses.is_empty() {
            out.extend(catch_up(&quote_path(&to.id.path), &old.options, &new.options));
            out.push(Statement::new(format!("ALTER {address} {}", clauses.join(" "))));
        }
        if changed.contains("unlogged") {
            let kind = if new.unlogged { "UNLOGGED" } else { "LOGGED" };
            out.push(Statement::new(format!("ALTER {address} SET {kind}")));
        }
        Alteration::InPlace(out)
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), super::Misfit> {
        super::common::check::<Sequence>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::SEQUENCE_PRIVILEGES)
    }

    fn implied_by(&self, object: &Object, state: &Schema) -> Vec<ObjectId> {
        let owner = state.get(&ObjectId::new(sequence_owner::KIND, object.id.path.clone()));
        owner.map(sequence_owner::column).into_iter().collect()
    }

    fn freed_by(&self, object: &Object, _: &Schema) -> Option<ObjectId> {
        Some(ObjectId::new(sequence_owner::KIND, object.id.path.clone()))
    }

    fn relation_names(&self, object: &Object) -> Vec<Vec<String>> {
        vec![object.id.path.clone()]
    }
}
