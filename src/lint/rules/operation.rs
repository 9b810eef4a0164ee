//! Hazards of class `operation`: load, settings, and what is left to do.

use super::{Case, Findings, lock::wide};
use crate::{
    lint::{
        hazards::{self as h, Level},
        known::Rel,
        locks::{Cause, Work},
    },
    sql::{
        body, expr,
        lex::{Span, tokens},
        tree::{
            ActionKind, AlterRelation, Change, ConstraintDef, ConstraintKind, ObjectKind, Tree,
            Verb,
        },
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    match case.tree() {
        Tree::Write(write) => mass_update(case, write, out),
        Tree::Do { body, .. } => opaque(case, body, out),
        Tree::Execute => {
            out.report(&h::OPAQUE, case.span(), "what a prepared statement does is not seen here");
        }
        Tree::Unknown => {
            let head: Vec<&str> = case.statement.text.split_whitespace().take(3).collect();
            let message = format!("`{}` is no statement that is known", head.join(" "));
            out.report(&h::UNKNOWN_STATEMENT, case.span(), message);
        }
        Tree::CreateTableAs(made) => {
            let source = made.query.reads.iter().find(|n| case.session.exposed(&case.resolve(n)));
            if let Some(source) = source
                && !made.no_data
            {
                let message = format!("all of `{}` is read into a copy", case.resolve(source));
                out.report(&h::COPIES_TABLE, case.span(), message);
            }
        }
        Tree::CreateExtension { name } => {
            let message = format!("the extension `{name}` is created");
            out.report(&h::EXTENSION_CHANGED, case.span(), message);
        }
        Tree::AlterOther { kind: ObjectKind::Extension, name, change: Change::Other } => {
            let message = format!("the extension `{}` changes", name.last());
            out.report(&h::EXTENSION_CHANGED, case.span(), message);
        }
        Tree::AlterRelation(altered) => alter(case, altered, out),
        Tree::Set { name, value, local } => setting(case, name, value.as_deref(), *local, out),
        _ => {}
    }
    advisory_lock(case, out);
    useless_timeout(case, out);
}

fn mass_update(case: &Case<'_>, write: &crate::sql::tree::Write, out: &mut Findings) {
    let rel = case.resolve(&write.table);
    let many = match write.verb {
        Verb::Update | Verb::Delete => wide(case, &rel, write.condition.as_ref()),
        Verb::Insert => {
            write.from_query && write.reads.iter().any(|n| case.session.exposed(&case.resolve(n)))
        }
        Verb::Merge => true,
    };
    let target = write.verb == Verb::Insert || case.session.exposed(&rel);
    if !many || !target || case.statement.batched || case.missing(&write.table) {
        return;
    }
    // Said by a hazard of its own.
    let all = write.condition.as_ref().is_none_or(|c| expr::is_constant(&c.text));
    if write.verb == Verb::Delete && all {
        return;
    }
    let message = match (write.verb, all) {
        (Verb::Update, true) => format!("every row of `{rel}` is written in one transaction"),
        (Verb::Insert, _) => format!("another table is copied into `{rel}` in one transaction"),
        _ => format!("many rows of `{rel}` may be written in one transaction"),
    };
    let finding = out.report(&h::MASS_UPDATE, case.span(), message);
    finding.about(&rel).maybe(all);
    if write.verb == Verb::Delete {
        finding.level = Level::Note;
    }
}

fn opaque(case: &Case<'_>, text: &str, out: &mut Findings) {
    let found = body::block(text);
    let nothing = found.statements.is_empty() && found.literals.is_empty();
    if !found.opaque.is_empty() || nothing {
        out.report(&h::OPAQUE, case.span(), "what this block runs is not seen here");
    }
}

fn alter(case: &Case<'_>, altered: &AlterRelation, out: &mut Findings) {
    let rel = case.resolve(&altered.name);
    if case.missing(&altered.name) || !case.session.in_use(&rel) {
        return;
    }
    for action in &altered.actions {
        match &action.kind {
            ActionKind::Parameters { disables_autovacuum: true, .. } => {
                let message = format!("autovacuum no longer cleans `{rel}`");
                out.report(&h::AUTOVACUUM_OFF, &action.span, message).about(&rel);
            }
            ActionKind::AlterType { column, type_name, .. } => {
                alter_type(case, &rel, column, &type_name.name, &action.span, out);
            }
            ActionKind::AddConstraint(def) => {
                never_validated(case, &rel, def, out);
                if let ConstraintKind::ForeignKey(key) = &def.kind {
                    no_index(case, &rel, &key.columns, &def.span, out);
                }
            }
            ActionKind::AddColumn { column, .. } => {
                let key = column
                    .constraints
                    .iter()
                    .find(|c| matches!(c.kind, ConstraintKind::ForeignKey(_)));
                if let Some(key) = key {
                    let columns = std::slice::from_ref(&column.name);
                    no_index(case, &rel, columns, &key.span, out);
                }
            }
            _ => {}
        }
    }
    could_be_one(case, &rel, out);
}

fn alter_type(case: &Case<'_>, rel: &Rel, column: &str, to: &str, span: &Span, out: &mut Findings) {
    let found = case.known().relation(rel).and_then(|r| r.column(column));
    let serial = found.is_some_and(|c| {
        !c.identity
            && c.sequence.is_some()
            && c.type_name.as_ref().is_some_and(|t| t.name != "int8")
    });
    if to == "int8" && serial {
        let message = format!("the sequence of `{rel}.{column}` still ends at 2,147,483,647");
        out.report(&h::SEQUENCE_STAYS_SMALL, span, message).about(rel);
    }
    let analyzed = case.later().iter().any(|statement| match &statement.tree {
        Tree::Analyze { tables } | Tree::Vacuum { analyze: true, tables, .. } => {
            tables.is_empty() || tables.iter().any(|t| case.resolve(t) == *rel)
        }
        _ => false,
    });
    if !analyzed && case.session.exposed(rel) {
        let message =
            format!("the planner knows nothing about `{rel}.{column}` until it is analyzed");
        out.report(&h::STATISTICS_LOST, span, message)
            .about(rel)
            .help(format!("`ANALYZE {rel} ({column})` right after it"));
    }
}

fn never_validated(case: &Case<'_>, rel: &Rel, def: &ConstraintDef, out: &mut Findings) {
    if !(def.not_valid || def.not_enforced) {
        return;
    }
    let later = case.later_actions(rel);
    let done = later.iter().any(|action| match action {
        ActionKind::ValidateConstraint { name } | ActionKind::DropConstraint { name, .. } => {
            def.name.as_ref().is_none_or(|own| own == name)
        }
        _ => false,
    });
    let same = case.altered().is_some_and(|(_, actions)| {
        actions.iter().any(|a| {
            matches!(&a.kind, ActionKind::ValidateConstraint { name } if Some(name) == def.name.as_ref())
        })
    });
    if !done && !same {
        let name = def.name.as_deref().unwrap_or("the constraint");
        let message = format!("nothing in this script validates `{name}`");
        out.report(&h::NEVER_VALIDATED, &def.span, message).about(rel);
    }
}

fn no_index(case: &Case<'_>, rel: &Rel, columns: &[String], span: &Span, out: &mut Findings) {
    let covers =
        |keys: Vec<&str>| columns.iter().all(|c| keys.iter().take(columns.len()).any(|k| k == c));
    let there = case.known().indexes(rel).into_iter().any(|(_, index)| {
        index.predicate.is_none()
            && covers(index.keys.iter().filter_map(|k| k.column.as_deref()).collect())
    });
    let made = case.later().iter().any(|statement| match &statement.tree {
        Tree::CreateIndex(made) => {
            case.resolve(&made.table) == *rel
                && covers(made.keys.iter().filter_map(|k| k.column.as_deref()).collect())
        }
        _ => false,
    });
    if !there && !made {
        let message = format!("no index of `{rel}` starts with {}", columns.join(", "));
        out.report(&h::FOREIGN_KEY_WITHOUT_INDEX, span, message)
            .about(rel)
            .maybe(case.known().relation(rel).is_some_and(|r| r.complete));
    }
}

/// The statement before read or rewrote the same table, and so does this one.
fn could_be_one(case: &Case<'_>, rel: &Rel, out: &mut Findings) {
    let Some(before) = case.at.checked_sub(1).map(|at| &case.all[at]) else { return };
    let Tree::AlterRelation(other) = &before.tree else { return };
    let works = case.effects.iter().any(|e| e.relation == *rel && e.work >= Some(Work::Scan));
    let validates = |altered: &AlterRelation| {
        altered.actions.iter().any(|a| {
            matches!(
                a.kind,
                ActionKind::ValidateConstraint { .. } | ActionKind::DropConstraint { .. }
            )
        })
    };
    let (Some((altered, _)), Some(_)) = (case.altered(), case.session.held(rel)) else { return };
    let scanned_before = other.actions.iter().any(|a| scans(&a.kind));
    let same = case.resolve(&other.name) == *rel;
    let independent = !validates(altered) && !validates(other);
    if same && works && scanned_before && independent && case.session.exposed(rel) {
        let message = format!("`{rel}` is gone through again: the statement before already did");
        out.report(&h::COULD_BE_ONE, case.span(), message).about(rel);
    }
}

fn scans(action: &ActionKind) -> bool {
    match action {
        ActionKind::SetNotNull { .. } | ActionKind::AlterType { .. } => true,
        ActionKind::AddConstraint(def) => {
            !def.not_valid && !matches!(def.kind, ConstraintKind::ForeignKey(_))
        }
        _ => false,
    }
}

fn advisory_lock(case: &Case<'_>, out: &mut Findings) {
    let waits = |name: &str| {
        matches!(
            name,
            "pg_advisory_lock"
                | "pg_advisory_xact_lock"
                | "pg_advisory_lock_shared"
                | "pg_advisory_xact_lock_shared"
        )
    };
    let runs = matches!(case.tree(), Tree::Select(_) | Tree::Do { .. });
    let text = match case.tree() {
        Tree::Do { body, .. } => body.as_str(),
        _ => case.statement.text.as_str(),
    };
    if runs && expr::calls(text).iter().any(|call| waits(call.last())) {
        let message = "waiting for an advisory lock holds back concurrent index builds";
        out.report(&h::WAITS_FOR_ADVISORY_LOCK, case.span(), message);
    }
}

fn useless_timeout(case: &Case<'_>, out: &mut Findings) {
    let timeouts = case.session.timeouts;
    let Some(lock) = timeouts.lock else { return };
    let effect =
        case.effects.iter().find(|e| e.mode.blocks_writes() && case.session.exposed(&e.relation));
    let Some(effect) = effect.filter(|e| e.cause != Cause::Concurrent) else { return };
    let why = match timeouts.statement {
        _ if lock == 0 => "`lock_timeout` of 0 waits without end".to_owned(),
        _ if lock > 10_000 => format!("`lock_timeout` of {lock} ms lets others wait for that long"),
        Some(statement) if statement > 0 && statement <= lock => {
            format!(
                "`statement_timeout` of {statement} ms comes before `lock_timeout` of {lock} ms"
            )
        }
        _ => return,
    };
    out.report(&h::USELESS_TIMEOUT, case.span(), why).about(&effect.relation);
}

fn setting(case: &Case<'_>, name: &str, value: Option<&str>, local: bool, out: &mut Findings) {
    let lasting = matches!(
        name,
        "search_path" | "role" | "session authorization" | "session_replication_role"
    );
    let again = case.later().iter().any(|statement| {
        matches!(&statement.tree, Tree::Set { name: n, value: None, .. } if n == name || n == "all")
    });
    if lasting && !local && value.is_some() && !again {
        let message = format!("`{name}` stays set after the script");
        out.report(&h::SESSION_SETTING, case.span(), message);
    }
    let opaque = matches!(name, "constraints" | "transaction");
    if opaque && tokens(&case.statement.text).len() > 2 {
        let message = format!("`SET {}` changes how what follows behaves", name.to_uppercase());
        out.report(&h::SESSION_SETTING, case.span(), message);
    }
}
