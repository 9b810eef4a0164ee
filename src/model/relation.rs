//! Relations between tables: foreign keys and the tables of many-to-many relations.

use super::{AttributeRef, FieldRef, TableId};

/// A foreign key.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Name of the relation: as written, or as Prisma makes it, `AToB`.
    pub name: String,
    /// The field that holds it: the one with `fields` and `references`.
    pub field: FieldRef,
    /// The opposite field; a superset file may leave it out.
    pub opposite: Option<FieldRef>,
    /// `@relation(…)` of the field that holds it.
    pub attribute: AttributeRef,
    /// Referencing fields: indexes in the fields of the table of `field`.
    pub fields: Vec<usize>,
    /// The referenced table.
    pub referenced: TableId,
    /// Referenced fields: indexes in the fields of `referenced`, as many as `fields`.
    pub references: Vec<usize>,
    /// `onDelete`, or Prisma's default.
    pub on_delete: Action,
    /// `onUpdate`, or Prisma's default.
    pub on_update: Action,
    /// Name of the constraint: `map`, or as Prisma makes it. None where there is no foreign key.
    pub constraint: Option<String>,
}

impl Relation {
    /// The table with the foreign key.
    #[must_use]
    pub fn table(&self) -> TableId {
        self.field.table
    }
}

/// What happens to referencing rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `Cascade`
    Cascade,
    /// `Restrict`
    Restrict,
    /// `NoAction`
    NoAction,
    /// `SetNull`
    SetNull,
    /// `SetDefault`
    SetDefault,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Cascade, Self::Restrict, Self::NoAction, Self::SetNull, Self::SetDefault];

    /// As the model spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cascade => "Cascade",
            Self::Restrict => "Restrict",
            Self::NoAction => "NoAction",
            Self::SetNull => "SetNull",
            Self::SetDefault => "SetDefault",
        }
    }

    /// As SQL spells it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Cascade => "CASCADE",
            Self::Restrict => "RESTRICT",
            Self::NoAction => "NO ACTION",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }

    /// Reads the model's spelling.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name() == name)
    }
}

/// Who keeps relations: the database or the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RelationMode {
    /// Foreign keys.
    #[default]
    ForeignKeys,
    /// The client; no foreign keys.
    Prisma,
}

/// The table behind an implicit many-to-many relation: columns `A` and `B`, one row a pair.
#[derive(Clone, Debug)]
pub struct JoinTable {
    /// Name of the relation.
    pub relation: String,
    /// Name of the table in the database: `_AToB`.
    pub table: String,
    /// Its namespace: that of the first table.
    pub namespace: Option<String>,
    /// The field on the side that column `A` stands for, the table whose rows `A` names.
    pub a: FieldRef,
    /// The field on the side that column `B` stands for.
    pub b: FieldRef,
    /// The referenced field (single `@id`) of the table of `a`.
    pub a_key: usize,
    /// The referenced field (single `@id`) of the table of `b`.
    pub b_key: usize,
    /// Name of the primary key over both columns.
    pub primary_key: String,
    /// Name of the index over column `B`.
    pub index: String,
    /// Name of the foreign key of column `A`; none under `relationMode = "prisma"`.
    pub a_constraint: Option<String>,
    /// Name of the foreign key of column `B`; none under `relationMode = "prisma"`.
    pub b_constraint: Option<String>,
}
