//! Columns in `CREATE TABLE`, `ALTER TABLE` and `ALTER TYPE`.

use std::collections::BTreeSet;

use super::{Column, Identity};
use crate::{
    kinds::{
        Alteration, Context, Inline, Kind, Privileges, common, index, rows::RowCheck, sequence,
    },
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_ident, quote_path},
};

/// The kind `column`.
pub struct ColumnKind;

impl Kind for ColumnKind {
    fn name(&self) -> &'static str {
        "column"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("COLUMN {}", quote_path(&object.id.path))
    }

    fn grant_target(&self, object: &Object) -> String {
        format!("({}) ON TABLE {}", quote_ident(object.id.name()), relation(object))
    }

    fn create(&self, object: &Object, parts: &[&Object], cx: &Context<'_>) -> Vec<Statement> {
        if in_composite(object) {
            return vec![on(object, &format!("ADD ATTRIBUTE {}", attribute(object)))];
        }
        let default = parts.iter().find(|p| p.id.is("default")).and_then(|p| p.text("expression"));
        if let Some(default) = default.filter(|d| super::fill::is_volatile(d, cx.to))
            && let Some(filled) = super::fill::statements(object, Some(default), None, cx)
        {
            return filled;
        }
        let mut out = vec![on(object, &format!("ADD COLUMN {}", line(object, default)))];
        out.extend(settings(object));
        out
    }

    fn create_filled(
        &self,
        object: &Object,
        expression: &str,
        cx: &Context<'_>,
    ) -> Option<Vec<Statement>> {
        let default = ObjectId::new("default", object.id.path.clone());
        let default = cx.to.get(&default).and_then(|default| default.text("expression"));
        super::fill::statements(object, default, Some(expression), cx)
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        _: &BTreeSet<&str>,
        cx: &Context<'_>,
    ) -> Alteration {
        let (mut old, new): (Column, Column) = (from.read(), to.read());
        if old.inherited && new.inherited {
            follow_parent(&mut old, to, cx);
        }
        if in_composite(to) {
            let retyped = attribute(to).replacen(' ', " TYPE ", 1);
            return Alteration::Rebuild(vec![on(to, &format!("ALTER ATTRIBUTE {retyped}"))]);
        }
        if regenerated(&old, &new, cx) {
            return Alteration::Replace;
        }
        let mut out = Vec::new();
        let retyped = old.type_name != new.type_name || old.collation != new.collation;
        if old.generated.is_some() && new.generated.is_none() {
            out.push(alter(to, "DROP EXPRESSION"));
        } else if let Some(generated) = &new.generated
            && old.generated != new.generated
        {
            out.push(alter(to, &format!("SET EXPRESSION AS ({})", generated.expression)));
        }
        if old.identity.is_some() && new.identity.is_none() {
            out.push(alter(to, "DROP IDENTITY"));
        }
        if retyped {
            out.extend(retype(from, to, cx));
        }
        if old.not_null != new.not_null {
            out.extend(not_null_change(to, &new, cx));
        }
        out.extend(identity_change(to, old.identity.as_ref(), new.identity.as_ref(), &new));
        out.extend(setting_changes(to, &old, &new));
        if retyped { Alteration::Rebuild(out) } else { Alteration::InPlace(out) }
    }

    fn syntax(&self) -> crate::kinds::Syntax {
        crate::kinds::Syntax::Entry(crate::kinds::Entry {
            one: "column",
            many: "columns",
            value: None,
            sibling: false,
        })
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), crate::kinds::Misfit> {
        common::check::<Column>(name, value)
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        let word = if in_composite(object) { "ATTRIBUTE" } else { "COLUMN" };
        vec![on(object, &format!("DROP {word} {}", quote_ident(object.id.name())))]
    }

    fn row_checks(
        &self,
        from: Option<&Object>,
        to: Option<&Object>,
        cx: &Context<'_>,
    ) -> Vec<RowCheck> {
        super::rows::checks(from, to, cx)
    }

    fn rename(&self, object: &Object, to: &ObjectId) -> Vec<Statement> {
        let word = if in_composite(object) { "ATTRIBUTE" } else { "COLUMN" };
        let (old, new) = (quote_ident(object.id.name()), quote_ident(to.name()));
        vec![on(object, &format!("RENAME {word} {old} TO {new}"))]
    }

    fn derived(&self) -> &'static [&'static str] {
        &["inherited", "local"]
    }

    fn inline(&self, _: &Object, _: &Schema) -> Inline {
        Inline::Must
    }

    fn blocks_rebuild(&self, object: &Object) -> bool {
        object.facets.contains_key("generated")
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(Privileges { all: &[], public: &[], default_type: None })
    }

    fn relation_names(&self, object: &Object) -> Vec<Vec<String>> {
        if !object.facets.contains_key("identity") {
            return Vec::new();
        }
        let [namespace, table, name] = object.id.path.as_slice() else { return Vec::new() };
        vec![vec![namespace.clone(), format!("{table}_{name}_seq")]]
    }

    fn implied_by(&self, object: &Object, state: &Schema) -> Vec<ObjectId> {
        if !object.flag("inherited") {
            return Vec::new();
        }
        parents(object, state)
            .into_iter()
            .map(|mut path| {
                path.push(object.id.name().to_owned());
                ObjectId::new("column", path)
            })
            .collect()
    }

    fn retype(&self, from: &Object, to: &Object, cx: &Context<'_>) -> Vec<Statement> {
        // A generated column has no rows of its own to move.
        if to.facets.contains_key("generated") {
            return Vec::new();
        }
        retype_with(from, to, cx, true)
    }
}

/// The tables that an object's table inherits from or is a partition of.
pub(crate) fn parents(object: &Object, state: &Schema) -> Vec<Vec<String>> {
    let Some(table) = &object.parent else { return Vec::new() };
    let partition = ObjectId::new("partition", table.path.clone());
    if let Some(of) = state.get(&partition).and_then(|p| p.facets.get("of")) {
        return serde_json::from_value(of.clone()).into_iter().collect();
    }
    let Some(parent) = state.get(table) else { return Vec::new() };
    let Some(list) = parent.facets.get("inherits") else { return Vec::new() };
    let inherits: Vec<String> = serde_json::from_value(list.clone()).unwrap_or_default();
    parent
        .deps
        .iter()
        .filter(|d| (d.is("table") || d.is("foreign_table")) && inherits.contains(&quoted(&d.path)))
        .map(|d| d.path.clone())
        .collect()
}

/// Takes away the defaults that a new table would take over from a parent, where it is to have
/// none (manual, "CREATE TABLE", `INHERITS`).
pub(crate) fn defaults_not_taken_over(parts: &[&Object], cx: &Context<'_>) -> Vec<Statement> {
    let default = |path: Vec<String>| cx.to.get(&ObjectId::new("default", path)).is_some();
    let above = |column: &Object| {
        parents(column, cx.to).into_iter().any(|mut path| {
            path.push(column.id.name().to_owned());
            default(path)
        })
    };
    parts
        .iter()
        .filter(|p| p.id.is("column") && !default(p.id.path.clone()) && above(p))
        .map(|p| {
            let (table, name) = (relation(p), quote_ident(p.id.name()));
            Statement::new(format!("ALTER TABLE ONLY {table} ALTER COLUMN {name} DROP DEFAULT"))
        })
        .collect()
}

/// What the parents' changes make of an inherited column before its own.
fn follow_parent(column: &mut Column, object: &Object, cx: &Context<'_>) {
    for mut path in parents(object, cx.to) {
        path.push(object.id.name().to_owned());
        let id = ObjectId::new("column", path);
        let (Some(before), Some(after)) = (cx.from.get(&id), cx.to.get(&id)) else { continue };
        let (before, after): (Column, Column) = (before.read(), after.read());
        if before.type_name != after.type_name || before.collation != after.collation {
            column.type_name = after.type_name;
            column.collation = after.collation;
        }
        if before.not_null != after.not_null {
            column.not_null = after.not_null;
        }
    }
}

/// Quoted as `quote_ident` of the server does it.
fn quoted(path: &[String]) -> String {
    quote_path(path)
}

/// The relation that a column, default or constraint is part of, qualified and quoted.
pub(crate) fn relation(object: &Object) -> String {
    quote_path(&object.id.path[..2])
}

fn in_composite(object: &Object) -> bool {
    object.parent.as_ref().is_some_and(|p| p.is("composite"))
}

pub(super) fn on(object: &Object, action: &str) -> Statement {
    let kind = match object.parent.as_ref().map(|p| p.kind.as_ref()) {
        Some("composite") => "TYPE",
        Some("foreign_table") => "FOREIGN TABLE",
        _ => "TABLE",
    };
    Statement::new(format!("ALTER {kind} {} {action}", relation(object)))
}

fn alter(object: &Object, action: &str) -> Statement {
    on(object, &format!("ALTER COLUMN {} {action}", quote_ident(object.id.name())))
}

/// An attribute of a composite type.
pub(crate) fn attribute(object: &Object) -> String {
    let column: Column = object.read();
    let mut sql = format!("{} {}", quote_ident(object.id.name()), column.type_name);
    if let Some(collation) = &column.collation {
        sql += &format!(" COLLATE {collation}");
    }
    sql
}

/// A column as it stands in `CREATE TABLE` and `ADD COLUMN`.
pub(crate) fn line(object: &Object, default: Option<&str>) -> String {
    let column: Column = object.read();
    let mut sql = attribute(object);
    if !column.fdw_options.is_empty() {
        sql += &common::foreign_options(&column.fdw_options);
    }
    if let Some(compression) = &column.compression {
        sql += &format!(" COMPRESSION {compression}");
    }
    if let Some(generated) = &column.generated {
        let stored = if generated.is_virtual { "VIRTUAL" } else { "STORED" };
        sql += &format!(" GENERATED ALWAYS AS ({}) {stored}", generated.expression);
    }
    if let Some(default) = default {
        sql += &format!(" DEFAULT {default}");
    }
    if let Some(identity) = &column.identity {
        sql += &format!(" {}", identity_clause(identity));
    }
    if column.not_null && column.identity.is_none() {
        sql += " NOT NULL";
    }
    sql
}

/// A column of a typed table, if it has anything to say.
pub(crate) fn typed_line(object: &Object, default: Option<&str>) -> Option<String> {
    let column: Column = object.read();
    let mut sql = format!("{} WITH OPTIONS", quote_ident(object.id.name()));
    if let Some(default) = default {
        sql += &format!(" DEFAULT {default}");
    }
    if column.not_null {
        sql += " NOT NULL";
    }
    (default.is_some() || column.not_null).then_some(sql)
}

/// What `CREATE TABLE` cannot say about a column.
pub(crate) fn settings(object: &Object) -> Vec<Statement> {
    let column: Column = object.read();
    let same = Column {
        compression: column.compression.clone(),
        fdw_options: column.fdw_options.clone(),
        ..Column::default()
    };
    setting_changes(object, &same, &column)
}

/// In use, the rows are looked at before the strong lock is asked for: a valid check that says the
/// same spares `SET NOT NULL` the scan (manual, "ALTER TABLE"), and from 18 on the constraint
/// itself can be added without one.
pub(super) fn not_null_change(object: &Object, new: &Column, cx: &Context<'_>) -> Vec<Statement> {
    if !new.not_null {
        let mut out: Vec<_> = index::identity_without(object, cx).into_iter().collect();
        out.push(alter(object, "DROP NOT NULL"));
        return out;
    }
    if !cx.in_use(object.parent.as_ref()) || new.inherited {
        return vec![alter(object, "SET NOT NULL")];
    }
    let column = quote_ident(object.id.name());
    let mut name = format!("{}_{}", object.id.path[1], object.id.name());
    while name.len() > 54 {
        name.pop();
    }
    let name = quote_ident(&format!("{name}_not_null"));
    let validate = on(object, &format!("VALIDATE CONSTRAINT {name}"));
    if cx.server_version() >= 180_000 {
        let add = format!("ADD CONSTRAINT {name} NOT NULL {column} NOT VALID");
        return vec![Statement::then_commit(on(object, &add).sql), validate];
    }
    let add = format!("ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID");
    vec![
        Statement::then_commit(on(object, &add).sql),
        validate,
        alter(object, "SET NOT NULL"),
        on(object, &format!("DROP CONSTRAINT {name}")),
    ]
}

fn setting_changes(object: &Object, old: &Column, new: &Column) -> Vec<Statement> {
    let mut out = Vec::new();
    let only = |action: &str| {
        let column = quote_ident(object.id.name());
        Statement::new(format!(
            "ALTER TABLE ONLY {} ALTER COLUMN {column} {action}",
            relation(object)
        ))
    };
    if old.storage != new.storage {
        // DEFAULT is understood from 16 on only; EXTENDED is what every type that can be
        // toasted has, bar a few that say MAIN or PLAIN in pg_type.
        let storage = new.storage.as_deref().unwrap_or("EXTENDED");
        out.push(only(&format!("SET STORAGE {storage}")));
    }
    if old.compression != new.compression {
        let method = new.compression.as_deref().unwrap_or("default");
        out.push(only(&format!("SET COMPRESSION {method}")));
    }
    if old.statistics != new.statistics {
        out.push(only(&format!("SET STATISTICS {}", new.statistics.unwrap_or(-1))));
    }
    out.extend(common::option_changes(&old.options, &new.options).iter().map(|a| only(a)));
    if let Some(options) = common::foreign_option_changes(&old.fdw_options, &new.fdw_options) {
        out.push(alter(object, &options));
    }
    out
}

fn regenerated(old: &Column, new: &Column, cx: &Context<'_>) -> bool {
    match (&old.generated, &new.generated) {
        (None, Some(_)) => true,
        (Some(a), Some(b)) if a.is_virtual != b.is_virtual => true,
        (Some(a), Some(b)) => {
            a.expression != b.expression
                && (cx.from.server_version < 170_000 || old.type_name != new.type_name)
        }
        (Some(a), None) => a.is_virtual,
        (None, None) => false,
    }
}

fn retype(from: &Object, to: &Object, cx: &Context<'_>) -> Vec<Statement> {
    retype_with(from, to, cx, false)
}

fn retype_with(from: &Object, to: &Object, cx: &Context<'_>, swapped: bool) -> Vec<Statement> {
    let (old, new): (Column, Column) = (from.read(), to.read());
    if in_composite(to) {
        let retyped = attribute(to).replacen(' ', " TYPE ", 1);
        return vec![on(to, &format!("ALTER ATTRIBUTE {retyped}"))];
    }
    let mut out = Vec::new();
    let default = ObjectId::new("default", to.id.path.clone());
    let (before, after) = (cx.from.get(&default), cx.to.get(&default));
    // A default is cast along by PostgreSQL where an assignment cast exists; otherwise it would
    // refuse the new type.
    let recast = !swapped && !super::cast::assignable(&old.type_name, &new.type_name);
    if before.is_some() && recast {
        out.push(alter(to, "DROP DEFAULT"));
    }
    let name = quote_ident(to.id.name());
    let collate = new.collation.as_ref().map(|c| format!(" COLLATE {c}")).unwrap_or_default();
    let foreign = to.parent.as_ref().is_some_and(|p| p.is("foreign_table"));
    let using = if new.generated.is_some() || foreign {
        String::new()
    } else if swapped {
        let text = if new.type_name.ends_with("[]") { "text[]" } else { "text" };
        format!(" USING {name}::{text}::{}", new.type_name)
    } else {
        super::cast::using(&name, &old.type_name, &new.type_name)
    };
    out.push(alter(to, &format!("TYPE {}{collate}{using}", new.type_name)));
    if let (Some(before), Some(after)) = (before, after)
        && recast
        && before.facets == after.facets
    {
        let expression = after.text("expression").unwrap_or_default();
        out.push(alter(to, &format!("SET DEFAULT {expression}")));
    }
    out
}

fn identity_clause(identity: &Identity) -> String {
    let when = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
    let mut clauses: Vec<String> =
        identity.sequence.iter().map(|s| format!("SEQUENCE NAME {s}")).collect();
    clauses.extend(identity.options.clauses());
    let options =
        if clauses.is_empty() { String::new() } else { format!(" ({})", clauses.join(" ")) };
    format!("GENERATED {when} AS IDENTITY{options}")
}

fn identity_change(
    object: &Object,
    old: Option<&Identity>,
    new: Option<&Identity>,
    column: &Column,
) -> Vec<Statement> {
    let mut out = Vec::new();
    match (old, new) {
        (None, Some(new)) => out.push(alter(object, &format!("ADD {}", identity_clause(new)))),
        (Some(old), Some(new)) if old != new => {
            let mut clauses = Vec::new();
            if old.always != new.always {
                let when = if new.always { "ALWAYS" } else { "BY DEFAULT" };
                clauses.push(format!("SET GENERATED {when}"));
            }
            let options = new.options.changes(&old.options, Some(&column.type_name));
            clauses.extend(options.into_iter().map(|c| format!("SET {c}")));
            if !clauses.is_empty() {
                let sequence = identity_sequence(object, old);
                out.extend(sequence::catch_up(&sequence, &old.options, &new.options));
                out.push(alter(object, &clauses.join(" ")));
            }
            if let Some(sequence) = &new.sequence
                && old.sequence != new.sequence
            {
                out.extend(rename_sequence(object, old, sequence));
            }
        }
        _ => {}
    }
    out
}

/// The sequence behind an identity column, qualified and quoted.
fn identity_sequence(object: &Object, identity: &Identity) -> String {
    let default = format!("{}_{}_seq", object.id.path[1], object.id.name());
    identity.sequence.clone().unwrap_or_else(|| quote_path(&[&object.id.path[0], &default]))
}

fn rename_sequence(object: &Object, old: &Identity, new: &str) -> Option<Statement> {
    let before = identity_sequence(object, old);
    let name = new.rsplit('.').next()?;
    Some(Statement::new(format!("ALTER SEQUENCE {before} RENAME TO {name}")))
}
