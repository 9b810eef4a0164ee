//! Names in the model for what a database calls otherwise: as Prisma's `db pull` makes them, or as a
//! person had them before.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::constraint::Constraint;
use crate::{
    model::Scalar,
    schema::{Object, ObjectId, Schema},
};

/// Names that a person has given; they come before the made ones.
#[derive(Clone, Debug, Default)]
pub struct NameMap {
    /// Blocks, by table, view or enum.
    pub blocks: BTreeMap<ObjectId, String>,
    /// Fields, by column.
    pub fields: BTreeMap<ObjectId, String>,
    /// Values of enums, by enum and label.
    pub values: BTreeMap<(ObjectId, String), String>,
    /// Relation fields, by foreign key.
    pub relations: BTreeMap<ObjectId, RelationNames>,
    /// Other names of fields that are taken, by the path of the table.
    pub taken: BTreeMap<Vec<String>, BTreeSet<String>>,
}

/// What the two fields of a relation are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationNames {
    /// Name of the relation, where it has one.
    pub relation: Option<String>,
    /// The field on the side of the foreign key.
    pub field: String,
    /// The field on the other side.
    pub opposite: Option<String>,
}

/// The names of everything that is printed.
pub(crate) struct Names {
    map: NameMap,
}

impl Names {
    pub(crate) fn new(schema: &Schema, given: &NameMap) -> Self {
        let mut names = Self { map: given.clone() };
        names.name_blocks(schema);
        names.name_fields(schema);
        names.name_values(schema);
        names.name_relations(schema);
        names
    }

    /// The block of a table, view or enum.
    pub(crate) fn block(&self, id: &ObjectId) -> &str {
        self.map.blocks.get(id).map_or("", String::as_str)
    }

    /// The block of a table, by path.
    pub(crate) fn table(&self, path: &[String]) -> &str {
        self.block(&ObjectId::new("table", path.to_vec()))
    }

    /// The field of a column.
    pub(crate) fn field<'a>(&'a self, table: &[String], column: &'a str) -> &'a str {
        let path = table.iter().map(String::as_str).chain([column]);
        let id = ObjectId::new("column", path);
        self.map.fields.get(&id).map_or(column, String::as_str)
    }

    /// The value of an enum.
    pub(crate) fn value<'a>(&'a self, id: &ObjectId, label: &'a str) -> &'a str {
        let key = (id.clone(), label.to_owned());
        self.map.values.get(&key).map_or(label, String::as_str)
    }

    /// The fields of a foreign key.
    pub(crate) fn relation(&self, id: &ObjectId) -> Option<&RelationNames> {
        self.map.relations.get(id)
    }

    fn name_blocks(&mut self, schema: &Schema) {
        let all: Vec<&ObjectId> = ["table", "view", "enum"]
            .iter()
            .flat_map(|kind| schema.of_kind(kind))
            .map(|o| &o.id)
            .filter(|id| !self.map.blocks.contains_key(*id))
            .collect();
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for id in &all {
            *count.entry(block_name(id.name())).or_default() += 1;
        }
        let mut taken: BTreeSet<String> = self.map.blocks.values().cloned().collect();
        for id in all {
            let mut name = block_name(id.name());
            if count[&name] > 1 {
                name = block_name(&format!("{}_{}", id.path[0], id.name()));
            }
            let name = free(&mut taken, name);
            self.map.blocks.insert(id.clone(), name);
        }
    }

    fn name_fields(&mut self, schema: &Schema) {
        let mut taken: BTreeMap<&[String], BTreeSet<String>> = BTreeMap::new();
        for (id, name) in &self.map.fields {
            if let Some(object) = schema.get(id) {
                let table = &object.id.path[..2];
                taken.entry(table).or_default().insert(name.clone());
            }
        }
        let mut columns: Vec<&Object> = schema.of_kind("column").collect();
        columns
            .sort_by_key(|c| (&c.id.path[..2], sanitize(c.id.name()) != c.id.name(), c.position));
        let mut found = Vec::new();
        for column in columns {
            if self.map.fields.contains_key(&column.id) {
                continue;
            }
            let taken = taken.entry(&column.id.path[..2]).or_default();
            let name = free(taken, sanitize(column.id.name()));
            found.push((column.id.clone(), name));
        }
        self.map.fields.extend(found);
    }

    fn name_values(&mut self, schema: &Schema) {
        for object in schema.of_kind("enum") {
            let labels: super::enum_type::EnumType = object.read();
            let mut taken = BTreeSet::new();
            for label in &labels.values {
                if let Some(name) = self.map.values.get(&(object.id.clone(), label.clone())) {
                    taken.insert(name.clone());
                }
            }
            let (plain, odd): (Vec<&String>, Vec<&String>) =
                labels.values.iter().partition(|l| sanitize(l) == **l);
            for label in plain.into_iter().chain(odd) {
                let key = (object.id.clone(), label.clone());
                if let Entry::Vacant(place) = self.map.values.entry(key) {
                    place.insert(free(&mut taken, sanitize(label)));
                }
            }
        }
    }

    fn name_relations(&mut self, schema: &Schema) {
        let keys: Vec<(&Object, Constraint)> = schema
            .of_kind("constraint")
            .filter(|o| o.text("type") == Some("foreign_key"))
            .map(|o| (o, o.read::<Constraint>()))
            .collect();
        let mut pairs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let pair = |names: &Self, o: &Object, c: &Constraint| {
            let a = names.table(&o.id.path[..2]).to_owned();
            let b = names.table(&c.references).to_owned();
            if a <= b { (a, b) } else { (b, a) }
        };
        let owned: Vec<(String, String)> = keys.iter().map(|(o, c)| pair(self, o, c)).collect();
        for (a, b) in &owned {
            *pairs.entry((a, b)).or_default() += 1;
        }
        let mut fields: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
        for (id, name) in &self.map.fields {
            fields.entry(id.path[..2].to_vec()).or_default().insert(name.clone());
        }
        for (table, names) in &self.map.taken {
            fields.entry(table.clone()).or_default().extend(names.iter().cloned());
        }
        let mut relations: BTreeSet<String> =
            self.map.relations.values().filter_map(|names| names.relation.clone()).collect();
        for ((object, constraint), (a, b)) in keys.iter().zip(&owned) {
            let several = pairs[&(a.as_str(), b.as_str())] > 1;
            if self.map.relations.contains_key(&object.id) {
                continue;
            }
            let taken = |path: &[String], name: &str| {
                fields.get(path).is_some_and(|names| names.contains(name))
            };
            let several = several
                || taken(&object.id.path[..2], self.table(&constraint.references))
                || taken(&constraint.references, self.table(&object.id.path[..2]));
            let made = self.made_relation(object, constraint, several, &mut relations);
            let made = RelationNames {
                field: free(fields.entry(object.id.path[..2].to_vec()).or_default(), made.field),
                opposite: made.opposite.map(|name| {
                    free(fields.entry(constraint.references.clone()).or_default(), name)
                }),
                relation: made.relation,
            };
            self.map.relations.insert(object.id.clone(), made);
        }
    }

    fn made_relation(
        &self,
        object: &Object,
        constraint: &Constraint,
        several: bool,
        relations: &mut BTreeSet<String>,
    ) -> RelationNames {
        let from = self.table(&object.id.path[..2]);
        let to = self.table(&constraint.references);
        let itself = object.id.path[..2] == constraint.references;
        if !several && !itself {
            return RelationNames {
                relation: None,
                field: to.to_owned(),
                opposite: Some(from.to_owned()),
            };
        }
        let columns: Vec<&str> =
            constraint.columns.iter().map(|c| self.field(&object.id.path[..2], c)).collect();
        let name = if several {
            format!("{from}_{}To{to}", columns.join("_"))
        } else {
            format!("{from}To{to}")
        };
        let name = free(relations, name);
        let suffix = if several { format!("_{name}") } else { String::new() };
        let other = if itself { "other_" } else { "" };
        RelationNames {
            field: format!("{to}{suffix}"),
            opposite: Some(format!("{other}{from}{suffix}")),
            relation: Some(name),
        }
    }
}

/// A name that is free, with a number where it is not.
fn free(taken: &mut BTreeSet<String>, name: String) -> String {
    if taken.insert(name.clone()) {
        return name;
    }
    for number in 2.. {
        let next = format!("{name}_{number}");
        if taken.insert(next.clone()) {
            return next;
        }
    }
    unreachable!("some number is free")
}

fn block_name(name: &str) -> String {
    let name = sanitize(name);
    let reserved = crate::model::is_reserved(&name) || Scalar::parse(&name).is_some();
    if reserved || name == "Unsupported" { format!("Renamed{name}") } else { name }
}

/// A name that the model language can hold: as Prisma does it, what is not a letter of ASCII in front
/// is cut off and what is no letter, digit or `_` becomes `_`. Where that leaves nothing, letters of
/// other scripts and digits are kept.
pub(crate) fn sanitize(name: &str) -> String {
    let cut = name.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    if !cut.is_empty() {
        return cut
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' })
            .collect();
    }
    let kept: String =
        name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
    match kept.chars().next() {
        Some(first) if first.is_alphabetic() => kept,
        _ => format!("n{kept}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_language_can_hold() {
        for (name, expected) in [
            ("users", "users"),
            ("_prisma_migrations", "prisma_migrations"),
            ("2fa-codes", "fa_codes"),
            ("имя", "имя"),
            ("1", "n1"),
            ("a b", "a_b"),
            ("", "n"),
        ] {
            assert_eq!(sanitize(name), expected);
        }
        assert_eq!(block_name("String"), "RenamedString");
    }
}
