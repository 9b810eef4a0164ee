//! Hazards of class `compatibility`: what breaks code that is running, or shows it something else.

use super::{Case, Findings};
use crate::{
    lint::{
        hazards as h,
        known::{Born, Rel},
    },
    sql::{
        expr,
        lex::Span,
        tree::{
            Action, ActionKind, AlterRelation, Change, ColumnDef, ConstraintDef, ConstraintKind,
            DomainChange, Drop, Name, ObjectKind, Tree, TypeChange,
        },
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    match case.tree() {
        Tree::AlterRelation(altered) if !case.missing(&altered.name) => {
            let rel = case.resolve(&altered.name);
            if case.session.in_use(&rel) {
                for action in &altered.actions {
                    alter(case, altered, &rel, action, out);
                }
            }
        }
        Tree::Drop(dropped) => drop_objects(case, dropped, out),
        Tree::AlterType { name, change } => alter_type(case, name, change, out),
        Tree::AlterDomain { name, change } => match change {
            DomainChange::DropConstraint => {
                let message = format!("a constraint of the domain `{}` is dropped", name.last());
                out.report(&h::CONSTRAINT_DROPPED, case.span(), message);
            }
            DomainChange::RenameConstraint => renamed(name.last(), case.span(), out),
            DomainChange::General(change) => general(case, ObjectKind::Domain, name, change, out),
            _ => {}
        },
        Tree::AlterOther { kind, name, change } => general(case, *kind, name, change, out),
        Tree::AlterAttached { rename: true, table, .. }
        | Tree::AlterPolicy { table, rename: true } => {
            renamed(table.last(), case.span(), out);
        }
        Tree::CreateView { name, or_replace: true, .. } => {
            replaced(&name.parts.join("."), case, out)
        }
        Tree::CreateRoutine(made) if made.or_replace => {
            replaced(&made.name.parts.join("."), case, out);
        }
        Tree::CreateOther { name: Some(name), or_replace: true, .. } => {
            replaced(&name.parts.join("."), case, out);
        }
        Tree::CreateTrigger { name, or_replace: true, .. } => replaced(name, case, out),
        Tree::CreateRule { or_replace: true, table } => replaced(table.last(), case, out),
        Tree::Publication { name, .. } => {
            let created =
                case.statement.text.trim_start().to_ascii_lowercase().starts_with("create");
            if !created {
                let message = format!("the publication `{name}` changes");
                out.report(&h::REPLICATION_CHANGED, case.span(), message);
            }
        }
        _ => {}
    }
}

fn renamed(name: &str, span: &Span, out: &mut Findings) {
    let message = format!("`{name}` gets another name while code may use the old one");
    out.report(&h::RENAMED, span, message);
}

fn replaced(name: &str, case: &Case<'_>, out: &mut Findings) {
    let message = format!("`{name}` changes under running code if it exists");
    out.report(&h::REPLACED, case.span(), message);
}

fn alter(case: &Case<'_>, altered: &AlterRelation, rel: &Rel, action: &Action, out: &mut Findings) {
    let span = &action.span;
    match &action.kind {
        ActionKind::AddColumn { column, .. } => add_column(case, rel, column, span, out),
        ActionKind::RenameTo { name } => rename_table(case, altered, rel, name, span, out),
        ActionKind::RenameColumn { from, to } => rename_column(case, rel, from, to, span, out),
        ActionKind::RenameConstraint { from, .. } => renamed(from, span, out),
        ActionKind::SetSchema { name } => {
            let message =
                format!("`{rel}` moves to the schema `{name}` while code may use it here");
            out.report(&h::MOVED_SCHEMA, span, message).about(rel);
        }
        ActionKind::SetNotNull { column } if !is_new(case, rel, column) => {
            let message = format!("from now on `{rel}.{column}` refuses NULL");
            out.report(&h::WRITERS_MUST_CHANGE, span, message).about(rel);
        }
        ActionKind::AddConstraint(def) => add_constraint(case, rel, def, out),
        ActionKind::DropNotNull { column } => {
            let message = format!("`{rel}.{column}` may be NULL from now on");
            out.report(&h::READERS_SEE_NULL, span, message).about(rel);
        }
        ActionKind::SetDefault { column, .. } | ActionKind::DropDefault { column }
            if !is_new(case, rel, column) =>
        {
            let message = format!("the default of `{rel}.{column}` changes for running code");
            out.report(&h::DEFAULT_CHANGED, span, message).about(rel);
        }
        ActionKind::DropConstraint { name, .. } | ActionKind::AlterConstraint { name, .. } => {
            let new = case
                .known()
                .relation(rel)
                .and_then(|r| r.constraint(name))
                .is_some_and(|c| c.born != Born::Before);
            let weakens = !matches!(action.kind, ActionKind::AlterConstraint { enforced, .. }
                if enforced != Some(false));
            if !new && weakens {
                let message = format!("`{name}` no longer keeps wrong rows out of `{rel}`");
                out.report(&h::CONSTRAINT_DROPPED, span, message).about(rel);
            }
        }
        ActionKind::SetExpression { column, .. } | ActionKind::DropExpression { column } => {
            let message = format!("`{rel}.{column}` holds something else from now on");
            out.report(&h::REPLACED, span, message).about(rel);
        }
        ActionKind::AlterType { column, type_name, .. } => {
            let message = format!("code that uses `{rel}.{column}` meets the type {type_name}");
            out.report(&h::COLUMN_TYPE_CHANGED, span, message).about(rel);
        }
        ActionKind::ReplicaIdentity { .. } => {
            let message =
                format!("what subscribers are told about changed rows of `{rel}` changes");
            out.report(&h::REPLICATION_CHANGED, span, message).about(rel);
        }
        ActionKind::Parameters { .. } if altered.kind == ObjectKind::View => {
            let message = format!("`{rel}` runs with other options from now on");
            out.report(&h::REPLACED, span, message).about(rel);
        }
        _ => {}
    }
}

fn is_new(case: &Case<'_>, rel: &Rel, column: &str) -> bool {
    let column = case.known().relation(rel).and_then(|r| r.column(column));
    column.is_some_and(|c| c.born != Born::Before)
}

fn add_column(case: &Case<'_>, rel: &Rel, column: &ColumnDef, span: &Span, out: &mut Findings) {
    let name = &column.name;
    if column.type_name.name == "json" && !column.type_name.array {
        let message = format!("with the json column `{name}` `SELECT DISTINCT` on `{rel}` fails");
        out.report(&h::JSON_HAS_NO_EQUALITY, span, message).about(rel);
    }
    let message = format!("`SELECT *` on `{rel}` returns one column more");
    out.report(&h::COLUMN_ADDED, span, message).about(rel);
    let dropped = case
        .later_actions(rel)
        .iter()
        .any(|a| matches!(a, ActionKind::DropDefault { column } if column == name));
    let set_again = case
        .later_actions(rel)
        .iter()
        .any(|a| matches!(a, ActionKind::SetDefault { column, .. } if column == name));
    if column.not_null && column.default.is_some() && dropped && !set_again {
        let message = format!(
            "code that does not know `{rel}.{name}` can insert no rows once its default is dropped"
        );
        out.report(&h::DEFAULT_FOR_BACKFILL_ONLY, span, message).about(rel);
    }
    for constraint in &column.constraints {
        let ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
        let message =
            format!("from now on `{rel}` refuses rows without their `{}`", key.references.last());
        out.report(&h::WRITERS_MUST_CHANGE, &constraint.span, message).about(rel);
    }
}

fn rename_table(
    case: &Case<'_>,
    altered: &AlterRelation,
    rel: &Rel,
    to: &str,
    span: &Span,
    out: &mut Findings,
) {
    let kind = case.known().relation(rel).map(|r| r.index.is_some());
    let table = matches!(altered.kind, ObjectKind::Table | ObjectKind::ForeignTable);
    if !table || kind == Some(true) {
        renamed(&rel.to_string(), span, out);
        return;
    }
    let covered = case.later().iter().any(|statement| {
        matches!(&statement.tree, Tree::CreateView { name, .. }
            if case.known().place(name) == *rel)
    });
    if !covered {
        let message = format!("code that uses `{rel}` fails once it is named `{to}`");
        out.report(&h::RENAME_TABLE, span, message).about(rel).help(format!(
            "in the same transaction `CREATE VIEW {rel} AS SELECT * FROM {to}`; drop the view when \
             nobody uses it"
        ));
    }
}

fn rename_column(
    case: &Case<'_>,
    rel: &Rel,
    from: &str,
    to: &str,
    span: &Span,
    out: &mut Findings,
) {
    if is_new(case, rel, from) {
        return;
    }
    let dropped_before = case.all[..case.at].iter().any(|statement| match &statement.tree {
        Tree::AlterRelation(other) => {
            case.resolve(&other.name) == *rel
                && other
                    .actions
                    .iter()
                    .any(|a| matches!(&a.kind, ActionKind::DropColumn { name, .. } if name == from))
        }
        _ => false,
    });
    if !dropped_before {
        let message = format!("code that uses `{rel}.{from}` fails once it is named `{to}`");
        out.report(&h::RENAME_COLUMN, span, message).about(rel);
    }
}

fn add_constraint(case: &Case<'_>, rel: &Rel, def: &ConstraintDef, out: &mut Findings) {
    let span = &def.span;
    let using = |key: &crate::sql::tree::Key| key.using_index.is_some();
    let what = match &def.kind {
        ConstraintKind::Check(_) => "rows that violate the check",
        ConstraintKind::NotNull(_) => "NULL",
        ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) if using(key) => return,
        ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) => "a key twice",
        ConstraintKind::ForeignKey(_) => "rows that point at nothing",
        ConstraintKind::Exclude(_) => "rows that exclude each other",
    };
    let message = format!("from now on `{rel}` refuses {what}");
    out.report(&h::WRITERS_MUST_CHANGE, span, message).about(rel);
    if !def.not_valid {
        return;
    }
    let unfilled = case.known().relation(rel).into_iter().flat_map(|r| &r.columns).find(|c| {
        let named = match &def.kind {
            ConstraintKind::Check(condition) => expr::names_column(&condition.text, &c.name),
            ConstraintKind::NotNull(name) => *name == c.name,
            _ => false,
        };
        let null_fails = match &def.kind {
            ConstraintKind::Check(condition) => {
                crate::lint::known::proves_not_null(&condition.text, &c.name)
            }
            _ => true,
        };
        named && null_fails && c.born != Born::Before && c.default.is_none()
    });
    if let Some(column) = unfilled
        && !filled_since(case, rel, &column.name)
    {
        let message = format!(
            "rows of `{rel}` whose new column `{}` is not filled can no longer be updated",
            column.name
        );
        out.report(&h::NOT_VALID_BEFORE_BACKFILL, span, message).about(rel);
    }
}

/// Whether a statement before this one has written the column.
fn filled_since(case: &Case<'_>, rel: &Rel, column: &str) -> bool {
    case.all[..case.at].iter().any(|statement| match &statement.tree {
        Tree::Write(write) => {
            case.resolve(&write.table) == *rel && write.assigned.iter().any(|c| c == column)
        }
        _ => false,
    })
}

fn drop_objects(case: &Case<'_>, dropped: &Drop, out: &mut Findings) {
    let names: Vec<&Name> = dropped.names.iter().collect();
    match dropped.kind {
        ObjectKind::Index => {
            for name in names {
                let rel = case.resolve(name);
                if !case.missing(name) && case.session.in_use(&rel) {
                    let message = format!("queries may need the index `{rel}`");
                    out.report(&h::INDEX_DROPPED, &name.span, message).about(&rel);
                }
            }
        }
        ObjectKind::Table
        | ObjectKind::ForeignTable
        | ObjectKind::Sequence
        | ObjectKind::Schema
        | ObjectKind::Database
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Extension
        | ObjectKind::Role => {}
        ObjectKind::View | ObjectKind::MaterializedView => {
            for name in names.into_iter().filter(|n| case.in_use(n)) {
                let rel = case.resolve(name);
                let again = case.later().iter().any(|statement| match &statement.tree {
                    Tree::CreateView { name, .. } => case.known().place(name) == rel,
                    Tree::CreateTableAs(made) => case.known().place(&made.name) == rel,
                    _ => false,
                });
                let how = if again { "changes under running code" } else { "is dropped" };
                let hazard = if again { &h::REPLACED } else { &h::OBJECT_DROPPED };
                out.report(hazard, &name.span, format!("`{rel}` {how}")).about(&rel);
            }
        }
        _ => {
            let what =
                names.first().map_or_else(String::new, |n| format!("`{}`", n.parts.join(".")));
            let message = format!("{what} is dropped");
            out.report(&h::OBJECT_DROPPED, case.span(), message.trim_start().to_owned());
        }
    }
}

fn alter_type(case: &Case<'_>, name: &Name, change: &TypeChange, out: &mut Findings) {
    let shown = name.parts.join(".");
    match change {
        TypeChange::RenameValue { from, to } => {
            let message = format!("code that uses the value `{from}` of `{shown}` meets `{to}`");
            out.report(&h::ENUM_VALUE_RENAMED, case.span(), message);
        }
        TypeChange::Attributes => {
            let message = format!("the composite type `{shown}` changes under running code");
            out.report(&h::COMPOSITE_CHANGED, case.span(), message);
        }
        TypeChange::General(change) => general(case, ObjectKind::Type, name, change, out),
        TypeChange::AddValue { .. } => {}
    }
}

fn general(case: &Case<'_>, kind: ObjectKind, name: &Name, change: &Change, out: &mut Findings) {
    let shown = name.parts.join(".");
    match change {
        Change::RenameTo(to) if kind == ObjectKind::Schema => {
            let message = format!("code that uses the schema `{shown}` fails once it is `{to}`");
            out.report(&h::MOVED_SCHEMA, case.span(), message);
        }
        Change::RenameTo(_) => renamed(&shown, case.span(), out),
        Change::SetSchema(to) => {
            let message =
                format!("`{shown}` moves to the schema `{to}` while code may use it here");
            out.report(&h::MOVED_SCHEMA, case.span(), message);
        }
        Change::OwnerTo => {}
        Change::Other if kind == ObjectKind::Subscription => {
            let message = format!("the subscription `{shown}` changes");
            out.report(&h::REPLICATION_CHANGED, case.span(), message);
        }
        Change::Other => {}
    }
}
