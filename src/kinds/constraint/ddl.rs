//! Constraints in `CREATE TABLE` and `ALTER TABLE`.

use std::collections::BTreeSet;

use super::{Constraint, not_null};
use crate::{
    kinds::{
        Alteration, Context, Inline, Kind, Moment, Order, column, common, index, index_attachment,
        partition, rows::RowCheck,
    },
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_ident, quote_literal, quote_path, respell},
};

/// The kind `constraint`.
pub struct ConstraintKind;

impl Kind for ConstraintKind {
    fn name(&self) -> &'static str {
        "constraint"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("CONSTRAINT {} ON {}", quote_ident(object.id.name()), column::relation(object))
    }

    fn create(&self, object: &Object, _: &[&Object], cx: &Context<'_>) -> Vec<Statement> {
        let constraint: Constraint = object.read();
        if constraint.kind == "not_null" {
            return not_null::create(object, &constraint, cx);
        }
        let left = left_by_parent(object, cx);
        if left.is_some_and(|left| same_check(left, object)) {
            return settings(object);
        }
        let only = if constraint.kind == "check" || partitioned_foreign_key(object, &constraint, cx)
        {
            ""
        } else {
            "ONLY "
        };
        let add = format!("ALTER TABLE {only}{}\n    ADD", column::relation(object));
        let mut out = match online(object, &constraint, &add, cx) {
            Some(statements) => statements,
            None => {
                let valid = if constraint.not_valid { " NOT VALID" } else { "" };
                vec![Statement::new(format!("{add} {}{valid}", definition(object)))]
            }
        };
        if left.is_some() {
            let name = quote_ident(object.id.name());
            out.insert(0, on(object, &format!("DROP CONSTRAINT {name}")));
        }
        out.extend(settings(object));
        out
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        cx: &Context<'_>,
    ) -> Alteration {
        let (old, new): (Constraint, Constraint) = (from.read(), to.read());
        let mut out = Vec::new();
        let name = quote_ident(to.id.name());
        for facet in changed {
            match *facet {
                "not_valid" if !new.not_valid => {
                    out.push(on(to, &format!("VALIDATE CONSTRAINT {name}")));
                }
                "deferrable" | "initially_deferred" if new.kind == "foreign_key" => {}
                "clustered" | "replica_identity" | "inherited" | "index_comment" => {}
                "not_enforced" if new.kind == "foreign_key" => {
                    let not = if new.not_enforced { "NOT " } else { "" };
                    out.push(on(to, &format!("ALTER CONSTRAINT {name} {not}ENFORCED")));
                }
                "options" => {
                    let index = quote_path(&[&to.id.path[0], to.id.name()]);
                    out.extend(
                        common::option_changes(&old.options, &new.options)
                            .into_iter()
                            .map(|a| Statement::new(format!("ALTER INDEX {index} {a}"))),
                    );
                }
                _ => return Alteration::Replace,
            }
        }
        if changed.contains("deferrable") || changed.contains("initially_deferred") {
            let clause = match (new.deferrable, new.initially_deferred) {
                (false, _) => "NOT DEFERRABLE",
                (true, false) => "DEFERRABLE INITIALLY IMMEDIATE",
                (true, true) => "DEFERRABLE INITIALLY DEFERRED",
            };
            out.push(on(to, &format!("ALTER CONSTRAINT {name} {clause}")));
        }
        if old.clustered && !new.clustered {
            out.extend(index::order_given_up(to, cx));
        }
        if old.replica_identity && !new.replica_identity {
            out.extend(index::identity_given_up(to, cx));
        }
        let before = Constraint {
            clustered: old.clustered,
            replica_identity: old.replica_identity,
            index_comment: old.index_comment,
            ..Constraint::default()
        };
        out.extend(setting_changes(to, &before, &new));
        Alteration::InPlace(out)
    }

    fn syntax(&self) -> crate::kinds::Syntax {
        crate::kinds::Syntax::Entry(crate::kinds::Entry {
            one: "constraint",
            many: "constraints",
            value: None,
            sibling: false,
        })
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), crate::kinds::Misfit> {
        common::check::<Constraint>(name, value)
    }

    fn drop(&self, object: &Object, cx: &Context<'_>) -> Vec<Statement> {
        let constraint: Constraint = object.read();
        if constraint.kind == "not_null" {
            return not_null::drop(object, &constraint, cx);
        }
        let asked = asked_by_parent(object, cx);
        if asked.is_some_and(|asked| same_check(asked, object)) {
            return Vec::new();
        }
        let only = if constraint.kind == "foreign_key" && !partitioned(object, cx.from) {
            "ONLY "
        } else {
            ""
        };
        let name = quote_ident(object.id.name());
        let table = column::relation(object);
        let mut out =
            vec![Statement::new(format!("ALTER TABLE {only}{table} DROP CONSTRAINT {name}"))];
        out.extend(asked.map(|asked| on(object, &format!("ADD {}", definition(asked)))));
        out
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
        // Renamed along with that of the parent.
        if object.flag("inherited") {
            return Vec::new();
        }
        let (old, new) = (quote_ident(object.id.name()), quote_ident(to.name()));
        vec![on(object, &format!("RENAME CONSTRAINT {old} TO {new}"))]
    }

    fn renamed_freely(&self) -> bool {
        true
    }

    fn derived(&self) -> &'static [&'static str] {
        &["inherited"]
    }

    fn inline(&self, object: &Object, state: &Schema) -> Inline {
        // The keys of a partitioned table wait until its partitions are attached.
        let key = !self.relation_names(object).is_empty();
        if object.text("type") == Some("foreign_key")
            || object.flag("not_valid")
            || key && partitioned(object, state)
        {
            Inline::Never
        } else {
            Inline::May
        }
    }

    fn blocks_rebuild(&self, object: &Object) -> bool {
        object.text("type") == Some("foreign_key")
    }

    fn freed_by(&self, object: &Object, _: &Schema) -> Option<ObjectId> {
        object.parent.as_ref().map(|table| ObjectId::new("partition", table.path.clone()))
    }

    fn order(&self, object: &Object, cx: &Context<'_>) -> Vec<Order> {
        if object.text("type") != Some("foreign_key") {
            let key = !self.relation_names(object).is_empty();
            return if key { partition::index_order(object, cx) } else { Vec::new() };
        }
        let mut out = Vec::new();
        // The key of a partitioned table can be referenced once it is complete.
        let attached = |key: &ObjectId| {
            cx.to
                .of_kind("index_attachment")
                .filter(|a| index_attachment::parent(&a.id.path, cx.to).as_ref() == Some(key))
                .map(|a| a.id.clone())
                .collect::<Vec<_>>()
        };
        let of_partitioned = |key: &&ObjectId| {
            let index = key.is("index") || key.is("constraint");
            index && cx.to.get(key).is_some_and(|k| partitioned(k, cx.to))
        };
        let keys = object.deps.iter().filter(of_partitioned);
        out.extend(
            keys.flat_map(attached).map(|a| (Moment::Create(a), Moment::Create(object.id.clone()))),
        );
        out
    }

    fn relation_names(&self, object: &Object) -> Vec<Vec<String>> {
        match object.text("type") {
            Some("primary_key" | "unique" | "exclusion") => {
                vec![vec![object.id.path[0].clone(), object.id.name().to_owned()]]
            }
            _ => Vec::new(),
        }
    }

    fn implied_by(&self, object: &Object, state: &Schema) -> Vec<ObjectId> {
        if !object.flag("inherited") {
            return attached_to(object, state);
        }
        column::parents(object, state)
            .into_iter()
            .map(|mut path| {
                path.push(object.id.name().to_owned());
                ObjectId::new("constraint", path)
            })
            .collect()
    }
}

/// The check of this name that a table has from a parent, in one state.
fn check_above<'a>(object: &Object, state: &'a Schema) -> Option<&'a Object> {
    if object.text("type") != Some("check") {
        return None;
    }
    column::parents(object, state).into_iter().find_map(|mut path| {
        path.push(object.id.name().to_owned());
        state.get(&ObjectId::new("constraint", path)).filter(|c| !c.flag("no_inherit"))
    })
}

/// The check that a parent, from which the table does not inherit any longer, has left it.
fn left_by_parent<'a>(object: &Object, cx: &Context<'a>) -> Option<&'a Object> {
    let stays = object.parent.as_ref().is_some_and(|table| cx.from.get(table).is_some());
    let left = check_above(object, cx.from).filter(|_| stays && cx.from.get(&object.id).is_none());
    left.filter(|_| check_above(object, cx.to).is_none())
}

/// The check that a table has to have to become the child of a parent.
fn asked_by_parent<'a>(object: &Object, cx: &Context<'a>) -> Option<&'a Object> {
    let stays = object.parent.as_ref().is_some_and(|table| cx.to.get(table).is_some());
    let asked = check_above(object, cx.to).filter(|_| stays);
    asked.filter(|_| check_above(object, cx.from).is_none())
}

fn same_check(a: &Object, b: &Object) -> bool {
    ["expression", "not_valid"].iter().all(|facet| a.facets.get(*facet) == b.facets.get(*facet))
}

/// The long way for a table that is in use: its rows are looked at under a lock that lets others
/// read and write (manual, "ALTER TABLE", Notes; "CREATE INDEX", "Building Indexes Concurrently").
fn online(
    object: &Object,
    constraint: &Constraint,
    add: &str,
    cx: &Context<'_>,
) -> Option<Vec<Statement>> {
    let whole = !partitioned(object, cx.to);
    if !cx.in_use(object.parent.as_ref()) || constraint.not_valid || constraint.not_enforced {
        return None;
    }
    let name = quote_ident(object.id.name());
    match constraint.kind.as_str() {
        "check" => Some(validated(object, add)),
        "foreign_key" if whole && !constraint.period => Some(validated(object, add)),
        "primary_key" | "unique" if whole && !constraint.period => {
            let mut index = format!(
                "CREATE UNIQUE INDEX CONCURRENTLY {name} ON {} ({}){}",
                column::relation(object),
                list(&constraint.columns),
                included(constraint)
            );
            if constraint.nulls_not_distinct {
                index += " NULLS NOT DISTINCT";
            }
            index += &common::with_options(&constraint.options);
            if let Some(tablespace) = &constraint.tablespace {
                index += &format!(" TABLESPACE {}", quote_ident(tablespace));
            }
            let word = if constraint.kind == "unique" { "UNIQUE" } else { "PRIMARY KEY" };
            let deferral = deferral(constraint);
            let own = format!("{add} CONSTRAINT {name} {word} USING INDEX {name}{deferral}");
            Some(vec![Statement::outside_transaction(index), Statement::new(own)])
        }
        _ => None,
    }
}

fn validated(object: &Object, add: &str) -> Vec<Statement> {
    let name = quote_ident(object.id.name());
    vec![
        Statement::then_commit(format!("{add} {} NOT VALID", definition(object))),
        on(object, &format!("VALIDATE CONSTRAINT {name}")),
    ]
}

/// The index or constraint of the partitioned table whose drop takes this one along.
fn attached_to(object: &Object, state: &Schema) -> Vec<ObjectId> {
    let path = vec![object.id.path[0].clone(), object.id.name().to_owned()];
    index_attachment::parent(&path, state).into_iter().collect()
}

fn partitioned(object: &Object, state: &Schema) -> bool {
    object
        .parent
        .as_ref()
        .and_then(|table| state.get(table))
        .is_some_and(|table| table.facets.contains_key("partition_by"))
}

/// A foreign key of a partitioned table goes down to its partitions.
fn partitioned_foreign_key(object: &Object, constraint: &Constraint, cx: &Context<'_>) -> bool {
    constraint.kind == "foreign_key" && partitioned(object, cx.to)
}

pub(super) fn on(object: &Object, action: &str) -> Statement {
    Statement::new(format!("ALTER TABLE {} {action}", column::relation(object)))
}

/// The constraint as it stands in `CREATE TABLE`: `CONSTRAINT name …`.
pub(crate) fn definition(object: &Object) -> String {
    let c: Constraint = object.read();
    let mut sql = format!("CONSTRAINT {} {}", quote_ident(object.id.name()), body(&c));
    sql += deferral(&c);
    if c.not_enforced {
        sql += " NOT ENFORCED";
    }
    sql
}

fn deferral(c: &Constraint) -> &'static str {
    match (c.deferrable, c.initially_deferred) {
        (_, true) => " DEFERRABLE INITIALLY DEFERRED",
        (true, false) => " DEFERRABLE",
        (false, false) => "",
    }
}

fn body(c: &Constraint) -> String {
    match c.kind.as_str() {
        "primary_key" => format!(
            "PRIMARY KEY {}{}",
            columns(&c.columns, c, "WITHOUT OVERLAPS"),
            index_clauses(c)
        ),
        "unique" => {
            let nulls = if c.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
            let list = columns(&c.columns, c, "WITHOUT OVERLAPS");
            format!("UNIQUE{nulls} {list}{}", index_clauses(c))
        }
        "foreign_key" => foreign_key(c),
        "check" => {
            let inherit = if c.no_inherit { " NO INHERIT" } else { "" };
            format!("CHECK ({}){inherit}", respell(c.expression.as_deref().unwrap_or("true")))
        }
        "exclusion" => format!("EXCLUDE {}", c.exclude.as_deref().unwrap_or_default()),
        _ => {
            let inherit = if c.no_inherit { " NO INHERIT" } else { "" };
            format!("NOT NULL {}{inherit}", list(&c.columns))
        }
    }
}

fn foreign_key(c: &Constraint) -> String {
    let mut sql = format!(
        "FOREIGN KEY {} REFERENCES {} {}",
        columns(&c.columns, c, ""),
        quote_path(&c.references),
        columns(&c.referenced_columns, c, "")
    );
    if c.period {
        sql = sql.trim_end().to_owned();
    }
    if c.match_full {
        sql += " MATCH FULL";
    }
    if let Some(action) = &c.on_update {
        sql += &format!(" ON UPDATE {action}");
    }
    if let Some(action) = &c.on_delete {
        sql += &format!(" ON DELETE {action}");
        if !c.on_delete_columns.is_empty() {
            sql += &format!(" ({})", list(&c.on_delete_columns));
        }
    }
    sql
}

fn list(names: &[String]) -> String {
    names.iter().map(|n| quote_ident(n)).collect::<Vec<_>>().join(", ")
}

/// `(a, b)`, the last one marked as a period where the key is temporal.
fn columns(names: &[String], c: &Constraint, suffix: &str) -> String {
    let mut quoted: Vec<String> = names.iter().map(|n| quote_ident(n)).collect();
    if c.period
        && let Some(last) = quoted.last_mut()
    {
        *last = match suffix {
            "" => format!("PERIOD {last}"),
            suffix => format!("{last} {suffix}"),
        };
    }
    format!("({})", quoted.join(", "))
}

fn index_clauses(c: &Constraint) -> String {
    let mut sql = included(c);
    sql += &common::with_options(&c.options);
    if let Some(tablespace) = &c.tablespace {
        sql += &format!(" USING INDEX TABLESPACE {}", quote_ident(tablespace));
    }
    sql
}

fn included(c: &Constraint) -> String {
    if c.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(&c.include)) }
}

/// Whether `CREATE TABLE` would merge a unique constraint into another key over the same columns
/// (`transformIndexConstraints` in parse_utilcmd.c); `ALTER TABLE` keeps both.
pub(crate) fn would_merge(object: &Object, parts: &[&Object]) -> bool {
    let columns = object.facets.get("columns");
    object.text("type") == Some("unique")
        && parts.iter().any(|other| {
            let key = matches!(other.text("type"), Some("primary_key" | "unique"));
            let first = other.text("type") == Some("primary_key") || other.id < object.id;
            key && other.id != object.id && first && other.facets.get("columns") == columns
        })
}

/// What the definition cannot say.
pub(crate) fn settings(object: &Object) -> Vec<Statement> {
    setting_changes(object, &Constraint::default(), &object.read())
}

fn setting_changes(object: &Object, old: &Constraint, new: &Constraint) -> Vec<Statement> {
    let mut out = Vec::new();
    let name = quote_ident(object.id.name());
    if new.clustered && !old.clustered {
        out.push(on(object, &format!("CLUSTER ON {name}")));
    }
    if new.replica_identity && !old.replica_identity {
        out.push(on(object, &format!("REPLICA IDENTITY USING INDEX {name}")));
    }
    if new.index_comment != old.index_comment {
        let index = quote_path(&[&object.id.path[0], object.id.name()]);
        let text = new.index_comment.as_deref().map_or("NULL".to_owned(), quote_literal);
        out.push(Statement::new(format!("COMMENT ON INDEX {index} IS {text}")));
    }
    out
}
