//! Checks of tables, enums and columns once their attributes are known.

use std::collections::BTreeMap;

use super::{
    BlockRef, FieldType, Scalar, TableId,
    attributes::block_attribute_span,
    context::{Context, did_you_mean},
    scalar::{NATIVE_TYPES, NativeInfo},
};
use crate::{
    syntax::ast::Arity,
    text::{Diagnostic, Span, code},
};

/// Checks names in the database, namespaces and what the database can hold.
pub(super) fn check_tables(ctx: &mut Context<'_>) {
    check_database_names(ctx);
    check_namespaces(ctx);
    for id in (0..ctx.model.tables.len()).map(TableId) {
        let table = &ctx.model.tables[id.0];
        let (block, strict) = (ctx.block(table.block), ctx.is_strict(table.block));
        if table.is_view() && strict && !ctx.features.contains("views") {
            let span = block.keyword.span.to(block.name.span);
            let message = "views need the preview feature `views`";
            let found = Diagnostic::error(&code::E0706, span, message);
            ctx.push(found.help("add `previewFeatures = [\"views\"]` to the generator"));
        }
        if strict && ctx.is_postgres() {
            check_unsupported(ctx, id);
        }
        if !ctx.is_postgres() {
            check_neutral_fields(ctx, id);
        }
    }
}

/// Where a name in the database was given.
fn name_span(ctx: &Context<'_>, at: BlockRef) -> Span {
    block_attribute_span(ctx, at, "map").unwrap_or_else(|| ctx.block(at).name.span)
}

fn check_database_names(ctx: &mut Context<'_>) {
    let mut findings = Vec::new();
    let mut tables: BTreeMap<(Option<&str>, &str), BlockRef> = BTreeMap::new();
    for table in &ctx.model.tables {
        let place = (table.namespace.as_deref(), table.table.as_str());
        if let Some(first) = tables.insert(place, table.block) {
            let message = format!("two models have the name `{}` in the database", table.table);
            let found = Diagnostic::error(&code::E0110, name_span(ctx, table.block), message);
            findings.push(found.also(name_span(ctx, first), "the other"));
        }
    }
    let mut enums: BTreeMap<(Option<&str>, &str), BlockRef> = BTreeMap::new();
    for found in &ctx.model.enums {
        let place = (found.namespace.as_deref(), found.type_name.as_str());
        if let Some(first) = enums.insert(place, found.block) {
            let message = format!("two enums have the name `{}` in the database", found.type_name);
            let block = ctx.block(found.block);
            let header = block.keyword.span.to(block.name.span);
            let twice = Diagnostic::error(&code::E0110, header, message);
            findings.push(twice.also(name_span(ctx, first), "the other"));
        }
        let mut labels: BTreeMap<&str, &str> = BTreeMap::new();
        for value in &found.values {
            if let Some(first) = labels.insert(&value.label, &value.name) {
                let crate::syntax::ast::Entry::Value(syntax) =
                    &ctx.block(found.block).entries[value.entry]
                else {
                    continue;
                };
                let message = format!(
                    "values `{first}` and `{}` of `{}` are both `{}` in the database",
                    value.name, found.name, value.label
                );
                findings.push(Diagnostic::error(&code::E0110, syntax.span, message));
            }
        }
    }
    ctx.diagnostics.extend(findings);
}

fn check_namespaces(ctx: &mut Context<'_>) {
    let declared = ctx.model.datasource.as_ref().and_then(|d| d.namespaces.clone());
    let tables = ctx.model.tables.iter().map(|t| (t.block, t.namespace.clone()));
    let enums = ctx.model.enums.iter().map(|e| (e.block, e.namespace.clone()));
    let all: Vec<_> = tables.chain(enums).filter(|(at, _)| ctx.is_strict(*at)).collect();
    for (at, namespace) in all {
        let block = ctx.block(at);
        let written = block_attribute_span(ctx, at, "schema");
        match (&declared, namespace, written) {
            (Some(declared), None, None) => {
                let message =
                    format!("{} `{}` has no `@@schema`", block.keyword.text, block.name.text);
                let span = block.keyword.span.to(block.name.span);
                let first = declared.first().map_or("public", |(name, _)| name);
                let found = Diagnostic::error(&code::E0707, span, message);
                ctx.push(found.help(format!("add `@@schema(\"{first}\")`")));
            }
            (declared, Some(name), Some(span)) => {
                let known = declared.as_deref().unwrap_or_default();
                if known.iter().any(|(n, _)| *n == name) {
                    continue;
                }
                let message = format!("schema `{name}` is not one of the datasource");
                let near = did_you_mean(&name, known.iter().map(|(n, _)| n.as_str()));
                let help = near.unwrap_or_else(|| {
                    let names = known.iter().map(|(n, _)| n).chain([&name]);
                    let quoted: Vec<_> = names.map(|n| format!("\"{n}\"")).collect();
                    format!("write `schemas = [{}]` in the datasource", quoted.join(", "))
                });
                ctx.push(Diagnostic::error(&code::E0707, span, message).help(help));
            }
            _ => {}
        }
    }
}

/// `Unsupported("Text")`: a type that has a name in the model.
fn check_unsupported(ctx: &mut Context<'_>, id: TableId) {
    let mut findings = Vec::new();
    for (index, field) in ctx.model.tables[id.0].columns() {
        let FieldType::Unsupported(sql) = &field.kind else { continue };
        let name = sql.split('(').next().unwrap_or("").trim();
        let Some(info) = NATIVE_TYPES.iter().find(|t| t.name == name) else { continue };
        let Some(args) = sql[name.len()..].trim().strip_prefix('(') else {
            if sql.trim() == name {
                findings.push(report_supported(ctx, id, index, info, ""));
            }
            continue;
        };
        let list = args.trim_end_matches(')');
        if list.split(',').all(|a| a.trim().parse::<u32>().is_ok()) {
            findings.push(report_supported(ctx, id, index, info, &format!("({list})")));
        }
    }
    ctx.diagnostics.extend(findings);
}

fn report_supported(
    ctx: &Context<'_>,
    id: TableId,
    field: usize,
    info: &NativeInfo,
    args: &str,
) -> Diagnostic {
    let span = ctx.field_syntax(id, field).type_ref.span;
    let message = format!("`{}` is a native type with a name of its own", info.name);
    let source = ctx.model.datasource.as_ref().map_or("db", |d| d.name.as_str());
    let help = format!("write `{} @{source}.{}{args}`", info.scalar.name(), info.name);
    Diagnostic::error(&code::E0606, span, message).help(help)
}

/// What Prisma refuses where no datasource says that the database can.
fn check_neutral_fields(ctx: &mut Context<'_>, id: TableId) {
    let mut findings = Vec::new();
    for (index, field) in ctx.model.tables[id.0].columns() {
        let what = match &field.kind {
            FieldType::Unknown => continue,
            FieldType::Scalar(Scalar::Decimal, _) => "a field of type `Decimal`",
            _ if field.arity == Arity::List => "a list",
            _ => continue,
        };
        let span = ctx.field_syntax(id, index).type_ref.span;
        let message = format!("{what} without a datasource that has it");
        let found = Diagnostic::error(&code::E0111, span, message);
        findings.push(found.help("add a datasource with `provider = \"postgresql\"`"));
    }
    ctx.diagnostics.extend(findings);
}
