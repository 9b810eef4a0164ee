//! What statements change about what is known.

use super::{
    Born, Column, Constraint, Dependent, Function, Index, Known, Rel, Relation, RelationKind, Type,
    parts::{key_names, same_keys},
};
use crate::sql::{
    body, expr,
    lex::tokens,
    tree::{
        Change, ConstraintKind, CreateIndex, CreateTable, CreateTableAs, DomainChange, Drop, Name,
        ObjectKind, PublicationVerb, Query, Tree, TypeBody, TypeChange, Verb,
    },
};

impl Known {
    /// Changes what is known as the statement changes the database; `born` is the transaction.
    pub(crate) fn apply(&mut self, tree: &Tree, born: Born, text: &str) {
        match tree {
            Tree::CreateTable(made) => self.create_table(made, born),
            Tree::CreateTableAs(made) => self.create_table_as(made, born, text),
            Tree::CreateView { name, columns, query, .. } => {
                self.create_view(name, columns, query, born, text);
            }
            Tree::CreateIndex(made) => self.create_index(made, born),
            Tree::CreateSequence { name, owned_by, .. } => {
                let rel = self.place(name);
                self.insert(rel.clone(), RelationKind::Sequence, born);
                if let Some(owner) = owned_by {
                    self.own_sequence(&rel, owner);
                }
            }
            Tree::CreateTrigger { name, table, .. } => self.attach(table, "trigger", name, text),
            Tree::CreatePolicy { table, .. } => self.attach(table, "policy", "", text),
            Tree::CreateType { .. } | Tree::CreateDomain { .. } => self.create_type(tree, born),
            Tree::CreateRoutine(made) => {
                let rel = self.place(&made.name);
                let overloads = self.functions.entry(rel).or_default();
                if made.or_replace {
                    overloads.clear();
                }
                overloads.push(Function::from(&**made));
            }
            Tree::CreateSchema { name, elements } => {
                let path = self.search_path.clone();
                if let Some(name) = name {
                    self.search_path.insert(0, name.last().to_owned());
                }
                elements.iter().for_each(|e| self.apply(e, born, text));
                self.search_path = path;
            }
            Tree::Publication { name, tables, verb } => self.publish(name, tables, *verb, text),
            Tree::CreateStatistics { name: Some(name), table: Some(table) } => {
                let table = self.resolve(table);
                self.statistics.insert(self.place(name), table);
            }
            Tree::AlterRelation(altered) => self.alter_relation(altered, born),
            Tree::AlterType { name, change } => self.alter_type(name, change, born),
            Tree::AlterDomain { name, change } => self.alter_domain(name, change),
            Tree::AlterOther { kind: ObjectKind::Schema, name, change: Change::RenameTo(to) } => {
                self.rename_schema(name.last(), to);
            }
            Tree::Drop(dropped) => self.drop_objects(dropped),
            Tree::Set { name, value, .. } => self.set(name, value.as_deref()),
            Tree::Truncate { tables, .. } => {
                for rel in tables.iter().map(|t| self.resolve(t)).collect::<Vec<_>>() {
                    if let Some(relation) = self.relation_mut(&rel) {
                        relation.filled = false;
                    }
                }
            }
            Tree::Write(write)
                if write.verb == Verb::Merge || write.verb == Verb::Insert && write.from_query =>
            {
                self.fill(&write.table);
            }
            Tree::Copy { table: Some(table), from: true, .. } => self.fill(table),
            Tree::Do { body, .. } => {
                let block = body::block(body);
                let seen = !block.statements.is_empty() || !block.literals.is_empty();
                self.doubted |= !block.opaque.is_empty() || !seen;
            }
            Tree::Call | Tree::Execute | Tree::ImportForeignSchema => self.doubted = true,
            Tree::CreateExtension { .. } => self.doubted = true,
            // A function of the database may do whatever it likes.
            Tree::Select(_) => {
                self.doubted |= expr::calls(text)
                    .iter()
                    .any(|call| self.functions_of(call.schema(), call.last()).is_some());
            }
            _ => {}
        }
    }

    fn fill(&mut self, table: &Name) {
        let rel = self.resolve(table);
        if let Some(relation) = self.relation_mut(&rel) {
            relation.filled = true;
        }
    }

    fn set(&mut self, name: &str, value: Option<&str>) {
        match name {
            "search_path" => {
                let value = value.unwrap_or("public");
                let names: Vec<String> = value
                    .split(',')
                    .map(|part| part.trim().trim_matches(['\'', '"']).to_owned())
                    .filter(|part| part != "$user" && !part.is_empty())
                    .collect();
                self.search_path = names;
            }
            "timezone" => self.time_zone = value.map(str::to_owned),
            _ => {}
        }
    }

    /// Adds a relation whose definition is known as a whole.
    pub(super) fn insert(&mut self, rel: Rel, kind: RelationKind, born: Born) -> &mut Relation {
        let made = Relation { kind, born, complete: true, ..Relation::default() };
        self.relations.insert(rel.clone(), std::sync::Arc::new(made));
        self.relation_or_stub(&rel)
    }

    fn create_table(&mut self, made: &CreateTable, born: Born) {
        let rel = self.place(&made.name);
        if made.if_not_exists && self.relation(&rel).is_some() {
            return;
        }
        // Where nothing is known about the database, it may have been there.
        let born = if made.if_not_exists && !self.complete { Born::Before } else { born };
        let kind = match (&made.partition_by, made.foreign) {
            (Some(_), _) => RelationKind::Partitioned,
            (None, true) => RelationKind::Foreign,
            (None, false) => RelationKind::Table,
        };
        let mut parents: Vec<Rel> = made.inherits.iter().map(|name| self.resolve(name)).collect();
        parents.extend(made.partition_of.iter().map(|(name, _)| self.resolve(name)));
        let mut columns: Vec<Column> = Vec::new();
        let mut inherited: Vec<Constraint> = Vec::new();
        for parent in &parents {
            if let Some(parent) = self.relation(parent) {
                columns
                    .extend(parent.columns.iter().map(|c| Column { sequence: None, ..c.clone() }));
                let checks = |c: &&Constraint| matches!(c.kind, ConstraintKind::Check(_));
                inherited.extend(parent.constraints.iter().filter(checks).cloned());
            }
        }
        for like in &made.like {
            columns.extend(self.columns_like(&self.resolve(&like.name), &like.including));
        }
        let relation = self.insert(rel.clone(), kind, born);
        relation.persistence = made.persistence;
        relation.partition_by.clone_from(&made.partition_by);
        relation.bound = made.partition_of.as_ref().map(|(_, bound)| bound.clone());
        relation.columns = columns;
        relation.constraints = inherited;
        if made.partition_of.is_some() {
            self.copy_indexes(&parents[parents.len() - 1], &rel, born);
        }
        relation_parents(self, &rel, parents);
        for column in &made.columns {
            self.add_column(&rel, column, born);
        }
        for constraint in &made.constraints {
            self.add_constraint(&rel, constraint, born, true);
        }
    }

    fn columns_like(&self, source: &Rel, including: &[String]) -> Vec<Column> {
        let all = including.iter().any(|word| word == "all");
        let has = |word: &str| all || including.iter().any(|w| w == word);
        let Some(source) = self.relation(source) else { return Vec::new() };
        let copy = |c: &Column| Column {
            default: if has("defaults") { c.default.clone() } else { None },
            identity: c.identity && has("identity"),
            generated: if has("generated") { c.generated.clone() } else { None },
            sequence: None,
            ..c.clone()
        };
        source.columns.iter().map(copy).collect()
    }

    /// Gives a partition the indexes of its parent.
    pub(super) fn copy_indexes(&mut self, parent: &Rel, partition: &Rel, born: Born) {
        let indexes: Vec<(Rel, Index)> =
            self.indexes(parent).into_iter().map(|(rel, i)| (rel.clone(), i.clone())).collect();
        for (rel, index) in indexes {
            let there = self.indexes(partition).into_iter().find(|(_, own)| {
                own.parent.is_none()
                    && own.unique == index.unique
                    && same_keys(&own.keys, &index.keys)
                    && own.predicate.is_some() == index.predicate.is_some()
            });
            if let Some(own) = there.map(|(own, _)| own.clone()) {
                if let Some(i) = self.relation_mut(&own).and_then(|r| r.index.as_mut()) {
                    i.parent = Some(rel);
                }
                self.relink(&own);
                continue;
            }
            let name = if index.constraint && rel.name.ends_with("_pkey") {
                self.free_name(partition, &[], "pkey")
            } else {
                let columns = key_names(&index.keys);
                self.free_name(partition, &columns, if index.constraint { "key" } else { "idx" })
            };
            let made = self.insert(name.clone(), RelationKind::Index, born);
            made.index = Some(Index { table: partition.clone(), parent: Some(rel), ..index });
            self.relink(&name);
        }
    }

    fn create_table_as(&mut self, made: &CreateTableAs, born: Born, text: &str) {
        let rel = self.place(&made.name);
        let reads = made.query.reads.iter().map(|name| self.resolve(name)).collect();
        let kind = if made.materialized_view {
            RelationKind::MaterializedView
        } else {
            RelationKind::Table
        };
        let outputs = made.query.outputs.clone().filter(|_| made.columns.is_empty());
        let names = outputs.unwrap_or_else(|| made.columns.clone());
        let relation = self.insert(rel.clone(), kind, born);
        relation.persistence = made.persistence;
        relation.filled = !made.no_data && made.query.from;
        relation.complete = !names.is_empty();
        relation.columns =
            names.into_iter().map(|name| Column { name, ..Column::default() }).collect();
        if made.materialized_view {
            relation.reads = reads;
            text.clone_into(&mut relation.definition);
            self.relink(&rel);
        }
    }

    fn create_view(
        &mut self,
        name: &Name,
        columns: &[String],
        query: &Query,
        born: Born,
        text: &str,
    ) {
        let rel = self.place(name);
        let born = self.relation(&rel).map_or(born, |old| old.born);
        let reads = query.reads.iter().map(|name| self.resolve(name)).collect();
        let relation = self.insert(rel.clone(), RelationKind::View, born);
        relation.reads = reads;
        text.clone_into(&mut relation.definition);
        let names = columns.iter().cloned().chain(query.outputs.iter().flatten().cloned());
        relation.columns = names.map(|name| Column { name, ..Column::default() }).collect();
        self.relink(&rel);
    }

    fn create_index(&mut self, made: &CreateIndex, born: Born) {
        let table = self.resolve(&made.table);
        let rel = match &made.name {
            Some(name) => Rel::new(&*table.schema, name.last()),
            None => self.free_name(&table, &key_names(&made.keys), "idx"),
        };
        if made.if_not_exists && self.relation(&rel).is_some() {
            return;
        }
        let index = Index {
            table: table.clone(),
            unique: made.unique,
            keys: made.keys.clone(),
            include: made.include.clone(),
            predicate: made.predicate.clone(),
            valid: !made.only,
            parent: None,
            constraint: false,
        };
        self.insert(rel.clone(), RelationKind::Index, born).index = Some(index);
        self.relink(&rel);
        if !made.only && self.relation(&table).is_some_and(Relation::is_partitioned) {
            for child in self.children(&table) {
                self.copy_indexes(&table, &child, born);
            }
        }
    }

    fn create_type(&mut self, tree: &Tree, born: Born) {
        match tree {
            Tree::CreateType { name, body } => {
                let made = match body {
                    TypeBody::Enum(values) => {
                        let values = values.iter().map(|v| (v.clone(), born)).collect();
                        Type::Enum { born, values }
                    }
                    TypeBody::Composite => Type::Composite,
                    TypeBody::Other => Type::Other,
                };
                self.types.insert(self.place(name), made);
            }
            Tree::CreateDomain { name, base, not_null, constrained, default } => {
                let under =
                    matches!(self.type_of(base), Some(Type::Domain { constrained: true, .. }));
                let constrained = *not_null || *constrained || under;
                let made = Type::Domain {
                    born,
                    base: base.clone(),
                    constrained,
                    default: default.clone(),
                };
                self.types.insert(self.place(name), made);
            }
            _ => {}
        }
    }

    fn alter_type(&mut self, name: &Name, change: &TypeChange, born: Born) {
        let rel = self.place_of_type(name);
        match change {
            TypeChange::AddValue { value, .. } => {
                let before = Type::Enum { born: Born::Before, values: Vec::new() };
                if let Type::Enum { values, .. } = self.types.entry(rel).or_insert(before) {
                    values.push((value.clone(), born));
                }
            }
            TypeChange::RenameValue { from, to } => {
                if let Some(Type::Enum { values, .. }) = self.types.get_mut(&rel) {
                    values
                        .iter_mut()
                        .filter(|(v, _)| v == from)
                        .for_each(|(v, _)| v.clone_from(to));
                }
            }
            TypeChange::General(Change::RenameTo(to)) => self.rename_type(&rel, to),
            _ => {}
        }
    }

    fn alter_domain(&mut self, name: &Name, change: &DomainChange) {
        let rel = self.place_of_type(name);
        match change {
            DomainChange::AddConstraint(_) | DomainChange::SetNotNull => {
                if let Some(Type::Domain { constrained, .. }) = self.types.get_mut(&rel) {
                    *constrained = true;
                }
            }
            DomainChange::General(Change::RenameTo(to)) => self.rename_type(&rel, to),
            _ => {}
        }
    }

    fn rename_type(&mut self, rel: &Rel, to: &str) {
        let Some(moved) = self.types.remove(rel) else { return };
        self.types.insert(Rel::new(&*rel.schema, to), moved);
        for (table, column) in self.users_of_type(rel) {
            let column = self.relation_mut(&table).and_then(|r| r.column_mut(&column));
            if let Some(type_name) = column.and_then(|c| c.type_name.as_mut()) {
                to.clone_into(&mut type_name.name);
            }
        }
    }

    /// Where a type of that name is, or would be.
    pub(crate) fn place_of_type(&self, name: &Name) -> Rel {
        let paths = self.search_path.iter().map(|schema| Rel::new(schema, name.last()));
        let found = paths.into_iter().find(|rel| self.types.contains_key(rel));
        match (name.schema(), found) {
            (None, Some(found)) => found,
            _ => self.place(name),
        }
    }

    fn rename_schema(&mut self, from: &str, to: &str) {
        let moved: Vec<Rel> = self.relations.keys().filter(|r| r.schema == from).cloned().collect();
        for rel in moved {
            self.rename(&rel, Rel::new(to, &*rel.name));
        }
    }

    fn publish(&mut self, name: &str, tables: &[Name], verb: PublicationVerb, text: &str) {
        let rels: Vec<Rel> = tables.iter().map(|table| self.resolve(table)).collect();
        let published = self.publications.entry(name.to_owned()).or_default();
        match verb {
            PublicationVerb::Drop => published.retain(|rel| !rels.contains(rel)),
            PublicationVerb::Set => *published = rels,
            PublicationVerb::Create | PublicationVerb::Add => published.extend(rels),
        }
        if let [table] = tables {
            self.attach(table, "publication", name, text);
        }
    }

    fn attach(&mut self, table: &Name, kind: &'static str, name: &str, calls: &str) {
        let rel = self.resolve(table);
        let after = |word: &str| {
            let found = tokens(calls).into_iter().find(|t| t.is(word));
            found.map_or("", |t| &calls[t.end()..])
        };
        // Of a trigger or publication only the condition stops a change of type.
        let text = match kind {
            "trigger" => after("when"),
            "publication" => after("where"),
            _ => calls,
        };
        let (name, text, calls) = (name.to_owned(), text.to_owned(), calls.to_owned());
        if let Some(relation) = self.relation_mut(&rel) {
            relation.dependents.push(Dependent { kind, name, text, calls });
        }
    }

    pub(super) fn own_sequence(&mut self, sequence: &Rel, owner: &Name) {
        if owner.parts.len() < 2 {
            return;
        }
        let mut table = owner.clone();
        let column = table.parts.pop().unwrap_or_default();
        let table = self.resolve(&table);
        if let Some(column) = self.relation_mut(&table).and_then(|r| r.column_mut(&column)) {
            column.sequence = Some(sequence.clone());
        }
        self.relink(&table);
    }

    fn drop_objects(&mut self, dropped: &Drop) {
        for name in &dropped.names {
            match dropped.kind {
                ObjectKind::Table
                | ObjectKind::ForeignTable
                | ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::Sequence
                | ObjectKind::Index => {
                    let rel = self.resolve(name);
                    self.forget(&rel);
                }
                ObjectKind::Type | ObjectKind::Domain => {
                    let rel = self.place_of_type(name);
                    if dropped.cascade {
                        for (table, column) in self.users_of_type(&rel) {
                            self.drop_column(&table, &column);
                        }
                    }
                    self.types.remove(&rel);
                }
                ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                    let rel = self.place(name);
                    self.functions.remove(&rel);
                }
                ObjectKind::Schema => {
                    let schema = name.last().to_owned();
                    self.relations.retain(|rel, _| rel.schema != schema);
                    self.types.retain(|rel, _| rel.schema != schema);
                    self.functions.retain(|rel, _| rel.schema != schema);
                }
                _ => {}
            }
        }
    }

    /// Drops a relation with its indexes, partitions, owned sequences, and what points at it.
    pub(super) fn forget(&mut self, rel: &Rel) {
        for gone in self.tree(rel) {
            let indexes = self.indexes(&gone).into_iter();
            let all: Vec<Rel> = indexes.flat_map(|(index, _)| self.index_tree(index)).collect();
            for index in all {
                self.relations.remove(&index);
            }
            let sequences = self
                .relation(&gone)
                .map(|r| r.columns.iter().filter_map(|c| c.sequence.clone()).collect::<Vec<_>>());
            for sequence in sequences.unwrap_or_default() {
                self.relations.remove(&sequence);
            }
            for view in self.views_on(&gone) {
                self.relations.remove(&view);
            }
            for index in self.index_tree(&gone) {
                self.relations.remove(&index);
            }
            self.relations.remove(&gone);
            let keys: Vec<(Rel, String)> = self
                .referencing(&gone)
                .into_iter()
                .map(|(rel, c)| (rel.clone(), c.name.clone()))
                .collect();
            for (table, key) in keys {
                if let Some(table) = self.relation_mut(&table) {
                    table.constraints.retain(|c| c.name != key);
                }
            }
        }
    }

    /// Gives a relation another name, everywhere.
    pub(super) fn rename(&mut self, from: &Rel, to: Rel) {
        let Some(moved) = self.relations.remove(from) else { return };
        self.relations.insert(to.clone(), moved);
        self.relink(&to);
        for other in self.linked(from) {
            // It may name itself.
            let other = if other == *from { to.clone() } else { other };
            let Some(relation) = self.relation_mut(&other) else { continue };
            let swap = |rel: &mut Rel| {
                if rel == from {
                    rel.clone_from(&to);
                }
            };
            relation.parents.iter_mut().for_each(swap);
            relation.reads.iter_mut().for_each(swap);
            if let Some(index) = &mut relation.index {
                swap(&mut index.table);
                index.parent.iter_mut().for_each(swap);
            }
            for constraint in &mut relation.constraints {
                constraint.references.iter_mut().for_each(swap);
                constraint.index.iter_mut().for_each(swap);
            }
            relation.columns.iter_mut().for_each(|c| c.sequence.iter_mut().for_each(swap));
            self.relink(&other);
        }
    }
}

fn relation_parents(known: &mut Known, rel: &Rel, parents: Vec<Rel>) {
    known.relation_or_stub(rel).parents = parents;
    known.relink(rel);
}
