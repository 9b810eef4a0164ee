//! How long a model of a thousand blocks takes to be parsed, validated and formatted:
//! `cargo bench --bench model`.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::{fmt::Write as _, time::Instant};

use driftless::{
    model::{Dialect, validate},
    syntax::{format_file, parse_source},
    text::{Source, SourceId},
};

const MODELS: usize = 1000;

fn main() {
    let sources = [Source::new("schema.model", models())];
    let parsed = timed("parse", || parse_source(&sources[0], SourceId(0)));
    let (model, diagnostics) = timed("parse and validate", || validate(&sources, Dialect::Prisma));
    let formatted = timed("format", || format_file(&parsed.file));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(model.relations.len(), MODELS);
    assert!(formatted.len() > sources[0].text.len() / 2);
}

/// Models of ten fields, each related to the next.
fn models() -> String {
    let mut text = String::from("datasource db {\n  provider = \"postgresql\"\n}\n\n");
    for n in 0..MODELS {
        let (next, prev) = ((n + 1) % MODELS, (n + MODELS - 1) % MODELS);
        let _ = write!(
            text,
            "/// Model number {n}\nmodel Model{n} {{\n  id        Int      @id @default(autoincrement())\n  \
             name      String   @db.VarChar(120) // a comment\n  email     String   @unique\n  \
             price     Decimal  @default(0) @db.Decimal(10, 2)\n  createdAt DateTime @default(now()) \
             @map(\"created_at\") @db.Timestamptz(6)\n  tags      String[]\n  data      Json?\n  \
             otherId   Int\n  other     Model{next} @relation(\"r{n}\", fields: [otherId], references: \
             [id], onDelete: Cascade)\n  many      Model{prev}[] @relation(\"r{prev}\")\n\n  \
             @@index([name, createdAt(sort: Desc)])\n  @@map(\"model_{n}\")\n}}\n\n",
        );
    }
    text
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
