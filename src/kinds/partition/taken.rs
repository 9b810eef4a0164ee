//! What a partition takes over from its table, and under which names.

use crate::{
    kinds::{constraint::Constraint, index::Index, sequence::names::object_name},
    schema::{Object, ObjectId},
    sql::lex::tokens,
};

/// Facets of a column that stay with the partitioned table.
const COLUMN: &[&str] =
    &["identity", "comment", "privileges", "statistics", "options", "inherited", "local"];
/// Facets of an index or key that stay with the partitioned table.
const INDEX: &[&str] = &["comment", "clustered", "replica_identity", "statistics", "invalid"];

fn copy(of: &Object, id: ObjectId, without: &[&str]) -> Object {
    let mut object = Object::new(id);
    object.position = of.position;
    object.facets = of.facets.clone();
    object.facets.retain(|name, _| !without.contains(&name.as_str()));
    object
}

fn child(table: &ObjectId, kind: &'static str, name: &str) -> ObjectId {
    ObjectId::new(kind, table.path.iter().map(String::as_str).chain([name]))
}

/// The column of a partition.
pub(crate) fn column(of: &Object, table: &ObjectId) -> Object {
    copy(of, child(table, "column", of.id.name()), COLUMN)
}

/// The check of a partition, which the partitioned table has too.
pub(crate) fn check(of: &Object, table: &ObjectId) -> Object {
    let mut object = copy(of, child(table, "constraint", of.id.name()), &["comment"]);
    object.facets.insert("inherited".into(), true.into());
    object
}

/// The key or index of a partition under a name.
pub(crate) fn index(of: &Object, table: &ObjectId, name: &str) -> Object {
    let id = if of.id.is("constraint") {
        child(table, "constraint", name)
    } else {
        ObjectId::new("index", [table.path[0].as_str(), name])
    };
    copy(of, id, INDEX)
}

/// How PostgreSQL names the key or index of a partition (`ChooseIndexName` in indexcmds.c).
pub(crate) struct Name {
    columns: String,
    label: &'static str,
}

impl Name {
    /// None for what is no key or index.
    pub(crate) fn of(object: &Object) -> Option<Self> {
        if object.id.is("index") {
            let index: Index = object.read();
            let name = |k: &crate::kinds::index::Key| match (&k.column, &k.expression) {
                (Some(column), _) => column.clone(),
                (None, expression) => of_expression(expression.as_deref().unwrap_or_default()),
            };
            let names: Vec<String> = index.keys.iter().map(name).collect();
            return Some(Self { columns: names.join("_"), label: "idx" });
        }
        let constraint: Constraint = object.read();
        let label = match constraint.kind.as_str() {
            "primary_key" => return Some(Self { columns: String::new(), label: "pkey" }),
            "unique" => "key",
            "exclusion" => "excl",
            _ => return None,
        };
        Some(Self { columns: constraint.columns.join("_"), label })
    }

    pub(crate) fn make(&self, table: &str, attempt: u32) -> String {
        object_name(table, &self.columns, self.label, attempt)
    }
}

/// The name of an expression: that of the function that it calls, if it is nothing else
/// (`FigureIndexColname` in parse_target.c, which looks deeper).
fn of_expression(text: &str) -> String {
    let all = tokens(text);
    let Some(open) = all.iter().position(|t| t.text == "(") else { return "expr".to_owned() };
    let mut depth = 0;
    let close = all.iter().skip(open).position(|token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let whole = close.is_some_and(|at| open + at + 1 == all.len());
    let name = open.checked_sub(1).and_then(|at| all[at].name()).filter(|_| whole);
    name.unwrap_or_else(|| "expr".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_named_after_their_function() {
        for (text, name) in [
            ("lower(kind)", "lower"),
            ("public.\"Odd\"(a, f(b))", "Odd"),
            ("(a + 1)", "expr"),
            ("lower(a) || lower(b)", "expr"),
        ] {
            assert_eq!(of_expression(text), name);
        }
    }
}
