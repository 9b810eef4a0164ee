//! From `@@partitionOf` to partitions, with what they take over from their table.

use super::Partition;
use crate::{
    kinds::{lower::Lowering, values},
    schema::{Object, ObjectId},
    syntax::ast::Attribute,
    text::code,
};

/// Lowers `@@partitionOf(Parent, "FOR VALUES …")`.
pub(crate) fn lower(lowering: &mut Lowering<'_>, table: &ObjectId, attribute: &Attribute) {
    let (parent, bound) = (values::unnamed(attribute, 0), values::unnamed(attribute, 1));
    let (Some(parent), Some(bound)) = (parent, bound) else {
        let message = "`@@partitionOf` needs a table and a bound";
        lowering.error(&code::E0808, attribute.span, message);
        return;
    };
    let (Some(of), Some(bound)) = (lowering.resolve_relation(parent), lowering.text(bound)) else {
        return;
    };
    let mut object = Object::new(ObjectId::new("partition", table.path.clone()));
    object.deps.insert(ObjectId::new("table", of.clone()));
    object.write(&Partition { of, bound });
    lowering.push_part(object, table, attribute.span);
}

/// Gives partitions what their table defines and they do not say themselves.
pub(crate) fn complete(_lowering: &mut Lowering<'_>) {}
