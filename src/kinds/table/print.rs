//! From tables to `model` blocks.

use super::Table;
use crate::{
    kinds::{
        blocks, column, constraint, index, partition,
        print::{Printing, common_attributes, option},
    },
    schema::Object,
    sql::unquote_path,
    syntax::ast::{Attribute, Block, Entry, Expr, Field},
};

/// Prints a table with all that is part of it.
pub(crate) fn block(printing: &Printing<'_>, object: &Object) -> Block {
    let table: Table = object.read();
    let name = printing.names.block(&object.id);
    let mut block = Block::new("model", name);
    let implied = partition::print::Implied::of(printing, object);
    if !implied.columns {
        for part in printing.parts(&object.id, "column") {
            block.push_field(column::print::field(printing, part, !table.inherits.is_empty()));
        }
    }
    let mut attributes = Vec::new();
    constraint::print::keys(printing, object, &implied, &mut block, &mut attributes);
    index::print::indexes(printing, object, &implied, &mut block, &mut attributes);
    constraint::print::checks(printing, object, &implied, &mut attributes);
    for (_, field) in constraint::print::relations(printing, object) {
        block.push_field(field);
    }
    attributes.extend(blocks::print::part_attributes(printing, object));
    attributes.extend(own_attributes(printing, &table));
    attributes.extend(partition::print::attribute(printing, object));
    attributes.extend(common_attributes(object));
    if name != object.id.name() {
        attributes.push(Attribute::new("map").arg(object.id.name()));
    }
    if printing.several_namespaces {
        attributes.push(Attribute::new("schema").arg(object.id.path[0].as_str()));
    }
    for attribute in attributes {
        block.push_attribute(attribute);
    }
    block
}

/// The field of a column in a block.
pub(crate) fn field_mut<'b>(block: &'b mut Block, name: &str) -> Option<&'b mut Field> {
    block.entries.iter_mut().find_map(|entry| match entry {
        Entry::Field(field) if field.name.text == name => Some(field),
        _ => None,
    })
}

fn own_attributes(printing: &Printing<'_>, table: &Table) -> Vec<Attribute> {
    let mut out = Vec::new();
    if table.unlogged {
        out.push(Attribute::new("unlogged"));
    }
    if let Some(key) = &table.partition_by {
        out.push(Attribute::new("partitionBy").arg(key.as_str()));
    }
    if !table.inherits.is_empty() {
        let parents = table.inherits.iter().map(|parent| reference(printing, parent));
        out.push(Attribute::new("inherits").arg(Expr::array(parents)));
    }
    if let Some(of_type) = &table.of_type {
        out.push(Attribute::new("ofType").arg(of_type.as_str()));
    }
    if let Some(method) = &table.access_method {
        out.push(Attribute::new("accessMethod").arg(method.as_str()));
    }
    if !table.options.is_empty() || !table.toast_options.is_empty() {
        out.push(with(table));
    }
    if let Some(tablespace) = &table.tablespace {
        out.push(Attribute::new("tablespace").arg(tablespace.as_str()));
    }
    match (table.row_security, table.force_row_security) {
        (false, false) => {}
        (true, false) => out.push(Attribute::new("rowSecurity")),
        (true, true) => out.push(Attribute::new("rowSecurity").named("force", true)),
        (false, true) => {
            let off = Attribute::new("rowSecurity").named("enabled", false);
            out.push(off.named("force", true));
        }
    }
    match table.replica_identity.as_deref() {
        Some("FULL") => out.push(Attribute::new("replicaIdentity").arg(Expr::path("Full"))),
        Some(_) => out.push(Attribute::new("replicaIdentity").arg(Expr::path("Nothing"))),
        None => {}
    }
    out
}

fn with(table: &Table) -> Attribute {
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mut attribute = Attribute::new("with");
    if table.options.keys().all(|name| plain(name)) {
        for (name, value) in &table.options {
            attribute = attribute.named(name.as_str(), option(value));
        }
    } else {
        attribute = attribute.arg(crate::kinds::print::options(&table.options));
    }
    if !table.toast_options.is_empty() {
        attribute = attribute.named("toast", crate::kinds::print::options(&table.toast_options));
    }
    attribute
}

/// A table by its name in the model, or what is none as SQL.
pub(crate) fn reference(printing: &Printing<'_>, sql: &str) -> Expr {
    let path = unquote_path(sql).unwrap_or_default();
    let id = crate::schema::ObjectId::new("table", path);
    match printing.schema.get(&id) {
        Some(found) => Expr::path(printing.names.block(&found.id)),
        None => Expr::string(sql),
    }
}
