//! What the actions of `ALTER TABLE` and its like change about what is known.

use super::{Born, Constraint, Known, Rel, RelationKind};
use crate::sql::tree::{
    ActionKind, AlterRelation, ConstraintKind, Detach, Expr, ObjectKind, Persistence,
};

impl Known {
    pub(super) fn alter_relation(&mut self, altered: &AlterRelation, born: Born) {
        let rel = self.resolve(&altered.name);
        if self.relation(&rel).is_none() {
            if self.complete {
                return;
            }
            let kind = match altered.kind {
                ObjectKind::Index => RelationKind::Index,
                ObjectKind::Sequence => RelationKind::Sequence,
                ObjectKind::View => RelationKind::View,
                ObjectKind::MaterializedView => RelationKind::MaterializedView,
                _ => RelationKind::Table,
            };
            self.relation_or_stub(&rel).kind = kind;
        }
        for action in &altered.actions {
            self.act(&rel, &action.kind, altered.only, born);
        }
    }

    fn act(&mut self, rel: &Rel, action: &ActionKind, only: bool, born: Born) {
        match action {
            ActionKind::AddColumn { column, if_not_exists } => {
                let there = self.relation(rel).is_some_and(|r| r.column(&column.name).is_some());
                // Where nothing is known, IF NOT EXISTS may have found an older column.
                let sure = self.complete || !if_not_exists;
                if !(there && *if_not_exists) {
                    let born = if sure { born } else { Born::Before };
                    for table in if only { vec![rel.clone()] } else { self.tree(rel) } {
                        self.add_column(&table, column, born);
                    }
                }
            }
            ActionKind::DropColumn { name, .. } => {
                for table in self.tree(rel) {
                    self.drop_column(&table, name);
                }
            }
            ActionKind::AddConstraint(def) => self.add_constraint(rel, def, born, !only),
            ActionKind::DropConstraint { name, .. } => self.drop_constraint(rel, name),
            ActionKind::ValidateConstraint { name } => self.validate(rel, name),
            ActionKind::AlterConstraint { name, enforced: Some(enforced) } => {
                if let Some(c) = self.relation_mut(rel).and_then(|r| r.constraint_mut(name)) {
                    c.enforced = *enforced;
                    c.valid = *enforced;
                }
            }
            ActionKind::RenameTo { name } => self.rename(rel, Rel::new(&*rel.schema, name)),
            ActionKind::SetSchema { name } => self.rename(rel, Rel::new(name, &*rel.name)),
            ActionKind::RenameConstraint { from, to } => self.rename_constraint(rel, from, to),
            ActionKind::AttachPartition { partition, bound } => {
                let partition = self.resolve(partition);
                let child = self.relation_or_stub(&partition);
                child.parents = vec![rel.clone()];
                child.bound = Some(bound.clone());
                self.relink(&partition);
                self.copy_indexes(rel, &partition, born);
            }
            ActionKind::DetachPartition { partition, mode } if *mode != Detach::Finalize => {
                let partition = self.resolve(partition);
                if let Some(child) = self.relation_mut(&partition) {
                    child.parents.retain(|p| p != rel);
                    child.bound = None;
                }
            }
            ActionKind::AttachIndex { index } => {
                let child = self.resolve(index);
                if let Some(i) = self.relation_mut(&child).and_then(|r| r.index.as_mut()) {
                    i.parent = Some(rel.clone());
                }
                self.relink(&child);
            }
            ActionKind::Inherit { parent, on } => {
                let parent = self.resolve(parent);
                let relation = self.relation_or_stub(rel);
                relation.parents.retain(|p| *p != parent);
                if *on {
                    relation.parents.push(parent);
                }
                self.relink(rel);
            }
            ActionKind::SetLogged { logged } => {
                let to = if *logged { Persistence::Permanent } else { Persistence::Unlogged };
                self.relation_or_stub(rel).persistence = to;
            }
            ActionKind::Sequence { owner: Some(owner), .. } => self.own_sequence(rel, owner),
            ActionKind::SetTablespace { name } => {
                self.relation_or_stub(rel).tablespace = Some(name.clone());
            }
            ActionKind::SetAccessMethod { name } => {
                self.relation_or_stub(rel).access_method = Some(name.clone());
            }
            _ => self.act_on_column(rel, action),
        }
    }

    fn act_on_column(&mut self, rel: &Rel, action: &ActionKind) {
        let name = match action {
            ActionKind::AlterType { column, .. }
            | ActionKind::SetDefault { column, .. }
            | ActionKind::DropDefault { column }
            | ActionKind::SetNotNull { column }
            | ActionKind::DropNotNull { column }
            | ActionKind::AddIdentity { column }
            | ActionKind::DropIdentity { column }
            | ActionKind::SetExpression { column, .. }
            | ActionKind::DropExpression { column } => column,
            ActionKind::RenameColumn { from, to } => return self.rename_column(rel, from, to),
            _ => return,
        };
        for table in self.tree(rel) {
            let relation = self.relation_or_stub(&table);
            if relation.column(name).is_none() && !relation.complete {
                let stub = super::Column { name: name.clone(), ..Default::default() };
                relation.columns.push(stub);
            }
            let Some(column) = relation.column_mut(name) else { continue };
            match action {
                ActionKind::AlterType { type_name, collation, .. } => {
                    column.type_name = Some(type_name.clone());
                    column.collation = collation.as_ref().map(|c| c.parts.join("."));
                }
                ActionKind::SetDefault { expression, .. } => {
                    column.default = Some(expression.clone());
                }
                ActionKind::DropDefault { .. } => column.default = None,
                ActionKind::SetNotNull { .. } => column.not_null = Some(true),
                ActionKind::DropNotNull { .. } => column.not_null = Some(false),
                ActionKind::AddIdentity { .. } => column.identity = true,
                ActionKind::DropIdentity { .. } => {
                    column.identity = false;
                    column.sequence = None;
                }
                ActionKind::SetExpression { expression, .. } => {
                    if let Some((old, _)) = &mut column.generated {
                        *old = expression.clone();
                    }
                }
                _ => column.generated = None,
            }
        }
    }

    fn rename_column(&mut self, rel: &Rel, from: &str, to: &str) {
        for table in self.tree(rel) {
            if let Some(column) = self.relation_mut(&table).and_then(|r| r.column_mut(from)) {
                to.clone_into(&mut column.name);
            }
            let indexes: Vec<Rel> =
                self.indexes(&table).into_iter().map(|(rel, _)| rel.clone()).collect();
            for index in indexes {
                let Some(index) = self.relation_mut(&index).and_then(|r| r.index.as_mut()) else {
                    continue;
                };
                for key in &mut index.keys {
                    if key.column.as_deref() == Some(from) {
                        key.column = Some(to.to_owned());
                    }
                }
            }
            let Some(relation) = self.relation_mut(&table) else { continue };
            for constraint in &mut relation.constraints {
                let columns = match &mut constraint.kind {
                    ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => {
                        &mut key.columns
                    }
                    ConstraintKind::ForeignKey(key) => &mut key.columns,
                    _ => continue,
                };
                columns.iter_mut().filter(|c| *c == from).for_each(|c| to.clone_into(c));
            }
        }
    }

    fn rename_constraint(&mut self, rel: &Rel, from: &str, to: &str) {
        let index = Rel::new(&*rel.schema, from);
        if self.relation(&index).is_some_and(|r| r.index.is_some()) {
            self.rename(&index, Rel::new(&*rel.schema, to));
        }
        if let Some(c) = self.relation_mut(rel).and_then(|r| r.constraint_mut(from)) {
            to.clone_into(&mut c.name);
        }
    }

    fn drop_constraint(&mut self, rel: &Rel, name: &str) {
        for table in self.tree(rel) {
            let Some(relation) = self.relation_mut(&table) else { continue };
            let Some(at) = relation.constraints.iter().position(|c| c.name == name) else {
                continue;
            };
            let gone = relation.constraints.remove(at);
            if let Some(index) = gone.index {
                for index in self.index_tree(&index) {
                    self.relations.remove(&index);
                }
            }
        }
    }

    fn validate(&mut self, rel: &Rel, name: &str) {
        let relation = self.relation_or_stub(rel);
        if !relation.complete && relation.constraint(name).is_none() {
            let kind = ConstraintKind::Check(Expr::default());
            relation.constraints.push(Constraint {
                name: name.to_owned(),
                kind,
                references: None,
                valid: true,
                enforced: true,
                index: None,
                born: Born::Before,
            });
        }
        for table in self.tree(rel) {
            let Some(relation) = self.relation_mut(&table) else { continue };
            let Some(constraint) = relation.constraint_mut(name) else { continue };
            constraint.valid = true;
            if let ConstraintKind::NotNull(column) = constraint.kind.clone()
                && let Some(column) = relation.column_mut(&column)
            {
                column.not_null = Some(true);
            }
        }
    }
}
