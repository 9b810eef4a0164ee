//! What happens to each object: created, dropped, altered, replaced, swapped.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    diff::{self, Difference},
    kinds::{self, Alteration, Context, common},
    schema::{Object, ObjectId, Schema},
    sql::Statement,
};

/// What happens to one object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Create,
    Drop,
    /// Statements that change it where it stands, common facets apart.
    Alter(Vec<Statement>),
    /// Dropped and created again.
    Replace,
    /// A type: put aside, created anew, columns moved, old one dropped.
    Swap,
}

/// Actions by identity; an object without one stays as it is.
pub(super) struct Actions {
    actions: BTreeMap<ObjectId, Action>,
}

impl Actions {
    pub(super) fn get(&self, id: &ObjectId) -> Option<&Action> {
        self.actions.get(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ObjectId, &Action)> {
        self.actions.iter()
    }

    pub(super) fn altering(&self, id: &ObjectId) -> Vec<Statement> {
        match self.actions.get(id) {
            Some(Action::Alter(statements)) => statements.clone(),
            _ => Vec::new(),
        }
    }

    /// Decides on every object that differs, then on those that stand on them.
    pub(super) fn decide(context: Context<'_>) -> Self {
        let mut decision = Decision {
            context,
            dependents: dependents(context.from),
            carried: carried(context.from),
            actions: BTreeMap::new(),
            pending: Vec::new(),
        };
        for change in diff::diff(context.from, context.to).changes {
            match change.difference {
                Difference::Created => decision.set(change.id, Action::Create),
                Difference::Dropped => decision.set(change.id, Action::Drop),
                Difference::Altered { facets } => {
                    let own: BTreeSet<&str> = facets
                        .iter()
                        .map(|f| f.facet.as_str())
                        .filter(|name| !common::FACETS.contains(name))
                        .collect();
                    decision.alter(&change.id, &own);
                }
            }
        }
        decision.follow_parents();
        decision.propagate();
        Self { actions: decision.actions }
    }
}

/// Who depends on an object.
fn dependents(schema: &Schema) -> BTreeMap<&ObjectId, Vec<&ObjectId>> {
    let mut out: BTreeMap<&ObjectId, Vec<&ObjectId>> = BTreeMap::new();
    for object in schema.objects.values() {
        for dep in &object.deps {
            out.entry(dep).or_default().push(&object.id);
        }
    }
    out
}

/// Who goes along when an object is dropped, parts of it apart: the indexes of partitions with the
/// index of the partitioned table.
fn carried(schema: &Schema) -> BTreeMap<ObjectId, Vec<&ObjectId>> {
    let mut out: BTreeMap<ObjectId, Vec<&ObjectId>> = BTreeMap::new();
    for object in schema.objects.values() {
        for host in kinds::of(&object.id).implied_by(object, schema) {
            out.entry(host).or_default().push(&object.id);
        }
    }
    out
}

struct Decision<'a> {
    context: Context<'a>,
    dependents: BTreeMap<&'a ObjectId, Vec<&'a ObjectId>>,
    carried: BTreeMap<ObjectId, Vec<&'a ObjectId>>,
    actions: BTreeMap<ObjectId, Action>,
    /// Objects whose dependents have to be looked at, and why.
    pending: Vec<(ObjectId, Disturbance)>,
}

/// What happens under the feet of a dependent.
#[derive(Clone, Copy, Debug)]
enum Disturbance {
    Gone,
    Rebuilt,
    Swapped,
}

impl Decision<'_> {
    fn set(&mut self, id: ObjectId, action: Action) {
        let disturbance = match action {
            Action::Drop | Action::Replace => Some(Disturbance::Gone),
            Action::Swap => Some(Disturbance::Swapped),
            Action::Create | Action::Alter(_) => None,
        };
        if let Some(disturbance) = disturbance {
            self.pending.push((id.clone(), disturbance));
        }
        self.actions.insert(id, action);
    }

    fn alter(&mut self, id: &ObjectId, changed: &BTreeSet<&str>) {
        let (Some(from), Some(to)) = (self.context.from.get(id), self.context.to.get(id)) else {
            return;
        };
        if from.parent != to.parent {
            return self.set(id.clone(), Action::Replace);
        }
        if changed.is_empty() {
            return self.set(id.clone(), Action::Alter(Vec::new()));
        }
        match kinds::of(id).alter(from, to, changed, &self.context) {
            Alteration::InPlace(statements) => self.set(id.clone(), Action::Alter(statements)),
            Alteration::Rebuild(statements) => {
                if let Some(whole) = self.composite_in_use(from) {
                    return self.set(whole, Action::Swap);
                }
                self.pending.push((id.clone(), Disturbance::Rebuilt));
                self.set(id.clone(), Action::Alter(statements));
            }
            Alteration::Replace => self.set(id.clone(), Action::Replace),
            Alteration::Swap => self.set(id.clone(), Action::Swap),
        }
    }

    /// The composite type that an attribute is part of, when columns hold values of it: PostgreSQL
    /// refuses to retype its attributes then.
    fn composite_in_use(&self, attribute: &Object) -> Option<ObjectId> {
        let whole = attribute.parent.as_ref()?;
        let is_type = !kinds::of(whole).set_aside(self.context.from.get(whole)?, "").is_empty();
        let used = self.dependents.get(whole)?.iter().any(|d| {
            self.context
                .from
                .get(d)
                .is_some_and(|o| o.parent.as_ref() != Some(whole) && d.is(&attribute.id.kind))
        });
        (is_type && used).then(|| whole.clone())
    }

    /// An inherited column changes with its parent's, so it is looked at again where it is to be
    /// different from it.
    fn follow_parents(&mut self) {
        let altered: Vec<ObjectId> = self
            .actions
            .iter()
            .filter(|(id, action)| {
                matches!(action, Action::Alter(_)) && self.carried.contains_key(*id)
            })
            .map(|(id, _)| id.clone())
            .collect();
        for host in altered {
            for id in self.carried.get(&host).cloned().unwrap_or_default() {
                if !self.actions.contains_key(id) {
                    self.alter(id, &BTreeSet::from(["inherited"]));
                }
            }
        }
    }

    fn propagate(&mut self) {
        while let Some((id, disturbance)) = self.pending.pop() {
            for dependent in self.dependents.get(&id).cloned().unwrap_or_default() {
                self.disturb(&id, dependent, disturbance);
            }
            if matches!(disturbance, Disturbance::Gone) {
                self.carry_along(&id);
            }
        }
    }

    /// What a drop takes along is created again if it is still wanted.
    fn carry_along(&mut self, host: &ObjectId) {
        for id in self.carried.get(host).cloned().unwrap_or_default() {
            let Some(object) = self.context.from.get(id) else { continue };
            let freed = kinds::of(id).freed_by(object, self.context.from).is_some_and(|by| {
                matches!(self.actions.get(&by), Some(Action::Drop | Action::Replace))
            });
            let kept = self.context.to.get(id).is_some() && !object.flag("local");
            let untouched = !matches!(self.actions.get(id), Some(Action::Replace));
            if kept && untouched && !freed {
                self.set(id.clone(), Action::Replace);
            }
        }
    }

    /// Decides on an object that depends on one that goes away or changes under it.
    fn disturb(&mut self, under: &ObjectId, id: &ObjectId, disturbance: Disturbance) {
        let (Some(from), Some(to)) = (self.context.from.get(id), self.context.to.get(id)) else {
            return;
        };
        if matches!(self.actions.get(id), Some(Action::Replace | Action::Swap | Action::Create)) {
            return;
        }
        let kind = kinds::of(id);
        match disturbance {
            Disturbance::Rebuilt => {
                if kind.blocks_rebuild(from) {
                    self.set(id.clone(), Action::Replace);
                }
            }
            Disturbance::Gone | Disturbance::Swapped if from.parent.as_ref() == Some(under) => {
                self.set(id.clone(), Action::Replace);
            }
            Disturbance::Gone => self.stand_in(under, from, to),
            Disturbance::Swapped => {
                let retype = kind.retype(from, to, &self.context);
                if !kind.set_aside(from, "").is_empty() {
                    self.set(id.clone(), Action::Swap);
                } else if retype.is_empty() {
                    self.stand_in(under, from, to);
                } else {
                    self.move_over(id, retype, from.facets.get("type") == to.facets.get("type"));
                }
            }
        }
    }

    /// An object whose support is replaced is replaced too, unless it has let go of it or holds
    /// rows.
    fn stand_in(&mut self, under: &ObjectId, from: &Object, to: &Object) {
        let altered = matches!(self.actions.get(&from.id), Some(Action::Alter(_)));
        let kind = kinds::of(&from.id);
        let keeps_rows = kind.holds_rows() || !kind.retype(from, to, &self.context).is_empty();
        let let_go = altered && !to.deps.contains(under);
        if !let_go && !keeps_rows {
            self.set(from.id.clone(), Action::Replace);
        }
    }

    /// A column moves to the new form of its type, before whatever else changes about it.
    fn move_over(&mut self, id: &ObjectId, retype: Vec<Statement>, same_type: bool) {
        let mut statements = self.actions.get(id).map_or_else(Vec::new, |action| match action {
            Action::Alter(statements) => statements.clone(),
            _ => Vec::new(),
        });
        if same_type {
            statements.splice(0..0, retype);
        }
        self.set(id.clone(), Action::Alter(statements));
        self.pending.push((id.clone(), Disturbance::Rebuilt));
    }
}
