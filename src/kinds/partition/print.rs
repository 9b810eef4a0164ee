//! From partitions to `@@partitionOf`.

use super::Partition;
use crate::{
    kinds::{print::Printing, table},
    schema::{Object, ObjectId},
    sql::quote_path,
    syntax::ast::Attribute,
};

/// `@@partitionOf(Parent, "FOR VALUES …")` of a table that is one.
pub(crate) fn attribute(printing: &Printing<'_>, object: &Object) -> Option<Attribute> {
    let id = ObjectId::new("partition", object.id.path.clone());
    let partition: Partition = printing.schema.get(&id)?.read();
    let parent = table::print::reference(printing, &quote_path(&partition.of));
    Some(Attribute::new("partitionOf").arg(parent).arg(partition.bound.as_str()))
}
