//! From `enum` blocks to enum types.

use super::EnumType;
use crate::{
    kinds::{lower::Lowering, values},
    model::Enum,
    schema::{Object, ObjectId},
    sql::quote_path,
    syntax::ast::Entry,
};

/// Lowers all enums.
pub(crate) fn lower(lowering: &mut Lowering<'_>) {
    for found in &lowering.model.enums {
        let mut object = Object::new(ObjectId::new("enum", path(found)));
        let values = found.values.iter().map(|v| v.label.clone()).collect();
        object.facets = EnumType::facets(values);
        let block = lowering.model.block(found.block);
        for entry in &block.entries {
            if let Entry::Attribute(item) = entry {
                lowering.common(&mut object, &item.attribute);
            }
        }
        rename_values(lowering, found, &object.id);
        lowering.push(object, block.keyword.span.to(block.name.span));
    }
}

/// `@was("old")` on a value.
fn rename_values(lowering: &mut Lowering<'_>, found: &Enum, id: &ObjectId) {
    let block = lowering.model.block(found.block);
    for value in &found.values {
        let Entry::Value(syntax) = &block.entries[value.entry] else { continue };
        for attribute in syntax.attributes.iter().filter(|a| a.path.text == "was") {
            let old = values::unnamed(attribute, 0).and_then(|old| lowering.word(old));
            if let Some(old) = old {
                let label = |name: &String| {
                    let path = id.path.iter().chain([name]).cloned();
                    ObjectId::new(super::VALUE, path)
                };
                lowering.draft.renames.push((label(&old), label(&value.label)));
            }
        }
    }
}

fn path(found: &Enum) -> Vec<String> {
    vec![Lowering::namespace(found.namespace.as_ref()), found.type_name.clone()]
}

/// The type of an enum in SQL.
pub(crate) fn sql(found: &Enum) -> String {
    quote_path(&path(found))
}
