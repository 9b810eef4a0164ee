//! From `@@index`, and `@unique` where it is no constraint, to indexes.

use super::{Index, Key};
use crate::{
    kinds::{column, constraint, default, lower::Lowering, values},
    model::{self, Condition, KeyColumn, KeyPart, OpClass, Predicate, SortOrder, TableId},
    schema::{Object, ObjectId},
    sql::{quote_ident, quote_literal},
    syntax::ast::{Arg, Attribute, Expr, ExprKind},
};

/// Lowers an index.
pub(crate) fn lower(lowering: &mut Lowering<'_>, id: TableId, key: &model::Key, table: &ObjectId) {
    let attribute = lowering.model.attribute(key.attribute);
    let path = [table.path[0].as_str(), key.constraint.as_str()];
    let mut object = Object::new(ObjectId::new("index", path));
    let method = match values::named(attribute, "type") {
        Some(value) if key.algorithm.is_none() => lowering.word(value),
        _ => key.algorithm.map(|a| a.sql().to_owned()),
    };
    let mut index = Index {
        unique: key.kind == model::IndexKind::Unique,
        method: method.unwrap_or_else(|| "btree".to_owned()),
        keys: key.columns.iter().map(|c| key_column(lowering, id, c)).collect(),
        predicate: key.predicate.as_ref().map(|p| predicate(lowering, id, p)),
        ..Index::default()
    };
    arguments(lowering, id, attribute, &mut index);
    object.write(&index);
    lowering.push_part(object, table, attribute.span);
    constraint::lower::attach(lowering, table, &key.constraint, attribute, false);
}

fn arguments(lowering: &mut Lowering<'_>, id: TableId, attribute: &Attribute, index: &mut Index) {
    for arg in attribute.args.iter().flat_map(|a| &a.list) {
        let (Some(name), Some(value)) = (&arg.name, &arg.value) else { continue };
        match name.text.as_str() {
            "include" => index.include = constraint::lower::columns(lowering, id, value),
            "nullsNotDistinct" => index.nulls_not_distinct = lowering.flag(value),
            "with" => index.options = lowering.options(value),
            "tablespace" => index.tablespace = lowering.word(value),
            "clustered" => index.clustered = lowering.flag(value),
            "replicaIdentity" => index.replica_identity = lowering.flag(value),
            "comment" => index.comment = lowering.text(value),
            "statistics" => {
                if let ExprKind::Object(entries) = &value.kind {
                    for (key, value) in entries {
                        if let Some(target) = lowering.integer(value) {
                            index.statistics.insert(key.text.clone(), target);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

fn key_column(lowering: &mut Lowering<'_>, id: TableId, part: &KeyColumn) -> Key {
    let mut key = Key::default();
    match &part.part {
        KeyPart::Field(field) => {
            key.column = Some(lowering.model.table(id).fields[*field].column.clone());
        }
        KeyPart::Expression(text) => key.expression = Some(text.clone()),
    }
    key.descending = part.sort == Some(SortOrder::Desc);
    key.opclass = part.ops.as_ref().map(|ops| match ops {
        OpClass::Known { sql, .. } => (*sql).to_owned(),
        OpClass::Raw(text) => text.clone(),
    });
    for Arg { name, value, .. } in &part.args {
        let (Some(name), Some(value)) = (name, value) else { continue };
        match name.text.as_str() {
            "nulls" => key.nulls = lowering.word(value).map(|word| word.to_uppercase()),
            "collate" => {
                key.collation = lowering.word(value).map(|name| column::lower::collation(&name));
            }
            "opclassOptions" => key.opclass_options = lowering.options(value),
            _ => {}
        }
    }
    key
}

/// A predicate in SQL.
fn predicate(lowering: &Lowering<'_>, id: TableId, predicate: &Predicate) -> String {
    let conditions = match predicate {
        Predicate::Raw(text) => return text.clone(),
        Predicate::Fields(conditions) => conditions,
    };
    let table = lowering.model.table(id);
    let each = conditions.iter().map(|(field, condition)| {
        let field = &table.fields[*field];
        let column = quote_ident(&field.column);
        match condition {
            Condition::IsNull => format!("{column} IS NULL"),
            Condition::IsNotNull => format!("{column} IS NOT NULL"),
            Condition::Equals(value) => format!("{column} = {}", sql(lowering, field, value)),
            Condition::Differs(value) => format!("{column} <> {}", sql(lowering, field, value)),
        }
    });
    each.collect::<Vec<_>>().join(" AND ")
}

/// A value of a condition in SQL.
fn sql(lowering: &Lowering<'_>, field: &model::Field, value: &Expr) -> String {
    use crate::model::{FieldType, Literal};
    let text = values::plain(value).unwrap_or_default();
    match (&field.kind, &value.kind) {
        (FieldType::Enum(id), ExprKind::Path(name)) => {
            let values = &lowering.model.enumeration(*id).values;
            let label = values.iter().find(|v| v.name == *name).map_or(name, |v| &v.label);
            quote_literal(label)
        }
        (_, ExprKind::Number(_) | ExprKind::Path(_)) => text,
        (kind, _) => default::lower::literal(&Literal::Text(text), kind),
    }
}
