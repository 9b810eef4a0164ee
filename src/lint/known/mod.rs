//! What is known about the database while a script is looked at: from a live schema, from the
//! script itself, or nothing; every statement changes it.

mod apply;
mod apply_alter;
mod functions;
mod links;
mod parts;
mod proof;
mod relation;
mod types;
mod views;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub(crate) use self::{
    functions::{Function, Steadiness, volatility},
    proof::{implies_bound, mentions, proves_not_null},
    relation::{Born, Column, Constraint, Dependent, Index, Rel, Relation, RelationKind},
    types::{Conversion, class_of, conversion},
};
use crate::sql::tree::{Expr, Name, TypeName};

/// What is known about a database.
#[derive(Clone, Debug)]
pub struct Known {
    /// Major version of the server.
    pub(crate) version: u32,
    /// Whether what is not known does not exist: true with a live schema at hand.
    pub(crate) complete: bool,
    pub(crate) search_path: Vec<String>,
    /// `TimeZone` of the session, where it is known.
    pub(crate) time_zone: Option<String>,
    pub(crate) relations: BTreeMap<Rel, Arc<Relation>>,
    pub(crate) types: BTreeMap<Rel, Type>,
    pub(crate) functions: BTreeMap<Rel, Vec<Function>>,
    /// Extended statistics and their tables.
    pub(crate) statistics: BTreeMap<Rel, Rel>,
    /// For each relation those that name it, and perhaps some that no longer do.
    links: BTreeMap<Rel, BTreeSet<Rel>>,
    /// Whether something ran that may have changed more than is known.
    pub(crate) doubted: bool,
    /// Publications and the tables that they name.
    pub(crate) publications: BTreeMap<String, Vec<Rel>>,
}

/// A type that the database defines.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    /// An enum; the transactions that made it and each of its values.
    Enum {
        born: Born,
        values: Vec<(String, Born)>,
    },
    Domain {
        born: Born,
        base: TypeName,
        constrained: bool,
        default: Option<Expr>,
    },
    Composite,
    Other,
}

impl Known {
    /// Nothing is known but the major version of the server.
    #[must_use]
    pub fn nothing(version: u32) -> Self {
        Self {
            version,
            complete: false,
            search_path: vec!["public".to_owned()],
            time_zone: None,
            relations: BTreeMap::new(),
            types: BTreeMap::new(),
            functions: BTreeMap::new(),
            statistics: BTreeMap::new(),
            publications: BTreeMap::new(),
            links: BTreeMap::new(),
            doubted: false,
        }
    }

    /// A database of which nothing exists but what is going to be told.
    #[must_use]
    pub fn empty(version: u32) -> Self {
        Self { complete: true, ..Self::nothing(version) }
    }

    /// Major version of the server.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Marks everything as having existed before, with rows in it.
    pub fn settle(&mut self) {
        for relation in self.relations.values_mut().filter(|r| !r.is_settled()) {
            let relation = Arc::make_mut(relation);
            relation.born = Born::Before;
            relation.filled = false;
            relation.columns.iter_mut().for_each(|c| c.born = Born::Before);
            relation.constraints.iter_mut().for_each(|c| c.born = Born::Before);
        }
        for defined in self.types.values_mut() {
            match defined {
                Type::Enum { born, values } => {
                    *born = Born::Before;
                    values.iter_mut().for_each(|(_, born)| *born = Born::Before);
                }
                Type::Domain { born, .. } => *born = Born::Before,
                Type::Composite | Type::Other => {}
            }
        }
    }

    /// Resolves a name through the search path; a name that nothing is known of stands for the
    /// first schema of the path.
    pub(crate) fn resolve(&self, name: &Name) -> Rel {
        if let Some(schema) = name.schema() {
            return Rel::new(schema, name.last());
        }
        let candidates = self.search_path.iter().map(|schema| Rel::new(schema, name.last()));
        candidates
            .clone()
            .find(|rel| self.relations.contains_key(rel))
            .or_else(|| candidates.clone().next())
            .unwrap_or_else(|| Rel::new("public", name.last()))
    }

    /// Where a new object of that name goes.
    pub(crate) fn place(&self, name: &Name) -> Rel {
        let first = || self.search_path.first().map_or("public", String::as_str);
        Rel::new(name.schema().unwrap_or_else(first), name.last())
    }

    pub(crate) fn relation(&self, rel: &Rel) -> Option<&Relation> {
        self.relations.get(rel).map(AsRef::as_ref)
    }

    pub(crate) fn relation_mut(&mut self, rel: &Rel) -> Option<&mut Relation> {
        self.relations.get_mut(rel).map(Arc::make_mut)
    }

    /// The relation, as one of which only the name is known where it was not known.
    pub(crate) fn relation_or_stub(&mut self, rel: &Rel) -> &mut Relation {
        Arc::make_mut(self.relations.entry(rel.clone()).or_default())
    }

    /// The type that a name stands for, if the database defines it.
    pub(crate) fn type_of(&self, name: &TypeName) -> Option<&Type> {
        self.lookup(&self.types, name.schema.as_deref(), &name.name)
    }

    pub(crate) fn functions_of(&self, schema: Option<&str>, name: &str) -> Option<&[Function]> {
        self.lookup(&self.functions, schema, name).map(Vec::as_slice)
    }

    fn lookup<'a, T>(
        &self,
        map: &'a BTreeMap<Rel, T>,
        schema: Option<&str>,
        name: &str,
    ) -> Option<&'a T> {
        match schema {
            Some(schema) => map.get(&Rel::new(schema, name)),
            None => self.search_path.iter().find_map(|schema| map.get(&Rel::new(schema, name))),
        }
    }

    /// Since when a domain is known to exist.
    pub(crate) fn domain_born(&self, domain: &Rel) -> Born {
        match self.types.get(domain) {
            Some(Type::Domain { born, .. }) => *born,
            _ => Born::Before,
        }
    }

    /// The tables with a column of a type, a domain over it, or an array of it.
    pub(crate) fn users_of_type(&self, name: &Rel) -> Vec<(Rel, String)> {
        let mut found = Vec::new();
        for (rel, relation) in &self.relations {
            for column in &relation.columns {
                let Some(type_name) = &column.type_name else { continue };
                let schema = type_name.schema.as_deref();
                let here = schema.is_none_or(|s| s == name.schema) && type_name.name == name.name;
                if here && relation.index.is_none() && relation.kind != RelationKind::View {
                    found.push((rel.clone(), column.name.clone()));
                }
            }
        }
        found
    }
}
