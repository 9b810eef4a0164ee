//! Hazards of class `loss`: data that is gone afterwards.

use super::{Case, Findings};
use crate::{
    lint::{
        hazards as h,
        known::{Rel, Relation},
    },
    sql::{
        expr,
        lex::Span,
        tree::{ActionKind, Drop, ObjectKind, Persistence, Tree, TypeName, Verb},
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    match case.tree() {
        Tree::Drop(dropped) => drop_objects(case, dropped, out),
        Tree::DropOwned { reassign: false } => {
            out.report(&h::DROP_SCHEMA, case.span(), "everything that a role owns is dropped");
        }
        Tree::Truncate { tables, cascade, .. } => {
            if *cascade && tables.iter().any(|t| case.in_use(t)) {
                let named: Vec<String> = tables.iter().map(|t| t.parts.join(".")).collect();
                let message =
                    format!("whatever references `{}` is emptied too", named.join("`, `"));
                out.report(&h::CASCADE, case.span(), message);
            }
            for table in tables.iter().filter(|t| case.in_use(t)) {
                let rel = case.resolve(table);
                out.report(&h::TRUNCATE, &table.span, format!("`{rel}` is emptied")).about(&rel);
            }
        }
        Tree::Write(write) if write.verb == Verb::Delete && case.in_use(&write.table) => {
            let all = write.condition.as_ref().is_none_or(|c| expr::is_constant(&c.text));
            if all {
                let rel = case.resolve(&write.table);
                let message = format!("every row of `{rel}` is deleted");
                out.report(&h::DELETE_ALL, case.span(), message).about(&rel);
            }
        }
        Tree::CreateTable(made) if made.persistence == Persistence::Unlogged => {
            let message = format!("`{}` is empty after a crash", case.known().place(&made.name));
            out.report(&h::UNLOGGED, &made.name.span, message);
        }
        Tree::AlterRelation(altered) if case.in_use(&altered.name) => {
            let rel = case.resolve(&altered.name);
            for action in &altered.actions {
                match &action.kind {
                    ActionKind::DropColumn { name, cascade, .. } => {
                        drop_column(case, &rel, name, *cascade, &action.span, out);
                    }
                    ActionKind::SetLogged { logged: false } => {
                        let message = format!("`{rel}` is empty after a crash from now on");
                        out.report(&h::UNLOGGED, &action.span, message).about(&rel);
                    }
                    ActionKind::AlterType { column, type_name, using, .. } => {
                        let from = case
                            .known()
                            .relation(&rel)
                            .and_then(|r| r.column(column))
                            .and_then(|c| c.type_name.as_ref());
                        let loses = from.is_some_and(|from| narrows(from, type_name));
                        if loses && let Some(from) = from {
                            let message = format!(
                                "`{rel}.{column}` loses what {from} holds and {type_name} does not"
                            );
                            let finding = out.report(&h::NARROWING, &action.span, message);
                            finding.about(&rel).maybe(using.is_none());
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn drop_objects(case: &Case<'_>, dropped: &Drop, out: &mut Findings) {
    for name in &dropped.names {
        let rel = case.resolve(name);
        let span = &name.span;
        match dropped.kind {
            ObjectKind::Table | ObjectKind::ForeignTable if case.in_use(name) => {
                out.report(&h::DROP_TABLE, span, format!("`{rel}` is dropped with its rows"))
                    .about(&rel);
            }
            ObjectKind::Sequence if case.in_use(name) => {
                out.report(&h::DROP_SEQUENCE, span, format!("the sequence `{rel}` is dropped"))
                    .about(&rel);
            }
            ObjectKind::Schema | ObjectKind::Database => {
                let kind = if dropped.kind == ObjectKind::Schema { "schema" } else { "database" };
                let message = format!("the {kind} `{}` is dropped", name.last());
                out.report(&h::DROP_SCHEMA, span, message);
            }
            ObjectKind::Type | ObjectKind::Domain | ObjectKind::Extension
                if !made_here(case, dropped.kind, name.last()) =>
            {
                let message = format!("`{}` is dropped", name.parts.join("."));
                let finding = out.report(&h::DROP_TYPE, span, message);
                let users = case.known().users_of_type(&case.known().place_of_type(name));
                if !users.is_empty() {
                    finding.note(format!("used by {}", columns(&users)));
                }
            }
            _ => {}
        }
    }
    if dropped.cascade {
        cascade(case, dropped, out);
    }
}

/// Whether the script itself has made the type or extension before.
fn made_here(case: &Case<'_>, kind: ObjectKind, name: &str) -> bool {
    case.all[..case.at].iter().any(|statement| match &statement.tree {
        Tree::CreateType { name: made, .. } => kind != ObjectKind::Extension && made.last() == name,
        Tree::CreateDomain { name: made, .. } => made.last() == name,
        Tree::CreateExtension { name: made } => kind == ObjectKind::Extension && made == name,
        _ => false,
    })
}

fn columns(users: &[(Rel, String)]) -> String {
    let names: Vec<String> =
        users.iter().map(|(rel, column)| format!("`{rel}.{column}`")).collect();
    names.join(", ")
}

fn cascade(case: &Case<'_>, dropped: &Drop, out: &mut Findings) {
    let names: Vec<_> = dropped.names.iter().filter(|name| !case.missing(name)).collect();
    let relation = matches!(
        dropped.kind,
        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence
    );
    let made = |rel: &Rel| !case.session.in_use(rel);
    if relation && names.iter().all(|n| made(&case.resolve(n))) {
        return;
    }
    let named = names.iter().map(|n| n.parts.join(".")).collect::<Vec<_>>().join("`, `");
    let message = format!("whatever depends on `{named}` is dropped too");
    let finding = out.report(&h::CASCADE, case.span(), message);
    let own: Vec<Rel> = names.iter().map(|n| case.resolve(n)).collect();
    let mut gone: Vec<String> = Vec::new();
    for rel in &own {
        gone.extend(case.known().views_on(rel).iter().map(|v| format!("view `{v}`")));
        for (table, key) in case.known().referencing(rel) {
            if !own.contains(table) {
                gone.push(format!("foreign key `{}` of `{table}`", key.name));
            }
        }
    }
    if matches!(dropped.kind, ObjectKind::Type | ObjectKind::Domain) {
        for name in names {
            let users = case.known().users_of_type(&case.known().place_of_type(name));
            gone.extend(users.iter().map(|(rel, column)| format!("column `{rel}.{column}`")));
        }
    }
    if !gone.is_empty() {
        finding.note(format!("known to go: {}", gone.join(", ")));
    }
}

fn drop_column(
    case: &Case<'_>,
    rel: &Rel,
    name: &str,
    cascade: bool,
    span: &Span,
    out: &mut Findings,
) {
    let relation = case.known().relation(rel);
    let column = relation.and_then(|r| r.column(name));
    let new = column.is_some_and(|c| c.born != crate::lint::known::Born::Before);
    let gone = column.is_none() && relation.is_some_and(|r| r.complete);
    if new || gone {
        return;
    }
    let and = if cascade { ", with everything that depends on it" } else { "" };
    let message = format!("`{rel}.{name}` is dropped with its values{and}");
    let finding = out.report(&h::DROP_COLUMN, span, message);
    finding.about(rel);
    let collateral = relation.map(|r| collateral(case, rel, r, name)).unwrap_or_default();
    if !collateral.is_empty() {
        finding.note(format!("without being named also go: {}", collateral.join(", ")));
    }
}

/// What goes with a column although nobody names it.
fn collateral(case: &Case<'_>, rel: &Rel, relation: &Relation, name: &str) -> Vec<String> {
    let indexes = case.known().indexes(rel).into_iter();
    let mut gone: Vec<String> = indexes
        .filter(|(_, index)| index.uses(name) && !index.constraint)
        .map(|(index, _)| format!("index `{index}`"))
        .collect();
    let constraints = relation.constraints.iter().filter(|c| c.uses(name));
    gone.extend(constraints.map(|c| format!("constraint `{}`", c.name)));
    gone
}

/// Whether values that fit the first type may be changed or cut to fit the second.
fn narrows(from: &TypeName, to: &TypeName) -> bool {
    let number = |t: &TypeName, at: usize| t.modifiers.get(at).and_then(|m| m.parse::<i64>().ok());
    let (a, b) = (from.name.as_str(), to.name.as_str());
    let size = |name: &str| match name {
        "int2" => Some(2),
        "int4" => Some(4),
        "int8" => Some(8),
        _ => None,
    };
    match (a, b) {
        ("numeric", "numeric") => match (number(from, 0), number(to, 0)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => {
                let (old_scale, new_scale) =
                    (number(from, 1).unwrap_or(0), number(to, 1).unwrap_or(0));
                new_scale < old_scale || new - new_scale < old - old_scale
            }
        },
        ("varchar" | "bpchar", "varchar" | "bpchar") => {
            number(to, 0).is_some_and(|new| number(from, 0).is_none_or(|old| new < old))
        }
        ("text" | "citext", "varchar" | "bpchar") => number(to, 0).is_some(),
        ("timestamp" | "timestamptz", "date" | "time") => true,
        ("timestamp" | "timestamptz" | "time" | "timetz" | "interval", _) if a == b => {
            number(to, 0).is_some_and(|new| new < number(from, 0).unwrap_or(6))
        }
        ("float8", "float4") | ("jsonb", "json") => a == "float8",
        ("float4" | "float8" | "numeric", "int2" | "int4" | "int8") => true,
        ("numeric", "float4" | "float8") => true,
        _ => match (size(a), size(b)) {
            (Some(old), Some(new)) => new < old,
            _ => false,
        },
    }
}
