//! Name resolution and validation: syntax trees → a resolved [`Model`].
//!
//! [`validate`] reads a set of files and returns a [`Model`] with what is wrong with it. The model
//! is as complete as the text allows even when there are errors; lower it only when there are none.
//!
//! # What the model holds
//!
//! * [`Model::files`] — the syntax trees, untouched. Everything resolved points back into them: a
//!   [`BlockRef`] names a block, an [`AttributeRef`] an attribute of a block, field or enum value.
//!   [`Model::block`], [`Model::field_syntax`] and [`Model::attribute`] follow them, so that
//!   attributes and arguments that Prisma does not know are read from the tree by whoever
//!   understands them.
//! * [`Model::tables`] — `model` and `view` blocks as [`Table`]: name in the database, namespace,
//!   [`Field`]s in the order of the text (relation fields among them; [`Table::columns`] leaves
//!   them out), primary key, uniques and indexes with the names that Prisma computes for them.
//! * [`Model::enums`] — `enum` blocks with the names of the type and its values in the database.
//! * [`Model::relations`] — one [`Relation`] for each foreign key, with the columns on both sides,
//!   actions after Prisma's defaults, and the constraint's name. Under `relationMode = "prisma"`, or
//!   where one side is a view, [`Relation::constraint`] is none: there is no foreign key.
//! * [`Model::join_tables`] — the tables of implicit many-to-many relations, which no block names.
//! * [`Model::others`] — blocks of all other keywords, as they stand.
//!
//! # Two dialects
//!
//! A file whose name ends in `.prisma` is held to what Prisma accepts; any other file may use the
//! superset: own attributes and keywords, tables without a key, relations without an opposite
//! field. What is allowed is decided by the file in which something stands.

mod args;
mod attributes;
mod composite;
mod config;
pub(crate) mod constraint_names;
pub(crate) mod context;
mod database_defaults;
mod default_reader;
mod defaults;
mod extend;
mod fill;
mod key_checks;
mod key_reader;
mod keys;
mod names;
mod native;
mod opclass;
mod predicate_reader;
mod relation;
mod relation_checks;
mod relation_pairs;
mod relation_reader;
mod resolved;
mod scalar;
mod table_checks;
mod validate;

pub(crate) use self::attributes::{OWN_FIELD, OWN_MODEL};
pub use self::{
    database_defaults::with_database_defaults,
    defaults::{ClientFunction, DefaultValue, Literal},
    fill::fill_relations,
    keys::{
        Condition, IndexAlgorithm, IndexKind, Key, KeyColumn, KeyPart, OpClass, Predicate,
        SortOrder,
    },
    names::is_reserved,
    relation::{Action, JoinTable, Relation, RelationMode},
    resolved::{
        AttributeRef, BlockRef, Datasource, Enum, EnumId, EnumValue, Extension, Field, FieldRef,
        FieldType, Model, Table, TableId, TableKind,
    },
    scalar::{NativeType, Scalar},
    validate::validate,
};

/// How strictly files are held to Prisma's rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// A file whose name ends in `.prisma` strictly, any other file leniently.
    #[default]
    ByName,
    /// Every file strictly.
    Prisma,
    /// Every file leniently.
    Superset,
}
