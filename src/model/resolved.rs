//! The resolved model: tables, fields, enums, the datasource, and references into the trees.

use super::{DefaultValue, JoinTable, Key, NativeType, Relation, RelationMode, Scalar};
use crate::{
    syntax::ast::{self, Arity},
    text::Span,
};

/// What a set of files defines.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The syntax trees, in the order of the files.
    pub files: Vec<ast::File>,
    /// The `datasource` block.
    pub datasource: Option<Datasource>,
    /// `model` and `view` blocks, in the order of the text.
    pub tables: Vec<Table>,
    /// `enum` blocks, in the order of the text.
    pub enums: Vec<Enum>,
    /// Foreign keys, in the order of the fields that hold them.
    pub relations: Vec<Relation>,
    /// Tables of implicit many-to-many relations, in the order of their first field.
    pub join_tables: Vec<JoinTable>,
    /// Blocks of all other keywords but `generator`, in the order of the text.
    pub others: Vec<BlockRef>,
    /// `generator` blocks, in the order of the text.
    pub generators: Vec<BlockRef>,
}

/// Where a block stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockRef {
    /// Index in [`Model::files`].
    pub file: usize,
    /// Index in the items of the file.
    pub item: usize,
}

/// Where an attribute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeRef {
    /// The block.
    pub block: BlockRef,
    /// Index in the entries of the block.
    pub entry: usize,
    /// Index in the attributes of the field or enum value; 0 for an attribute of the block.
    pub attribute: usize,
}

/// Index in [`Model::tables`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub usize);

/// Index in [`Model::enums`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnumId(pub usize);

/// A field of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldRef {
    /// The table.
    pub table: TableId,
    /// Index in [`Table::fields`].
    pub field: usize,
}

/// A `datasource` block.
#[derive(Clone, Debug, Default)]
pub struct Datasource {
    /// The block.
    pub block: BlockRef,
    /// Its name, which native types are written with: `@db.Text`.
    pub name: String,
    /// `schemas = […]`; none where it is not written.
    pub namespaces: Option<Vec<(String, Span)>>,
    /// `relationMode`
    pub relation_mode: RelationMode,
    /// `extensions = […]`
    pub extensions: Vec<Extension>,
}

/// An extension that a datasource names.
#[derive(Clone, Debug, Default)]
pub struct Extension {
    /// Its name in the database.
    pub name: String,
    /// The namespace to put it into.
    pub namespace: Option<String>,
    /// The version to install.
    pub version: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// What a [`Table`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableKind {
    /// `model`
    #[default]
    Table,
    /// `view`
    View,
}

/// A `model` or `view` block.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The block.
    pub block: BlockRef,
    /// Which of the two.
    pub kind: TableKind,
    /// Its name in the model.
    pub name: String,
    /// Its name in the database: `@@map`, or else its name.
    pub table: String,
    /// `@@schema`
    pub namespace: Option<String>,
    /// Its fields, in the order of the text.
    pub fields: Vec<Field>,
    /// `@id`, `@@id`
    pub primary_key: Option<Key>,
    /// `@unique`, `@@unique`: those of fields first, as Prisma orders them.
    pub uniques: Vec<Key>,
    /// `@@index`, `@@fulltext`
    pub indexes: Vec<Key>,
    /// `@@ignore`: migrated, but hidden from clients.
    pub ignored: bool,
}

/// A field of a table.
#[derive(Clone, Debug)]
pub struct Field {
    /// Index in the entries of the block.
    pub entry: usize,
    /// Its name in the model.
    pub name: String,
    /// Its name in the database: `@map`, or else its name. Relation fields have no column.
    pub column: String,
    /// How many values it holds. A list is nullable in the database, as Prisma makes it.
    pub arity: Arity,
    /// What it holds.
    pub kind: FieldType,
    /// `@default`
    pub default: Option<DefaultValue>,
    /// `@updatedAt`
    pub updated_at: bool,
    /// `@ignore`: migrated, but hidden from clients.
    pub ignored: bool,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldType {
    /// A built-in type, with `@db.…` where written.
    Scalar(Scalar, Option<NativeType>),
    /// An enum.
    Enum(EnumId),
    /// `Unsupported("…")`: the SQL type as written.
    Unsupported(String),
    /// Rows of a table: no column.
    Relation(TableId),
    /// A type that is not defined; reported.
    Unknown,
}

/// An `enum` block.
#[derive(Clone, Debug, Default)]
pub struct Enum {
    /// The block.
    pub block: BlockRef,
    /// Its name in the model.
    pub name: String,
    /// Its name in the database: `@@map`, or else its name.
    pub type_name: String,
    /// `@@schema`
    pub namespace: Option<String>,
    /// Its values, in order.
    pub values: Vec<EnumValue>,
}

/// A value of an enum.
#[derive(Clone, Debug, Default)]
pub struct EnumValue {
    /// Index in the entries of the block.
    pub entry: usize,
    /// Its name in the model.
    pub name: String,
    /// The value in the database: `@map`, or else its name.
    pub label: String,
}

impl Model {
    /// The block that a reference names.
    ///
    /// # Panics
    /// Panics when the reference is of another model.
    #[must_use]
    pub fn block(&self, at: BlockRef) -> &ast::Block {
        match &self.files[at.file].items[at.item] {
            ast::Item::Block(block) => block,
            _ => panic!("a block reference names a block of its own model"),
        }
    }

    /// The tree of a field.
    ///
    /// # Panics
    /// Panics when the reference is of another model.
    #[must_use]
    pub fn field_syntax(&self, at: FieldRef) -> &ast::Field {
        let table = self.table(at.table);
        match &self.block(table.block).entries[table.fields[at.field].entry] {
            ast::Entry::Field(field) => field,
            _ => panic!("a field reference names a field of its own model"),
        }
    }

    /// The attribute that a reference names.
    ///
    /// # Panics
    /// Panics when the reference is of another model.
    #[must_use]
    pub fn attribute(&self, at: AttributeRef) -> &ast::Attribute {
        match &self.block(at.block).entries[at.entry] {
            ast::Entry::Attribute(found) => &found.attribute,
            ast::Entry::Field(field) => &field.attributes[at.attribute],
            ast::Entry::Value(value) => &value.attributes[at.attribute],
            _ => panic!("an attribute reference names an attribute of its own model"),
        }
    }

    /// The table with an index.
    #[must_use]
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.0]
    }

    /// The enum with an index.
    #[must_use]
    pub fn enumeration(&self, id: EnumId) -> &Enum {
        &self.enums[id.0]
    }

    /// The field that a reference names.
    #[must_use]
    pub fn field(&self, at: FieldRef) -> &Field {
        &self.table(at.table).fields[at.field]
    }

    /// The tables with their indexes.
    pub fn tables_with_id(&self) -> impl Iterator<Item = (TableId, &Table)> {
        self.tables.iter().enumerate().map(|(i, t)| (TableId(i), t))
    }

    /// The table of a `model` or `view` block by its name in the model.
    #[must_use]
    pub fn table_named(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name == name)
    }
}

impl Table {
    /// The fields that are columns, with their index.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, f)| !f.is_relation())
    }

    /// The index of a field by its name in the model.
    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// Whether it is a view.
    #[must_use]
    pub fn is_view(&self) -> bool {
        self.kind == TableKind::View
    }
}

impl Field {
    /// Whether it holds rows of a table and so has no column.
    #[must_use]
    pub fn is_relation(&self) -> bool {
        matches!(self.kind, FieldType::Relation(_))
    }

    /// Whether it holds exactly one value.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.arity == Arity::Required
    }
}
