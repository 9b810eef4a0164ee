//! Everything that is neither `CREATE TABLE` nor `ALTER TABLE`: drops, rows, maintenance, types.

use super::{Advisor, Cause, Work};
use crate::{
    lint::known::{Born, Rel, RelationKind},
    sql::{
        LockMode, expr,
        tree::{DomainChange, Drop, Name, ObjectKind, PublicationVerb, Tree, Verb, Write},
    },
};

const STRONG: LockMode = LockMode::AccessExclusive;
const WEAK: LockMode = LockMode::ShareUpdateExclusive;

impl Advisor<'_> {
    pub(super) fn statement(&mut self, tree: &Tree) {
        match tree {
            Tree::CreateTable(made) => self.create_table(made),
            Tree::CreateTableAs(made) => self.create_table_as(made),
            Tree::CreateView { name, .. } => {
                let rel = self.resolve(name);
                if self.relation(&rel).is_some() {
                    self.lock(&rel, STRONG);
                }
            }
            Tree::CreateIndex(made) => self.create_index(made),
            Tree::CreateSchema { elements, .. } => {
                elements.iter().for_each(|element| self.statement(element));
            }
            Tree::CreateTrigger { table, .. } => {
                self.on_table(table, LockMode::ShareRowExclusive, true);
            }
            Tree::CreateRule { table, .. }
            | Tree::CreatePolicy { table, .. }
            | Tree::AlterPolicy { table, .. }
            | Tree::AlterAttached { table, .. } => self.on_table(table, STRONG, false),
            Tree::CreateStatistics { table: Some(table), .. } => self.on_table(table, WEAK, false),
            Tree::Publication { name, tables, verb } => {
                for table in tables {
                    self.on_table(table, WEAK, false);
                }
                if *verb == PublicationVerb::Set {
                    let before = self.known.publications.get(name).cloned();
                    self.lock_all(&before.unwrap_or_default(), WEAK);
                }
            }
            Tree::AlterRelation(altered) => self.alter_relation(altered),
            Tree::AlterAll { kind } => self.alter_all(*kind),
            Tree::AlterDomain { name, change } => self.alter_domain(name, change),
            Tree::Drop(dropped) => self.drop_objects(dropped),
            Tree::Comment { kind, name, .. } => self.comment(*kind, name),
            Tree::Wrapped { inner, runs: true } => self.statement(inner),
            _ => self.rows_or_maintenance(tree),
        }
    }

    fn rows_or_maintenance(&mut self, tree: &Tree) {
        match tree {
            Tree::Reindex { kind, name, concurrently } => {
                self.reindex(*kind, name.as_ref(), *concurrently);
            }
            Tree::Vacuum { full, tables, .. } => self.vacuum(*full, tables),
            Tree::Analyze { tables } => {
                for table in tables {
                    self.on_table(table, WEAK, true);
                }
            }
            Tree::Cluster { table } => {
                let tables = self.named_or_all(table.as_slice());
                for table in tables {
                    self.rewrite(&table, Cause::Cluster, true);
                }
            }
            Tree::Refresh { name, concurrently, no_data } => {
                self.refresh(name, *concurrently, *no_data);
            }
            Tree::Truncate { tables, only, cascade } => self.truncate(tables, *only, *cascade),
            Tree::Lock { tables, only, mode, .. } => {
                let mode = LockMode::parse(mode).unwrap_or(STRONG);
                for table in tables {
                    let rel = self.resolve(table);
                    for part in self.tree(&rel, *only) {
                        self.lock(&part, mode);
                    }
                }
            }
            Tree::Copy { table, from, reads } => {
                self.read(reads, false);
                if let Some(table) = table {
                    let rel = self.resolve(table);
                    let mode = if *from { LockMode::RowExclusive } else { LockMode::AccessShare };
                    self.work(&rel, mode, Work::Scan, Cause::Rows, false);
                }
            }
            Tree::Select(query) => {
                self.read(&query.reads, query.row_locks);
                self.write_parts(&query.writes);
                for name in &query.sequences {
                    let rel = self.resolve(name);
                    self.lock(&rel, LockMode::RowExclusive);
                }
            }
            Tree::Write(write) => self.write(write),
            _ => {}
        }
    }

    fn write(&mut self, write: &Write) {
        let rel = self.resolve(&write.table);
        for part in self.tree(&rel, write.verb == Verb::Insert) {
            self.work(&part, LockMode::RowExclusive, Work::Scan, Cause::Rows, false);
            if write.verb != Verb::Insert {
                self.lock_indexes(&part, LockMode::RowExclusive);
            }
        }
        self.read(&write.reads, write.row_locks);
        self.write_parts(&write.writes);
    }

    fn reindex(&mut self, kind: ObjectKind, name: Option<&Name>, concurrently: bool) {
        let tables: Vec<(Rel, Vec<Rel>)> = match (kind, name) {
            (ObjectKind::Index, Some(name)) => {
                let index = self.resolve(name);
                let table = self.relation(&index).and_then(|r| r.index.clone()).map(|i| i.table);
                // Without the table at hand the index stands for it.
                let table = table.unwrap_or_else(|| index.clone());
                vec![(table, vec![index])]
            }
            (ObjectKind::Table, Some(name)) => {
                let rel = self.resolve(name);
                let parts = self.tree(&rel, false);
                parts.into_iter().map(|rel| (rel.clone(), self.index_names(&rel))).collect()
            }
            _ => {
                let schema = name.filter(|_| kind == ObjectKind::Schema).map(Name::last);
                let all = self.all_tables(schema);
                all.into_iter().map(|rel| (rel.clone(), self.index_names(&rel))).collect()
            }
        };
        for (table, indexes) in tables {
            if concurrently {
                self.work(&table, WEAK, Work::IndexBuild, Cause::Concurrent, true);
                self.lock_all(&indexes, WEAK);
            } else {
                self.work(&table, LockMode::Share, Work::IndexBuild, Cause::Reindex, true);
                self.lock_all(&indexes, STRONG);
            }
        }
    }

    fn index_names(&self, table: &Rel) -> Vec<Rel> {
        self.indexes(table).into_iter().map(|(rel, _)| rel).collect()
    }

    /// All tables, of one schema or of all; where not all are known one more stands for the rest.
    fn all_tables(&self, schema: Option<&str>) -> Vec<Rel> {
        let rest = (!self.known.complete).then(|| Rel::new(schema.unwrap_or_default(), Rel::ALL));
        let of = |rel: &Rel| schema.is_none_or(|schema| rel.schema == schema);
        self.known
            .relations
            .iter()
            .filter(|(rel, r)| r.kind == RelationKind::Table && of(rel))
            .map(|(rel, _)| rel.clone())
            .chain(rest)
            .collect()
    }

    fn named_or_all(&self, names: &[Name]) -> Vec<Rel> {
        if names.is_empty() {
            return self.all_tables(None);
        }
        names.iter().map(|name| self.resolve(name)).collect()
    }

    fn vacuum(&mut self, full: bool, tables: &[Name]) {
        for table in self.named_or_all(tables) {
            if full {
                self.rewrite(&table, Cause::VacuumFull, true);
            } else {
                self.work(&table, WEAK, Work::Scan, Cause::Concurrent, true);
            }
        }
    }

    fn refresh(&mut self, name: &Name, concurrently: bool, no_data: bool) {
        let rel = self.resolve(name);
        let sources = self.relation(&rel).map(|r| r.reads.clone()).unwrap_or_default();
        if !no_data {
            for source in sources {
                self.work(&source, LockMode::AccessShare, Work::Scan, Cause::Rows, true);
            }
        }
        if concurrently {
            self.work(&rel, LockMode::Exclusive, Work::Scan, Cause::Concurrent, true);
            self.lock_indexes(&rel, LockMode::RowExclusive);
        } else if no_data {
            self.lock(&rel, STRONG);
            self.lock_indexes(&rel, STRONG);
        } else {
            self.rewrite(&rel, Cause::Refresh, true);
        }
    }

    fn truncate(&mut self, tables: &[Name], only: bool, cascade: bool) {
        let mut all: Vec<Rel> = Vec::new();
        for table in tables {
            let rel = self.resolve(table);
            all.extend(self.tree(&rel, only));
        }
        let mut at = 0;
        while cascade && at < all.len() {
            let others: Vec<Rel> =
                self.known.referencing(&all[at]).into_iter().map(|(rel, _)| rel.clone()).collect();
            let new: Vec<_> = others.into_iter().filter(|rel| !all.contains(rel)).collect();
            all.extend(new);
            at += 1;
        }
        for rel in all {
            self.lock(&rel, STRONG);
            self.lock_indexes(&rel, STRONG);
        }
    }

    fn alter_domain(&mut self, name: &Name, change: &DomainChange) {
        let verifies = match change {
            DomainChange::AddConstraint(def) => !def.not_valid,
            DomainChange::ValidateConstraint | DomainChange::SetNotNull => true,
            _ => false,
        };
        if !verifies {
            return;
        }
        let domain = self.known.place_of_type(name);
        let users = self.known.users_of_type(&domain);
        let cause = || Cause::DomainConstraint { domain: domain.name.clone() };
        if users.is_empty() && !self.known.complete {
            // Which tables use it is not known; the domain stands for them.
            if self.known.domain_born(&domain) == Born::Before {
                self.work(&domain, LockMode::Share, Work::Scan, cause(), false);
            }
            return;
        }
        for (table, _) in users {
            if !self.stored(std::slice::from_ref(&table)).is_empty() {
                self.work(&table, LockMode::Share, Work::Scan, cause(), true);
            }
        }
    }

    fn comment(&mut self, kind: ObjectKind, name: &Name) {
        let relation = matches!(
            kind,
            ObjectKind::Table
                | ObjectKind::ForeignTable
                | ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::Index
                | ObjectKind::Sequence
                | ObjectKind::Column
        );
        if relation && !name.parts.is_empty() {
            let rel = self.resolve(name);
            self.lock(&rel, WEAK);
        }
    }

    fn drop_objects(&mut self, dropped: &Drop) {
        match dropped.kind {
            ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
                if let Some(table) = &dropped.on {
                    self.on_table(table, STRONG, dropped.kind == ObjectKind::Trigger);
                }
            }
            ObjectKind::Index => {
                for name in &dropped.names {
                    self.drop_index(name, dropped.concurrently);
                }
            }
            ObjectKind::Schema if dropped.cascade => {
                for name in &dropped.names {
                    let schema = name.last();
                    let all: Vec<Rel> = self
                        .known
                        .relations
                        .keys()
                        .filter(|r| r.schema == schema)
                        .cloned()
                        .collect();
                    self.lock_all(&all, STRONG);
                    for rel in &all {
                        let others = self.known.referencing(rel).into_iter();
                        let others: Vec<Rel> = others.map(|(rel, _)| rel.clone()).collect();
                        self.lock_all(&others, STRONG);
                        let targets = self.targets(rel);
                        self.lock_all(&targets, STRONG);
                        let views = self.known.views_on(rel);
                        self.lock_views(&views);
                    }
                }
            }
            _ => {
                for name in &dropped.names {
                    self.drop_one(dropped, name);
                }
            }
        }
    }

    fn drop_one(&mut self, dropped: &Drop, name: &Name) {
        let cascade = dropped.cascade;
        match dropped.kind {
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView => self.drop_relation(name, dropped),
            ObjectKind::Sequence => {
                let rel = self.resolve(name);
                if !self.missing(&rel) {
                    self.lock(&rel, STRONG);
                }
                if cascade {
                    let default = format!("'{}'", rel.name);
                    self.columns_with(|text| {
                        text.contains("nextval") && {
                            text.contains(&default) || text.contains(&format!(".{}'", rel.name))
                        }
                    });
                }
            }
            ObjectKind::Type | ObjectKind::Domain if cascade => {
                let rel = self.known.place_of_type(name);
                self.columns_of_type(&rel);
            }
            // The types of an extension are most often named like it.
            ObjectKind::Extension if cascade => {
                let schemas = self.known.search_path.clone();
                for schema in schemas {
                    self.columns_of_type(&Rel::new(schema, name.last()));
                }
            }
            ObjectKind::Function | ObjectKind::Routine if cascade => {
                let called = name.last().to_owned();
                self.columns_with(|text| {
                    expr::calls(text).iter().any(|call| call.last() == called)
                });
            }
            ObjectKind::Statistics => {
                let rel = self.known.place(name);
                if let Some(table) = self.known.statistics.get(&rel).cloned() {
                    self.lock(&table, WEAK);
                }
            }
            _ => {}
        }
    }

    fn columns_of_type(&mut self, rel: &Rel) {
        for (table, column) in self.known.users_of_type(rel) {
            self.lock(&table, STRONG);
            self.drop_column(std::slice::from_ref(&table), &column, true);
        }
    }

    /// Locks the tables that have a default or a trigger of which the text tells so.
    fn columns_with(&mut self, holds: impl Fn(&str) -> bool) {
        let uses = |r: &crate::lint::known::Relation| {
            r.columns.iter().any(|c| c.default.as_ref().is_some_and(|d| holds(&d.text)))
                || r.dependents.iter().any(|d| holds(&d.calls))
        };
        let tables: Vec<Rel> = self
            .known
            .relations
            .iter()
            .filter(|(_, r)| uses(r))
            .map(|(rel, _)| rel.clone())
            .collect();
        self.lock_all(&tables, STRONG);
    }

    fn drop_index(&mut self, name: &Name, concurrently: bool) {
        let index = self.resolve(name);
        if self.missing(&index) {
            return;
        }
        let mode = if concurrently { WEAK } else { STRONG };
        for index in self.known.index_tree(&index) {
            self.lock(&index, mode);
            if let Some(table) = self.relation(&index).and_then(|r| r.index.clone()) {
                self.lock(&table.table, mode);
            }
        }
    }

    /// The tables that foreign keys of a table point at.
    fn targets(&self, rel: &Rel) -> Vec<Rel> {
        let constraints = self.relation(rel).map(|r| r.constraints.as_slice()).unwrap_or_default();
        constraints.iter().filter_map(|c| c.references.clone()).collect()
    }

    /// Views that go with what they read; materialized ones have indexes.
    pub(super) fn lock_views(&mut self, views: &[Rel]) {
        for view in views {
            self.lock(view, STRONG);
            self.lock_indexes(view, STRONG);
        }
    }

    fn drop_relation(&mut self, name: &Name, dropped: &Drop) {
        let rel = self.resolve(name);
        if self.missing(&rel) {
            return;
        }
        for part in self.tree(&rel, false) {
            self.lock(&part, STRONG);
            self.lock_indexes(&part, STRONG);
            let sequences = self.sequences(&part);
            self.lock_all(&sequences, STRONG);
            let targets = self.targets(&part);
            self.lock_all(&targets, STRONG);
            let relation = self.relation(&part).cloned().unwrap_or_default();
            if relation.bound.is_some() {
                self.lock_all(&relation.parents, STRONG);
                for parent in &relation.parents {
                    if let Some(default) = self.known.default_partition(parent) {
                        self.lock(&default, STRONG);
                    }
                }
            }
            if dropped.cascade {
                let others = self.known.referencing(&part).into_iter();
                let others: Vec<Rel> = others.map(|(rel, _)| rel.clone()).collect();
                self.lock_all(&others, STRONG);
                let views = self.known.views_on(&part);
                self.lock_views(&views);
            }
        }
    }
}
