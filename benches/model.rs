//! How long a model of a thousand blocks takes to be parsed, validated and formatted:
//! `cargo bench --bench model`.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "common/models.rs"]
mod models;

use std::time::Instant;

use driftless::{
    model::{Dialect, validate},
    syntax::{format_file, parse_source},
    text::{Source, SourceId},
};

fn main() {
    let sources = [Source::new("schema.model", models::models())];
    let parsed = timed("parse", || parse_source(&sources[0], SourceId(0)));
    let (model, diagnostics) = timed("parse and validate", || validate(&sources, Dialect::Prisma));
    let formatted = timed("format", || format_file(&parsed.file));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(model.relations.len(), models::MODELS);
    assert!(formatted.len() > sources[0].text.len() / 2);
}

/// Runs something five times and prints the shortest time, in milliseconds.
fn timed<T>(what: &str, run: impl Fn() -> T) -> T {
    let mut best = u128::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_millis());
    }
    println!("{what}: {best} ms");
    run()
}
