//! From columns to fields.

use super::{Column, Identity, types};
use crate::{
    kinds::{
        default,
        print::{Printing, options},
    },
    schema::{Object, ObjectId},
    sql::unquote_path,
    syntax::ast::{Arity, Attribute, Expr, Field, TypeRef},
};

/// Prints a column of a table, `heir` saying whether that inherits from others.
pub(crate) fn field(printing: &Printing<'_>, object: &Object, heir: bool) -> Field {
    let column: Column = object.read();
    let name = printing.names.field(&object.id.path[..2], object.id.name());
    let (bare, list) = match column.type_name.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (column.type_name.as_str(), false),
    };
    let (type_ref, native) = type_of(printing, bare);
    let arity = match (list, column.not_null) {
        (true, _) => Arity::List,
        (false, true) => Arity::Required,
        (false, false) => Arity::Optional,
    };
    let mut field = Field::new(name, type_ref).arity(arity);
    let attributes = &mut field.attributes;
    attributes.extend(default_of(printing, object, &column));
    if name != object.id.name() {
        attributes.push(Attribute::new("map").arg(object.id.name()));
    }
    attributes.extend(native);
    if heir && column.inherited && !column.local {
        attributes.push(Attribute::new("inherited"));
    }
    own_attributes(&column, list, attributes);
    attributes.extend(crate::kinds::print::common_attributes(object));
    field
}

/// The type in the model, with its `@db.…`.
fn type_of(printing: &Printing<'_>, sql: &str) -> (TypeRef, Option<Attribute>) {
    if let Some(found) = printing.enums.get(sql) {
        return (printing.names.block(&found.id).into(), None);
    }
    let Some(found) = types::model_type(sql) else { return (TypeRef::unsupported(sql), None) };
    let native = found.native.map(|(name, args)| {
        let attribute = Attribute::new(format!("db.{name}"));
        args.into_iter().fold(attribute, |a, n| a.arg(i64::from(n)))
    });
    (found.scalar.into(), native)
}

fn default_of(printing: &Printing<'_>, object: &Object, column: &Column) -> Option<Attribute> {
    let default = printing.schema.get(&ObjectId::new("default", object.id.path.clone()))?;
    let expression = default.text("expression").unwrap_or_default();
    let value = if printing.serial_columns.contains(&object.id) {
        Expr::call("autoincrement", [])
    } else {
        default::print::literal(printing, &column.type_name, expression)
            .unwrap_or_else(|| Expr::call("dbgenerated", [Expr::text(expression).into()]))
    };
    Some(Attribute::new("default").arg(value))
}

fn own_attributes(column: &Column, list: bool, out: &mut Vec<Attribute>) {
    if list && column.not_null && column.identity.is_none() {
        out.push(Attribute::new("notNull"));
    }
    if let Some(collation) = &column.collation {
        out.push(Attribute::new("collate").arg(collation_name(collation)));
    }
    if let Some(generated) = &column.generated {
        let attribute = Attribute::new("generated").arg(Expr::text(&generated.expression));
        out.push(if generated.is_virtual { attribute.named("virtual", true) } else { attribute });
    }
    if let Some(identity) = &column.identity {
        out.push(identity_attribute(identity));
    }
    if let Some(storage) = &column.storage {
        let (first, rest) = storage.split_at(1);
        out.push(
            Attribute::new("storage").arg(Expr::path(first.to_owned() + &rest.to_lowercase())),
        );
    }
    if let Some(compression) = &column.compression {
        out.push(Attribute::new("compression").arg(Expr::path(compression.as_str())));
    }
    if let Some(statistics) = column.statistics {
        out.push(Attribute::new("statistics").arg(i64::from(statistics)));
    }
    if !column.options.is_empty() {
        out.push(Attribute::new("options").arg(options(&column.options)));
    }
}

/// `C` for `pg_catalog."C"`: the short form where it comes back as it was.
pub(crate) fn collation_name(sql: &str) -> String {
    match unquote_path(sql).as_deref() {
        Some([namespace, name]) if namespace == "pg_catalog" => {
            let back = super::lower::collation(name);
            if unquote_path(&back).as_deref() == Some(std::slice::from_ref(name)) {
                name.clone()
            } else {
                sql.to_owned()
            }
        }
        _ => sql.to_owned(),
    }
}

fn identity_attribute(identity: &Identity) -> Attribute {
    let mut attribute = Attribute::new("identity");
    if identity.always {
        attribute = attribute.named("always", true);
    }
    if let Some(sequence) = &identity.sequence {
        attribute = attribute.named("sequence", sequence.as_str());
    }
    let options = &identity.options;
    let numbers = [
        ("start", options.start),
        ("increment", options.increment),
        ("min", options.min),
        ("max", options.max),
        ("cache", options.cache),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            attribute = attribute.named(name, value);
        }
    }
    if options.cycle { attribute.named("cycle", true) } else { attribute }
}
