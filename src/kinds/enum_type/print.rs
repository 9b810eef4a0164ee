//! From enum types to `enum` blocks.

use super::EnumType;
use crate::{
    kinds::print::{Printing, common_attributes},
    schema::Object,
    syntax::ast::{Attribute, Block, EnumValue},
};

/// Prints an enum.
pub(crate) fn block(printing: &Printing<'_>, object: &Object) -> Block {
    let name = printing.names.block(&object.id);
    let mut block = Block::new("enum", name);
    for label in &object.read::<EnumType>().values {
        let value = printing.names.value(&object.id, label);
        let mut entry = EnumValue::new(value);
        if value != label {
            entry = entry.with(Attribute::new("map").arg(label.as_str()));
        }
        block.push_value(entry);
    }
    if name != object.id.name() {
        block.push_attribute(Attribute::new("map").arg(object.id.name()));
    }
    if printing.several_namespaces {
        block.push_attribute(Attribute::new("schema").arg(object.id.path[0].as_str()));
    }
    for attribute in common_attributes(object) {
        block.push_attribute(attribute);
    }
    block
}
