//! Enum types.

pub(crate) mod lower;
pub(crate) mod print;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Alteration, Context, Kind, Privileges, common,
    rows::{RowCheck, shown},
};
use crate::{
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_ident, quote_literal, quote_path},
};

/// The facets of an `enum`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EnumType {
    /// Labels in sort order.
    pub values: Vec<String>,
    pub owner: Option<String>,
    pub comment: Option<String>,
    pub privileges: Option<Vec<String>>,
}

impl EnumType {
    /// Facets with these labels; an enum without any has an empty list.
    pub(crate) fn facets(values: Vec<String>) -> crate::schema::Facets {
        [("values".to_owned(), values.into())].into_iter().collect()
    }
}

/// The kind `enum`.
pub struct EnumKind;

impl Kind for EnumKind {
    fn name(&self) -> &'static str {
        "enum"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("TYPE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let values: Vec<String> =
            object.read::<EnumType>().values.iter().map(|v| quote_literal(v)).collect();
        let list = if values.iter().map(String::len).sum::<usize>() > 60 {
            format!("(\n    {}\n)", values.join(",\n    "))
        } else {
            format!("({})", values.join(", "))
        };
        vec![Statement::new(format!("CREATE {} AS ENUM {list}", self.address(object)))]
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if !changed.contains("values") {
            return Alteration::InPlace(Vec::new());
        }
        let (old, new) = (from.read::<EnumType>().values, to.read::<EnumType>().values);
        let Some(added) = insertions(&old, &new) else { return Alteration::Swap };
        let address = self.address(to);
        Alteration::InPlace(
            added
                .into_iter()
                .map(|(value, place)| {
                    let value = quote_literal(value);
                    Statement::then_commit(format!("ALTER {address} ADD VALUE {value}{place}"))
                })
                .collect(),
        )
    }

    fn syntax(&self) -> super::Syntax {
        super::Syntax::Model
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::TYPE_PRIVILEGES)
    }

    fn row_checks(
        &self,
        from: Option<&Object>,
        to: Option<&Object>,
        cx: &Context<'_>,
    ) -> Vec<RowCheck> {
        let (Some(from), Some(to)) = (from, to) else { return Vec::new() };
        let (old, new) = (from.read::<EnumType>().values, to.read::<EnumType>().values);
        let gone: Vec<String> =
            old.iter().filter(|v| !new.contains(v)).map(|v| quote_literal(v)).collect();
        if gone.is_empty() {
            return Vec::new();
        }
        let list = gone.join(", ");
        let columns = cx.from.of_kind("column").filter(|c| c.deps.contains(&from.id));
        columns
            .filter(|c| cx.to.get(&c.id).is_some())
            .map(|column| {
                let name = quote_ident(column.id.name());
                let values = if column.text("type").is_some_and(|t| t.ends_with("[]")) {
                    format!("t.{name}::text[] && ARRAY[{list}]")
                } else {
                    format!("t.{name}::text IN ({list})")
                };
                let message = format!(
                    "{{n}} rows of `{}` use {list}, which `{}` loses",
                    shown(&column.id.path),
                    to.id.name()
                );
                let table = &column.id.path[..2];
                RowCheck::of_rows("H0404", true, table, &values, cx.from, message)
            })
            .collect()
    }

    fn set_aside(&self, object: &Object, name: &str) -> Vec<Statement> {
        let name = quote_ident(name);
        vec![Statement::new(format!("ALTER {} RENAME TO {name}", self.address(object)))]
    }
}

/// Kind of the identity of a value of an enum: path of the enum, then the value.
pub const VALUE: &str = "enum_value";

/// The value that a text names as `type.value`.
#[must_use]
pub fn value_named(text: &str, schema: &Schema) -> Option<ObjectId> {
    let (of, value) = text.rsplit_once('.')?;
    let found = schema.of_kind("enum").find(|object| {
        let path = object.id.path.join(".");
        path == of || path.strip_prefix("public.") == Some(of)
    })?;
    Some(ObjectId::new(VALUE, found.id.path.iter().cloned().chain([value.to_owned()])))
}

/// The statement that renames a value, if the enum has it and not yet the other.
pub(crate) fn rename_value(schema: &Schema, from: &ObjectId, to: &ObjectId) -> Vec<Statement> {
    let Some((old, path)) = from.path.split_last() else { return Vec::new() };
    let Some(object) = schema.get(&ObjectId::new("enum", path.to_vec())) else {
        return Vec::new();
    };
    let values = object.read::<EnumType>().values;
    let new = to.name();
    if !values.contains(old) || values.iter().any(|v| v == new) {
        return Vec::new();
    }
    let (old, new) = (quote_literal(old), quote_literal(new));
    let name = quote_path(path);
    vec![Statement::new(format!("ALTER TYPE {name} RENAME VALUE {old} TO {new}"))]
}

/// The values to add, each with its place, if adding is all it takes.
fn insertions<'a>(old: &[String], new: &'a [String]) -> Option<Vec<(&'a str, String)>> {
    let mut remaining = old.iter().peekable();
    let mut out = Vec::new();
    let mut previous: Option<&str> = None;
    for value in new {
        if remaining.peek() == Some(&value) {
            remaining.next();
        } else {
            let place = match (previous, remaining.peek()) {
                (_, None) => String::new(),
                (Some(before), Some(_)) => format!(" AFTER {}", quote_literal(before)),
                (None, Some(after)) => format!(" BEFORE {}", quote_literal(after)),
            };
            out.push((value.as_str(), place));
        }
        previous = Some(value);
    }
    remaining.next().is_none().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &[&str], new: &[&str], expected: Option<&[(&str, &str)]>) {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let new = own(new);
        let found = insertions(&own(old), &new);
        let found: Option<Vec<(&str, &str)>> =
            found.as_ref().map(|l| l.iter().map(|(a, b)| (*a, b.as_str())).collect());
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn values_are_added_where_they_stand() {
        check(&["a", "c"], &["a", "b", "c", "d"], Some(&[("b", " AFTER 'a'"), ("d", "")]));
        check(&["b"], &["a", "b"], Some(&[("a", " BEFORE 'b'")]));
        check(&["a", "b"], &["b", "a"], None);
        check(&["a", "b"], &["a"], None);
    }
}
