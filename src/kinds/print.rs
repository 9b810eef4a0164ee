//! From a schema to model text: what PSL can say as Prisma says it, the rest in own attributes and
//! blocks.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Syntax, blocks, enum_type,
    join::{self, Join},
    names::{NameMap, Names},
    partition::Partition,
    psl, sequence, table,
};
use crate::{
    kinds,
    schema::{Object, ObjectId, Schema},
    syntax::ast::{Attribute, Block, Entry, Expr, File, Item},
};

/// How a schema is printed.
#[derive(Clone, Debug, Default)]
pub struct PrintOptions {
    /// Names that a person has given to blocks, fields, values and relations.
    pub names: NameMap,
}

/// Prints a schema as the text of a model: one file.
#[must_use]
pub fn print(schema: &Schema, options: &PrintOptions) -> Vec<File> {
    vec![all(&Printing::new(schema, options))]
}

/// Every block of a schema.
fn all(printing: &Printing<'_>) -> File {
    let schema = printing.schema;
    let mut file = File::default();
    file.push(printing.datasource());
    for object in schema.of_kind("namespace") {
        if printing.needs_block(object) {
            file.push(blocks::print::block(printing, object));
        }
    }
    for object in schema.of_kind("table") {
        file.push(table::print::block(printing, object));
    }
    for object in schema.of_kind("enum") {
        file.push(enum_type::print::block(printing, object));
    }
    for kind in kinds::ALL {
        let name = kind.name();
        if !matches!(kind.syntax(), Syntax::Block(_)) || matches!(name, "namespace" | "extension") {
            continue;
        }
        for object in schema.of_kind(name) {
            if !printing.serials.contains(&object.id) {
                file.push(blocks::print::block(printing, object));
            }
        }
    }
    file
}

/// A schema in Prisma's language.
#[derive(Debug, Default)]
pub struct Psl {
    /// What the language can say.
    pub file: File,
    /// What it cannot, as a file beside that one.
    pub beside: File,
    /// The same in lines for people.
    pub left: Vec<String>,
}

/// Prints a schema in Prisma's language, with comments on what is left out if they are wanted.
#[must_use]
pub fn print_psl(schema: &Schema, options: &PrintOptions, comments: bool) -> Psl {
    let mut printing = Printing::new(schema, options);
    printing.joins = join::find(&printing);
    printing.psl = true;
    let mut out = Psl::default();
    let mut source = printing.datasource();
    let extensions =
        |entry: &Entry| matches!(entry, Entry::Assignment(a) if a.key.text == "extensions");
    let mut more = Block::new(psl::EXTEND, source.name.text.as_str());
    more.entries.extend(source.entries.extract_if(.., |entry| extensions(entry)));
    if !more.entries.is_empty() {
        out.left.extend(schema.of_kind("extension").map(|object| object.id.to_string()));
        out.beside.push(more);
    }
    out.file.push(source);
    for item in all(&printing).items {
        let Item::Block(block) = item else { continue };
        if block.keyword.text == "datasource" || printing.is_join_block(&block) {
            continue;
        }
        let model = (block.keyword.text == "model").then(|| block.name.text.clone());
        let split = psl::split(block);
        if let Some(mut said) = split.said {
            if let Some(table) = model.and_then(|name| printing.table_of_block(&name)) {
                join::adapt(&printing, &table, &mut said);
            }
            if let Some(rest) = split.rest.as_ref().filter(|_| comments) {
                psl::annotate(&mut said, rest);
            }
            out.file.push(said);
        }
        if let Some(rest) = split.rest {
            out.left.extend(psl::describe(&rest));
            out.beside.push(rest);
        }
    }
    out
}

/// What printing one object needs to know of the others.
pub(crate) struct Printing<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) names: Names,
    /// The parts of an object.
    children: BTreeMap<&'a ObjectId, Vec<&'a Object>>,
    /// Sequences that `autoincrement()` stands for.
    serials: BTreeSet<ObjectId>,
    /// Columns with `autoincrement()`.
    pub(crate) serial_columns: BTreeSet<ObjectId>,
    /// Enums by their type in SQL.
    pub(crate) enums: BTreeMap<String, &'a Object>,
    /// Foreign keys by the path of the table that they refer to.
    pub(crate) references: BTreeMap<Vec<String>, Vec<&'a Object>>,
    /// Indexes of partitioned tables that some partition has no part of, by path.
    alone: BTreeSet<Vec<String>>,
    /// Whether something stands outside of `public`.
    pub(crate) several_namespaces: bool,
    /// Whether Prisma's language is printed, which has one spelling for several of PostgreSQL's.
    pub(crate) psl: bool,
    /// Tables that a pair of lists stands for.
    pub(crate) joins: BTreeMap<ObjectId, Join>,
}

impl<'a> Printing<'a> {
    pub(crate) fn new(schema: &'a Schema, options: &PrintOptions) -> Self {
        let mut children: BTreeMap<&ObjectId, Vec<&Object>> = BTreeMap::new();
        let mut references: BTreeMap<Vec<String>, Vec<&Object>> = BTreeMap::new();
        for object in schema.objects.values() {
            if let Some(parent) = &object.parent {
                children.entry(parent).or_default().push(object);
            }
            if object.text("type") == Some("foreign_key")
                && let Some(path) = object.facets.get("references")
                && let Ok(path) = serde_json::from_value(path.clone())
            {
                references.entry(path).or_default().push(object);
            }
        }
        for list in children.values_mut() {
            list.sort_by_key(|o| o.position);
        }
        let enums =
            schema.of_kind("enum").map(|o| (crate::sql::quote_path(&o.id.path), o)).collect();
        let serials = sequence::print::serials(schema);
        Self {
            schema,
            names: Names::new(schema, &options.names),
            serial_columns: serials.values().cloned().collect(),
            serials: serials.into_keys().collect(),
            children,
            enums,
            references,
            alone: lone_indexes(schema),
            several_namespaces: schema.of_kind("namespace").any(|n| n.id.name() != "public"),
            psl: false,
            joins: BTreeMap::new(),
        }
    }

    /// Whether `autoincrement()` stands for a sequence.
    pub(crate) fn is_serial(&self, id: &ObjectId) -> bool {
        self.serials.contains(id)
    }

    /// The table that a `model` block stands for.
    fn table_of_block(&self, name: &str) -> Option<ObjectId> {
        let mut tables = self.schema.of_kind("table");
        tables.find(|o| self.names.block(&o.id) == name).map(|o| o.id.clone())
    }

    fn is_join_block(&self, block: &Block) -> bool {
        block.keyword.text == "model"
            && self.joins.keys().any(|id| self.names.block(id) == block.name.text)
    }

    /// The parts of an object of one kind, by position.
    pub(crate) fn parts<'s>(
        &'s self,
        of: &ObjectId,
        kind: &'s str,
    ) -> impl Iterator<Item = &'a Object> + use<'s, 'a> {
        let all: &[&'a Object] = self.children.get(of).map_or(&[], Vec::as_slice);
        all.iter().copied().filter(move |o| o.id.is(kind))
    }

    /// All parts of an object.
    pub(crate) fn all_parts(&self, of: &ObjectId) -> &[&'a Object] {
        self.children.get(of).map_or(&[], Vec::as_slice)
    }

    /// Whether an index or key of a partitioned table has no part in some partition.
    pub(crate) fn is_alone(&self, object: &Object) -> bool {
        let path = [object.id.path[0].clone(), object.id.name().to_owned()];
        self.alone.contains(path.as_slice())
    }

    fn datasource(&self) -> Block {
        let mut block = Block::new("datasource", "db");
        block.push_assignment("provider", "postgresql");
        if self.several_namespaces {
            let names = self.schema.of_kind("namespace").map(|n| Expr::from(n.id.name()));
            block.push_assignment("schemas", Expr::array(names));
        }
        let extensions: Vec<Expr> =
            self.schema.of_kind("extension").map(super::extension::print::entry).collect();
        if !extensions.is_empty() {
            block.push_assignment("extensions", Expr::array(extensions));
        }
        block
    }

    /// Whether a namespace has something to say besides its name.
    fn needs_block(&self, namespace: &Object) -> bool {
        let name = namespace.id.name();
        let inhabited = || {
            self.schema.objects.values().any(|o| {
                o.text("schema") == Some(name)
                    || kinds::is_in_namespace(&o.id) && o.id.path[0] == name
            })
        };
        !namespace.facets.is_empty() || name != "public" && !inhabited()
    }
}

fn lone_indexes(schema: &Schema) -> BTreeSet<Vec<String>> {
    let mut partitions: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for object in schema.of_kind("partition") {
        *partitions.entry(object.read::<Partition>().of).or_default() += 1;
    }
    if partitions.is_empty() {
        return BTreeSet::new();
    }
    let mut attached: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for object in schema.of_kind("index_attachment") {
        *attached.entry(super::index_attachment::of(object)).or_default() += 1;
    }
    let keys = schema
        .of_kind("constraint")
        .filter(|o| matches!(o.text("type"), Some("primary_key" | "unique" | "exclusion")));
    keys.chain(schema.of_kind("index"))
        .filter_map(|object| {
            let wanted = *partitions.get(&object.parent.as_ref()?.path)?;
            let path = vec![object.id.path[0].clone(), object.id.name().to_owned()];
            (attached.get(&path).copied().unwrap_or_default() < wanted).then_some(path)
        })
        .collect()
}

/// `@@comment`, `@@owner`, `@@privileges`.
pub(crate) fn common_attributes(object: &Object) -> Vec<Attribute> {
    let mut out = Vec::new();
    if let Some(owner) = object.text("owner") {
        out.push(Attribute::new("owner").arg(owner));
    }
    if let Some(list) = object.facets.get("privileges").and_then(|v| v.as_array()) {
        let items = list.iter().filter_map(|v| v.as_str()).map(Expr::from);
        out.push(Attribute::new("privileges").arg(Expr::array(items)));
    }
    if let Some(text) = object.text("comment") {
        out.push(Attribute::new("comment").arg(Expr::text(text)));
    }
    out
}

/// `{ name: value }` with numbers and words bare where they come back as they are.
pub(crate) fn options(map: &BTreeMap<String, String>) -> Expr {
    Expr::object(map.iter().map(|(name, value)| (name.as_str().into(), option(value))))
}

/// A value of an option: a number, `true`, `false`, or a string.
pub(crate) fn option(value: &str) -> Expr {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let number = digits.split('.').count() <= 2
        && digits.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    if number {
        Expr::number(value)
    } else if matches!(value, "true" | "false") {
        Expr::path(value)
    } else {
        Expr::string(value)
    }
}

/// Whether a text can stand as a name in the model.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
