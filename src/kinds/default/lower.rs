//! From `@default(…)` to the expression of a column's default.

use crate::{
    kinds::lower::Lowering,
    model::{DefaultValue, Field, FieldType, Literal, Scalar},
    schema::{Object, ObjectId},
    sql::quote_literal,
    text::Span,
};

/// The expression of a default as Prisma writes it; none for a default of the client.
pub(crate) fn expression(field: &Field, type_sql: &str) -> Option<String> {
    match field.default.as_ref()? {
        DefaultValue::Now => Some("CURRENT_TIMESTAMP".to_owned()),
        DefaultValue::DbGenerated(text) => text.clone(),
        DefaultValue::Literal(value) => Some(literal(value, &field.kind)),
        DefaultValue::List(values) => {
            let items: Vec<_> = values.iter().map(|v| literal(v, &field.kind)).collect();
            Some(format!("ARRAY[{}]::{type_sql}", items.join(", ")))
        }
        DefaultValue::Autoincrement | DefaultValue::Client(_) => None,
    }
}

/// One value in SQL.
pub(crate) fn literal(value: &Literal, kind: &FieldType) -> String {
    match value {
        Literal::Text(text) if matches!(kind, FieldType::Scalar(Scalar::DateTime, _)) => {
            quote_literal(&date(text))
        }
        Literal::Text(text) | Literal::EnumLabel(text) => quote_literal(text),
        Literal::Number(digits) => digits.clone(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            format!("'\\x{hex}'")
        }
    }
}

/// `2020-01-02T03:04:05.678Z` → `2020-01-02 03:04:05.678 +00:00`
fn date(text: &str) -> String {
    let text = text.replacen(['T', 't'], " ", 1);
    if let Some(bare) = text.strip_suffix(['Z', 'z']) {
        return format!("{bare} +00:00");
    }
    match text.char_indices().rev().find(|(_, c)| matches!(c, '+' | '-')) {
        Some((at, _)) if at > 10 => format!("{} {}", &text[..at], &text[at..]),
        _ => text,
    }
}

/// Adds the default of a column.
pub(crate) fn push(lowering: &mut Lowering<'_>, column: &ObjectId, expression: &str, span: Span) {
    let mut object = Object::new(ObjectId::new("default", column.path.clone()));
    object.facets.insert("expression".into(), expression.into());
    lowering.push_part(object, column, span);
}
