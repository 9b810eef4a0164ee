//! Adding, validating, enforcing and dropping constraints of tables.

use super::{Advisor, Cause, Work};
use crate::{
    lint::known::{Born, Constraint, Rel},
    sql::{
        LockMode, expr,
        tree::{ActionKind, AlterRelation, ConstraintDef, ConstraintKind, ForeignKey, Key},
    },
};

const STRONG: LockMode = LockMode::AccessExclusive;
const FOREIGN: LockMode = LockMode::ShareRowExclusive;

impl Advisor<'_> {
    pub(super) fn add_constraint(
        &mut self,
        tables: &[Rel],
        def: &ConstraintDef,
        mode: LockMode,
        altered: &AlterRelation,
    ) {
        let later = def.not_valid || def.not_enforced;
        match &def.kind {
            ConstraintKind::Check(_) if !later => {
                for table in self.stored(tables) {
                    self.work(&table, mode, Work::Scan, Cause::Check, true);
                }
            }
            ConstraintKind::NotNull(column) if !later => {
                for table in self.stored(tables) {
                    let relation = self.relation(&table).cloned().unwrap_or_default();
                    let proved = self.known.not_null(&relation, column);
                    if proved != Some(true) {
                        let cause = Cause::NotNullConstraint { column: column.clone() };
                        self.work(&table, mode, Work::Scan, cause, proved.is_some());
                    }
                }
            }
            ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => {}
            ConstraintKind::Unique(key) => self.key(tables, key, def, Cause::Unique),
            ConstraintKind::PrimaryKey(key) => {
                self.key(tables, key, def, Cause::PrimaryKey);
                self.key_not_null(&tables[0], key);
            }
            ConstraintKind::Exclude(_) => {
                for table in self.stored(tables) {
                    self.work(&table, mode, Work::IndexBuild, Cause::Exclude, true);
                }
            }
            ConstraintKind::ForeignKey(key) => self.foreign_key(tables, key, mode, later, altered),
        }
    }

    fn key(&mut self, tables: &[Rel], key: &Key, def: &ConstraintDef, cause: Cause) {
        if let Some(index) = &key.using_index {
            let index = Rel::new(&*tables[0].schema, index.last());
            let old = self.version() < 12;
            // Only renaming the index to the constraint's name locks it.
            if def.name.as_ref().is_none_or(|name| *name == index.name) {
                return;
            }
            self.lock(&index, if old { STRONG } else { LockMode::ShareUpdateExclusive });
            return;
        }
        for table in tables {
            let top = *table == tables[0];
            // Partitions are locked for the build alone up to 17.
            let mode = if top || self.version() >= 18 { STRONG } else { LockMode::Share };
            if self.stored(std::slice::from_ref(table)).is_empty() {
                self.lock(table, mode);
            } else {
                self.work(table, mode, Work::IndexBuild, cause.clone(), true);
            }
        }
    }

    /// A primary key over an index reads the table where its columns may hold NULL.
    fn key_not_null(&mut self, table: &Rel, key: &Key) {
        let Some(index) = &key.using_index else { return };
        let index = Rel::new(&*table.schema, index.last());
        let found = self.relation(&index).and_then(|r| r.index.as_ref());
        let columns: Option<Vec<String>> =
            found.map(|i| i.keys.iter().filter_map(|k| k.column.clone()).collect());
        let relation = self.relation(table).cloned().unwrap_or_default();
        let Some(columns) = columns else {
            let cause = Cause::PrimaryKeyUsingIndex { column: String::new() };
            self.work(table, STRONG, Work::Scan, cause, false);
            return;
        };
        for column in columns {
            let proved = self.known.not_null(&relation, &column);
            if proved != Some(true) {
                let cause = Cause::PrimaryKeyUsingIndex { column };
                self.work(table, STRONG, Work::Scan, cause, proved.is_some());
                return;
            }
        }
    }

    fn foreign_key(
        &mut self,
        tables: &[Rel],
        key: &ForeignKey,
        mode: LockMode,
        later: bool,
        altered: &AlterRelation,
    ) {
        let target = self.resolve(&key.references);
        // A column added by the same statement without a default holds nothing to look up.
        let empty = key.columns.iter().any(|c| new_and_null(altered, c));
        let partitioned = self.relation(&tables[0]).is_some_and(super::Relation::is_partitioned);
        let children = if partitioned { tables } else { &tables[..1] };
        for table in children {
            let own = if *table == tables[0] { mode } else { FOREIGN };
            if later || self.stored(std::slice::from_ref(table)).is_empty() {
                self.lock(table, own);
            } else {
                self.work(table, own, Work::Scan, Cause::ForeignKey, true);
            }
        }
        if target == tables[0] {
            return;
        }
        // The rows of the table are looked up in the other one: without rows nothing is.
        let empty =
            empty || self.relation(&tables[0]).is_some_and(|r| r.born != Born::Before && !r.filled);
        for part in self.tree(&target, false) {
            if later || empty || self.stored(std::slice::from_ref(&part)).is_empty() {
                self.lock(&part, FOREIGN);
            } else {
                self.work(&part, FOREIGN, Work::Scan, Cause::ForeignKey, true);
            }
        }
    }

    pub(super) fn validate(&mut self, tables: &[Rel], name: &str, mode: LockMode) {
        let constraint = self.relation(&tables[0]).and_then(|r| r.constraint(name)).cloned();
        if constraint.as_ref().is_some_and(|c| c.valid) {
            return;
        }
        let certain = constraint.is_some();
        let cause = Cause::Validate { constraint: name.to_owned() };
        for table in self.stored(tables) {
            self.work(&table, mode, Work::Scan, cause.clone(), certain);
        }
        let target = constraint.and_then(|c| c.references);
        for part in target.map(|target| self.tree(&target, false)).unwrap_or_default() {
            self.work(&part, LockMode::RowShare, Work::Scan, cause.clone(), true);
        }
    }

    pub(super) fn alter_constraint(&mut self, table: &Rel, name: &str, enforced: Option<bool>) {
        let constraint = self.relation(table).and_then(|r| r.constraint(name)).cloned();
        let target = constraint.as_ref().and_then(|c| c.references.clone());
        match enforced {
            Some(true) => {
                let cause = Cause::Enforce { constraint: name.to_owned() };
                self.work(table, STRONG, Work::Scan, cause.clone(), true);
                if let Some(target) = target {
                    self.work(&target, FOREIGN, Work::Scan, cause, true);
                }
            }
            Some(false) => self.lock_all(target.as_slice(), STRONG),
            None => {}
        }
    }

    pub(super) fn drop_constraint(&mut self, tables: &[Rel], name: &str, cascade: bool) {
        for table in tables {
            let Some(found) = self.relation(table).and_then(|r| r.constraint(name)).cloned() else {
                continue;
            };
            if let Some(target) = &found.references {
                for part in self.tree(target, false) {
                    self.lock(&part, STRONG);
                }
            }
            if let Some(index) = &found.index {
                for index in self.known.index_tree(index) {
                    self.lock(&index, STRONG);
                }
            }
            if cascade && found.index.is_some() {
                let others = self.keys_on(table, &found);
                self.lock_all(&others, STRONG);
            }
        }
    }

    /// The tables whose foreign keys point at the columns of this key.
    fn keys_on(&self, table: &Rel, key: &Constraint) -> Vec<Rel> {
        let columns = match &key.kind {
            ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => key.columns.clone(),
            _ => return Vec::new(),
        };
        let points = |c: &Constraint| match &c.kind {
            ConstraintKind::ForeignKey(k) => k.referenced.is_empty() || k.referenced == columns,
            _ => false,
        };
        let found = self.known.referencing(table).into_iter();
        found.filter(|(_, c)| points(c)).map(|(rel, _)| rel.clone()).collect()
    }
}

fn new_and_null(altered: &AlterRelation, name: &str) -> bool {
    altered.actions.iter().any(|action| match &action.kind {
        ActionKind::AddColumn { column, .. } => {
            column.name == name && column.default.as_ref().is_none_or(|d| expr::is_null(&d.text))
        }
        _ => false,
    })
}
