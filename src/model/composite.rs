//! Composite types of Prisma, which PostgreSQL's connector refuses: read only to say so well.

use super::{
    BlockRef,
    args::ArgReader,
    attributes::Attributes,
    context::{Context, Top},
    default_reader, names,
};
use crate::{
    syntax::ast::{self, Entry},
    text::{Diagnostic, code},
};

/// Reports composite types, and what else is wrong in them and with fields of them.
pub(super) fn check_composites(ctx: &mut Context<'_>) {
    let all: Vec<_> = ctx.tops.values().copied().collect();
    for top in all {
        if let Top::Composite(at) = top {
            check_composite(ctx, at);
        }
    }
    check_fields(ctx);
}

fn check_composite(ctx: &mut Context<'_>, at: BlockRef) {
    let block = ctx.block(at);
    let before = ctx.diagnostics.len();
    let fields = names::resolve_fields(ctx, at, block);
    if fields.is_empty() {
        let message = format!("composite type `{}` has no fields", block.name.text);
        ctx.error(&code::E0108, block.keyword.span.to(block.name.span), message);
    }
    for entry in &block.entries {
        if let Entry::Attribute(found) = entry {
            let message = format!("a composite type has no `@@{}`", found.attribute.path.text);
            ctx.error(&code::E0208, found.attribute.span, message);
        }
    }
    for field in fields {
        let mut attributes = Attributes::of_entry(ctx, at, field.entry);
        if let Some((_, args)) = attributes.single(ctx, "default") {
            check_default(ctx, args, &field);
        }
        attributes.single(ctx, "map");
        attributes.scoped();
        attributes.finish(ctx, true, &["default", "map"], &[]);
    }
    if ctx.diagnostics.len() == before {
        let span = block.keyword.span.to(block.name.span);
        let message = "composite types are not for PostgreSQL";
        let found = Diagnostic::error(&code::E0108, span, message);
        ctx.push(found.help("use a field of type `Json`, or a model of its own"));
    }
}

fn check_default(ctx: &mut Context<'_>, args: ArgReader<'_>, field: &super::Field) {
    default_reader::read_default(ctx, args, &field.kind, field.arity, true);
}

/// Fields of a composite type have no defaults.
fn check_fields(ctx: &mut Context<'_>) {
    let composite = |ctx: &Context<'_>, field: &ast::Field| {
        let top = ctx.tops.get(field.type_ref.path.text.as_str());
        matches!(top, Some(Top::Composite(_)))
    };
    for id in 0..ctx.model.tables.len() {
        for entry in &ctx.block(ctx.model.tables[id].block).entries {
            let Entry::Field(field) = entry else { continue };
            let default = field.attributes.iter().find(|a| a.path.text == "default");
            if let Some(default) = default
                && composite(ctx, field)
            {
                let message = "a field of a composite type has no default";
                ctx.error(&code::E0507, default.span, message);
            }
        }
    }
}
