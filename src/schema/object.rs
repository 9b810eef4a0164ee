//! One object: identity, facets, dependencies.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::ObjectId;

/// The facets of an object by name; a facet at its default value is absent.
pub type Facets = serde_json::Map<String, Value>;

/// In the list of open facets: the object as a whole.
pub const WHOLE: &str = "*";

/// One database object.
///
/// Facets that every kind may carry: `owner` (absent: the role that connects), `comment`,
/// `privileges`, `labels`. The others belong to the kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Object {
    /// Who it is.
    pub id: ObjectId,
    /// The object that it is part of and vanishes with: a column's table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ObjectId>,
    /// What it is: compared facet by facet.
    pub facets: Facets,
    /// What must exist before it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub deps: BTreeSet<ObjectId>,
    /// Position among its siblings (a column's place in its table); not compared.
    #[serde(default)]
    pub position: i32,
    /// Facets that a model leaves to the server: never compared. [`WHOLE`] stands for the object
    /// itself: whether it is there does not matter.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub open: BTreeSet<String>,
}

impl Object {
    /// A new object without facets.
    #[must_use]
    pub fn new(id: ObjectId) -> Self {
        Self {
            id,
            parent: None,
            facets: Facets::new(),
            deps: BTreeSet::new(),
            position: 0,
            open: BTreeSet::new(),
        }
    }

    /// Reads the facets as the kind's own structure.
    ///
    /// # Panics
    /// Panics when the facets do not have that structure: the catalog query and the structure of
    /// one kind disagree, which is a defect of that kind.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(Value::Object(self.facets.clone()))
            .unwrap_or_else(|error| panic!("facets of {}: {error}", self.id))
    }

    /// Writes the facets from the kind's own structure, keeping those that it does not have; a
    /// facet at its default is left out.
    pub fn write<T: Serialize>(&mut self, facets: &T) {
        if let Ok(Value::Object(map)) = serde_json::to_value(facets) {
            self.facets.extend(map.into_iter().filter_map(|(name, v)| Some((name, stated(v)?))));
        }
    }

    /// A text facet.
    #[must_use]
    pub fn text(&self, facet: &str) -> Option<&str> {
        self.facets.get(facet).and_then(Value::as_str)
    }

    /// A boolean facet; absent is false.
    #[must_use]
    pub fn flag(&self, facet: &str) -> bool {
        self.facets.get(facet).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// A value without the defaults in it; none where it is one itself. A structure of nothing but
/// defaults is there, a list of nothing is not.
fn stated(value: Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Array(items) if items.is_empty() => None,
        Value::Object(map) if map.is_empty() => None,
        Value::Array(items) => Some(items.into_iter().filter_map(stated).collect()),
        Value::Object(map) => Some(Value::Object(
            map.into_iter().filter_map(|(name, v)| Some((name, stated(v)?))).collect(),
        )),
        other => Some(other),
    }
}

/// Serialises the object map as a sequence, since JSON keys are text.
pub(super) mod sequence {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Object, ObjectId};

    pub(crate) fn serialize<S: Serializer>(
        map: &BTreeMap<ObjectId, Object>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_seq(map.values())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<BTreeMap<ObjectId, Object>, D::Error> {
        let list = Vec::<Object>::deserialize(input)?;
        Ok(list.into_iter().map(|o| (o.id.clone(), o)).collect())
    }
}
