//! From fields to columns, with what a `SERIAL` brings along.

use super::{Column, Generated, Identity};
use crate::{
    kinds::{default, enum_type, lower::Lowering, sequence, values},
    model::{DefaultValue, Field, FieldRef, FieldType, TableId},
    schema::{Object, ObjectId},
    sql::{quote_ident, quote_literal, quote_path},
    syntax::ast::{Arity, Attribute},
    text::{Span, code},
};

/// Lowers the fields of a table that are columns.
pub(crate) fn lower(lowering: &mut Lowering<'_>, id: TableId, table: &ObjectId) {
    for (position, (index, field)) in (1..).zip(lowering.model.table(id).columns()) {
        let at = FieldRef { table: id, field: index };
        lower_field(lowering, at, field, table, position);
    }
}

fn lower_field(
    lowering: &mut Lowering<'_>,
    at: FieldRef,
    field: &Field,
    table: &ObjectId,
    position: i32,
) {
    let syntax = lowering.model.field_syntax(at);
    let path = table.path.iter().chain([&field.column]).cloned();
    let mut object = Object::new(ObjectId::new("column", path));
    object.position = position;
    let type_name = type_sql(lowering, field);
    let mut column = Column {
        type_name: type_name.clone(),
        not_null: field.arity == Arity::Required,
        ..Column::default()
    };
    for attribute in &syntax.attributes {
        if !lowering.common(&mut object, attribute) {
            own_attribute(lowering, &mut column, attribute);
        }
    }
    object.write(&column);
    let column_id = object.id.clone();
    lowering.push_part(object, table, syntax.span);
    let default = syntax.attributes.iter().find(|a| a.path.text == "default");
    let span = default.map_or(syntax.span, |a| a.span);
    if field.default == Some(DefaultValue::Autoincrement) {
        serial(lowering, &column_id, &type_name, span);
    } else if let Some(expression) = default::lower::expression(field, &type_name) {
        default::lower::push(lowering, &column_id, &expression, span);
    }
}

/// The type of a field in SQL.
pub(crate) fn type_sql(lowering: &Lowering<'_>, field: &Field) -> String {
    let element = match &field.kind {
        FieldType::Scalar(_, Some(native)) => native.sql(),
        FieldType::Scalar(scalar, None) => scalar.default_sql().to_owned(),
        FieldType::Enum(id) => enum_type::lower::sql(lowering.model.enumeration(*id)),
        FieldType::Unsupported(sql) => sql.clone(),
        FieldType::Relation(_) | FieldType::Unknown => String::new(),
    };
    if field.arity == Arity::List { format!("{element}[]") } else { element }
}

/// What `SERIAL` stands for (manual, "Serial Types").
fn serial(lowering: &mut Lowering<'_>, column: &ObjectId, type_name: &str, span: Span) {
    let [namespace, table, name] = column.path.as_slice() else { return };
    let path = vec![
        namespace.clone(),
        lowering.free_name(namespace, |n| sequence::names::object_name(table, name, "seq", n)),
    ];
    let mut object = Object::new(ObjectId::new("sequence", path.clone()));
    if type_name != "bigint" {
        object.facets.insert("type".into(), type_name.into());
    }
    let whole = lowering.find(&ObjectId::new("table", column.path[..2].to_vec()));
    if let Some(owner) = whole.and_then(|t| t.facets.get("owner")).cloned() {
        object.facets.insert("owner".into(), owner);
    }
    lowering.push(object, span);
    let mut owner = Object::new(ObjectId::new("sequence_owner", path.clone()));
    owner.facets.insert("column".into(), column.path.clone().into());
    owner.deps.insert(column.clone());
    lowering.push_part(owner, &ObjectId::new("sequence", path.clone()), span);
    let expression = format!("nextval({}::regclass)", quote_literal(&quote_path(&path)));
    default::lower::push(lowering, column, &expression, span);
}

fn own_attribute(lowering: &mut Lowering<'_>, column: &mut Column, attribute: &Attribute) {
    let value = values::unnamed(attribute, 0);
    match (attribute.path.text.as_str(), value) {
        ("notNull", _) => column.not_null = true,
        ("inherited", _) => column.inherited = true,
        ("identity", _) => {
            column.identity = Some(identity(lowering, attribute));
            column.not_null = true;
        }
        ("options", _) => column.options = arguments(lowering, attribute),
        ("fdw", _) => column.fdw_options = arguments(lowering, attribute),
        ("collate", Some(value)) => {
            column.collation = lowering.word(value).map(|name| collation(&name));
        }
        ("generated", Some(value)) => {
            let is_virtual = values::named(attribute, "virtual").is_some_and(|v| lowering.flag(v));
            let expression = lowering.text(value).unwrap_or_default();
            column.generated = Some(Generated { expression, is_virtual });
        }
        ("storage", Some(value)) => {
            column.storage = lowering.word(value).map(|word| word.to_uppercase());
        }
        ("compression", Some(value)) => column.compression = lowering.word(value),
        ("statistics", Some(value)) => column.statistics = lowering.integer(value),
        ("collate" | "generated" | "storage" | "compression" | "statistics", None) => {
            let message = format!("`@{}` needs a value", attribute.path.text);
            lowering.error(&code::E0808, attribute.span, message);
        }
        _ => {}
    }
}

/// The arguments of an attribute as options: `@options(n_distinct: -0.5)`.
pub(crate) fn arguments(
    lowering: &mut Lowering<'_>,
    attribute: &Attribute,
) -> std::collections::BTreeMap<String, String> {
    if let Some(map) = values::unnamed(attribute, 0) {
        return lowering.options(map);
    }
    let mut out = std::collections::BTreeMap::new();
    for arg in attribute.args.iter().flat_map(|a| &a.list) {
        if let (Some(name), Some(value)) = (&arg.name, &arg.value)
            && let Some(text) = lowering.word(value)
        {
            out.insert(name.text.clone(), text);
        }
    }
    out
}

/// A collation as SQL: `C` and `en_US.utf8` are names, `public.mine` and `"C"` are SQL already.
pub(crate) fn collation(text: &str) -> String {
    let is_sql = text.contains('"')
        || text.split_once('.').is_some_and(|(first, rest)| {
            let plain = |s: &str| {
                s.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
            };
            plain(first) && plain(rest) && !matches!(rest, "utf8" | "utf")
        });
    if is_sql { text.to_owned() } else { quote_ident(text) }
}

fn identity(lowering: &mut Lowering<'_>, attribute: &Attribute) -> Identity {
    let mut identity = Identity::default();
    for arg in attribute.args.iter().flat_map(|a| &a.list) {
        let (Some(name), Some(value)) = (&arg.name, &arg.value) else { continue };
        let options = &mut identity.options;
        match name.text.as_str() {
            "always" => identity.always = lowering.flag(value),
            "sequence" => identity.sequence = lowering.word(value),
            "start" => options.start = lowering.integer(value),
            "increment" => options.increment = lowering.integer(value),
            "min" => options.min = lowering.integer(value),
            "max" => options.max = lowering.integer(value),
            "cache" => options.cache = lowering.integer(value),
            "cycle" => options.cycle = lowering.flag(value),
            other => {
                let message = format!("`@identity` has no argument `{other}`");
                lowering.error(&code::E0803, arg.span, message);
            }
        }
    }
    identity
}
