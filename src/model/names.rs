//! The first pass: blocks and their names, fields and their types.

use std::collections::BTreeMap;

use super::{
    BlockRef, Enum, EnumId, EnumValue, Field, FieldType, Scalar, Table, TableId, TableKind,
    context::{Context, Top, did_you_mean},
};
use crate::{
    syntax::ast::{self, Block, Entry, ExprKind, Ident},
    text::{Diagnostic, Span, code},
};

/// Keywords of Prisma's blocks.
const KEYWORDS: &[&str] = &["model", "view", "enum", "type", "datasource", "generator"];

/// Names that clients of Prisma cannot use for a model or enum.
const RESERVED: &[&str] = &[
    "PrismaClient",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "using",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Whether clients of Prisma cannot use a name for a model or enum.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Sorts the blocks by what they are and registers their names.
pub(super) fn resolve_blocks(ctx: &mut Context<'_>) {
    let mut seen: BTreeMap<&str, (&str, Span)> = BTreeMap::new();
    for (at, block) in ctx.blocks() {
        let strict = ctx.is_strict(at);
        let keyword = block.keyword.text.as_str();
        if block.name.text.is_empty() && (strict || KEYWORDS.contains(&keyword)) {
            report_nameless(ctx, block);
            continue;
        }
        match keyword {
            "datasource" => continue,
            "generator" => {
                ctx.model.generators.push(at);
                continue;
            }
            "model" | "view" | "enum" => {}
            "type" if strict => {}
            _ if strict => {
                report_unknown_keyword(ctx, block);
                continue;
            }
            _ => {
                ctx.model.others.push(at);
                continue;
            }
        }
        check_block_name(ctx, block, strict);
        let name = block.name.text.as_str();
        if let Some((first, span)) = seen.get(name) {
            let message = format!("the name `{name}` is already taken by {}", article(first));
            let found = Diagnostic::error(&code::E0102, block.name.span, message);
            ctx.push(found.also(*span, "first defined here"));
            continue;
        }
        seen.insert(name, (keyword, block.name.span));
        register(ctx, at, block);
    }
}

fn article(keyword: &str) -> String {
    format!("{} {keyword}", if keyword == "enum" { "an" } else { "a" })
}

fn register<'a>(ctx: &mut Context<'a>, at: BlockRef, block: &'a Block) {
    let name = block.name.text.clone();
    let top = match block.keyword.text.as_str() {
        "type" => Top::Composite(at),
        "enum" => {
            let type_name = name.clone();
            ctx.model.enums.push(Enum { block: at, name, type_name, ..Enum::default() });
            Top::Enum(EnumId(ctx.model.enums.len() - 1))
        }
        keyword => {
            let kind = if keyword == "view" { TableKind::View } else { TableKind::Table };
            let table = name.clone();
            ctx.model.tables.push(Table { block: at, kind, name, table, ..Table::default() });
            Top::Table(TableId(ctx.model.tables.len() - 1))
        }
    };
    ctx.tops.insert(&block.name.text, top);
}

fn report_nameless(ctx: &mut Context<'_>, block: &Block) {
    let keyword = &block.keyword.text;
    if KEYWORDS.contains(&keyword.as_str()) {
        let message = format!("this {keyword} has no name");
        let found = Diagnostic::error(&code::E0106, block.keyword.span, message);
        ctx.push(found.help(format!("write `{keyword} Name {{`")));
    } else {
        let message = format!("the block `{keyword}` does not say what it is");
        let found = Diagnostic::error(&code::E0106, block.keyword.span, message);
        ctx.push(found.help(format!("start it with its kind: `model {keyword} {{`")));
    }
}

fn report_unknown_keyword(ctx: &mut Context<'_>, block: &Block) {
    let keyword = &block.keyword.text;
    let message = format!("`{keyword}` is not a kind of block that Prisma knows");
    let near = did_you_mean(keyword, KEYWORDS.iter().copied());
    let help = near.unwrap_or_else(|| {
        "Prisma knows `model`, `view`, `enum`, `datasource` and `generator`; move other blocks \
         to a file whose name ends in `.model`"
            .to_owned()
    });
    ctx.push(Diagnostic::error(&code::E0106, block.keyword.span, message).help(help));
}

fn check_block_name(ctx: &mut Context<'_>, block: &Block, strict: bool) {
    let (name, span) = (block.name.text.as_str(), block.name.span);
    if Scalar::parse(name).is_some() {
        ctx.error(&code::E0104, span, format!("`{name}` is the name of a built-in type"));
    } else if strict && RESERVED.contains(&name) && block.keyword.text != "type" {
        let keyword = &block.keyword.text;
        let message = format!("`{name}` is reserved in Prisma's clients");
        let help = format!("rename it and keep the name in the database: `@@map(\"{name}\")`");
        let found = Diagnostic::error(&code::E0104, span, message);
        ctx.push(found.labelled(format!("name of this {keyword}")).help(help));
    }
    check_name(ctx, &block.name, &block.keyword.text, strict);
}

/// What a name may consist of.
fn check_name(ctx: &mut Context<'_>, name: &Ident, what: &str, strict: bool) {
    let problem = match name.text.chars().next() {
        Some(first) if first.is_numeric() => "must not start with a digit",
        Some('_') if strict => "must not start with `_`",
        _ if name.text.contains('-') => "must not contain `-`",
        _ => return,
    };
    let message = format!("the name of {} {problem}: `{}`", article_for(what), name.text);
    let map = if matches!(what, "field" | "enum value") { "@map" } else { "@@map" };
    let help =
        format!("choose another, and keep the name in the database: `{map}(\"{}\")`", name.text);
    ctx.push(Diagnostic::error(&code::E0105, name.span, message).help(help));
}

fn article_for(what: &str) -> String {
    let an = what.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {what}", if an { "an" } else { "a" })
}

/// Resolves what stands in the blocks: fields and their types, values.
pub(super) fn resolve_entries(ctx: &mut Context<'_>) {
    for id in 0..ctx.model.enums.len() {
        resolve_enum(ctx, id);
    }
    for id in 0..ctx.model.tables.len() {
        resolve_table(ctx, id);
    }
}

fn resolve_enum(ctx: &mut Context<'_>, id: usize) {
    let at = ctx.model.enums[id].block;
    let (block, strict) = (ctx.block(at), ctx.is_strict(at));
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut damaged = false;
    for (entry, content) in block.entries.iter().enumerate() {
        let span = match content {
            Entry::Value(value) => {
                check_name(ctx, &value.name, "enum value", strict);
                check_repeated(ctx, &mut seen, &value.name, &block.name.text);
                let name = value.name.text.clone();
                let label = name.clone();
                ctx.model.enums[id].values.push(EnumValue { entry, name, label });
                continue;
            }
            Entry::Field(field) => field.span,
            Entry::Assignment(assignment) => assignment.span,
            Entry::Junk(_) => {
                damaged = true;
                continue;
            }
            Entry::Attribute(_) | Entry::Comment(_) | Entry::Blank => continue,
        };
        damaged = true;
        let message = "an enum holds names of values and nothing else";
        ctx.error(&code::E0107, span, message);
    }
    if ctx.model.enums[id].values.is_empty() && !damaged && strict {
        let message = format!("enum `{}` has no values", block.name.text);
        ctx.error(&code::E0109, block.keyword.span.to(block.name.span), message);
    }
}

fn check_repeated<'a>(
    ctx: &mut Context<'_>,
    seen: &mut BTreeMap<&'a str, Span>,
    name: &'a Ident,
    of: &str,
) -> bool {
    if let Some(first) = seen.get(name.text.as_str()) {
        let message = format!("`{}` is defined twice in `{of}`", name.text);
        let found = Diagnostic::error(&code::E0103, name.span, message);
        ctx.push(found.also(*first, "first defined here"));
        return false;
    }
    seen.insert(&name.text, name.span);
    true
}

fn resolve_table(ctx: &mut Context<'_>, id: usize) {
    let at = ctx.model.tables[id].block;
    let block = ctx.block(at);
    let fields = resolve_fields(ctx, at, block);
    ctx.model.tables[id].fields = fields;
}

/// The fields of a model, view or composite type.
pub(super) fn resolve_fields<'a>(
    ctx: &mut Context<'a>,
    at: BlockRef,
    block: &'a Block,
) -> Vec<Field> {
    let strict = ctx.is_strict(at);
    let mut fields = Vec::new();
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (entry, content) in block.entries.iter().enumerate() {
        match content {
            Entry::Field(field) => {
                check_name(ctx, &field.name, "field", strict);
                if !check_repeated(ctx, &mut seen, &field.name, &block.name.text) {
                    continue;
                }
                let kind = resolve_type(ctx, &field.type_ref, strict);
                fields.push(Field {
                    entry,
                    name: field.name.text.clone(),
                    column: field.name.text.clone(),
                    arity: field.type_ref.arity,
                    kind,
                    default: None,
                    updated_at: false,
                    ignored: false,
                });
            }
            Entry::Value(value) => {
                let message = format!("field `{}` has no type", value.name.text);
                let found = Diagnostic::error(&code::E0107, value.span, message);
                ctx.push(found.help(format!("write `{} String`", value.name.text)));
            }
            Entry::Assignment(assignment) if strict || block.keyword.text == "model" => {
                let message = format!("a {} has no assignments", block.keyword.text);
                ctx.error(&code::E0107, assignment.span, message);
            }
            _ => {}
        }
    }
    fields
}

fn resolve_type(ctx: &mut Context<'_>, type_ref: &ast::TypeRef, strict: bool) -> FieldType {
    let (name, span) = (type_ref.path.text.as_str(), type_ref.path.span);
    if name == "Unsupported" {
        return resolve_unsupported(ctx, type_ref);
    }
    if type_ref.args.is_some() {
        let message = format!("type `{name}` takes no arguments");
        let help = "write the native type as an attribute: `@db.VarChar(10)`";
        ctx.push(Diagnostic::error(&code::E0101, type_ref.span, message).help(help));
        return FieldType::Unknown;
    }
    if let Some(scalar) = Scalar::parse(name) {
        return FieldType::Scalar(scalar, None);
    }
    match ctx.tops.get(name) {
        Some(Top::Table(id)) => FieldType::Relation(*id),
        Some(Top::Enum(id)) => FieldType::Enum(*id),
        Some(Top::Composite(_)) => FieldType::Unknown,
        None => {
            let known = Scalar::ALL.iter().map(|s| s.name()).chain(ctx.tops.keys().copied());
            let near = did_you_mean(name, known);
            let sql = || {
                let example = format!("write a type of PostgreSQL as `Unsupported(\"{name}\")`");
                (!strict || name.chars().all(|c| c.is_ascii_lowercase())).then_some(example)
            };
            let help = near.or_else(sql);
            let message = format!("unknown type `{name}`");
            let found = Diagnostic::error(&code::E0101, span, message);
            ctx.push(
                found.labelled("neither a built-in type, a model nor an enum").maybe_help(help),
            );
            FieldType::Unknown
        }
    }
}

fn resolve_unsupported(ctx: &mut Context<'_>, type_ref: &ast::TypeRef) -> FieldType {
    let args = type_ref.args.as_ref().map_or(&[][..], |a| &a.list);
    if let [arg] = args
        && arg.name.is_none()
        && let Some(ExprKind::String(text)) = arg.value.as_ref().map(|v| &v.kind)
    {
        return FieldType::Unsupported(text.value().into_owned());
    }
    let message = "`Unsupported` takes one string, the type as PostgreSQL spells it";
    let found = Diagnostic::error(&code::E0101, type_ref.span, message);
    ctx.push(found.help("write `Unsupported(\"tsvector\")`"));
    FieldType::Unknown
}
