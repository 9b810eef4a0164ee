//! `CREATE` of tables, indexes, views, and what is attached to tables.

use super::{Advisor, Cause, Work};
use crate::{
    lint::known::{Rel, implies_bound},
    sql::{
        LockMode,
        tree::{Bound, ConstraintKind, CreateIndex, CreateTable, CreateTableAs, Name},
    },
};

impl Advisor<'_> {
    pub(super) fn create_table(&mut self, made: &CreateTable) {
        for parent in &made.inherits {
            let parent = self.resolve(parent);
            self.lock(&parent, LockMode::ShareUpdateExclusive);
        }
        if let Some((parent, bound)) = &made.partition_of {
            let parent = self.resolve(parent);
            self.partition_of(&parent, bound);
        }
        let own = self.known.place(&made.name);
        let at_columns = made.columns.iter().flat_map(|c| &c.constraints);
        for constraint in made.constraints.iter().chain(at_columns) {
            if let ConstraintKind::ForeignKey(key) = &constraint.kind {
                let target = self.resolve(&key.references);
                if target != own {
                    self.span = constraint.span.clone();
                    for part in self.tree(&target, false) {
                        self.lock(&part, LockMode::ShareRowExclusive);
                    }
                }
            }
        }
    }

    fn partition_of(&mut self, parent: &Rel, bound: &Bound) {
        self.lock(parent, LockMode::AccessExclusive);
        for (index, _) in self.indexes(parent) {
            let mode =
                if self.version() < 12 { None } else { Some(LockMode::ShareUpdateExclusive) };
            mode.into_iter().for_each(|mode| self.lock(&index, mode));
        }
        self.default_partition(parent, bound, Cause::PartitionOfDefault);
        self.keys_of_parent(parent);
    }

    /// The default partition is locked, and read unless a check proves that it holds no row of the
    /// new bound.
    pub(super) fn default_partition(&mut self, parent: &Rel, bound: &Bound, cause: Cause) {
        let Some(default) = self.known.default_partition(parent) else { return };
        let by = self.relation(parent).and_then(|r| r.partition_by.clone()).unwrap_or_default();
        let proved = self.relation(&default).is_some_and(|d| implies_bound(d, &by, bound, true));
        if proved {
            self.lock(&default, LockMode::AccessExclusive);
        } else {
            self.work(&default, LockMode::AccessExclusive, Work::Scan, cause, true);
        }
    }

    /// A partition takes over the foreign keys of its parent, in both directions.
    fn keys_of_parent(&mut self, parent: &Rel) {
        let targets = self.relation(parent).map(|r| r.constraints.clone()).unwrap_or_default();
        for target in targets.iter().filter_map(|c| c.references.as_ref()) {
            self.lock(target, LockMode::ShareRowExclusive);
        }
    }

    pub(super) fn create_table_as(&mut self, made: &CreateTableAs) {
        self.read(&made.query.reads, made.query.row_locks);
        self.write_parts(&made.query.writes);
    }

    /// Reads relations as a query does.
    pub(super) fn read(&mut self, names: &[Name], row_locks: bool) {
        let mode = if row_locks { LockMode::RowShare } else { LockMode::AccessShare };
        for name in names {
            let rel = self.resolve(name);
            for part in self.tree(&rel, false) {
                self.work(&part, mode, Work::Scan, Cause::Rows, false);
                if row_locks {
                    self.lock_indexes(&part, mode);
                }
            }
        }
    }

    pub(super) fn write_parts(&mut self, names: &[Name]) {
        for name in names {
            let rel = self.resolve(name);
            self.work(&rel, LockMode::RowExclusive, Work::Scan, Cause::Rows, false);
        }
    }

    pub(super) fn create_index(&mut self, made: &CreateIndex) {
        let table = self.resolve(&made.table);
        let mode = if made.concurrently { LockMode::ShareUpdateExclusive } else { LockMode::Share };
        let partitioned = self.relation(&table).is_some_and(super::Relation::is_partitioned);
        let named = made.name.as_ref().map(|n| Rel::new(&*table.schema, n.last()));
        let exists = named.is_some_and(|n| self.relation(&n).is_some());
        if exists && made.if_not_exists || made.only && partitioned {
            self.lock(&table, mode);
            return;
        }
        let (work, cause) = if made.concurrently {
            (Work::IndexBuild, Cause::Concurrent)
        } else {
            (Work::IndexBuild, Cause::Index)
        };
        for part in self.tree(&table, !partitioned) {
            let stores = self.relation(&part).is_none_or(super::Relation::has_storage);
            if stores {
                self.work(&part, mode, work, cause.clone(), true);
            } else {
                self.lock(&part, mode);
            }
        }
    }

    /// A trigger, rule or policy on a table; triggers are cloned to partitions.
    pub(super) fn on_table(&mut self, table: &Name, mode: LockMode, partitions: bool) {
        let rel = self.resolve(table);
        let partitioned = self.relation(&rel).is_some_and(super::Relation::is_partitioned);
        for part in self.tree(&rel, !(partitions && partitioned)) {
            self.lock(&part, mode);
        }
    }
}
