//! Primary keys, uniques and indexes.

use super::AttributeRef;
use crate::syntax::ast;

/// A primary key, unique or index.
#[derive(Clone, Debug)]
pub struct Key {
    /// The attribute that defines it; own arguments are read from there.
    pub attribute: AttributeRef,
    /// Which of them.
    pub kind: IndexKind,
    /// `name`: what clients call it.
    pub client_name: Option<String>,
    /// Name in the database: `map`, or as Prisma makes it.
    pub constraint: String,
    /// Whether the name in the database was written.
    pub named: bool,
    /// What it is over, in order.
    pub columns: Vec<KeyColumn>,
    /// `type`; none for the default, B-tree.
    pub algorithm: Option<IndexAlgorithm>,
    /// `where`
    pub predicate: Option<Predicate>,
}

/// Which kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// `@id`, `@@id`
    Primary,
    /// `@unique`, `@@unique`
    Unique,
    /// `@@index`
    Normal,
    /// `@@fulltext`, which PostgreSQL has not
    Fulltext,
}

/// One part of a key.
#[derive(Clone, Debug)]
pub struct KeyColumn {
    /// What it is.
    pub part: KeyPart,
    /// `sort`
    pub sort: Option<SortOrder>,
    /// `ops`
    pub ops: Option<OpClass>,
    /// The arguments as written, own ones among them: `name(sort: Desc, nulls: First)`.
    pub args: Vec<ast::Arg>,
}

/// What a part of a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// A field of the table, by index.
    Field(usize),
    /// `raw("lower(name)")`: an expression as written, in superset files.
    Expression(String),
}

/// The direction of a part of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortOrder {
    /// `Asc`
    Asc,
    /// `Desc`
    Desc,
}

/// An operator class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpClass {
    /// One that Prisma knows, by its name in the model, with its name in the database.
    Known {
        /// `JsonbPathOps`
        name: &'static str,
        /// `jsonb_path_ops`
        sql: &'static str,
    },
    /// `raw("gin_trgm_ops")`
    Raw(String),
}

/// The access method of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexAlgorithm {
    /// `BTree`
    BTree,
    /// `Hash`
    Hash,
    /// `Gist`
    Gist,
    /// `Gin`
    Gin,
    /// `SpGist`
    SpGist,
    /// `Brin`
    Brin,
}

impl IndexAlgorithm {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::BTree, Self::Hash, Self::Gist, Self::Gin, Self::SpGist, Self::Brin];

    /// As the model spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BTree => "BTree",
            Self::Hash => "Hash",
            Self::Gist => "Gist",
            Self::Gin => "Gin",
            Self::SpGist => "SpGist",
            Self::Brin => "Brin",
        }
    }

    /// As PostgreSQL spells it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::BTree => "btree",
            Self::Hash => "hash",
            Self::Gist => "gist",
            Self::Gin => "gin",
            Self::SpGist => "spgist",
            Self::Brin => "brin",
        }
    }

    /// Reads the model's spelling.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name() == name)
    }
}

/// Which rows an index holds.
#[derive(Clone, Debug)]
pub enum Predicate {
    /// `raw("…")`: SQL as written.
    Raw(String),
    /// `{ field: value }`: fields by index with what they have to be, all of them.
    Fields(Vec<(usize, Condition)>),
}

/// What a field has to be in a [`Predicate`].
#[derive(Clone, Debug)]
pub enum Condition {
    /// `{ field: value }`
    Equals(ast::Expr),
    /// `{ field: { not: value } }`
    Differs(ast::Expr),
    /// `{ field: null }`
    IsNull,
    /// `{ field: { not: null } }`
    IsNotNull,
}
