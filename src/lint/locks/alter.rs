//! `ALTER TABLE`, `ALTER INDEX`, `ALTER VIEW`, `ALTER SEQUENCE`.

use super::{Advisor, Cause, Work, alter_type::TypeChange};
use crate::{
    lint::known::{Rel, RelationKind},
    sql::{
        LockMode,
        tree::{ActionKind, AlterRelation, ConstraintKind, Detach, ObjectKind, Persistence},
    },
};

const STRONG: LockMode = LockMode::AccessExclusive;

impl Advisor<'_> {
    pub(super) fn alter_relation(&mut self, altered: &AlterRelation) {
        let rel = self.resolve(&altered.name);
        if self.missing(&rel) {
            return;
        }
        let version = self.version();
        let level = |kind: &ActionKind| level(kind, altered.kind, version);
        // One lock for the whole statement: the strongest that any action asks for.
        let mode = altered.actions.iter().map(|a| level(&a.kind)).max().unwrap_or(STRONG);
        self.lock(&rel, mode);
        for action in &altered.actions {
            self.span = action.span.clone();
            let own = level(&action.kind);
            let recurses = recurses(&action.kind) && !altered.only;
            let tables = self.tree(&rel, !recurses);
            if recurses {
                let partitions = partition_mode(&action.kind, own, version);
                self.lock_all(&tables[1..], partitions);
            }
            self.act(&tables, &action.kind, mode, altered);
        }
    }

    fn act(&mut self, tables: &[Rel], action: &ActionKind, mode: LockMode, all: &AlterRelation) {
        let rel = &tables[0];
        match action {
            ActionKind::AddColumn { column, if_not_exists } => {
                self.add_column(tables, column, *if_not_exists);
            }
            ActionKind::DropColumn { name, cascade, .. } => {
                self.drop_column(tables, name, *cascade);
            }
            ActionKind::AlterType { column, type_name, collation, using } => {
                let change = TypeChange {
                    column,
                    to: type_name,
                    collation: collation.as_ref(),
                    using: using.as_ref(),
                };
                self.alter_type(tables, &change);
            }
            ActionKind::SetNotNull { column } => self.set_not_null(tables, column, all),
            ActionKind::SetExpression { column, expression } => {
                self.set_expression(tables, column, expression);
            }
            ActionKind::AddConstraint(def) => self.add_constraint(tables, def, mode, all),
            ActionKind::ValidateConstraint { name } => self.validate(tables, name, mode),
            ActionKind::AlterConstraint { name, enforced } => {
                self.alter_constraint(rel, name, *enforced);
            }
            ActionKind::DropConstraint { name, cascade, .. } => {
                self.drop_constraint(tables, name, *cascade);
            }
            ActionKind::AttachPartition { partition, bound } => {
                self.attach_partition(rel, partition, bound);
            }
            ActionKind::DetachPartition { partition, mode } => {
                self.detach_partition(rel, partition, *mode);
            }
            ActionKind::AttachIndex { index } => {
                let child = self.resolve(index);
                self.lock(&child, STRONG);
            }
            ActionKind::Inherit { parent, on: true } => {
                let parent = self.resolve(parent);
                self.lock(&parent, LockMode::ShareUpdateExclusive);
            }
            ActionKind::AlterIdentity { column } => self.identity(rel, column, false),
            ActionKind::DropIdentity { column } => self.identity(rel, column, true),
            _ => self.act_on_storage(rel, action),
        }
    }

    fn identity(&mut self, rel: &Rel, column: &str, drops: bool) {
        let found = self.relation(rel).and_then(|r| r.column(column));
        if let Some(sequence) = found.and_then(|c| c.sequence.clone()) {
            let mode = if drops { STRONG } else { LockMode::ShareRowExclusive };
            self.lock(&sequence, mode);
        }
    }

    fn act_on_storage(&mut self, rel: &Rel, action: &ActionKind) {
        match action {
            ActionKind::SetLogged { logged } => {
                let now = self.relation(rel).filter(|r| r.complete).map(|r| r.persistence);
                let wanted = if *logged { Persistence::Permanent } else { Persistence::Unlogged };
                if now != Some(wanted) {
                    self.rewrite(rel, Cause::SetLogged { logged: *logged }, now.is_some());
                    let sequences = if self.version() >= 15 { self.sequences(rel) } else { vec![] };
                    self.lock_all(&sequences, STRONG);
                }
            }
            ActionKind::SetTablespace { name } => {
                let relation = self.relation(rel);
                let now = relation.and_then(|r| r.tablespace.as_deref()).unwrap_or("pg_default");
                let certain = self.complete(rel);
                if now != name {
                    self.work(rel, STRONG, Work::Copy, Cause::SetTablespace, certain);
                }
            }
            ActionKind::SetAccessMethod { name } => {
                let relation = self.relation(rel);
                let now = relation.and_then(|r| r.access_method.as_deref()).unwrap_or("heap");
                let certain = self.complete(rel);
                if now != name {
                    self.rewrite(rel, Cause::SetAccessMethod, certain);
                }
            }
            ActionKind::OwnerTo => {
                self.lock_indexes(rel, STRONG);
                let sequences = self.sequences(rel);
                self.lock_all(&sequences, STRONG);
            }
            ActionKind::SetSchema { .. } => {
                let sequences = self.sequences(rel);
                self.lock_all(&sequences, STRONG);
            }
            ActionKind::ClusterOn { .. } | ActionKind::ReplicaIdentity { .. } => {
                self.named_index(rel, action);
            }
            _ => {}
        }
    }

    fn named_index(&mut self, rel: &Rel, action: &ActionKind) {
        let (wanted, mode) = match action {
            ActionKind::ReplicaIdentity { index: Some(index) } => (index, LockMode::Share),
            ActionKind::ClusterOn { index } => (index, LockMode::ShareUpdateExclusive),
            _ => return,
        };
        let index = Rel::new(&*rel.schema, wanted);
        self.lock(&index, mode);
    }
}

/// The lock that one action takes on the relation itself (tablecmds.c, `AlterTableGetLockLevel`).
fn level(action: &ActionKind, kind: ObjectKind, version: u32) -> LockMode {
    let weak = LockMode::ShareUpdateExclusive;
    match (kind, action) {
        (ObjectKind::Index, ActionKind::RenameTo { .. } | ActionKind::AttachIndex { .. })
            if version >= 12 =>
        {
            weak
        }
        (ObjectKind::Sequence, ActionKind::Sequence { option, .. })
            if option != "logged" && option != "unlogged" =>
        {
            LockMode::ShareRowExclusive
        }
        (ObjectKind::View | ObjectKind::MaterializedView, ActionKind::Parameters { .. }) => STRONG,
        (_, ActionKind::Parameters { names, .. }) => parameters_level(names),
        (_, ActionKind::AddConstraint(def))
            if matches!(def.kind, ConstraintKind::ForeignKey(_)) =>
        {
            LockMode::ShareRowExclusive
        }
        (_, ActionKind::Trigger) => LockMode::ShareRowExclusive,
        (_, ActionKind::AttachPartition { .. }) if version >= 12 => weak,
        (_, ActionKind::DetachPartition { mode, .. }) if *mode != Detach::Plain => weak,
        (
            _,
            ActionKind::ValidateConstraint { .. }
            | ActionKind::SetStatistics
            | ActionKind::SetColumnOptions
            | ActionKind::ClusterOn { .. }
            | ActionKind::SetWithoutCluster,
        ) => weak,
        _ => STRONG,
    }
}

/// Storage parameters that may change while the table is written (reloptions.c); others may not.
fn parameters_level(names: &[String]) -> LockMode {
    let weak = |name: &String| {
        let name = name.trim_start_matches("toast.");
        name.starts_with("autovacuum_")
            || name.starts_with("vacuum_")
            || matches!(
                name,
                "fillfactor"
                    | "deduplicate_items"
                    | "log_autovacuum_min_duration"
                    | "parallel_workers"
                    | "toast_tuple_target"
            )
    };
    if names.iter().all(weak) { LockMode::ShareUpdateExclusive } else { STRONG }
}

/// Whether an action is done to partitions and children too.
fn recurses(action: &ActionKind) -> bool {
    matches!(
        action,
        ActionKind::AddColumn { .. }
            | ActionKind::DropColumn { .. }
            | ActionKind::AlterType { .. }
            | ActionKind::SetDefault { .. }
            | ActionKind::DropDefault { .. }
            | ActionKind::SetNotNull { .. }
            | ActionKind::DropNotNull { .. }
            | ActionKind::SetStatistics
            | ActionKind::SetStorage
            | ActionKind::SetExpression { .. }
            | ActionKind::DropExpression { .. }
            | ActionKind::AddConstraint(_)
            | ActionKind::ValidateConstraint { .. }
            | ActionKind::DropConstraint { .. }
            | ActionKind::RenameColumn { .. }
            | ActionKind::RenameConstraint { .. }
    )
}

/// The lock on partitions: that of the action, but for keys, whose indexes are built there.
fn partition_mode(action: &ActionKind, own: LockMode, version: u32) -> LockMode {
    match action {
        ActionKind::AddConstraint(def)
            if matches!(def.kind, ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_))
                && version < 18 =>
        {
            LockMode::Share
        }
        _ => own,
    }
}

impl Advisor<'_> {
    /// `ALTER … ALL IN TABLESPACE`: nobody can tell from the text which relations that are.
    pub(super) fn alter_all(&mut self, kind: ObjectKind) {
        let wanted = |found: RelationKind| match kind {
            ObjectKind::Index => found == RelationKind::Index,
            ObjectKind::MaterializedView => found == RelationKind::MaterializedView,
            _ => found == RelationKind::Table,
        };
        let all: Vec<Rel> = self
            .known
            .relations
            .iter()
            .filter(|(_, r)| wanted(r.kind))
            .map(|(rel, _)| rel.clone())
            .collect();
        for rel in all {
            self.work(&rel, STRONG, Work::Copy, Cause::SetTablespace, false);
        }
    }
}
