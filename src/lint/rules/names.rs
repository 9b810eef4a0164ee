//! Names that do not exist, or exist already: only where everything is known.

use super::{
    Case, Findings,
    failure::{fits, relied_on},
};
use crate::{
    lint::{
        hazards as h,
        known::{Rel, Relation, Type},
    },
    sql::{
        lex::Span,
        tree::{
            ActionKind, AlterRelation, ConstraintKind, Drop, Name, ObjectKind, Tree, TypeChange,
        },
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    exists_already(case, out);
    blocked_drop(case, out);
    if !case.known().complete || case.known().doubted || case.statement.conditional {
        return;
    }
    for (name, optional) in relied_on(case.tree()) {
        let system =
            name.schema().is_some_and(|s| s.starts_with("pg_") || s == "information_schema");
        let temporary = name.schema() == Some("pg_temp");
        if !optional && !system && !temporary && case.relation(name).is_none() {
            missing(&case.resolve(name).to_string(), "relation", &name.span, out);
        }
    }
    match case.tree() {
        Tree::Drop(dropped) if !dropped.if_exists => missing_drop(case, dropped, out),
        Tree::AlterRelation(altered) => {
            if let Some(relation) = case.relation(&altered.name) {
                missing_parts(case, altered, relation, out);
            }
        }
        Tree::AlterType { name, change } => missing_value(case, name, change, out),
        _ => {}
    }
}

fn missing(name: &str, kind: &str, span: &Span, out: &mut Findings) {
    out.report(&h::NO_SUCH_OBJECT, span, format!("there is no {kind} `{name}`"));
}

fn missing_drop(case: &Case<'_>, dropped: &Drop, out: &mut Findings) {
    for name in &dropped.names {
        match dropped.kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Sequence => {
                let found = case.relation(name);
                if !found.is_some_and(|r| fits(dropped.kind, r.kind)) {
                    missing(&case.resolve(name).to_string(), "relation", &name.span, out);
                }
            }
            ObjectKind::Type | ObjectKind::Domain => {
                let rel = case.known().place_of_type(name);
                let known = case.known().types.contains_key(&rel)
                    || case.known().relation(&case.resolve(name)).is_some();
                if !known && name.schema() != Some("pg_catalog") {
                    missing(&rel.to_string(), "type", &name.span, out);
                }
            }
            _ => {}
        }
    }
}

fn missing_parts(
    case: &Case<'_>,
    altered: &AlterRelation,
    relation: &Relation,
    out: &mut Findings,
) {
    if !relation.complete || relation.index.is_some() {
        return;
    }
    let rel = case.resolve(&altered.name);
    let added: Vec<&str> = altered
        .actions
        .iter()
        .filter_map(|action| match &action.kind {
            ActionKind::AddColumn { column, .. } => Some(column.name.as_str()),
            _ => None,
        })
        .collect();
    for action in &altered.actions {
        let span = &action.span;
        let column = match &action.kind {
            ActionKind::DropColumn { name, if_exists: false, .. } => name,
            // These come after the columns that the same statement adds.
            ActionKind::SetDefault { column, .. } | ActionKind::SetNotNull { column }
                if added.contains(&column.as_str()) =>
            {
                continue;
            }
            ActionKind::AlterType { column, .. }
            | ActionKind::SetDefault { column, .. }
            | ActionKind::DropDefault { column }
            | ActionKind::SetNotNull { column }
            | ActionKind::DropNotNull { column } => column,
            ActionKind::RenameColumn { from, .. } => from,
            ActionKind::ValidateConstraint { name }
            | ActionKind::DropConstraint { name, if_exists: false, .. } => {
                // The NOT NULL constraints of 18 have names that are not kept here.
                let not_null = case.known().version >= 18 && name.ends_with("_not_null");
                let added = altered.actions.iter().any(|a| {
                    matches!(&a.kind, ActionKind::AddConstraint(def)
                        if def.name.as_ref() == Some(name))
                });
                if relation.constraint(name).is_none() && !added && !not_null {
                    missing(name, &format!("constraint of `{rel}` named"), span, out);
                }
                continue;
            }
            ActionKind::AddConstraint(def) => {
                let columns: &[String] = match &def.kind {
                    ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => &key.columns,
                    ConstraintKind::ForeignKey(key) => &key.columns,
                    _ => &[],
                };
                for column in columns {
                    if relation.column(column).is_none() && !added.contains(&column.as_str()) {
                        missing(&format!("{rel}.{column}"), "column", span, out);
                    }
                }
                continue;
            }
            _ => continue,
        };
        if relation.column(column).is_none() {
            missing(&format!("{rel}.{column}"), "column", span, out);
        }
    }
}

fn missing_value(case: &Case<'_>, name: &Name, change: &TypeChange, out: &mut Findings) {
    let rel = case.known().place_of_type(name);
    let found = case.known().types.get(&rel);
    if let TypeChange::RenameValue { from, to } = change {
        match found {
            Some(Type::Enum { values, .. }) => {
                if !values.iter().any(|(value, _)| value == from) {
                    missing(from, &format!("value of `{rel}`:"), &name.span, out);
                }
                if values.iter().any(|(value, _)| value == to) {
                    exists(to, &name.span, out);
                }
            }
            _ => missing(&rel.to_string(), "enum", &name.span, out),
        }
    } else if found.is_none() && case.relation(name).is_none() {
        missing(&rel.to_string(), "type", &name.span, out);
    }
}

fn exists(name: &str, span: &Span, out: &mut Findings) {
    out.report(&h::ALREADY_EXISTS, span, format!("`{name}` exists already"));
}

fn exists_already(case: &Case<'_>, out: &mut Findings) {
    if case.statement.conditional {
        return;
    }
    let taken = |name: &Name| {
        let rel = case.known().place(name);
        // A stub stands for a relation that another statement named.
        case.known().relation(&rel).is_some()
    };
    match case.tree() {
        Tree::CreateTable(made) if !made.if_not_exists && taken(&made.name) => {
            exists(&case.known().place(&made.name).to_string(), &made.name.span, out);
        }
        Tree::CreateTableAs(made) if !made.if_not_exists && taken(&made.name) => {
            exists(&case.known().place(&made.name).to_string(), &made.name.span, out);
        }
        Tree::CreateView { name, or_replace: false, .. }
        | Tree::CreateSequence { name, if_not_exists: false, .. }
            if taken(name) =>
        {
            exists(&case.known().place(name).to_string(), &name.span, out);
        }
        Tree::CreateIndex(made) if !made.if_not_exists => {
            let table = case.resolve(&made.table);
            if let Some(name) = &made.name {
                let index = Rel::new(&*table.schema, name.last());
                if case.known().relation(&index).is_some_and(|r| r.index.is_some()) {
                    exists(&index.to_string(), &name.span, out);
                }
            }
        }
        Tree::CreateType { name, .. } | Tree::CreateDomain { name, .. } => {
            let rel = case.known().place(name);
            if case.known().types.contains_key(&rel) {
                exists(&rel.to_string(), &name.span, out);
            }
        }
        Tree::AlterRelation(altered) => {
            let Some(relation) = case.relation(&altered.name) else { return };
            let rel = case.resolve(&altered.name);
            let mut added: Vec<&str> = Vec::new();
            for action in &altered.actions {
                match &action.kind {
                    ActionKind::AddColumn { column, if_not_exists: false } => {
                        let dropped = altered.actions.iter().any(|a| {
                            matches!(&a.kind, ActionKind::DropColumn { name, .. }
                                if *name == column.name)
                        });
                        let there = relation.column(&column.name).is_some_and(known_for_sure);
                        if there && !dropped || added.contains(&column.name.as_str()) {
                            exists(&format!("{rel}.{}", column.name), &action.span, out);
                        }
                        added.push(&column.name);
                    }
                    ActionKind::RenameColumn { to, .. }
                        if relation.column(to).is_some_and(known_for_sure) =>
                    {
                        exists(&format!("{rel}.{to}"), &action.span, out);
                    }
                    ActionKind::AddConstraint(def) => {
                        let Some(name) = &def.name else { continue };
                        let dropped = altered.actions.iter().any(|a| {
                            matches!(&a.kind, ActionKind::DropConstraint { name: n, .. } if n == name)
                        });
                        if relation.constraint(name).is_some() && !dropped {
                            exists(name, &action.span, out);
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// A column that was only named by a statement that would have failed otherwise exists too.
fn known_for_sure(column: &crate::lint::known::Column) -> bool {
    !column.name.is_empty()
}

/// `DROP` without CASCADE of what something else needs.
fn blocked_drop(case: &Case<'_>, out: &mut Findings) {
    match case.tree() {
        Tree::Drop(dropped) if !dropped.cascade => {
            let own: Vec<Rel> = dropped.names.iter().map(|n| case.resolve(n)).collect();
            for name in &dropped.names {
                let found = match dropped.kind {
                    ObjectKind::Table
                    | ObjectKind::View
                    | ObjectKind::MaterializedView
                    | ObjectKind::ForeignTable => needs_relation(case, &case.resolve(name), &own),
                    ObjectKind::Type | ObjectKind::Domain => {
                        let users = case.known().users_of_type(&case.known().place_of_type(name));
                        users.first().map(|(rel, column)| format!("column `{rel}.{column}`"))
                    }
                    _ => None,
                };
                if let Some(user) = found {
                    let name_shown = name.parts.join(".");
                    out.report(&h::BLOCKED_DROP, &name.span, format!("{user} uses `{name_shown}`"));
                }
            }
        }
        Tree::AlterRelation(altered) => {
            let rel = case.resolve(&altered.name);
            for action in &altered.actions {
                if let ActionKind::DropColumn { name, cascade: false, .. } = &action.kind {
                    let views = case.known().views_on(&rel);
                    let user =
                        views.into_iter().find(|view| case.known().view_uses(view, &rel, name));
                    if let Some(view) = user {
                        let message = format!("view `{view}` uses `{rel}.{name}`");
                        out.report(&h::BLOCKED_DROP, &action.span, message).about(&rel);
                    }
                }
            }
        }
        _ => {}
    }
}

fn needs_relation(case: &Case<'_>, rel: &Rel, own: &[Rel]) -> Option<String> {
    let tree = case.known().tree(rel);
    for part in &tree {
        let view = case.known().views_on(part).into_iter().find(|v| !own.contains(v));
        if let Some(view) = view {
            return Some(format!("view `{view}`"));
        }
        let key = case
            .known()
            .referencing(part)
            .into_iter()
            .find(|(table, _)| !own.contains(table) && !tree.contains(table));
        if let Some((table, key)) = key {
            return Some(format!("foreign key `{}` of `{table}`", key.name));
        }
    }
    None
}
