//! One `model` block, brought up to date entry by entry.

use std::collections::BTreeSet;

use super::{Fate, Merging, naming};
use crate::{
    kinds::{column, constraint, index, join, psl, table},
    model::{FieldRef, Key, OWN_FIELD, OWN_MODEL, TableId},
    schema::{Object, ObjectId},
    syntax::ast::{Arity, Attribute, Block, Entry, Field},
};

/// Replaces the attributes of a block that only our language has.
pub(super) fn replace_own(block: &mut Block, new: &Block) {
    let own = |entry: &Entry| match entry {
        Entry::Attribute(item) => {
            let name = item.attribute.path.text.as_str();
            OWN_MODEL.contains(&name) && name != "was"
        }
        _ => false,
    };
    block.entries.retain(|entry| !own(entry));
    block.entries.extend(new.entries.iter().filter(|entry| own(entry)).cloned());
}

/// A block in the making: what stands at its old places, and what is new.
struct Draft<'a> {
    table: TableId,
    id: &'a ObjectId,
    strict: bool,
    /// Entries by their old places; none where one is gone.
    entries: Vec<Option<Entry>>,
    changed: bool,
}

impl Draft<'_> {
    fn remove(&mut self, entry: usize) {
        self.entries[entry] = None;
        self.changed = true;
    }

    fn field(&mut self, entry: usize) -> Option<&mut Field> {
        match &mut self.entries[entry] {
            Some(Entry::Field(field)) => Some(field),
            _ => None,
        }
    }
}

impl Merging<'_> {
    /// A `model` block as it is to be, with whether it differs.
    pub(super) fn model_block(
        &mut self,
        number: usize,
        old: &Block,
        strict: bool,
    ) -> Option<(Block, bool)> {
        let id = naming::table_id(&self.model.tables[number]);
        self.done.insert(id.clone());
        let object = self.there.get(&id)?;
        if !self.touched.contains(&id) {
            return Some((old.clone(), false));
        }
        let mut draft = Draft {
            table: TableId(number),
            id: &id,
            strict,
            entries: old.entries.iter().cloned().map(Some).collect(),
            changed: false,
        };
        self.columns(&mut draft);
        self.relations(&mut draft, object);
        let keys = self.old_keys(&mut draft);
        let Draft { entries, mut changed, .. } = draft;
        let mut block = Block { entries: entries.into_iter().flatten().collect(), ..old.clone() };
        changed |= self.new_columns(&mut block, object, strict);
        changed |= self.new_relations(&mut block, object);
        changed |= self.new_keys(&mut block, object, &keys, strict);
        if !strict && self.own_differs(&id) {
            replace_own(&mut block, &table::print::block(&self.printing, object));
            changed = true;
        }
        Some((block, changed))
    }

    fn differs(&self, id: &ObjectId) -> bool {
        self.changes.contains_key(id)
    }

    /// Whether something differs that attributes of our own say.
    fn own_differs(&self, table: &ObjectId) -> bool {
        self.changes.keys().any(|id| {
            let object = self.there.get(id).or_else(|| self.asked.get(id));
            let Some(object) = object else { return false };
            let spoken = matches!(&*id.kind, "column" | "default" | "index" | "sequence_owner")
                || matches!(
                    object.text("type").filter(|_| id.is("constraint")),
                    Some("primary_key" | "unique" | "foreign_key")
                );
            id == table || object.parent.as_ref() == Some(table) && !spoken
        })
    }

    fn columns(&self, draft: &mut Draft<'_>) {
        for field in &self.model.table(draft.table).fields {
            if field.is_relation() {
                continue;
            }
            let path = draft.id.path.iter().chain([&field.column]);
            let id = ObjectId::new("column", path.cloned());
            let Some(object) = self.there.get(&id) else {
                draft.remove(field.entry);
                continue;
            };
            let default = ObjectId::new("default", id.path.clone());
            let (column, default) = (self.differs(&id), self.differs(&default).then_some(default));
            if !column && default.is_none() {
                continue;
            }
            let new = self.column_field(object, draft.strict);
            let had_default = self.asked.get(&ObjectId::new("default", id.path.clone())).is_some();
            let Some(old) = draft.field(field.entry) else { continue };
            if column {
                old.type_ref = new.type_ref.clone();
                old.attributes.retain(|a| !says_type(a));
                old.attributes.extend(new.attributes.iter().filter(|a| says_type(a)).cloned());
            }
            let made = new.attributes.iter().find(|a| a.path.text == "default");
            if made.is_some() || had_default {
                old.attributes.retain(|a| a.path.text != "default");
                old.attributes.extend(made.cloned());
            }
            draft.changed = true;
        }
    }

    /// The field of a column, in the language of the file.
    fn column_field(&self, object: &Object, strict: bool) -> Field {
        let heir = self
            .there
            .get(&ObjectId::new("table", object.id.path[..2].to_vec()))
            .is_some_and(|table| table.facets.contains_key("inherits"));
        let mut field = column::print::field(&self.printing, object, heir);
        if strict {
            field.attributes = psl::split_all(field.attributes).0;
        }
        field
    }

    fn relations(&self, draft: &mut Draft<'_>, object: &Object) {
        let new = constraint::print::relations(&self.printing, object);
        for relation in &self.model.relations {
            let sides = [Some(relation.field), relation.opposite];
            let mine = |side: &Option<FieldRef>| side.filter(|at| at.table == draft.table);
            let places: Vec<FieldRef> = sides.iter().filter_map(mine).collect();
            if places.is_empty() {
                continue;
            }
            let id = naming::foreign_key(self.model, relation, self.renames, self.there);
            for at in places {
                let field = self.model.field(at);
                let Some(id) = &id else {
                    if relation.constraint.is_some() || !self.still_there(relation) {
                        draft.remove(field.entry);
                    }
                    continue;
                };
                let found =
                    new.iter().find(|(key, made)| key == id && made.name.text == field.name);
                if let Some((_, made)) = found {
                    self.relation(draft, field.entry, id, made, at == relation.field);
                }
            }
        }
    }

    /// Whether the tables and columns of a relation without a foreign key are there.
    fn still_there(&self, relation: &crate::model::Relation) -> bool {
        let table = self.model.table(relation.table());
        let id = naming::table_id(table);
        let columns = relation.fields.iter().all(|field| {
            let path = id.path.iter().chain([&table.fields[*field].column]);
            table.is_view() || self.there.get(&ObjectId::new("column", path.cloned())).is_some()
        });
        columns
            && [relation.table(), relation.referenced]
                .iter()
                .all(|t| self.there.get(&naming::table_id(self.model.table(*t))).is_some())
    }

    fn relation(
        &self,
        draft: &mut Draft<'_>,
        entry: usize,
        id: &ObjectId,
        made: &Field,
        forward: bool,
    ) {
        let differs = self.differs(id) || self.renames.values().any(|now| now == id);
        let strict = draft.strict;
        let (mut new, _) = psl::split_all(made.attributes.clone());
        if !strict {
            new.clone_from(&made.attributes);
        }
        let named = |attributes: &[Attribute]| {
            let relation = attributes.iter().find(|a| a.path.text == "relation");
            relation.and_then(naming::written_name)
        };
        let Some(old) = draft.field(entry) else { return };
        let renamed = named(&old.attributes) != named(&new);
        let mut changed = false;
        if forward && differs || renamed {
            old.attributes.retain(|a| a.path.text != "relation");
            old.attributes.extend(new.into_iter().filter(|a| a.path.text == "relation"));
            changed = true;
        }
        let arity = made.type_ref.arity;
        let many = |arity: Arity| arity == Arity::List;
        let other = forward && old.type_ref.arity != arity
            || !forward && many(old.type_ref.arity) != many(arity);
        if other || old.type_ref.path.text != made.type_ref.path.text {
            old.type_ref.arity = arity;
            old.type_ref.path = made.type_ref.path.clone();
            changed = true;
        }
        draft.changed |= changed;
    }

    /// Takes keys away that are gone or differ, and says which objects need no new attribute.
    fn old_keys(&self, draft: &mut Draft<'_>) -> BTreeSet<ObjectId> {
        let table = self.model.table(draft.table);
        let keys: Vec<&Key> =
            table.primary_key.iter().chain(&table.uniques).chain(&table.indexes).collect();
        let mut stay = BTreeSet::new();
        for key in keys {
            let constraint = draft.id.path.iter().chain([&key.constraint]);
            let constraint = ObjectId::new("constraint", constraint.cloned());
            let index = ObjectId::new("index", [&draft.id.path[0], &key.constraint]);
            let same = |id: &&ObjectId| {
                !self.differs(id)
                    && self.there.get(id).is_some_and(|o| o.parent.as_ref() == Some(draft.id))
            };
            if let Some(found) = [&constraint, &index].into_iter().find(same) {
                stay.insert(found.clone());
                continue;
            }
            // Its successor is written anew, among what was created or altered.
            let at = key.attribute;
            draft.changed = true;
            match &mut draft.entries[at.entry] {
                Some(Entry::Field(field)) => {
                    let word = self.model.attribute(at).path.text.clone();
                    field.attributes.retain(|a| a.path.text != word);
                }
                entry => *entry = None,
            }
        }
        stay
    }

    fn new_columns(&self, block: &mut Block, table: &Object, strict: bool) -> bool {
        let mut before: Option<String> = None;
        let mut changed = false;
        let columns: Vec<&Object> = self.printing.parts(&table.id, "column").collect();
        for object in columns {
            let field = self.column_field(object, strict);
            let name = field.name.text.clone();
            let place = |block: &Block, name: &str| {
                block
                    .entries
                    .iter()
                    .position(|e| matches!(e, Entry::Field(f) if f.name.text == name))
            };
            if place(block, &name).is_none() {
                let after = before.as_deref().and_then(|name| place(block, name));
                let first = || block.entries.iter().position(|e| matches!(e, Entry::Field(_)));
                let at = after.map(|at| at + 1).or_else(first).unwrap_or(0);
                block.entries.insert(at, Entry::Field(field));
                changed = true;
            }
            before = Some(name);
        }
        changed
    }

    fn new_relations(&self, block: &mut Block, table: &Object) -> bool {
        let known: BTreeSet<ObjectId> = self
            .model
            .relations
            .iter()
            .filter_map(|r| naming::foreign_key(self.model, r, self.renames, self.there))
            .collect();
        let hidden = |id: &ObjectId| {
            let of = ObjectId::new("table", id.path[..2].to_vec());
            self.known.contains(&of) || self.printing.joins.contains_key(&of)
        };
        let mut fields: Vec<Field> = constraint::print::relations(&self.printing, table)
            .into_iter()
            .filter(|(id, _)| !known.contains(id) && !hidden(id))
            .map(|(_, mut field)| {
                if self.strict.iter().all(|strict| *strict) {
                    field.attributes = psl::split_all(field.attributes).0;
                }
                field
            })
            .collect();
        fields.extend(join::fields(&self.printing, &table.id));
        let changed = !fields.is_empty();
        for field in fields {
            let last = block.entries.iter().rposition(|e| matches!(e, Entry::Field(_)));
            block.entries.insert(last.map_or(0, |at| at + 1), Entry::Field(field));
        }
        changed
    }

    fn new_keys(
        &mut self,
        block: &mut Block,
        table: &Object,
        stay: &BTreeSet<ObjectId>,
        strict: bool,
    ) -> bool {
        let mut changed = false;
        let objects: Vec<&Object> = ["constraint", "index"]
            .into_iter()
            .flat_map(|kind| self.printing.parts(&table.id, kind))
            .filter(|o| !stay.contains(&o.id))
            .filter(|o| {
                let renamed = self.renames.values().any(|now| *now == o.id);
                renamed || !matches!(self.changes.get(&o.id), None | Some(Fate::Dropped))
            })
            .collect();
        for object in objects {
            let attribute = if object.id.is("index") {
                Some(index::print::attribute(&self.printing, table, object))
            } else {
                constraint::print::key(&self.printing, table, object)
            };
            let Some(attribute) = attribute else { continue };
            let said = if strict {
                let (mut said, rest) = psl::split_all(vec![attribute]);
                self.left.extend(rest.iter().map(|_| object.id.to_string()));
                said.pop()
            } else {
                Some(attribute)
            };
            let Some(said) = said else { continue };
            if let Some(said) = constraint::print::put(block, said) {
                block.push_attribute(said);
            }
            changed = true;
        }
        changed
    }
}

/// Whether an attribute of a field follows from its column.
fn says_type(attribute: &Attribute) -> bool {
    let name = attribute.path.text.as_str();
    name.contains('.') || OWN_FIELD.contains(&name) && name != "was"
}
