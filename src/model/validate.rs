//! The passes of validation, in order.

use std::collections::BTreeSet;

use super::{
    Dialect, Model, attributes, composite, config, context::Context, extend, key_checks, names,
    relation_checks, table_checks,
};
use crate::{
    syntax::{ast::File, parse_source},
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
    let strict: Vec<bool> = sources
        .iter()
        .map(|source| match dialect {
            Dialect::Prisma => true,
            Dialect::Superset => false,
            Dialect::ByName => source.name.ends_with(".prisma"),
        })
        .collect();
    let model = if extend::extends(&files) {
        // Each file by its own rules first, then the whole of what they say together.
        let (_, mut found) = resolve(extend::without(&files), strict);
        let (whole, mut misplaced) = extend::extend(&files);
        let extended: BTreeSet<SourceId> = (0..)
            .zip(&files)
            .filter(|(_, f)| extend::extends(std::slice::from_ref(f)))
            .map(|(id, _)| SourceId(id))
            .collect();
        let lenient = vec![false; files.len()];
        let (model, more) = resolve(whole, lenient);
        let known = |d: &Diagnostic| !extended.contains(&d.span().source);
        let new: Vec<Diagnostic> = more.into_iter().filter(|d| !known(d)).collect();
        found.retain(known);
        diagnostics.append(&mut found);
        diagnostics.append(&mut misplaced);
        diagnostics.extend(new);
        model
    } else {
        let (model, mut found) = resolve(files, strict);
        diagnostics.append(&mut found);
        model
    };
    diagnostics.sort_by_key(|d| (d.span().source, d.span().start, d.code.id));
    (model, diagnostics)
}

fn resolve(files: Vec<File>, strict: Vec<bool>) -> (Model, Vec<Diagnostic>) {
    let mut ctx = Context::new(&files, strict);
    names::resolve_blocks(&mut ctx);
    config::resolve_config(&mut ctx);
    names::resolve_entries(&mut ctx);
    composite::check_composites(&mut ctx);
    attributes::resolve_attributes(&mut ctx);
    table_checks::check_tables(&mut ctx);
    key_checks::check_keys(&mut ctx);
    relation_checks::resolve_relations(&mut ctx);
    let diagnostics = std::mem::take(&mut ctx.diagnostics);
    let mut model = ctx.model;
    model.files = files;
    (model, diagnostics)
}
