//! Attaching and detaching partitions.

use super::{Advisor, Cause, Work};
use crate::{
    lint::known::{Rel, implies_bound},
    sql::{
        LockMode,
        tree::{Bound, Detach, IndexKey, Name},
    },
};

impl Advisor<'_> {
    pub(super) fn attach_partition(&mut self, parent: &Rel, partition: &Name, bound: &Bound) {
        let child = self.resolve(partition);
        let old = self.version() < 12;
        let mode = if old { LockMode::AccessExclusive } else { LockMode::ShareUpdateExclusive };
        self.lock(parent, mode);
        for part in self.tree(&child, false) {
            self.lock(&part, LockMode::AccessExclusive);
        }
        if !old {
            self.lock_indexes(parent, LockMode::ShareUpdateExclusive);
        }
        self.attached_rows(parent, &child, bound);
        self.default_partition(parent, bound, Cause::AttachDefault);
        self.attached_indexes(parent, &child);
        self.attached_keys(parent, &child);
    }

    fn attached_rows(&mut self, parent: &Rel, child: &Rel, bound: &Bound) {
        let by = self.relation(parent).and_then(|r| r.partition_by.clone());
        let certain = by.is_some() && self.complete(child);
        let proved = match (&by, self.relation(child)) {
            (Some(by), Some(table)) => implies_bound(table, by, bound, false),
            // With nothing known, a check validated in the same script is a sign of care.
            (None, Some(table)) => table.constraints.iter().any(|c| c.valid),
            _ => false,
        };
        // The first default partition is checked against nothing.
        let nothing_else = bound.strategy == "default" && self.known.children(parent).is_empty();
        if !proved && !nothing_else {
            self.work(child, LockMode::AccessExclusive, Work::Scan, Cause::Attach, certain);
        }
    }

    fn attached_indexes(&mut self, parent: &Rel, child: &Rel) {
        let own = self.indexes(child);
        for (_, wanted) in self.indexes(parent) {
            let text = |keys: &[IndexKey]| {
                keys.iter()
                    .map(|k| (k.column.clone(), k.expression.as_ref().map(|e| e.text.clone())))
                    .collect::<Vec<_>>()
            };
            let there = own.iter().any(|(_, index)| {
                index.valid
                    && index.unique == wanted.unique
                    && text(&index.keys) == text(&wanted.keys)
                    && index.predicate.is_some() == wanted.predicate.is_some()
            });
            if !there {
                let certain = self.complete(child);
                let mode = LockMode::AccessExclusive;
                self.work(child, mode, Work::IndexBuild, Cause::AttachIndex, certain);
            }
        }
    }

    /// The partition takes over the foreign keys of its parent, which are checked.
    fn attached_keys(&mut self, parent: &Rel, child: &Rel) {
        let keys = self.relation(parent).map(|r| r.constraints.clone()).unwrap_or_default();
        let own = self.relation(child).map(|r| r.constraints.clone()).unwrap_or_default();
        for target in keys.iter().filter_map(|c| c.references.as_ref()) {
            let there = own.iter().any(|c| c.valid && c.references.as_ref() == Some(target));
            if there {
                self.lock(target, LockMode::ShareRowExclusive);
                continue;
            }
            let srx = LockMode::ShareRowExclusive;
            self.work(target, srx, Work::Scan, Cause::ForeignKey, true);
            self.work(child, LockMode::AccessExclusive, Work::Scan, Cause::ForeignKey, true);
        }
    }

    pub(super) fn detach_partition(&mut self, parent: &Rel, partition: &Name, mode: Detach) {
        let child = self.resolve(partition);
        if mode != Detach::Plain {
            let weak = LockMode::ShareUpdateExclusive;
            self.lock(parent, weak);
            let strong = mode == Detach::Finalize;
            self.lock(&child, if strong { LockMode::AccessExclusive } else { weak });
            return;
        }
        self.lock(parent, LockMode::AccessExclusive);
        let old = self.version() < 14;
        let on_child = if old { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive };
        for part in self.tree(&child, false) {
            self.lock(&part, on_child);
        }
        for (index, found) in self.indexes(&child) {
            if found.parent.is_some() {
                self.lock(&index, LockMode::AccessExclusive);
            }
        }
        if let Some(default) = self.known.default_partition(parent)
            && default != child
        {
            self.lock(&default, LockMode::AccessExclusive);
        }
        let targets = self.relation(parent).map(|r| r.constraints.clone()).unwrap_or_default();
        for target in targets.iter().filter_map(|c| c.references.as_ref()) {
            self.lock(target, LockMode::AccessExclusive);
        }
    }
}
