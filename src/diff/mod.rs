//! Comparison of two schemas, object by object and facet by facet, without knowing any kind.

mod merge;
mod renames;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    mem::discriminant,
};

use serde::Serialize;
use serde_json::Value;

pub use self::{
    merge::merge,
    renames::{Question, Rename, carried_renames, implied_renames, questions, rename},
};
use crate::{
    kinds,
    schema::{Object, ObjectId, Schema, WHOLE},
};

/// What differs between two schemas, by identity.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChangeSet {
    /// The changes in the order of identities.
    pub changes: Vec<Change>,
}

/// One object that differs.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// Which object.
    pub id: ObjectId,
    /// What it is a part of.
    #[serde(skip)]
    pub parent: Option<ObjectId>,
    /// In what way.
    #[serde(flatten)]
    pub difference: Difference,
}

/// How an object differs.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Difference {
    /// Only the second schema has it.
    Created,
    /// Only the first schema has it.
    Dropped,
    /// Both have it, with other facets.
    Altered {
        /// The facets that differ.
        facets: Vec<FacetChange>,
    },
}

/// One facet that differs; absent is PostgreSQL's default.
#[derive(Clone, Debug, Serialize)]
pub struct FacetChange {
    /// Name of the facet.
    pub facet: String,
    /// Value in the first schema.
    pub from: Option<Value>,
    /// Value in the second schema.
    pub to: Option<Value>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.difference {
            Difference::Created => write!(f, "+ {}", self.id),
            Difference::Dropped => write!(f, "- {}", self.id),
            Difference::Altered { facets } => {
                let names: Vec<_> = facets.iter().map(|change| change.facet.as_str()).collect();
                write!(f, "~ {} ({})", self.id, names.join(", "))
            }
        }
    }
}

impl ChangeSet {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes without those of parts that came or went with their whole, each with how many
    /// those are.
    #[must_use]
    pub fn wholes(&self) -> Vec<(&Change, usize)> {
        let by_id: BTreeMap<&ObjectId, &Change> =
            self.changes.iter().map(|change| (&change.id, change)).collect();
        let whole_of = |change: &Change| {
            let above = by_id.get(change.parent.as_ref()?)?;
            let altered = matches!(change.difference, Difference::Altered { .. });
            let together = discriminant(&above.difference) == discriminant(&change.difference);
            (together && !altered).then_some(*above)
        };
        let mut parts: BTreeMap<&ObjectId, usize> = BTreeMap::new();
        for change in &self.changes {
            if let Some(above) = whole_of(change) {
                let top = std::iter::successors(Some(above), |c| whole_of(c)).last();
                *parts.entry(&top.unwrap_or(above).id).or_default() += 1;
            }
        }
        let kept = self.changes.iter().filter(|change| whole_of(change).is_none());
        kept.map(|change| (change, parts.get(&change.id).copied().unwrap_or(0))).collect()
    }
}

/// Compares two schemas.
#[must_use]
pub fn diff(from: &Schema, to: &Schema) -> ChangeSet {
    let ids: BTreeSet<&ObjectId> = from.objects.keys().chain(to.objects.keys()).collect();
    let changes = ids
        .into_iter()
        .filter_map(|id| {
            let difference = match (from.get(id), to.get(id)) {
                (None, Some(made)) if made.open.contains(WHOLE) => return None,
                (Some(gone), None) if gone.open.contains(WHOLE) => return None,
                (None, _) => Difference::Created,
                (_, None) => Difference::Dropped,
                (Some(a), Some(b)) => {
                    let facets = facet_changes(a, b);
                    if facets.is_empty() && a.parent == b.parent {
                        return None;
                    }
                    Difference::Altered { facets }
                }
            };
            let parent = to.get(id).or_else(|| from.get(id)).and_then(|o| o.parent.clone());
            Some(Change { id: id.clone(), parent, difference })
        })
        .collect();
    ChangeSet { changes }
}

/// The facets in which two objects of one identity differ; derived ones, and those that a model leaves
/// open, are not compared.
#[must_use]
pub fn facet_changes(from: &Object, to: &Object) -> Vec<FacetChange> {
    let kind = kinds::of(&to.id);
    let names: BTreeSet<&String> = from.facets.keys().chain(to.facets.keys()).collect();
    names
        .into_iter()
        .filter(|name| !kind.derived().contains(&name.as_str()))
        .filter(|name| !from.open.contains(*name) && !to.open.contains(*name))
        .filter(|name| from.facets.get(*name) != to.facets.get(*name))
        .map(|name| FacetChange {
            facet: name.clone(),
            from: from.facets.get(name).cloned(),
            to: to.facets.get(name).cloned(),
        })
        .collect()
}
