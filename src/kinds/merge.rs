//! Brings a model up to date with a database: what is the same stays as a person wrote it.

mod block;
mod naming;

use std::collections::{BTreeMap, BTreeSet};

use self::naming::names_of;
use super::{
    NameMap, PrintOptions, Syntax, blocks, enum_type, join,
    print::Printing,
    psl::{self, Split},
    table,
};
use crate::{
    kinds,
    model::{BlockRef, Model},
    schema::{Draft, ObjectId, Schema},
    syntax::ast::{Block, Entry, EnumValue, File, Item},
};

/// A model that was brought up to date.
#[derive(Debug, Default)]
pub struct Merged {
    /// Its files, in the order in which they came, with whether anything in them is new.
    pub files: Vec<(File, bool)>,
    /// Blocks of what no file has yet.
    pub added: Vec<Block>,
    /// What the language of the files cannot say, in lines for people.
    pub left: Vec<String>,
    /// The names that the model gives.
    pub names: NameMap,
}

/// What happened to an object since a model was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    Created,
    /// It is gone.
    Dropped,
    /// It is another.
    Altered,
}

/// What a model is brought up to date with.
#[derive(Clone, Copy, Debug)]
pub struct News<'a> {
    /// What the model asks for, completed with what its language cannot say.
    pub asked: &'a Schema,
    /// What there is.
    pub there: &'a Schema,
    /// The objects in which they differ.
    pub changes: &'a BTreeMap<ObjectId, Fate>,
    /// Keys and foreign keys that are the same under another name, before and after.
    pub renames: &'a BTreeMap<ObjectId, ObjectId>,
    /// Whether comments tell what new blocks leave out.
    pub comments: bool,
}

/// Brings a model that asks for one schema up to date with another.
///
/// `strict` says of each file whether it is in Prisma's language.
#[must_use]
pub fn merge(model: &Model, draft: &Draft, news: &News<'_>, strict: &[bool]) -> Merged {
    let News { asked, there, changes, renames, comments } = *news;
    let names = names_of(model, renames, there);
    let mut printing = Printing::new(there, &PrintOptions { names: names.clone() });
    printing.several_namespaces =
        model.datasource.as_ref().is_some_and(|source| source.namespaces.is_some());
    let known: BTreeSet<ObjectId> = model.join_tables.iter().map(naming::join_table).collect();
    if strict.iter().all(|strict| *strict) {
        printing.psl = true;
        printing.joins = join::find(&printing);
        printing.joins.retain(|id, _| created(changes, id) && !known.contains(id));
    }
    let mut merging = Merging {
        model,
        draft,
        asked,
        there,
        printing,
        touched: BTreeSet::new(),
        changes,
        renames,
        known,
        strict,
        comments,
        left: Vec::new(),
        done: BTreeSet::new(),
    };
    merging.touch();
    let files = (0..strict.len()).map(|file| merging.file(file)).collect();
    let added = merging.added();
    Merged { files, added, left: merging.left, names }
}

fn created(changes: &BTreeMap<ObjectId, Fate>, id: &ObjectId) -> bool {
    changes.get(id) == Some(&Fate::Created)
}

struct Merging<'a> {
    model: &'a Model,
    draft: &'a Draft,
    asked: &'a Schema,
    there: &'a Schema,
    printing: Printing<'a>,
    /// Wholes of which something differs.
    touched: BTreeSet<ObjectId>,
    changes: &'a BTreeMap<ObjectId, Fate>,
    /// Keys and foreign keys that have another name now.
    renames: &'a BTreeMap<ObjectId, ObjectId>,
    /// Join tables that lists in the model stand for.
    known: BTreeSet<ObjectId>,
    strict: &'a [bool],
    comments: bool,
    left: Vec<String>,
    /// What some block of the model stands for.
    done: BTreeSet<ObjectId>,
}

impl Merging<'_> {
    fn touch(&mut self) {
        let mut touched = BTreeSet::new();
        for id in self.changes.keys() {
            for schema in [self.asked, self.there] {
                let mut at = schema.get(id);
                while let Some(object) = at {
                    touched.insert(object.id.clone());
                    if let Some(path) = object.facets.get("references")
                        && let Ok(path) = serde_json::from_value::<Vec<String>>(path.clone())
                    {
                        touched.insert(ObjectId::new("table", path));
                    }
                    at = object.parent.as_ref().and_then(|parent| schema.get(parent));
                }
            }
        }
        for join in self.printing.joins.values() {
            touched.extend([join.a.clone(), join.b.clone()]);
        }
        self.touched = touched;
    }

    fn file(&mut self, file: usize) -> (File, bool) {
        let mut out = File::default();
        let mut changed = false;
        let mut gone = false;
        for (item, content) in self.model.files[file].items.iter().enumerate() {
            let Item::Block(old) = content else {
                // The blank line behind a block that is gone goes with it.
                if !(gone && matches!(content, Item::Blank)) {
                    out.items.push(content.clone());
                }
                gone = false;
                continue;
            };
            match self.block(BlockRef { file, item }, old) {
                Some((block, differs)) => {
                    changed |= differs;
                    out.items.push(Item::Block(block));
                    gone = false;
                }
                None => {
                    changed = true;
                    gone = true;
                }
            }
        }
        (out, changed)
    }

    /// The block as it is to be, with whether it differs; none where nothing of it is there.
    fn block(&mut self, at: BlockRef, old: &Block) -> Option<(Block, bool)> {
        let strict = self.strict[at.file];
        if let Some(id) = naming::table_at(self.model, at) {
            if self.model.tables[id].is_view() {
                return Some((old.clone(), false));
            }
            return self.model_block(id, old, strict);
        }
        if let Some(found) = self.model.enums.iter().find(|e| e.block == at) {
            return self.enum_block(&naming::enum_id(found), old, strict);
        }
        let Some(id) = self.drafted(old) else { return Some((old.clone(), false)) };
        self.done.insert(id.clone());
        let Some(object) = self.there.get(&id) else {
            return self.asked.get(&id).is_none().then(|| (old.clone(), false));
        };
        if !self.touched.contains(&id) {
            return Some((old.clone(), false));
        }
        let mut block = blocks::print::block(&self.printing, object);
        block.comments = old.comments.clone();
        block.name = old.name.clone();
        Some((block, true))
    }

    /// What a block of another kind stands for.
    fn drafted(&self, block: &Block) -> Option<ObjectId> {
        let inside = |at: crate::text::Span| {
            at.source == block.span.source
                && at.start >= block.span.start
                && at.end <= block.span.end
        };
        let mut all = self.draft.objects.iter().filter(|drafted| inside(drafted.span));
        let written = all.find(|drafted| drafted.object.id.kind == block.keyword.text)?;
        // Only a server knows how the argument types at the end of a routine's identity are spelled.
        let id = &written.object.id;
        if self.there.get(id).is_some() || self.asked.get(id).is_some() {
            return Some(id.clone());
        }
        let start = &id.path[..id.path.len().min(2)];
        let mut same = self.asked.of_kind_under(&id.kind, start);
        let only = same.next()?;
        same.next().is_none().then(|| only.id.clone())
    }

    fn enum_block(&mut self, id: &ObjectId, old: &Block, strict: bool) -> Option<(Block, bool)> {
        self.done.insert(id.clone());
        let object = self.there.get(id)?;
        if !self.touched.contains(id) {
            return Some((old.clone(), false));
        }
        let new = enum_type::print::block(&self.printing, object);
        let value = |entry: &Entry| match entry {
            Entry::Value(value) => Some(value.name.text.clone()),
            _ => None,
        };
        let wanted: Vec<&EnumValue> = new
            .entries
            .iter()
            .filter_map(|e| if let Entry::Value(value) = e { Some(value) } else { None })
            .collect();
        let mut block = old.clone();
        block.entries.retain(|entry| {
            value(entry).is_none_or(|name| wanted.iter().any(|w| w.name.text == name))
        });
        let mut after = None;
        for wanted in wanted {
            let name = &wanted.name.text;
            let at = block.entries.iter().position(|e| value(e).as_ref() == Some(name));
            after = Some(at.unwrap_or_else(|| {
                let at = after.map_or_else(
                    || block.entries.iter().position(|e| value(e).is_some()).unwrap_or(0),
                    |at: usize| at + 1,
                );
                block.entries.insert(at, Entry::Value(wanted.clone()));
                at
            }));
        }
        if !strict {
            block::replace_own(&mut block, &new);
        }
        Some((block, true))
    }

    /// The blocks of what no file has.
    fn added(&mut self) -> Vec<Block> {
        let strict = self.strict.iter().all(|strict| *strict);
        let mut out = Vec::new();
        for kind in kinds::ALL {
            for object in self.there.of_kind(kind.name()) {
                let id = &object.id;
                let hidden = self.printing.joins.contains_key(id) || self.known.contains(id);
                if !created(self.changes, id) || self.done.contains(id) || hidden {
                    continue;
                }
                let block = match (kind.name(), kind.syntax()) {
                    ("table", _) => table::print::block(&self.printing, object),
                    ("enum", _) => enum_type::print::block(&self.printing, object),
                    ("namespace" | "extension", _) => continue,
                    (_, Syntax::Block(_)) if !self.printing.is_serial(id) => {
                        blocks::print::block(&self.printing, object)
                    }
                    _ => continue,
                };
                out.push((id.clone(), block));
            }
        }
        let mut blocks = Vec::new();
        for (id, block) in out {
            if !strict {
                blocks.push(block);
                continue;
            }
            let Split { said, rest } = psl::split(block);
            if let Some(mut said) = said {
                join::adapt(&self.printing, &id, &mut said);
                if let Some(rest) = rest.as_ref().filter(|_| self.comments) {
                    psl::annotate(&mut said, rest);
                }
                blocks.push(said);
            }
            self.left.extend(rest.iter().flat_map(psl::describe));
        }
        blocks
    }
}

impl NameMap {
    /// A name of a field that is neither a column nor a relation with a foreign key.
    fn take(&mut self, table: &ObjectId, name: &str) {
        self.taken.entry(table.path.clone()).or_default().insert(name.to_owned());
    }
}
