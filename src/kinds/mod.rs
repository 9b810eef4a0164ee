//! What driftless knows about each kind of object, one folder a kind.

pub mod access_method;
pub mod aggregate;
mod blocks;
pub mod cast;
pub mod collation;
pub mod column;
pub mod common;
pub mod composite;
pub mod constraint;
pub mod conversion;
pub mod default;
pub mod default_privileges;
pub mod defined;
pub mod domain;
pub mod domain_constraint;
pub mod enum_type;
pub mod event_trigger;
pub mod extension;
pub mod foreign_data_wrapper;
pub mod foreign_server;
pub mod foreign_table;
pub mod index;
pub mod index_attachment;
mod join;
pub mod kind;
pub mod language;
mod lower;
pub mod materialized_view;
mod merge;
pub mod names;
pub mod namespace;
pub mod operator;
pub mod operator_class;
pub mod operator_family;
pub mod partition;
pub mod policy;
mod print;
mod psl;
pub mod publication;
pub mod range;
pub mod routine;
pub mod rows;
pub mod rule;
pub mod sequence;
pub mod sequence_owner;
mod spoken;
pub mod statistics;
pub mod table;
pub mod text_search;
pub mod transform;
pub mod trigger;
pub mod user_mapping;
mod values;
pub mod view;

pub use self::{
    kind::{
        Alteration, Context, Entry, Inline, Kind, Misfit, Mode, Moment, Order, Part, Privileges,
        Syntax,
    },
    lower::lower,
    merge::{Fate, Merged, News, merge},
    names::{NameMap, RelationNames},
    print::{PrintOptions, Psl, print, print_psl},
    spoken::{beside, keep_unspoken},
};
use crate::{
    schema::{ObjectId, Schema},
    sql::Statement,
};

/// Every kind, in the order in which independent objects of different kinds are created.
pub const ALL: &[&dyn Kind] = &[
    &namespace::NamespaceKind,
    &extension::ExtensionKind,
    &foreign_data_wrapper::ForeignDataWrapperKind,
    &foreign_server::ForeignServerKind,
    &user_mapping::UserMappingKind,
    &language::LanguageKind,
    &collation::CollationKind,
    &enum_type::EnumKind,
    &domain::DomainKind,
    &domain_constraint::DomainConstraintKind,
    &composite::CompositeKind,
    &range::RangeKind,
    &routine::FunctionKind,
    &routine::ProcedureKind,
    &aggregate::AggregateKind,
    &operator::OperatorKind,
    &access_method::AccessMethodKind,
    &operator_family::OperatorFamilyKind,
    &operator_class::OperatorClassKind,
    &cast::CastKind,
    &transform::TransformKind,
    &conversion::ConversionKind,
    &text_search::TextSearchParserKind,
    &text_search::TextSearchTemplateKind,
    &text_search::TextSearchDictionaryKind,
    &text_search::TextSearchConfigurationKind,
    &sequence::SequenceKind,
    &table::TableKind,
    &foreign_table::ForeignTableKind,
    &column::ColumnKind,
    &default::DefaultKind,
    &sequence_owner::SequenceOwnerKind,
    &view::ViewKind,
    &materialized_view::MaterializedViewKind,
    &constraint::ConstraintKind,
    &index::IndexKind,
    &partition::PartitionKind,
    &index_attachment::IndexAttachmentKind,
    &statistics::StatisticsKind,
    &trigger::TRIGGER,
    &rule::RULE,
    &policy::PolicyKind,
    &publication::PublicationKind,
    &publication::PublicationTableKind,
    &publication::PublicationSchemaKind,
    &event_trigger::EventTriggerKind,
    &default_privileges::DefaultPrivilegesKind,
];

/// The behaviour of an object's kind.
///
/// # Panics
/// Panics for an identity that no catalog query of [`ALL`] can have produced.
#[must_use]
pub fn of(id: &ObjectId) -> &'static dyn Kind {
    named(&id.kind).unwrap_or_else(|| panic!("no such kind of object: {}", id.kind))
}

/// The kind of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static dyn Kind> {
    ALL.iter().find(|kind| kind.name() == name).copied()
}

/// Whether the path of an object starts with its namespace.
#[must_use]
pub fn is_in_namespace(id: &ObjectId) -> bool {
    match named(&id.kind).map(Kind::syntax) {
        Some(Syntax::Block(parts)) => matches!(parts.first(), Some(Part::Schema | Part::On)),
        Some(Syntax::Model) => true,
        Some(Syntax::Entry(_)) | None => false,
    }
}

/// Statements that rename an object, or a value of an enum, of a schema; none if there is no such
/// object or the new name is taken.
#[must_use]
pub fn rename(schema: &Schema, from: &ObjectId, to: &ObjectId) -> Vec<Statement> {
    if from.is(enum_type::VALUE) {
        return enum_type::rename_value(schema, from, to);
    }
    match (schema.get(from), schema.get(to)) {
        (Some(object), None) => of(from).rename(object, to),
        _ => Vec::new(),
    }
}

/// The place of a kind in [`ALL`], for a stable order of independent objects.
#[must_use]
pub fn rank(id: &ObjectId) -> usize {
    ALL.iter().position(|kind| kind.name() == id.kind).unwrap_or(ALL.len())
}
