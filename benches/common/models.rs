//! The model that benchmarks read.

use std::fmt::Write as _;

/// How many models it has.
pub(crate) const MODELS: usize = 1000;

/// Models of ten fields, each related to the next.
pub(crate) fn models() -> String {
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
