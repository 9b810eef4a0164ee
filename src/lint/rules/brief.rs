//! Hazards of class `brief`: locks that are soon given back, once they are there.

use super::{Case, Findings};
use crate::{
    lint::{
        hazards as h,
        known::{Rel, RelationKind},
        locks::Effect,
        session::Transactions,
    },
    sql::{
        LockMode,
        tree::{ActionKind, AlterRelation, Detach, ObjectKind, Tree},
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    let waited_for: Vec<&Effect> = case.effects.iter().filter(|e| e.mode.blocks_writes()).collect();
    let used: Vec<&Effect> =
        waited_for.iter().copied().filter(|e| case.session.exposed(&e.relation)).collect();
    if !used.is_empty() {
        no_timeout(case, out);
        brief_lock(case, &used, out);
        other_table(case, &used, out);
        several_tables(case, &used, out);
    }
    match case.tree() {
        Tree::Drop(dropped) if dropped.kind == ObjectKind::Index => {
            for name in &dropped.names {
                let rel = case.resolve(name);
                if !dropped.concurrently && !case.missing(name) && case.session.exposed(&rel) {
                    out.report(
                        &h::DROP_INDEX_BLOCKS,
                        &name.span,
                        format!(
                            "dropping the index `{rel}` locks its table in ACCESS EXCLUSIVE mode"
                        ),
                    )
                    .about(&rel);
                }
            }
        }
        Tree::CreateTable(made) => {
            if let Some((parent, _)) = &made.partition_of
                && case.session.exposed(&case.resolve(parent))
            {
                let rel = case.resolve(parent);
                out.report(
                    &h::PARTITION_OF_BLOCKS,
                    &parent.span,
                    format!("creating a partition in place locks `{rel}` in ACCESS EXCLUSIVE mode"),
                )
                .about(&rel);
            }
        }
        Tree::CreateTrigger { table, .. } => trigger(case, table, out),
        Tree::Lock { tables, mode, .. } => {
            let mode = LockMode::parse(mode).unwrap_or(LockMode::AccessExclusive);
            for table in tables {
                let rel = case.resolve(table);
                if mode.blocks_writes() && case.session.exposed(&rel) {
                    out.report(
                        &h::EXPLICIT_LOCK,
                        &table.span,
                        format!("`{rel}` is locked in {mode} mode to the end of the transaction"),
                    )
                    .about(&rel);
                }
            }
        }
        Tree::CreateIndex(made) if made.if_not_exists && !made.concurrently => {
            guard(case, &case.resolve(&made.table), case.span(), out);
        }
        Tree::AlterRelation(altered) => actions(case, altered, out),
        Tree::Drop(dropped) if dropped.kind == ObjectKind::Trigger => {
            if let Some(table) = &dropped.on {
                trigger(case, table, out);
            }
        }
        _ => {}
    }
}

/// Only scripts that another runner runs need to set it themselves.
fn no_timeout(case: &Case<'_>, out: &mut Findings) {
    // A statement_timeout ends the waiting too.
    let timeouts = case.session.timeouts;
    let bounded = timeouts.lock.is_some() || timeouts.statement.is_some_and(|ms| ms > 0);
    if case.session.transactions == Transactions::Deploy || bounded {
        return;
    }
    let tables = case.effects.iter().filter(|e| e.mode.blocks_writes());
    let Some(first) = tables.into_iter().find(|e| case.session.exposed(&e.relation)) else {
        return;
    };
    let message = format!(
        "`{}` is to be locked in {} mode without a `lock_timeout`",
        first.relation, first.mode
    );
    out.report(&h::NO_LOCK_TIMEOUT, &first.span, message).about(&first.relation);
}

fn brief_lock(case: &Case<'_>, used: &[&Effect], out: &mut Findings) {
    let first = used.iter().find(|e| e.work.is_none());
    if let Some(effect) = first {
        let message = format!("`{}` is locked in {} mode", effect.relation, effect.mode);
        out.report(&h::BRIEF_LOCK, case.span(), message).about(&effect.relation);
    }
}

/// The relations that the statement names itself.
fn named(case: &Case<'_>) -> Vec<Rel> {
    match case.tree() {
        Tree::CreateTable(made) => {
            let parents = made.partition_of.iter().map(|(name, _)| name).chain(&made.inherits);
            parents.map(|name| case.resolve(name)).collect()
        }
        Tree::AlterRelation(altered) => {
            let mut all = case.known().tree(&case.resolve(&altered.name));
            for action in &altered.actions {
                match &action.kind {
                    ActionKind::AttachPartition { partition, .. }
                    | ActionKind::DetachPartition { partition, .. } => {
                        all.push(case.resolve(partition));
                    }
                    _ => {}
                }
            }
            all
        }
        Tree::Drop(dropped) => {
            let mut all: Vec<Rel> = dropped.names.iter().map(|n| case.resolve(n)).collect();
            all.extend(dropped.on.iter().map(|n| case.resolve(n)));
            let parts = all.iter().flat_map(|rel| case.known().tree(rel)).collect();
            if dropped.kind == ObjectKind::Index { used_tables(case) } else { parts }
        }
        _ => used_tables(case),
    }
}

fn used_tables(case: &Case<'_>) -> Vec<Rel> {
    case.effects.iter().map(|e| e.relation.clone()).collect()
}

fn other_table(case: &Case<'_>, used: &[&Effect], out: &mut Findings) {
    let own = named(case);
    let is_table = |rel: &Rel| {
        let kind = case.known().relation(rel).map(|r| r.kind);
        !matches!(kind, Some(RelationKind::Index | RelationKind::Sequence))
    };
    let mut told: Vec<&Rel> = Vec::new();
    for effect in used {
        let rel = &effect.relation;
        if own.contains(rel) || !is_table(rel) || told.contains(&rel) {
            continue;
        }
        told.push(rel);
        let mode = used.iter().filter(|e| e.relation == *rel).map(|e| e.mode).max();
        let mode = mode.unwrap_or(effect.mode);
        let waits = if mode.blocks_reads() { "reads and writes" } else { "writes" };
        let message = format!("`{rel}` is locked too, in {mode} mode: its {waits} wait");
        out.report(&h::LOCKS_OTHER_TABLE, &effect.span, message).about(rel);
    }
}

/// Reported where the second table is locked.
fn several_tables(case: &Case<'_>, used: &[&Effect], out: &mut Findings) {
    let Some(open) = &case.session.open else { return };
    let is_table = |rel: &Rel| {
        let kind = case.known().relation(rel).map(|r| r.kind);
        !matches!(kind, Some(RelationKind::Index | RelationKind::Sequence))
    };
    let counts = |rel: &Rel, mode: LockMode| {
        mode.blocks_writes() && is_table(rel) && case.session.exposed(rel)
    };
    let held: Vec<&Rel> =
        open.held.iter().filter(|(rel, h)| counts(rel, h.mode)).map(|(rel, _)| rel).collect();
    let new = used.iter().find(|e| is_table(&e.relation) && !held.contains(&&e.relation));
    // One finding for each transaction.
    if let ([first], Some(new)) = (held.as_slice(), new) {
        let message = format!(
            "`{}` is locked in the transaction that has already locked `{first}`",
            new.relation
        );
        out.report(&h::SEVERAL_TABLES_LOCKED, &new.span, message)
            .about(&new.relation)
            .also(&open.held[*first].since, format!("`{first}` is locked since here"));
    }
}

fn trigger(case: &Case<'_>, table: &crate::sql::tree::Name, out: &mut Findings) {
    let rel = case.resolve(table);
    if !case.session.exposed(&rel) || case.missing(table) {
        return;
    }
    let mode = case.effects.iter().filter(|e| e.relation == rel).map(|e| e.mode).max();
    if let Some(mode) = mode {
        let message = format!("`{rel}` is locked in {mode} mode for its trigger");
        out.report(&h::TRIGGER_BLOCKS_WRITES, case.span(), message).about(&rel);
    }
}

fn guard(case: &Case<'_>, rel: &Rel, span: &crate::sql::lex::Span, out: &mut Findings) {
    if case.session.exposed(rel) {
        let message = format!("`{rel}` is locked even where there is nothing to do");
        out.report(&h::GUARD_STILL_LOCKS, span, message).about(rel);
    }
}

fn actions(case: &Case<'_>, altered: &AlterRelation, out: &mut Findings) {
    let rel = case.resolve(&altered.name);
    if !case.session.exposed(&rel) || case.missing(&altered.name) {
        return;
    }
    let is_index = altered.kind == ObjectKind::Index
        || case.known().relation(&rel).is_some_and(|r| r.index.is_some());
    for action in &altered.actions {
        match &action.kind {
            ActionKind::DetachPartition { partition, mode: Detach::Plain } => {
                let message = format!(
                    "detaching `{}` locks `{rel}` in ACCESS EXCLUSIVE mode",
                    case.resolve(partition)
                );
                out.report(&h::DETACH_BLOCKS, &action.span, message).about(&rel);
            }
            ActionKind::Trigger => {
                let message = format!("`{rel}` is locked in SHARE ROW EXCLUSIVE mode: writes wait");
                out.report(&h::TRIGGER_BLOCKS_WRITES, &action.span, message).about(&rel);
            }
            ActionKind::AddColumn { if_not_exists: true, .. }
            | ActionKind::DropColumn { if_exists: true, .. }
            | ActionKind::DropConstraint { if_exists: true, .. } => {
                guard(case, &rel, &action.span, out);
            }
            ActionKind::RenameTo { .. } | ActionKind::Parameters { .. } if is_index => {
                let mode = case.effects.iter().filter(|e| e.relation == rel).map(|e| e.mode).max();
                if mode.is_some_and(LockMode::blocks_reads) {
                    let message = format!(
                        "the index `{rel}` is locked in ACCESS EXCLUSIVE mode, and with it every \
                         query of its table"
                    );
                    out.report(&h::INDEX_PARAMETER_BLOCKS, &action.span, message).about(&rel);
                }
            }
            _ => {}
        }
    }
}
