//! Hazards of class `style`: choices that cost later. All are off unless asked for.

use super::{Case, Findings};
use crate::{
    lint::{hazards as h, known::Rel},
    sql::{
        lex::Span,
        tree::{
            ActionKind, ColumnDef, ConstraintDef, ConstraintKind, Name, Persistence, Tree,
            TypeBody, TypeChange, TypeName,
        },
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    match case.tree() {
        Tree::CreateTable(made) => {
            let temporary = made.persistence == Persistence::Temporary;
            if !temporary {
                unqualified(case, &made.name, out);
                not_repeatable(case, made.if_not_exists, out);
            }
            for def in &made.columns {
                column(def, key_of(&made.constraints, def), out);
            }
            let keys = made.columns.iter().flat_map(|c| &c.constraints).chain(&made.constraints);
            let keyed = keys.into_iter().any(|c| matches!(c.kind, ConstraintKind::PrimaryKey(_)));
            let own =
                made.partition_of.is_none() && made.inherits.is_empty() && made.like.is_empty();
            if !keyed && own && !temporary {
                let message = format!("`{}` has no primary key", made.name.last());
                out.report(&h::NO_PRIMARY_KEY, &made.name.span, message);
            }
        }
        Tree::CreateTableAs(made) if made.persistence != Persistence::Temporary => {
            unqualified(case, &made.name, out);
            not_repeatable(case, made.if_not_exists, out);
        }
        Tree::AlterRelation(altered) => {
            unqualified(case, &altered.name, out);
            for action in &altered.actions {
                match &action.kind {
                    ActionKind::AddColumn { column: def, if_not_exists } => {
                        column(def, key_of(&[], def), out);
                        def.constraints.iter().for_each(|c| unnamed(c, out));
                        not_repeatable(case, *if_not_exists, out);
                    }
                    ActionKind::AlterType { type_name, .. } => {
                        type_style(type_name, &action.span, false, out);
                    }
                    ActionKind::AddConstraint(def) => {
                        unnamed(def, out);
                        not_repeatable(case, dropped_before(case, def), out);
                    }
                    ActionKind::DropColumn { if_exists, .. }
                    | ActionKind::DropConstraint { if_exists, .. } => {
                        not_repeatable(case, *if_exists, out);
                    }
                    _ => {}
                }
            }
        }
        Tree::CreateIndex(made) => {
            not_repeatable(case, made.if_not_exists, out);
            if !made.unique && made.keys.len() > 3 {
                let message = format!("an index over {} columns", made.keys.len());
                out.report(&h::WIDE_INDEX, case.span(), message);
            }
            if made.method == "hash" {
                out.report(&h::HASH_INDEX, case.span(), "a hash index only finds equal values");
            }
        }
        Tree::Drop(dropped) => {
            dropped.names.iter().for_each(|name| {
                if matches!(dropped.kind, crate::sql::tree::ObjectKind::Table) {
                    unqualified(case, name, out);
                }
            });
            not_repeatable(case, dropped.if_exists, out);
        }
        Tree::AlterType {
            change: TypeChange::AddValue { value, positioned: false, .. }, ..
        } => {
            let message = format!("`{value}` goes to the end without being told so");
            out.report(&h::ENUM_VALUE_POSITION, case.span(), message);
        }
        Tree::CreateType { name, body: TypeBody::Enum(_) } => {
            let message = format!("the values of `{}` cannot be removed later", name.last());
            out.report(&h::ENUM_CREATED, case.span(), message);
        }
        Tree::CreateDomain { name, constrained, not_null, .. } if *constrained || *not_null => {
            let message = format!("the constraints of `{}` are hard to change later", name.last());
            out.report(&h::CONSTRAINED_DOMAIN, case.span(), message);
        }
        Tree::CreateSchema { .. } => not_repeatable(case, guarded(case), out),
        _ => {}
    }
}

fn guarded(case: &Case<'_>) -> bool {
    case.statement.text.to_ascii_lowercase().contains("if not exists")
}

fn key_of(constraints: &[ConstraintDef], def: &ColumnDef) -> bool {
    let is_key = |c: &ConstraintDef| match &c.kind {
        ConstraintKind::PrimaryKey(key) => key.columns == [def.name.clone()],
        _ => false,
    };
    constraints.iter().chain(&def.constraints).any(is_key)
}

fn column(def: &ColumnDef, key: bool, out: &mut Findings) {
    type_style(&def.type_name, &def.span, key, out);
}

fn type_style(name: &TypeName, span: &Span, key: bool, out: &mut Findings) {
    let report = |hazard, message: String, out: &mut Findings| {
        out.report(hazard, span, message);
    };
    match name.name.as_str() {
        "int4" | "serial4" if key => {
            report(&h::SMALL_KEY, format!("a key of type {name} runs out of numbers"), out);
        }
        "int2" | "serial2" if key => {
            report(&h::SMALL_KEY, format!("a key of type {name} runs out of numbers"), out);
        }
        "bpchar" if !name.modifiers.is_empty() => {
            report(&h::CHAR, format!("{name} pads with blanks"), out);
        }
        "varchar" if !name.modifiers.is_empty() => {
            report(&h::VARCHAR_LIMIT, format!("the limit of {name} is costly to change"), out);
        }
        "timestamp" => {
            report(&h::TIMESTAMP_WITHOUT_ZONE, "a timestamp without time zone".to_owned(), out);
        }
        "money" => report(&h::MONEY, "money depends on the locale".to_owned(), out),
        _ => {}
    }
    match name.name.as_str() {
        "serial2" | "serial4" | "serial8" => {
            report(&h::SERIAL, "serial instead of identity".to_owned(), out);
        }
        _ => {}
    }
    match name.name.as_str() {
        "int2" | "serial2" => report(&h::SMALLINT, format!("{name} ends at 32,767"), out),
        "int4" | "serial4" => {
            report(&h::INTEGER_COLUMN, format!("{name} ends at 2,147,483,647"), out);
        }
        _ => {}
    }
}

fn unnamed(def: &ConstraintDef, out: &mut Findings) {
    if def.name.is_none() {
        out.report(&h::UNNAMED_CONSTRAINT, &def.span, "PostgreSQL chooses the constraint's name");
    }
}

fn unqualified(case: &Case<'_>, name: &Name, out: &mut Findings) {
    if name.schema().is_none() && !name.parts.is_empty() {
        let place: Rel = case.known().place(name);
        let message = format!("which schema `{}` is in depends on the search path", place.name);
        out.report(&h::UNQUALIFIED_NAME, &name.span, message);
    }
}

/// A constraint dropped with IF EXISTS before, and not added since, can be added again.
fn dropped_before(case: &Case<'_>, def: &ConstraintDef) -> bool {
    let actions = case.all[..case.at].iter().rev().filter_map(|statement| match &statement.tree {
        Tree::AlterRelation(altered) => Some(&altered.actions),
        _ => None,
    });
    actions
        .flatten()
        .find_map(|action| match &action.kind {
            ActionKind::DropConstraint { name, if_exists, .. }
                if Some(name) == def.name.as_ref() =>
            {
                Some(*if_exists)
            }
            ActionKind::AddConstraint(other) if other.name == def.name => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}

fn not_repeatable(case: &Case<'_>, guarded: bool, out: &mut Findings) {
    if !guarded && case.session.open.is_none() && case.all.len() > 1 {
        out.report(&h::NOT_REPEATABLE, case.span(), "this fails when the script is run again");
    }
}
