//! Checks of keys once all of them are known, and their names in the database.

use std::collections::BTreeMap;

use super::{
    FieldType, IndexKind, Key, KeyPart, Table, TableId, constraint_names,
    context::{Context, list_names},
    opclass,
};
use crate::{
    syntax::ast::Arity,
    text::{Diagnostic, Span, code},
};

/// Names the keys of all tables and checks them.
pub(super) fn check_keys(ctx: &mut Context<'_>) {
    for id in 0..ctx.model.tables.len() {
        order_keys(&mut ctx.model.tables[id]);
        name_keys(ctx, TableId(id));
    }
    for id in (0..ctx.model.tables.len()).map(TableId) {
        let strict = ctx.is_strict(ctx.model.tables[id.0].block);
        check_primary_key(ctx, id);
        if strict {
            check_unique_criterion(ctx, id);
            check_client_names(ctx, id);
        }
        // Taken out and put back, since checking them reports to the context.
        let table = &mut ctx.model.tables[id.0];
        let primary = table.primary_key.take();
        let (uniques, indexes) =
            (std::mem::take(&mut table.uniques), std::mem::take(&mut table.indexes));
        for key in primary.iter().chain(&uniques).chain(&indexes) {
            check_key(ctx, id, key, strict);
        }
        let table = &mut ctx.model.tables[id.0];
        (table.primary_key, table.uniques, table.indexes) = (primary, uniques, indexes);
    }
    check_constraint_names(ctx);
}

/// All keys of a table: the primary key, uniques, indexes.
fn all_keys(table: &Table) -> impl Iterator<Item = &Key> {
    table.primary_key.iter().chain(&table.uniques).chain(&table.indexes)
}

/// Uniques of fields come before those of the block, as they stand in the text.
fn order_keys(table: &mut Table) {
    table.uniques.sort_by_key(|k| {
        let of_block = k.attribute.entry;
        let field = table.fields.iter().any(|f| f.entry == of_block);
        (!field, of_block)
    });
}

fn name_keys(ctx: &mut Context<'_>, id: TableId) {
    let limit = ctx.max_name_bytes();
    let table = &mut ctx.model.tables[id.0];
    let (fields, name) = (&table.fields, table.table.as_str());
    let keys = table.primary_key.iter_mut().chain(&mut table.uniques).chain(&mut table.indexes);
    for key in keys {
        if key.named {
            continue;
        }
        let columns: Vec<&str> = key
            .columns
            .iter()
            .map(|c| match &c.part {
                KeyPart::Field(field) => fields[*field].column.as_str(),
                // As PostgreSQL names it (`ChooseIndexColumnNames`, indexcmds.c).
                KeyPart::Expression(_) => "expr",
            })
            .collect();
        key.constraint = match key.kind {
            IndexKind::Primary => constraint_names::primary_key(name, limit),
            IndexKind::Unique => constraint_names::unique(name, &columns, limit),
            IndexKind::Normal | IndexKind::Fulltext => {
                constraint_names::index(name, &columns, limit)
            }
        };
    }
}

/// The fields of a key that are fields.
fn fields_of(key: &Key) -> impl Iterator<Item = usize> {
    key.columns.iter().filter_map(|c| match c.part {
        KeyPart::Field(field) => Some(field),
        KeyPart::Expression(_) => None,
    })
}

fn check_primary_key(ctx: &mut Context<'_>, id: TableId) {
    let table = &ctx.model.tables[id.0];
    let Some(key) = &table.primary_key else { return };
    if table.ignored {
        return;
    }
    let optional: Vec<&str> = fields_of(key)
        .map(|f| &table.fields[f])
        .filter(|f| f.arity != Arity::Required)
        .map(|f| f.name.as_str())
        .collect();
    if optional.is_empty() {
        return;
    }
    let span = ctx.attribute_span(key.attribute);
    let message = match optional[..] {
        [one] => format!("field `{one}` of the primary key is not required"),
        _ => format!("fields {} of the primary key are not required", list_names(&optional)),
    };
    let found = Diagnostic::error(&code::E0304, span, message);
    ctx.push(found.help("remove the `?` or `[]` behind its type"));
}

/// Clients of Prisma have to be able to name one row.
fn check_unique_criterion(ctx: &mut Context<'_>, id: TableId) {
    let table = &ctx.model.tables[id.0];
    if table.ignored || table.is_view() || ctx.broken_keys.contains(&id) {
        return;
    }
    if table.primary_key.as_ref().is_some_and(|k| fields_of(k).any(|f| !required(table, f))) {
        return;
    }
    let strict = |key: &&Key| {
        key.predicate.is_none() && fields_of(key).all(|f| required(table, f) && supported(table, f))
    };
    if table.primary_key.iter().chain(&table.uniques).any(|k| strict(&k)) {
        return;
    }
    if ctx.is_damaged(table.block) {
        return;
    }
    let block = ctx.block(table.block);
    let span = block.keyword.span.to(block.name.span);
    let message = format!("model `{}` has no key of required fields", table.name);
    let mut found = Diagnostic::error(&code::E0306, span, message);
    let loose: Vec<_> = table.primary_key.iter().chain(&table.uniques).collect();
    for key in loose {
        let why = "does not count: a field of it is optional, a list or unsupported";
        found = found.also(ctx.attribute_span(key.attribute), why);
    }
    ctx.push(found.help("mark a field with `@id` or `@unique`, or ignore the model: `@@ignore`"));
}

fn required(table: &Table, field: usize) -> bool {
    table.fields[field].is_required()
}

fn supported(table: &Table, field: usize) -> bool {
    !matches!(table.fields[field].kind, FieldType::Unsupported(_))
}

/// Names that clients give to keys over several fields.
fn check_client_names(ctx: &mut Context<'_>, id: TableId) {
    let table = &ctx.model.tables[id.0];
    let mut findings = Vec::new();
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for key in table.primary_key.iter().chain(&table.uniques) {
        let span = ctx.attribute_span(key.attribute);
        let block = ctx.block(table.block);
        let header = block.keyword.span.to(block.name.span);
        let label = if key.kind == IndexKind::Primary { "@@id" } else { "@@unique" };
        if let Some(name) = &key.client_name {
            if let Some(field) = table.field_named(name) {
                let other = ctx.field_syntax(id, field).name.span;
                let message = format!("the name `{name}` of `{label}` is the name of a field");
                let found = Diagnostic::error(&code::E0307, span, message);
                let found = found.also(other, "this field").also(header, "in this model");
                findings.push(found.help("choose another name"));
            }
            if let Some(first) = seen.insert(name, span) {
                let message = format!("the name `{name}` is given to two keys");
                let found = Diagnostic::error(&code::E0307, span, message);
                let found = found.also(first, "the first one").also(header, "in this model");
                findings.push(found.help("choose another name"));
            }
        } else if key.columns.len() > 1 {
            let names: Vec<_> = fields_of(key).map(|f| table.fields[f].name.as_str()).collect();
            let made = names.join("_");
            if let Some(field) = table.field_named(&made) {
                let other = ctx.field_syntax(id, field).name.span;
                let message =
                    format!("clients call this key `{made}`, which is the name of a field");
                let found = Diagnostic::error(&code::E0307, span, message);
                let help = format!("name the key: `{label}([…], name: \"{made}_key\")`");
                findings.push(found.also(other, "this field").help(help));
            }
        }
    }
    ctx.diagnostics.extend(findings);
}

fn check_key(ctx: &mut Context<'_>, id: TableId, key: &Key, strict: bool) {
    let span = ctx.attribute_span(key.attribute);
    if ctx.model.tables[id.0].is_view() {
        if strict {
            check_view_key(ctx, key, span);
        }
        return;
    }
    let what = match key.kind {
        IndexKind::Primary => "primary key",
        IndexKind::Unique => "unique",
        IndexKind::Normal | IndexKind::Fulltext => "index",
    };
    if key.named && strict && !ctx.is_postgres() && key.kind == IndexKind::Primary {
        let message = "a name of a primary key without a datasource that has such names";
        ctx.error(&code::E0213, span, message);
    }
    let limit = ctx.max_name_bytes();
    if key.named && key.constraint.len() > limit {
        let message = format!(
            "the name of this {what} is {} bytes long, of at most {limit}",
            key.constraint.len()
        );
        let found = Diagnostic::error(&code::E0210, span, message);
        ctx.push(found.help("choose a shorter name as `map`"));
    }
    if key.kind == IndexKind::Fulltext {
        return;
    }
    if ctx.is_postgres() && (strict || key.kind == IndexKind::Primary) {
        opclass::check_types(ctx, id, key);
    }
    if key.kind == IndexKind::Normal && strict && ctx.is_postgres() {
        opclass::check_index(ctx, id, key);
    }
}

/// What Prisma allows of keys on views: names for clients and nothing in the database.
fn check_view_key(ctx: &mut Context<'_>, key: &Key, span: Span) {
    match key.kind {
        IndexKind::Primary => ctx.error(&code::E0312, span, "a view has no primary key"),
        IndexKind::Normal | IndexKind::Fulltext => {
            ctx.error(&code::E0312, span, "a view has no indexes");
        }
        IndexKind::Unique => {
            if key.named {
                let message = "a unique of a view has no name in the database";
                ctx.push(Diagnostic::error(&code::E0312, span, message).help("remove `map`"));
            }
            let has_args = key.columns.iter().any(|c| !c.args.is_empty() || c.sort.is_some());
            if has_args {
                let message = "the fields of a unique of a view take no arguments";
                ctx.error(&code::E0312, span, message);
            }
        }
    }
}

/// Indexes share their names within a namespace, foreign keys within their table.
fn check_constraint_names(ctx: &mut Context<'_>) {
    if !ctx.is_postgres() {
        return;
    }
    let mut global: BTreeMap<(Option<&str>, &str), Vec<Span>> = BTreeMap::new();
    for table in ctx.model.tables.iter().filter(|t| !t.is_view()) {
        for key in all_keys(table) {
            let span = ctx.attribute_span(key.attribute);
            let place = (table.namespace.as_deref(), key.constraint.as_str());
            global.entry(place).or_default().push(span);
        }
    }
    let mut findings = Vec::new();
    for ((_, name), places) in global {
        let Some(first) = places.first() else { continue };
        for span in &places[1..] {
            let message =
                format!("the name `{name}` is that of two primary keys, uniques or indexes");
            let found = Diagnostic::error(&code::E0211, *span, message);
            findings
                .push(found.also(*first, "the other").help("give this one another name: `map`"));
        }
    }
    ctx.diagnostics.extend(findings);
}
