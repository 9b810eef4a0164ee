//! Where Prisma loses data without a word, refuses what works, or sees nothing: each is right here,
//! or named.

use std::fmt::Write as _;

use crate::support::Sandbox;

const SOURCE: &str = "datasource db {\n  provider = \"postgresql\"\n}\n\n";

/// A change of type: before, after, a value that does not survive it.
type Change = (&'static str, &'static str, &'static str);

/// Prisma applies these without a warning, and other values are there afterwards.
const SILENT: &[Change] = &[
    ("DateTime", "DateTime @db.Date", "'2026-01-02 03:04:05.678'"),
    ("DateTime @db.Timestamp(6)", "DateTime @db.Timestamp(0)", "'2026-01-02 03:04:05.678912'"),
    ("DateTime @db.Timestamptz(6)", "DateTime @db.Time(3)", "'2026-01-02 03:04:05.678912+00'"),
    ("Int", "Float @db.Real", "16777217"),
    ("BigInt", "Float", "9007199254740993"),
    ("Int @db.Oid", "Int", "4294967295"),
    ("Decimal @db.Decimal(10, 2)", "Int", "1.55"),
];

/// Prisma takes these for safe, and they fail on values that are there.
const FAILING: &[Change] = &[
    ("Int @db.SmallInt", "String @db.VarChar(4)", "-12345"),
    ("Int @db.SmallInt", "Decimal @db.Decimal(3, 0)", "12345"),
    ("String @db.Uuid", "String @db.Char(32)", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
    ("String @db.Uuid", "String @db.VarChar(32)", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
    ("String @db.Inet", "String @db.VarChar(5)", "'192.168.100.128'"),
    ("Decimal @db.Money", "String @db.VarChar(3)", "'12345.67'"),
];

/// Prisma drops such a column and makes it anew, or refuses; here the values move.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("String", "Int", "'42'", "42"),
    ("String", "Boolean", "'true'", "true"),
    ("String", "DateTime", "'2026-01-01'", "2026-01-01 00:00:00"),
    ("String", "Json", "'{\"a\": 1}'", "{\"a\": 1}"),
    (
        "String",
        "String @db.Uuid",
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ),
    ("Boolean", "Int", "true", "1"),
    ("String", "String[]", "'a'", "{a}"),
];

/// A model with a field for each type.
fn model<'a>(types: impl Iterator<Item = &'a str>) -> String {
    let mut text = format!("{SOURCE}model T {{\n  id Int @id\n");
    for (number, name) in types.enumerate() {
        let _ = writeln!(text, "  c{number} {name}");
    }
    text + "}\n"
}

/// A database with the model before, and one row of the values.
fn filled<'a>(
    before: impl Iterator<Item = &'a str>,
    values: impl Iterator<Item = &'a str>,
) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("schema.prisma", &model(before));
    sandbox.run(&["dev", "-n", "before"]).expect(0);
    let values: Vec<&str> = values.collect();
    sandbox.sql(&format!("INSERT INTO \"T\" VALUES (1, {})", values.join(", ")));
    sandbox
}

#[test]
fn casts_that_change_values_or_fail_are_named_before_they_run() {
    for changes in [SILENT, FAILING] {
        let sandbox = filled(changes.iter().map(|c| c.0), changes.iter().map(|c| c.2));
        sandbox.write("schema.prisma", &model(changes.iter().map(|c| c.1)));
        let ran = sandbox.run(&["dev"]).expect(3);
        let told = sandbox.run(&["dev", "--create-only", "-n", "after"]).expect(0);
        for (number, (from, to, value)) in changes.iter().enumerate() {
            let named = told
                .stderr
                .lines()
                .any(|l| l.contains("H0307") && l.contains(&format!("`T.c{number}`")));
            assert!(named, "{from} to {to} with {value}:\n{}\n{}", told.stderr, ran.stderr);
        }
    }
}

#[test]
fn casts_that_prisma_refuses_keep_the_values() {
    let sandbox = filled(REFUSED.iter().map(|c| c.0), REFUSED.iter().map(|c| c.2));
    sandbox.write("schema.prisma", &model(REFUSED.iter().map(|c| c.1)));
    sandbox.run(&["dev", "-n", "after", "--accept-data-loss"]).expect(0);
    for (number, (from, to, _, expected)) in REFUSED.iter().enumerate() {
        let found = sandbox.value(&format!("SELECT c{number} FROM \"T\""));
        assert_eq!(found, *expected, "{from} to {to}");
    }
}

#[test]
fn text_becomes_citext_and_keeps_the_values() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE EXTENSION citext");
    let model = format!("{SOURCE}model T {{\n  id Int @id\n  a String @db.VarChar(9)\n}}\n");
    sandbox.write("schema.prisma", &model);
    sandbox.run(&["push"]).expect(0);
    sandbox.sql("INSERT INTO \"T\" VALUES (1, 'Abc')");
    sandbox.write("schema.prisma", &model.replace("VarChar(9)", "Citext"));
    sandbox.run(&["push"]).expect(0);
    assert_eq!(sandbox.value("SELECT a = 'aBC' FROM \"T\""), "true");
}

/// Changes by hand to `t` and `u`, and the object that drift names for each.
const PLANTED: &[(&str, &str)] = &[
    ("ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 0)", "constraint public.t.ck"),
    ("ALTER TABLE t ALTER b TYPE text COLLATE \"C\"", "collation: (none) → pg_catalog.\"C\""),
    ("ALTER TABLE t ADD CONSTRAINT ex EXCLUDE USING btree (a WITH =)", "constraint public.t.ex"),
    ("CREATE INDEX ei ON t (lower(b))", "index public.ei"),
    ("CREATE INDEX pi ON t (a) WHERE a > 1", "index public.pi"),
    ("CREATE UNIQUE INDEX pu ON t (a) WHERE a > 1", "index public.pu"),
    ("CREATE INDEX ci ON t (a) INCLUDE (b)", "index public.ci"),
    ("CREATE INDEX nf ON t (a NULLS FIRST)", "index public.nf"),
    ("CREATE INDEX xi ON t (a)", "index public.xi"),
    ("CREATE INDEX sp ON t (a) WITH (fillfactor = 50)", "index public.sp"),
    ("ALTER TABLE t ADD CONSTRAINT uc UNIQUE (a)", "constraint public.t.uc"),
    ("ALTER TABLE u ALTER CONSTRAINT u_tid_fkey DEFERRABLE", "~ constraint public.u.u_tid_fkey"),
    ("ALTER TABLE u ADD CONSTRAINT nv FOREIGN KEY (tid) REFERENCES t (id) NOT VALID", "u.nv"),
    ("CREATE VIEW v AS SELECT 1 AS x", "view public.v"),
    ("CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x", "materialized view public.mv"),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function public.f"),
    ("CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'", "procedure public.p"),
    (
        "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()",
        "trigger public.t.tr",
    ),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "~ table public.t\n"),
    ("CREATE POLICY po ON t USING (true)", "policy public.t.po"),
    ("GRANT SELECT ON u TO PUBLIC", "~ table public.u\n"),
    ("COMMENT ON COLUMN u.tid IS 'x'", "~ column public.u.tid\n"),
    ("CREATE TYPE ee AS ENUM ('a')", "enum public.ee"),
    ("CREATE DOMAIN dd AS int", "domain public.dd"),
    ("CREATE TYPE cc AS (x int)", "composite public.cc"),
    ("CREATE SEQUENCE sq", "sequence public.sq"),
    ("ALTER TABLE t ADD g int GENERATED ALWAYS AS (a + 1) STORED", "column public.t.g"),
    ("ALTER TABLE t ADD e int", "column public.t.e"),
    ("ALTER TABLE t DROP d", "column public.t.d"),
    ("ALTER TABLE t ALTER a SET DEFAULT 7", "default public.t.a"),
    ("ALTER TABLE t ALTER c SET DEFAULT now()", "default public.t.c"),
    ("ALTER TABLE t ALTER c TYPE timestamp(0)", "column public.t.c"),
    ("ALTER TABLE t ALTER a SET NOT NULL", "column public.t.a"),
    ("CREATE TABLE ch () INHERITS (u)", "table public.ch"),
    ("CREATE TABLE pt (x int) PARTITION BY RANGE (x)", "table public.pt"),
    ("CREATE TABLE ext (x int)", "table public.ext"),
    (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; \
         CREATE FOREIGN TABLE ft (x int) SERVER s",
        "foreign table public.ft",
    ),
    ("ALTER TABLE w SET UNLOGGED", "~ table public.w\n"),
    ("ALTER TABLE x SET (fillfactor = 50)", "~ table public.x\n"),
    ("ALTER TABLE y REPLICA IDENTITY FULL", "~ table public.y\n"),
    ("CREATE STATISTICS st ON a, c FROM t", "statistics public.st"),
    ("CREATE EXTENSION citext", "extension citext"),
    (
        "CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; \
         CREATE EVENT TRIGGER et ON sql_drop EXECUTE FUNCTION ef()",
        "event trigger et",
    ),
    ("CREATE RULE ru AS ON DELETE TO w DO INSTEAD NOTHING", "rule public.w.ru"),
    ("CREATE PUBLICATION pb FOR TABLE x", "publication pb"),
    ("CREATE SCHEMA os; CREATE TABLE os.t (x int)", "table os.t"),
    ("ALTER TABLE x RENAME CONSTRAINT x_pkey TO weird", "constraint public.x.weird"),
    ("ALTER INDEX u_tid_key RENAME TO weird3", "index public.weird3"),
    (
        "ALTER TABLE y ALTER id DROP DEFAULT; DROP SEQUENCE y_id_seq; \
         ALTER TABLE y ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        "~ column public.y.id\n",
    ),
];

#[test]
fn drift_that_prisma_cannot_see_is_named() {
    let sandbox = Sandbox::with_migrations(&[(
        "20260101000000_start",
        "CREATE TABLE t (id int PRIMARY KEY, a int, b text, c timestamp(3), d int);\n\
         CREATE TABLE u (id int PRIMARY KEY, tid int CONSTRAINT u_tid_fkey REFERENCES t (id));\n\
         CREATE UNIQUE INDEX u_tid_key ON u (tid);\n\
         CREATE TABLE w (id int PRIMARY KEY);\n\
         CREATE TABLE x (id int PRIMARY KEY);\n\
         CREATE TABLE y (id serial PRIMARY KEY);\n",
    )]);
    sandbox.run(&["deploy"]).expect(0);
    for (sql, _) in PLANTED {
        sandbox.sql(sql);
    }
    let ran = sandbox.run(&["status", "--exit-code"]).expect(1);
    let blind: Vec<_> = PLANTED.iter().filter(|(_, name)| !ran.stdout.contains(name)).collect();
    assert!(blind.is_empty(), "{blind:#?}\n{}", ran.stdout);
}

#[test]
fn a_prisma_model_drops_nothing_that_it_cannot_say() {
    let sandbox = Sandbox::new();
    let model = format!(
        "{SOURCE}model t {{\n  id Int @id\n  a  Int?\n  b  String?\n\n  @@unique([a], map: \"uc\")\n\
         \x20 @@index([b], map: \"ci\")\n}}\n"
    );
    sandbox.write("schema.prisma", &model);
    sandbox.run(&["push"]).expect(0);
    sandbox.sql(
        "DROP INDEX uc; ALTER TABLE t ADD CONSTRAINT uc UNIQUE (a); \
         DROP INDEX ci; CREATE INDEX ci ON t (b) INCLUDE (a) WITH (fillfactor = 50); \
         CREATE INDEX ei ON t (lower(b)); CREATE INDEX pi ON t (a) WHERE a > 1; \
         ALTER TABLE t ALTER b TYPE text COLLATE \"C\", ADD CHECK (a > 0), SET UNLOGGED; \
         CREATE VIEW v AS SELECT a FROM t; CREATE TABLE pt (x int) PARTITION BY RANGE (x); \
         DROP TABLE pt",
    );
    let here = format!("db:{}", sandbox.url());
    sandbox.run(&["diff", "--from", &here, "--to", "model:", "--exit-code"]).expect(0);
    sandbox.run(&["push"]).expect(0).says("is what the model asks for");
    assert_eq!(sandbox.value("SELECT count(*) FROM pg_constraint WHERE conname = 'uc'"), "1");
}
