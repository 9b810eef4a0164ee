//! `datasource` and `generator` blocks.

use std::collections::BTreeMap;

use super::{
    BlockRef, Datasource, Extension, RelationMode,
    context::{Context, Provider, as_list, describe, did_you_mean},
};
use crate::{
    syntax::ast::{Arg, Assignment, Block, Entry, Expr, ExprKind},
    text::{Diagnostic, Span, code},
};

/// Preview features that Prisma still has.
const FEATURES: &[&str] = &[
    "fullTextSearchPostgres",
    "nativeDistinct",
    "partialIndexes",
    "postgresqlExtensions",
    "relationJoins",
    "schemaEngineDriverAdapters",
    "shardKeys",
    "strictUndefinedChecks",
    "typedSql",
    "views",
];

/// What a datasource may say.
const PROPERTIES: &[&str] = &[
    "provider",
    "url",
    "directUrl",
    "shadowDatabaseUrl",
    "relationMode",
    "referentialIntegrity",
    "schemas",
    "extensions",
];

/// Databases that Prisma knows and we do not serve.
const OTHER_PROVIDERS: &[&str] = &["mysql", "sqlite", "sqlserver", "mongodb", "cockroachdb"];

/// Reads the generators and the datasource; decides which database the model is for.
pub(super) fn resolve_config(ctx: &mut Context<'_>) {
    let mut generators = BTreeMap::new();
    for at in ctx.model.generators.clone() {
        let block = ctx.block(at);
        check_block_unique(ctx, &mut generators, block);
        read_generator(ctx, at, block);
    }
    let found: Vec<_> = ctx.blocks();
    let sources: Vec<_> = found
        .into_iter()
        .filter(|(_, b)| b.keyword.text == "datasource" && !b.name.text.is_empty())
        .collect();
    let mut named = BTreeMap::new();
    for (at, block) in &sources {
        check_block_unique(ctx, &mut named, block);
        read_datasource(ctx, *at, block);
    }
    if let [(_, first), rest @ ..] = &sources[..] {
        for (_, block) in rest {
            let message = "a model has one datasource";
            let found = Diagnostic::error(&code::E0705, block.name.span, message);
            ctx.push(found.also(first.name.span, "the first one"));
        }
    }
    if sources.is_empty() && !ctx.strict.is_empty() && ctx.strict.iter().all(|s| *s) {
        ctx.provider = Provider::Neutral;
    }
}

fn check_block_unique<'a>(
    ctx: &mut Context<'_>,
    seen: &mut BTreeMap<&'a str, Span>,
    block: &'a Block,
) {
    let (name, keyword) = (block.name.text.as_str(), &block.keyword.text);
    if let Some(first) = seen.insert(name, block.name.span) {
        let message = format!("{keyword} `{name}` is defined twice");
        let found = Diagnostic::error(&code::E0102, block.name.span, message);
        ctx.push(found.also(first, "first defined here"));
    }
}

/// The assignments of a block, those that are given twice or have no value reported.
fn read_assignments<'a>(ctx: &mut Context<'_>, block: &'a Block) -> Vec<&'a Assignment> {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut found = Vec::new();
    for entry in &block.entries {
        let span = match entry {
            Entry::Assignment(assignment) => {
                let key = assignment.key.text.as_str();
                if let Some(first) = seen.insert(key, assignment.key.span) {
                    let message = format!("`{key}` is given twice");
                    let twice = Diagnostic::error(&code::E0709, assignment.key.span, message);
                    ctx.push(twice.also(first, "first given here"));
                } else if assignment.value.is_none() {
                    let message = format!("`{key}` has no value");
                    ctx.error(&code::E0701, assignment.key.span, message);
                } else {
                    found.push(assignment);
                }
                continue;
            }
            Entry::Field(field) => field.span,
            Entry::Value(value) => value.span,
            Entry::Attribute(attribute) => attribute.attribute.span,
            Entry::Comment(_) | Entry::Blank | Entry::Junk(_) => continue,
        };
        let message = format!("a {} holds assignments and nothing else", block.keyword.text);
        ctx.push(Diagnostic::error(&code::E0107, span, message).help("write `key = value`"));
    }
    found
}

fn read_generator(ctx: &mut Context<'_>, at: BlockRef, block: &Block) {
    let strict = ctx.is_strict(at);
    let assignments = read_assignments(ctx, block);
    if strict && !assignments.iter().any(|a| a.key.text == "provider") {
        let message = format!("generator `{}` names no `provider`", block.name.text);
        ctx.error(&code::E0701, block.keyword.span.to(block.name.span), message);
    }
    for assignment in assignments {
        let Some(value) = &assignment.value else { continue };
        match assignment.key.text.as_str() {
            "provider" | "output" => {
                read_text_or_env(ctx, value);
            }
            "engineType" => {
                ctx.string(value);
            }
            "previewFeatures" => read_features(ctx, value),
            "binaryTargets" => {
                for item in as_list(value) {
                    read_text_or_env(ctx, item);
                }
            }
            _ => {}
        }
    }
}

fn read_features(ctx: &mut Context<'_>, value: &Expr) {
    for item in as_list(value) {
        let Some(name) = ctx.string(item) else { continue };
        if !FEATURES.contains(&name.as_str()) {
            let message = format!("preview feature `{name}` means nothing here");
            let near = did_you_mean(&name, FEATURES.iter().copied());
            ctx.push(Diagnostic::warning(&code::E0708, item.span, message).maybe_help(near));
        }
        ctx.features.insert(name);
    }
}

/// A string or `env("NAME")`.
fn read_text_or_env(ctx: &mut Context<'_>, value: &Expr) -> Option<String> {
    match &value.kind {
        ExprKind::Call(call) if call.path.text == "env" => {
            let name = call.args.list.first().and_then(|a| a.value.as_ref());
            match name {
                Some(name) => ctx.string(name).map(|_| String::new()),
                None => {
                    let message = "`env` needs the name of a variable";
                    ctx.error(&code::E0704, value.span, message);
                    None
                }
            }
        }
        _ => ctx.string(value),
    }
}

fn read_datasource(ctx: &mut Context<'_>, at: BlockRef, block: &Block) {
    let strict = ctx.is_strict(at);
    let mut source = Datasource { block: at, name: block.name.text.clone(), ..Default::default() };
    let assignments = read_assignments(ctx, block);
    let header = block.keyword.span.to(block.name.span);
    if strict && !assignments.iter().any(|a| a.key.text == "provider") {
        let message = format!("datasource `{}` names no `provider`", block.name.text);
        let found = Diagnostic::error(&code::E0701, header, message);
        ctx.push(found.help("add `provider = \"postgresql\"`"));
    }
    for assignment in assignments {
        let Some(value) = &assignment.value else { continue };
        match assignment.key.text.as_str() {
            "provider" => read_provider(ctx, header, value),
            "url" | "directUrl" | "shadowDatabaseUrl" => read_url(ctx, assignment, value),
            "relationMode" | "referentialIntegrity" => {
                source.relation_mode = read_relation_mode(ctx, value).unwrap_or_default();
            }
            "schemas" => source.namespaces = read_namespaces(ctx, value),
            "extensions" => source.extensions = read_extensions(ctx, assignment, value, strict),
            key => {
                let message = format!("a datasource has no property `{key}`");
                let near = did_you_mean(key, PROPERTIES.iter().copied());
                let found = Diagnostic::error(&code::E0703, assignment.key.span, message);
                ctx.push(found.maybe_help(near));
            }
        }
    }
    check_both_modes(ctx, block);
    if ctx.model.datasource.is_none() {
        ctx.model.datasource = Some(source);
    }
}

/// The old and the new name of one setting.
fn check_both_modes(ctx: &mut Context<'_>, block: &Block) {
    let key_of = |key: &str| {
        block.entries.iter().find_map(|e| match e {
            Entry::Assignment(found) if found.key.text == key => Some(found.key.span),
            _ => None,
        })
    };
    if let (Some(new), Some(old)) = (key_of("relationMode"), key_of("referentialIntegrity")) {
        let message = "`referentialIntegrity` is the old name of `relationMode`";
        let found = Diagnostic::error(&code::E0709, old, message);
        ctx.push(found.also(new, "given here").help("keep `relationMode`"));
    }
}

fn read_provider(ctx: &mut Context<'_>, header: Span, value: &Expr) {
    if matches!(&value.kind, ExprKind::Call(call) if call.path.text == "env") {
        let message = "the provider of a datasource cannot come from the environment";
        let found = Diagnostic::error(&code::E0702, header, message);
        ctx.push(found.also(value.span, "written here").help("write `\"postgresql\"`"));
        return;
    }
    let Some(name) = ctx.string(value) else { return };
    if matches!(name.as_str(), "postgresql" | "postgres") {
        return;
    }
    let message = if OTHER_PROVIDERS.contains(&name.as_str()) {
        format!("provider `{name}` is not PostgreSQL, the one database served here")
    } else {
        format!("unknown provider `{name}`")
    };
    ctx.push(Diagnostic::error(&code::E0702, value.span, message).help("write `\"postgresql\"`"));
}

fn read_url(ctx: &mut Context<'_>, assignment: &Assignment, value: &Expr) {
    let Some(url) = read_text_or_env(ctx, value) else { return };
    let fine = ["postgresql://", "postgres://", "prisma://", "prisma+postgres://"];
    let is_url = url.contains("://");
    if is_url && !fine.iter().any(|p| url.starts_with(p)) {
        let scheme = url.split("://").next().unwrap_or("");
        let message = format!("`{}` is a `{scheme}` URL", assignment.key.text);
        let found = Diagnostic::error(&code::E0704, value.span, message);
        ctx.push(found.help("a URL of PostgreSQL starts with `postgresql://`"));
    }
}

fn read_relation_mode(ctx: &mut Context<'_>, value: &Expr) -> Option<RelationMode> {
    match ctx.string(value)?.as_str() {
        "foreignKeys" => Some(RelationMode::ForeignKeys),
        "prisma" => Some(RelationMode::Prisma),
        other => {
            let message = format!("unknown relation mode `{other}`");
            let found = Diagnostic::error(&code::E0704, value.span, message);
            ctx.push(found.help("write `\"foreignKeys\"` or `\"prisma\"`"));
            None
        }
    }
}

fn read_namespaces(ctx: &mut Context<'_>, value: &Expr) -> Option<Vec<(String, Span)>> {
    let items = as_list(value);
    if items.is_empty() {
        let message = "`schemas` names no schema";
        let found = Diagnostic::error(&code::E0704, value.span, message);
        ctx.push(found.help("name one, or leave the line out"));
        return None;
    }
    let mut found: Vec<(String, Span)> = Vec::new();
    for item in items {
        let Some(name) = ctx.string(item) else { continue };
        if let Some((_, first)) = found.iter().find(|(n, _)| *n == name) {
            let message = format!("schema `{name}` is named twice");
            let twice = Diagnostic::error(&code::E0704, item.span, message);
            ctx.push(twice.also(*first, "first named here"));
            continue;
        }
        found.push((name, item.span));
    }
    Some(found)
}

fn read_extensions(
    ctx: &mut Context<'_>,
    assignment: &Assignment,
    value: &Expr,
    strict: bool,
) -> Vec<Extension> {
    if strict && !ctx.features.contains("postgresqlExtensions") {
        let message = "`extensions` needs the preview feature `postgresqlExtensions`";
        let found = Diagnostic::error(&code::E0706, assignment.key.span, message);
        ctx.push(found.help("add `previewFeatures = [\"postgresqlExtensions\"]` to the generator"));
    }
    as_list(value).iter().filter_map(|item| read_extension(ctx, item)).collect()
}

fn read_extension(ctx: &mut Context<'_>, item: &Expr) -> Option<Extension> {
    let (name, args) = match &item.kind {
        ExprKind::Path(name) => (name, &[][..]),
        ExprKind::Call(call) => (&call.path.text, &call.args.list[..]),
        ExprKind::String(text) => {
            let message = format!("expected the name of an extension, found {}", describe(item));
            let help = if text.raw.contains('-') {
                let plain = text.raw.replace('-', "_");
                format!("write `{plain}(map: \"{}\")`", text.raw)
            } else {
                format!("remove the quotes: `{}`", text.raw)
            };
            ctx.push(Diagnostic::error(&code::E0207, item.span, message).help(help));
            return None;
        }
        _ => {
            let message = format!("expected the name of an extension, found {}", describe(item));
            ctx.error(&code::E0207, item.span, message);
            return None;
        }
    };
    if name.contains('-') {
        let message = format!("the name of an extension must not contain `-`: `{name}`");
        let help = format!("write `{}(map: \"{name}\")`", name.replace('-', "_"));
        ctx.push(Diagnostic::error(&code::E0105, item.span, message).help(help));
    }
    let mut found = Extension { name: name.clone(), span: item.span, ..Extension::default() };
    for arg in args {
        read_extension_arg(ctx, &mut found, arg);
    }
    Some(found)
}

fn read_extension_arg(ctx: &mut Context<'_>, extension: &mut Extension, arg: &Arg) {
    let (Some(name), Some(value)) = (&arg.name, &arg.value) else {
        let message = "the arguments of an extension have names";
        let found = Diagnostic::error(&code::E0203, arg.span, message);
        ctx.push(found.help("write `version: \"…\"`, `schema: \"…\"` or `map: \"…\"`"));
        return;
    };
    match name.text.as_str() {
        "map" => {
            if let Some(text) = ctx.string(value) {
                extension.name = text;
            }
        }
        "schema" => extension.namespace = ctx.string(value),
        "version" => extension.version = ctx.string(value),
        other => {
            let message = format!("an extension has no argument `{other}`");
            let near = did_you_mean(other, ["map", "schema", "version"]);
            ctx.push(Diagnostic::error(&code::E0203, arg.span, message).maybe_help(near));
        }
    }
}
