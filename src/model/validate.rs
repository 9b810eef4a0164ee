//! The passes of validation, in order.

use super::{Dialect, Model};
use crate::{
    syntax::parse_source,
    text::{Diagnostic, Source, SourceId},
};

/// Resolves a set of files and says what is wrong with them, in the order of the text.
#[must_use]
pub fn validate(sources: &[Source], _dialect: Dialect) -> (Model, Vec<Diagnostic>) {
    let mut model = Model::default();
    let mut diagnostics = Vec::new();
    for (id, source) in (0..).zip(sources) {
        let parsed = parse_source(source, SourceId(id));
        model.files.push(parsed.file);
        diagnostics.extend(parsed.diagnostics);
    }
    (model, diagnostics)
}
