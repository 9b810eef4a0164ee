//! Hazards of class `lock`: work that grows with a table while others wait.

use std::collections::BTreeSet;

use super::{Case, Findings};
use crate::{
    lint::{
        hazards::{self as h, Hazard, Level},
        known::Rel,
        locks::{Cause, Effect, Work},
        report::Finding,
    },
    sql::{
        LockMode,
        expr::{self, Limit},
        tree::{ActionKind, Expr, Tree, Verb},
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    let mut seen = BTreeSet::new();
    let rewritten = |rel: &Rel| {
        case.effects.iter().any(|e| e.relation == *rel && e.work == Some(Work::Rewrite))
    };
    for effect in case.effects {
        let mode = blocking_mode(case, effect);
        let works = effect.work.is_some() || effect.cause != Cause::Brief;
        if !works || !mode.blocks_writes() || !case.session.exposed(&effect.relation) {
            continue;
        }
        // One pass checks everything that a rewrite has to look at anyway.
        let within = matches!(effect.work, Some(Work::Scan | Work::IndexBuild))
            && rewritten(&effect.relation);
        let Some(hazard) = hazard_of(effect) else { continue };
        if !within && seen.insert((hazard.code.id, effect.relation.clone(), effect.span.start)) {
            report(case, effect, mode, hazard, out);
        }
    }
    work_under_lock(case, out);
}

/// The mode in which the relation is locked while the work is done: by this statement or, since an
/// earlier one, by its transaction.
fn blocking_mode(case: &Case<'_>, effect: &Effect) -> LockMode {
    let own = case.effects.iter().filter(|e| e.relation == effect.relation).map(|e| e.mode);
    let own = own.max().unwrap_or(effect.mode);
    match effect.cause {
        // Validation is slow by nature; what holds the table meanwhile matters.
        Cause::Validate { .. } => {
            case.session.held(&effect.relation).map_or(own, |held| own.max(held.mode))
        }
        _ => own,
    }
}

fn hazard_of(effect: &Effect) -> Option<&'static Hazard> {
    Some(match &effect.cause {
        Cause::Brief | Cause::Concurrent | Cause::Rows => return None,
        Cause::Index => &h::INDEX_BLOCKS_WRITES,
        Cause::Reindex => &h::REINDEX_BLOCKS,
        Cause::Check | Cause::ColumnCheck { .. } => &h::CHECK_SCANS,
        Cause::ForeignKey | Cause::ColumnForeignKey { .. } => &h::FOREIGN_KEY_SCANS,
        Cause::Unique | Cause::ColumnUnique { .. } => &h::UNIQUE_BUILDS_INDEX,
        Cause::PrimaryKey => &h::PRIMARY_KEY_BUILDS_INDEX,
        Cause::PrimaryKeyUsingIndex { .. } => &h::PRIMARY_KEY_SCANS,
        Cause::Exclude => &h::EXCLUSION_BUILDS_INDEX,
        Cause::SetNotNull { .. } | Cause::NotNullConstraint { .. } => &h::SET_NOT_NULL_SCANS,
        Cause::Validate { .. } => &h::VALIDATE_UNDER_LOCK,
        Cause::Enforce { .. } => &h::ENFORCE_SCANS,
        Cause::VolatileDefault { .. } => &h::VOLATILE_DEFAULT,
        Cause::Serial { .. } => &h::SERIAL_COLUMN,
        Cause::Identity { .. } => &h::IDENTITY_COLUMN,
        Cause::Stored { .. } | Cause::SetExpression { .. } => &h::STORED_COLUMN,
        Cause::VirtualChecked { .. } => &h::VIRTUAL_COLUMN_SCANS,
        Cause::DomainColumn { .. } => &h::DOMAIN_COLUMN,
        Cause::Type { .. } => &h::TYPE_REWRITE,
        Cause::TypeInUtc { .. } => &h::TIME_ZONE_TYPE,
        Cause::TypeIndex { .. } => &h::TYPE_REBUILDS_INDEX,
        Cause::TypeCheck { .. } | Cause::TypeForeignKey { .. } => &h::TYPE_VERIFIES_CONSTRAINT,
        Cause::SetLogged { .. } => &h::SET_LOGGED,
        Cause::SetTablespace | Cause::SetAccessMethod => &h::TABLE_MOVED,
        Cause::VacuumFull | Cause::Cluster => &h::FULL_REWRITE,
        Cause::Refresh => &h::REFRESH_BLOCKS,
        Cause::Attach | Cause::AttachDefault | Cause::AttachIndex => &h::ATTACH_SCANS,
        Cause::PartitionOfDefault => &h::NEW_PARTITION_SCANS_DEFAULT,
        Cause::DomainConstraint { .. } => &h::DOMAIN_CONSTRAINT_SCANS,
    })
}

fn report(
    case: &Case<'_>,
    effect: &Effect,
    mode: LockMode,
    hazard: &'static Hazard,
    out: &mut Findings,
) {
    let rel = &effect.relation;
    let partition_of_index = effect.cause == Cause::Index
        && case.known().relation(rel).is_some_and(|r| !r.parents.is_empty())
        && matches!(case.tree(), Tree::CreateIndex(made) if case.resolve(&made.table) != *rel);
    let hazard = if partition_of_index { &h::INDEX_ON_PARTITIONED } else { hazard };
    if hazard.code.id == h::INDEX_ON_PARTITIONED.code.id
        && out.0.iter().any(|f| f.hazard.code.id == hazard.code.id && f.span == *case.span())
    {
        return;
    }
    let waits = if mode.blocks_reads() || effect.cause == Cause::Reindex {
        "reads and writes wait"
    } else {
        "writes wait"
    };
    let message = format!("{}: {waits} while `{rel}` is {}", what(effect), doing(effect));
    let finding = out.report(hazard, &effect.span, message);
    finding.about(rel).maybe(effect.certain).note(format!("`{rel}` is locked in {mode} mode"));
    if let Some(estimate) = case.estimate(effect) {
        finding.note(estimate);
    }
    explain(case, effect, finding);
}

/// What causes it, as the subject of the message.
fn what(effect: &Effect) -> String {
    match &effect.cause {
        Cause::Index => "building an index".to_owned(),
        Cause::Reindex => "rebuilding an index".to_owned(),
        Cause::Check => "verifying a check".to_owned(),
        Cause::ColumnCheck { column } => format!("verifying the check of the new column `{column}`"),
        Cause::ForeignKey => "verifying a foreign key".to_owned(),
        Cause::ColumnForeignKey { column } => {
            format!("verifying the foreign key of the new column `{column}`, which has a default")
        }
        Cause::Unique => "building the index of a unique constraint".to_owned(),
        Cause::ColumnUnique { column } => format!("building the index of the new column `{column}`"),
        Cause::PrimaryKey => "building the index of a primary key".to_owned(),
        Cause::PrimaryKeyUsingIndex { column } if column.is_empty() => {
            "searching the columns of a primary key for NULL, unless they are known to be `NOT NULL`"
                .to_owned()
        }
        Cause::PrimaryKeyUsingIndex { column } => {
            format!("searching `{column}`, which may be NULL, for a primary key")
        }
        Cause::Exclude => "building the index of an exclusion constraint".to_owned(),
        Cause::SetNotNull { column } | Cause::NotNullConstraint { column } => {
            format!("searching `{column}` for NULL")
        }
        Cause::Validate { constraint } => format!("validating `{constraint}`"),
        Cause::Enforce { constraint } => format!("enforcing `{constraint}`"),
        Cause::VolatileDefault { column, function, known: true } => {
            format!("giving each row its own `{column}` from the volatile `{function}()`")
        }
        Cause::VolatileDefault { column, function, known: false } => {
            format!("giving each row its own `{column}`, unless `{function}()` is stable or immutable")
        }
        Cause::Serial { column } | Cause::Identity { column } => {
            format!("numbering every row in the new column `{column}`")
        }
        Cause::Stored { column } | Cause::SetExpression { column } => {
            format!("computing the stored column `{column}`")
        }
        Cause::VirtualChecked { column } => format!("checking the virtual column `{column}`"),
        Cause::DomainColumn { column, domain } => {
            format!("checking the new column `{column}` against the domain `{domain}`")
        }
        Cause::Type { column, from: Some(from), to } => {
            format!("changing `{column}` from {from} to {to}")
        }
        Cause::Type { column, from: None, to } => {
            format!("changing `{column}` from an unknown type to {to}")
        }
        Cause::TypeInUtc { column, from, to } => {
            format!("changing `{column}` from {from} to {to} unless `TimeZone` is UTC")
        }
        Cause::TypeIndex { index, .. } => format!("building the index `{index}` anew"),
        Cause::TypeCheck { constraint, .. } | Cause::TypeForeignKey { constraint, .. } => {
            format!("verifying `{constraint}` again")
        }
        Cause::SetLogged { logged: true } => "making it logged".to_owned(),
        Cause::SetLogged { logged: false } => "making it unlogged".to_owned(),
        Cause::SetTablespace => "moving it to another tablespace".to_owned(),
        Cause::SetAccessMethod => "moving it to another access method".to_owned(),
        Cause::VacuumFull => "`VACUUM FULL`".to_owned(),
        Cause::Cluster => "`CLUSTER`".to_owned(),
        Cause::Refresh => "refreshing without `CONCURRENTLY`".to_owned(),
        Cause::Attach => "looking for rows outside of the bound".to_owned(),
        Cause::AttachDefault | Cause::PartitionOfDefault => {
            "looking for rows of the new bound in the default partition".to_owned()
        }
        Cause::AttachIndex => "building an index that the parent has".to_owned(),
        Cause::DomainConstraint { domain } => {
            format!("verifying the constraint of the domain `{domain}`")
        }
        Cause::Brief | Cause::Concurrent | Cause::Rows => String::new(),
    }
}

fn doing(effect: &Effect) -> &'static str {
    match effect.work {
        Some(Work::Rewrite) if effect.certain => "written anew",
        Some(Work::Rewrite) => "perhaps written anew",
        Some(Work::Copy) => "copied",
        Some(Work::IndexBuild) => "read and indexed",
        Some(Work::Scan) | None if effect.certain => "read from end to end",
        Some(Work::Scan) | None => "perhaps read from end to end",
    }
}

fn explain(case: &Case<'_>, effect: &Effect, finding: &mut Finding) {
    match &effect.cause {
        Cause::Index => {
            if let Tree::CreateIndex(made) = case.tree()
                && case.known().relation(&effect.relation).is_none_or(|r| r.parents.is_empty())
            {
                let unique = if made.unique { "UNIQUE " } else { "" };
                finding.help(format!(
                    "`CREATE {unique}INDEX CONCURRENTLY …`, outside of a transaction; then see that \
                     `pg_index.indisvalid` is true"
                ));
            }
        }
        // A relaxation as most such changes are, of a column whose type is not known.
        Cause::Type { from: None, .. } if effect.work.is_none() => {
            finding.level = Level::Note;
            finding.note("nothing is read where the column is of type varchar or text");
        }
        Cause::Type { from: None, .. } => {
            finding.note("judged without the column's type: give a live schema to be told exactly");
        }
        Cause::SetNotNull { column } => not_null_help(case, effect, column, finding),
        Cause::Validate { constraint } => {
            if let Some(held) = case.session.held(&effect.relation)
                && held.mode > LockMode::ShareUpdateExclusive
            {
                finding
                    .also(&held.since, format!("the transaction holds {} since here", held.mode));
                finding.note(format!(
                    "`VALIDATE CONSTRAINT {constraint}` alone lets others read and write"
                ));
            }
        }
        _ => {}
    }
}

fn not_null_help(case: &Case<'_>, effect: &Effect, column: &str, finding: &mut Finding) {
    let drops_proof = case.altered().is_some_and(|(_, actions)| {
        actions.iter().any(|a| matches!(a.kind, ActionKind::DropConstraint { .. }))
    });
    if drops_proof {
        finding.note("what the same statement drops is dropped before the column is looked at");
    }
    let rel = &effect.relation;
    if case.known().version >= 18 {
        finding.help(format!(
            "`ALTER TABLE {rel} ADD CONSTRAINT … NOT NULL {column} NOT VALID`, then `VALIDATE \
             CONSTRAINT` in a later transaction"
        ));
    } else if case.known().version >= 12 {
        finding.help(format!(
            "`ALTER TABLE {rel} ADD CONSTRAINT … CHECK ({column} IS NOT NULL) NOT VALID`, `VALIDATE \
             CONSTRAINT` in a later transaction, `SET NOT NULL`, and drop the check in a statement \
             of its own"
        ));
    }
}

/// Slow work while the transaction holds a lock that others wait for, on whatever relation.
fn work_under_lock(case: &Case<'_>, out: &mut Findings) {
    let Some(open) = &case.session.open else { return };
    let Some(slow) = case.effects.iter().find(|e| is_slow(case, e)) else { return };
    let waited_for = open.held.iter().find(|(rel, held)| {
        let stops = if **rel == slow.relation {
            held.mode.blocks_writes()
        } else {
            held.mode.blocks_reads() || held.mode >= LockMode::Share
        };
        stops
            && case.session.exposed(rel)
            && case.known().relation(rel).is_none_or(|r| r.index.is_none())
    });
    let Some((rel, held)) = waited_for else { return };
    let same = *rel == slow.relation;
    // Said already, and better.
    if same && matches!(slow.cause, Cause::Validate { .. }) {
        return;
    }
    // Here the statement makes others wait by itself; the lock before it only adds to that.
    let own = case.effects.iter().filter(|e| e.relation == *rel).map(|e| e.mode).max();
    let adds = same && slow.cause != Cause::Rows && own.is_some_and(LockMode::blocks_writes);
    let waits = if held.mode.blocks_reads() { "reads and writes of" } else { "writes to" };
    let finding = out.report(
        &h::WORK_UNDER_LOCK,
        &slow.span,
        format!(
            "{waits} `{rel}` wait until this is done too: the transaction holds {} on it since an \
             earlier statement",
            held.mode
        ),
    );
    finding.about(rel).maybe(slow.certain).also(&held.since, format!("`{rel}` is locked here"));
    if adds {
        finding.level = Level::Note;
    }
}

/// Whether an effect takes time in proportion to a table that matters.
fn is_slow(case: &Case<'_>, effect: &Effect) -> bool {
    if effect.work.is_none() || !case.session.exposed(&effect.relation) {
        return false;
    }
    if effect.cause != Cause::Rows {
        return true;
    }
    match case.tree() {
        Tree::Write(write) => match write.verb {
            Verb::Insert => write.from_query,
            Verb::Merge => true,
            Verb::Update | Verb::Delete => wide(case, &effect.relation, write.condition.as_ref()),
        },
        Tree::Select(query) => query.wide,
        Tree::Copy { .. } => true,
        _ => false,
    }
}

/// Whether a condition may hold for many rows: it neither compares a key with a value nor bounds a
/// column on both sides. A column of which nothing is known counts as a key.
pub(super) fn wide(case: &Case<'_>, table: &Rel, condition: Option<&Expr>) -> bool {
    let Some(condition) = condition else { return true };
    let known = case.known().relation(table).is_some_and(|r| r.complete);
    let is_key = |column: &str| {
        let indexes = case.known().indexes(table);
        !known
            || indexes.iter().any(|(_, i)| {
                i.unique && i.keys.first().and_then(|k| k.column.as_deref()) == Some(column)
            })
    };
    !expr::limits(&condition.text).iter().any(|limit| match limit {
        Limit::Equal(column) => is_key(column),
        Limit::Range(_) => true,
    })
}
