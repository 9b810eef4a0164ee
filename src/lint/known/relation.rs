//! What is known about one relation.

use std::fmt;

use crate::sql::{
    quote_path,
    tree::{Bound, ConstraintKind, Expr, IndexKey, PartitionBy, Persistence, TypeName},
};

/// A relation by schema and name, as it was resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rel {
    pub(crate) schema: String,
    pub(crate) name: String,
}

impl Rel {
    /// The name that stands for all tables that are not known one by one.
    pub(crate) const ALL: &str = "*";

    pub(crate) fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }
}

impl fmt::Display for Rel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name == Self::ALL {
            f.write_str("every table")
        } else if self.schema == "public" || self.schema.is_empty() {
            f.write_str(&quote_path(&[&self.name]))
        } else {
            f.write_str(&quote_path(&[&self.schema, &self.name]))
        }
    }
}

/// The kinds of relation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RelationKind {
    #[default]
    Table,
    Partitioned,
    Foreign,
    View,
    MaterializedView,
    Sequence,
    Index,
}

/// Since when a relation or a part of it exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Born {
    /// Before the script that is looked at.
    #[default]
    Before,
    /// In the script, in the transaction with this number.
    Here(usize),
}

/// A relation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Relation {
    pub(crate) kind: RelationKind,
    pub(crate) persistence: Persistence,
    pub(crate) born: Born,
    /// Whether its definition is known as a whole; otherwise only what the script itself said.
    pub(crate) complete: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) constraints: Vec<Constraint>,
    /// Of an index.
    pub(crate) index: Option<Index>,
    /// Tables that it inherits from or is a partition of.
    pub(crate) parents: Vec<Rel>,
    /// Its bound, where it is a partition.
    pub(crate) bound: Option<Bound>,
    pub(crate) partition_by: Option<PartitionBy>,
    /// Of a view: the relations that it reads.
    pub(crate) reads: Vec<Rel>,
    /// Of a view, policy and so on: its text, for the columns that it names.
    pub(crate) definition: String,
    /// Estimated rows; `None` where nothing is known.
    pub(crate) rows: Option<u64>,
    /// Size on disk with indexes, in bytes.
    pub(crate) bytes: Option<u64>,
    /// Whether the script itself put rows into it.
    pub(crate) filled: bool,
    pub(crate) tablespace: Option<String>,
    pub(crate) access_method: Option<String>,
    /// Other things that name columns: policies, triggers with a condition, row filters.
    pub(crate) dependents: Vec<Dependent>,
}

/// Something attached to a table whose text may name columns of it.
#[derive(Clone, Debug)]
pub(crate) struct Dependent {
    /// `policy`, `trigger`, `publication`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// The part of its text that names columns.
    pub(crate) text: String,
    /// Its whole text.
    pub(crate) calls: String,
}

/// A column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) born: Born,
    /// `None` where it is not known.
    pub(crate) type_name: Option<TypeName>,
    pub(crate) collation: Option<String>,
    /// `None` where it is not known.
    pub(crate) not_null: Option<bool>,
    pub(crate) default: Option<Expr>,
    pub(crate) identity: bool,
    /// Expression of a generated column, and whether it is stored.
    pub(crate) generated: Option<(Expr, bool)>,
    /// The sequence that it owns.
    pub(crate) sequence: Option<Rel>,
}

/// A constraint.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    pub(crate) name: String,
    pub(crate) kind: ConstraintKind,
    /// Resolved target of a foreign key.
    pub(crate) references: Option<Rel>,
    pub(crate) valid: bool,
    pub(crate) enforced: bool,
    /// The index behind a key or exclusion.
    pub(crate) index: Option<Rel>,
    /// The transaction of the script that made it.
    pub(crate) born: Born,
}

/// What makes a relation an index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    pub(crate) table: Rel,
    pub(crate) unique: bool,
    pub(crate) keys: Vec<IndexKey>,
    pub(crate) include: Vec<String>,
    pub(crate) predicate: Option<Expr>,
    pub(crate) valid: bool,
    /// The index of the parent that it is attached to.
    pub(crate) parent: Option<Rel>,
    /// Whether a constraint stands behind it.
    pub(crate) constraint: bool,
}

impl Relation {
    /// Whether nothing of it was made by the script.
    pub(super) fn is_settled(&self) -> bool {
        self.born == Born::Before
            && !self.filled
            && self.columns.iter().all(|c| c.born == Born::Before)
            && self.constraints.iter().all(|c| c.born == Born::Before)
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    pub(crate) fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|c| c.name == name)
    }

    pub(crate) fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|c| c.name == name)
    }

    pub(crate) fn constraint_mut(&mut self, name: &str) -> Option<&mut Constraint> {
        self.constraints.iter_mut().find(|c| c.name == name)
    }

    pub(crate) fn is_partitioned(&self) -> bool {
        self.kind == RelationKind::Partitioned
    }

    /// Whether it holds rows of its own.
    pub(crate) fn has_storage(&self) -> bool {
        matches!(self.kind, RelationKind::Table | RelationKind::MaterializedView)
    }
}
