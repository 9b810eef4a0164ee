//! The canonical state: a sorted map of identity to object, as PostgreSQL itself spells it.

mod fingerprint;
mod id;
mod object;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::{
    fingerprint::Fingerprint,
    id::{KindName, ObjectId},
    object::{Facets, Object, WHOLE},
};
use crate::text::Span;

/// Everything that one database defines, read back from a PostgreSQL catalog.
///
/// Equality of two schemas is equality of identities and facets; dependencies and positions are
/// derived data that only planning uses. A value of this type always comes from a catalog: text
/// that a person wrote is a [`Draft`] until a server has spelled it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Schema {
    /// `server_version_num` of the server that spelled it; 0 for the empty state.
    pub server_version: u32,
    /// The objects by identity.
    #[serde(with = "object::sequence")]
    pub objects: BTreeMap<ObjectId, Object>,
    /// User objects that were met and are not modelled, as `kind name`.
    pub unmodelled: Vec<Unmodelled>,
}

/// A user object of a kind that is not modelled: reported by name, never planned for deletion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unmodelled {
    /// What PostgreSQL calls such objects, e.g. `text search parser`.
    pub kind: String,
    /// Qualified name for people to read.
    pub name: String,
}

/// What a model asks for, before a PostgreSQL has spelled it.
///
/// It has no equality on purpose: an expression as written is never compared.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The objects in the order in which the model names them.
    pub objects: Vec<DraftObject>,
    /// Declared renames: identity as it was, identity now.
    pub renames: Vec<(ObjectId, ObjectId)>,
    /// The namespaces that it speaks for: those that its datasource lists, or else `public`.
    pub namespaces: BTreeSet<String>,
}

/// One object of a [`Draft`].
#[derive(Clone, Debug)]
pub struct DraftObject {
    /// What is asked for; expressions as written.
    pub object: Object,
    /// Where the model asks for it.
    pub span: Span,
}

impl Draft {
    /// Adds an object that the model asks for at a place.
    pub fn push(&mut self, object: Object, span: Span) {
        self.objects.push(DraftObject { object, span });
    }
}

impl Schema {
    /// What a database holds that was just created: the namespace `public` and nothing else.
    #[must_use]
    pub fn of_empty_database() -> Self {
        let mut schema = Self::default();
        schema.insert(Object::new(ObjectId::new("namespace", ["public"])));
        schema
    }

    /// Looks an object up by kind and path.
    #[must_use]
    pub fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    /// Adds or replaces an object.
    pub fn insert(&mut self, object: Object) {
        self.objects.insert(object.id.clone(), object);
    }

    /// The objects of one kind, in path order.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        let from = ObjectId::new(KindName::from(kind.to_owned()), Vec::<String>::new());
        self.objects.range(from..).map(|(_, o)| o).take_while(move |o| o.id.kind == kind)
    }

    /// SHA-256 over identities and facets.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.objects.len() == other.objects.len()
            && self
                .objects
                .values()
                .zip(other.objects.values())
                .all(|(a, b)| a.id == b.id && a.facets == b.facets)
    }
}

impl Schema {
    /// The objects of one kind whose path starts with the given names, in path order.
    pub fn of_kind_under<'a>(
        &'a self,
        kind: &'a str,
        path: &'a [String],
    ) -> impl Iterator<Item = &'a Object> {
        let from = ObjectId { kind: KindName::from(kind.to_owned()), path: path.to_vec() };
        self.objects
            .range(from..)
            .map(|(_, o)| o)
            .take_while(move |o| o.id.kind == kind && o.id.path.starts_with(path))
    }
}
