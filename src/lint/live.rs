//! What is known from a live database: its schema, the sizes of its tables, its settings.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::known::{Born, Known, Rel, RelationKind};
use crate::{plan, schema::Schema};

/// What a schema does not say about a database.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Tables, materialized views and indexes by schema and name.
    pub sizes: BTreeMap<(String, String), Size>,
    /// `TimeZone` of the sessions that run migrations.
    pub time_zone: Option<String>,
    /// The schemas of their search path that exist, `pg_catalog` left out.
    pub search_path: Vec<String>,
}

/// How large a relation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// `pg_class.reltuples`; none where nobody has counted.
    pub rows: Option<u64>,
    /// Size on disk.
    pub bytes: u64,
}

impl Known {
    /// Everything is known, by the live schema of a database.
    ///
    /// # Errors
    /// When the schema's objects depend on each other in a circle.
    pub fn from_schema(schema: &Schema, live: &Live) -> Result<Self, plan::Cycle> {
        let mut known = Self::empty(schema.server_version / 10_000);
        // The statements that would make it say all that has to be known.
        let made = plan::plan(
            &Schema { server_version: schema.server_version, ..Schema::default() },
            schema,
            plan::Mode::Direct,
        )?;
        for statement in made.statements() {
            known.learn(&statement.sql);
        }
        known.keep_only(schema);
        known.doubted = false;
        known.settle();
        for relation in known.relations.values_mut() {
            let relation = Arc::make_mut(relation);
            relation.born = Born::Before;
        }
        for ((namespace, name), size) in &live.sizes {
            if let Some(relation) = known.relation_mut(&Rel::new(namespace, name)) {
                relation.rows = size.rows;
                relation.bytes = Some(size.bytes);
            }
        }
        known.time_zone.clone_from(&live.time_zone);
        known.search_path.clone_from(&live.search_path);
        if known.search_path.is_empty() {
            known.search_path.push("public".to_owned());
        }
        Ok(known)
    }

    /// Forgets indexes that following the statements made up: a partition has its own under names
    /// of their own. Marks those that are not valid.
    fn keep_only(&mut self, schema: &Schema) {
        let mut there: BTreeSet<Rel> = BTreeSet::new();
        let mut invalid: BTreeSet<Rel> = BTreeSet::new();
        for object in schema.objects.values() {
            let path = &object.id.path;
            match (&*object.id.kind, path.as_slice()) {
                ("index", [namespace, name]) => {
                    there.insert(Rel::new(namespace, name));
                    if object.flag("invalid") {
                        invalid.insert(Rel::new(namespace, name));
                    }
                }
                ("constraint", [namespace, _, name]) => {
                    there.insert(Rel::new(namespace, name));
                }
                _ => {}
            }
        }
        self.relations.retain(|rel, r| r.kind != RelationKind::Index || there.contains(rel));
        for (rel, relation) in &mut self.relations {
            if let Some(index) = &mut Arc::make_mut(relation).index {
                index.valid = !invalid.contains(rel);
            }
        }
    }
}
