//! The passes of validation, in order.

use super::{
    Dialect, Model, attributes, composite, config, context::Context, key_checks, names,
    relation_checks, table_checks,
};
use crate::{
    syntax::parse_source,
    text::{Diagnostic, Source, SourceId},
};

/// Resolves a set of files and says what is wrong with them, in the order of the text.
#[must_use]
pub fn validate(sources: &[Source], dialect: Dialect) -> (Model, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut files = Vec::new();
    for (id, source) in (0..).zip(sources) {
        let parsed = parse_source(source, SourceId(id));
        files.push(parsed.file);
        diagnostics.extend(parsed.diagnostics);
    }
    let strict = sources.iter().map(|source| match dialect {
        Dialect::Prisma => true,
        Dialect::Superset => false,
        Dialect::ByName => source.name.ends_with(".prisma"),
    });
    let mut ctx = Context::new(&files, strict.collect());
    names::resolve_blocks(&mut ctx);
    config::resolve_config(&mut ctx);
    names::resolve_entries(&mut ctx);
    composite::check_composites(&mut ctx);
    attributes::resolve_attributes(&mut ctx);
    table_checks::check_tables(&mut ctx);
    key_checks::check_keys(&mut ctx);
    relation_checks::resolve_relations(&mut ctx);
    diagnostics.append(&mut ctx.diagnostics);
    let mut model = ctx.model;
    model.files = files;
    diagnostics.sort_by_key(|d| (d.span().source, d.span().start, d.code.id));
    (model, diagnostics)
}
