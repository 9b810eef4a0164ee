//! `pg_depend` as edges between objects.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio_postgres::Row;

use crate::schema::{ObjectId, Schema};

/// Where PostgreSQL keeps an object: catalog, OID, column number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    pub(super) class: u32,
    pub(super) id: u32,
    pub(super) sub: i32,
}

impl Address {
    pub(super) fn of(row: &Row) -> Self {
        Self { class: row.get("class"), id: row.get("id"), sub: row.get("sub") }
    }

    /// Reads `[class, id, sub]`.
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        let number = |i: usize| value.get(i).and_then(Value::as_i64);
        Some(Self {
            class: u32::try_from(number(0)?).ok()?,
            id: u32::try_from(number(1)?).ok()?,
            sub: i32::try_from(number(2)?).ok()?,
        })
    }
}

/// The rows of `pg_depend` (manual, "pg_depend").
pub(super) struct Dependencies {
    /// Normal and automatic dependencies.
    edges: Vec<(Address, Address)>,
    /// What an address is an internal part of: a row type of its table, a rule of its view, the
    /// members of an extension of that extension.
    part_of: BTreeMap<Address, Address>,
}

impl Dependencies {
    pub(super) fn read(rows: &[Row]) -> Self {
        let mut edges = Vec::with_capacity(rows.len());
        let mut part_of = BTreeMap::new();
        for row in rows {
            let from = Address::of(row);
            let to = Address {
                class: row.get("ref_class"),
                id: row.get("ref_id"),
                sub: row.get("ref_sub"),
            };
            match row.get::<_, &str>("type") {
                "i" | "e" => {
                    part_of.insert(from, to);
                    edges.push((from, to));
                }
                // An index of a partition depends on its parent index; the attachment does so here.
                "P" | "S" => {}
                _ => edges.push((from, to)),
            }
        }
        Self { edges, part_of }
    }

    /// The object that an address belongs to, if it is a user's.
    pub(super) fn resolve<'k>(
        &self,
        address: &Address,
        known: &'k BTreeMap<Address, ObjectId>,
    ) -> Option<&'k ObjectId> {
        let mut at = *address;
        // Chains are short: array type → row type → table → extension.
        for _ in 0..8 {
            if let Some(id) = known.get(&at) {
                return Some(id);
            }
            let whole = Address { sub: 0, ..at };
            at = match self.part_of.get(&at) {
                Some(next) => *next,
                None if at.sub != 0 => whole,
                None => return None,
            };
        }
        None
    }

    /// Adds the edges to the objects' dependencies.
    pub(super) fn apply(&self, schema: &mut Schema, known: &BTreeMap<Address, ObjectId>) {
        let mut resolved: BTreeMap<Address, Option<&ObjectId>> = BTreeMap::new();
        let mut found: BTreeMap<&ObjectId, Vec<&ObjectId>> = BTreeMap::new();
        for (from, to) in &self.edges {
            let mut get =
                |a: &Address| *resolved.entry(*a).or_insert_with(|| self.resolve(a, known));
            if let (Some(from), Some(to)) = (get(from), get(to))
                && from != to
            {
                found.entry(from).or_default().push(to);
            }
        }
        for (id, deps) in found {
            if let Some(object) = schema.objects.get_mut(id) {
                object.deps.extend(deps.into_iter().cloned());
            }
        }
        // Ownership of a sequence is an object of its own; without it the sequence would wait for
        // the column whose default waits for the sequence.
        let owned: Vec<(ObjectId, ObjectId)> = schema
            .of_kind("sequence_owner")
            .map(|o| (ObjectId::new("sequence", o.id.path.clone()), column_of(o)))
            .collect();
        for (sequence, column) in owned {
            if let Some(object) = schema.objects.get_mut(&sequence) {
                object.deps.remove(&column);
            }
        }
    }
}

fn column_of(owner: &crate::schema::Object) -> ObjectId {
    let path: Vec<String> = owner
        .facets
        .get("column")
        .and_then(|v| serde_json::from_value(v.clone()).ok())
        .unwrap_or_default();
    ObjectId::new("column", path)
}
