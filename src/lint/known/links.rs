//! What names what: partitions, indexes, foreign keys, views.

use std::collections::BTreeSet;

use super::{Constraint, Index, Known, Rel, Relation};

impl Known {
    /// Notes which relations this one names; to be called when that has changed.
    pub(super) fn relink(&mut self, rel: &Rel) {
        let Some(relation) = self.relations.get(rel) else { return };
        for named in relation.names() {
            // Most have been noted before.
            if !self.links.get(named).is_some_and(|links| links.contains(rel)) {
                self.links.entry(named.clone()).or_default().insert(rel.clone());
            }
        }
    }

    /// The relations that name this one, in the order of their names.
    fn naming(&self, rel: &Rel) -> impl Iterator<Item = (&Rel, &Relation)> {
        let links = self.links.get(rel).into_iter().flatten();
        links.filter_map(|from| Some((from, self.relation(from)?)))
    }

    /// The names of the relations that may name this one.
    pub(super) fn linked(&self, rel: &Rel) -> BTreeSet<Rel> {
        self.links.get(rel).cloned().unwrap_or_default()
    }

    /// The relation with all its partitions and children, itself first.
    pub(crate) fn tree(&self, rel: &Rel) -> Vec<Rel> {
        let mut found = vec![rel.clone()];
        let mut at = 0;
        while at < found.len() {
            let children = self.children(&found[at]);
            let new: Vec<_> = children.into_iter().filter(|c| !found.contains(c)).collect();
            found.extend(new);
            at += 1;
        }
        found
    }

    /// Partitions of a table and tables that inherit from it.
    pub(crate) fn children(&self, rel: &Rel) -> Vec<Rel> {
        let is_child = |r: &Relation| r.index.is_none() && r.parents.contains(rel);
        self.naming(rel).filter(|(_, r)| is_child(r)).map(|(rel, _)| rel.clone()).collect()
    }

    /// The default partition of a table.
    pub(crate) fn default_partition(&self, rel: &Rel) -> Option<Rel> {
        self.children(rel).into_iter().find(|child| {
            let bound = self.relation(child).and_then(|r| r.bound.as_ref());
            bound.is_some_and(|b| b.strategy == "default")
        })
    }

    /// The indexes of a table or materialized view.
    pub(crate) fn indexes(&self, table: &Rel) -> Vec<(&Rel, &Index)> {
        let found = self.naming(table).filter_map(|(rel, r)| Some((rel, r.index.as_ref()?)));
        found.filter(|(_, index)| index.table == *table).collect()
    }

    /// The indexes attached to an index of a partitioned table, and theirs.
    pub(crate) fn index_tree(&self, index: &Rel) -> Vec<Rel> {
        let mut found = vec![index.clone()];
        let mut at = 0;
        while at < found.len() {
            let attached = |r: &Relation| {
                r.index.as_ref().is_some_and(|i| i.parent.as_ref() == Some(&found[at]))
            };
            let children: Vec<_> = self
                .naming(&found[at])
                .filter(|(_, r)| attached(r))
                .map(|(rel, _)| rel.clone())
                .collect();
            found.extend(children);
            at += 1;
        }
        found
    }

    /// Foreign keys that point at a table: the table that has each, and the key.
    pub(crate) fn referencing(&self, table: &Rel) -> Vec<(&Rel, &Constraint)> {
        let mut found = Vec::new();
        for (rel, relation) in self.naming(table) {
            let keys = relation.constraints.iter();
            found.extend(keys.filter(|c| c.references.as_ref() == Some(table)).map(|c| (rel, c)));
        }
        found
    }

    /// Views and materialized views that read a relation, directly or through others.
    pub(crate) fn views_on(&self, rel: &Rel) -> Vec<Rel> {
        let mut found: Vec<Rel> = Vec::new();
        let mut open = vec![rel.clone()];
        while let Some(next) = open.pop() {
            for (view, relation) in self.naming(&next) {
                if relation.reads.contains(&next) && !found.contains(view) {
                    found.push(view.clone());
                    open.push(view.clone());
                }
            }
        }
        found
    }
}

impl Relation {
    /// All relations that its definition names.
    pub(super) fn names(&self) -> Vec<&Rel> {
        let mut names: Vec<&Rel> = self.parents.iter().chain(&self.reads).collect();
        if let Some(index) = &self.index {
            names.push(&index.table);
            names.extend(&index.parent);
        }
        for constraint in &self.constraints {
            names.extend(&constraint.references);
            names.extend(&constraint.index);
        }
        names.extend(self.columns.iter().filter_map(|c| c.sequence.as_ref()));
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_noted() {
        let mut known = Known::empty(17);
        known.learn(include_str!("../../../fixtures/hazards/schema.sql"));
        for case in include_str!("../../../fixtures/locks/cases.sql").split("-- case: ").skip(1) {
            let (_, sql) = case.split_once('\n').expect("a name, then statements");
            let mut after = known.clone();
            after.learn(sql);
            for (rel, relation) in &after.relations {
                for named in relation.names() {
                    assert!(after.linked(named).contains(rel), "{rel} names {named}: {sql}");
                }
            }
        }
    }
}
