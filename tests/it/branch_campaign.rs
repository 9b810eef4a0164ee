//! Random pairs of branches: those that go together are joined and converge in both orders of
//! arrival, the others are found, shown, and moved.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::support::{Dice, Sandbox, block_on, server, setting};

/// One of several, if there are any.
fn pick<T: Clone>(dice: &mut Dice, from: &[T]) -> Option<T> {
    (!from.is_empty()).then(|| from[dice.below(from.len())].clone())
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    /// As the model names it.
    kind: &'static str,
    not_null: bool,
    default: Option<String>,
}

/// What the test itself believes a database to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct World {
    tables: BTreeMap<String, BTreeMap<String, Column>>,
    /// Table and column by name of the index.
    indexes: BTreeMap<String, (String, String)>,
}

#[derive(Clone, Debug)]
enum Op {
    AddTable(String),
    DropTable(String),
    AddColumn(String, String, &'static str),
    DropColumn(String, String),
    Rename(String, String, String),
    Retype(String, String, &'static str),
    NotNull(String, String, bool),
    Default(String, String, String),
    Index(String, String),
}

const KINDS: [(&str, &str); 3] = [("Int", "integer"), ("BigInt", "bigint"), ("String", "text")];

fn sql_kind(kind: &str) -> &'static str {
    KINDS.iter().find(|(model, _)| *model == kind).unwrap().1
}

impl Op {
    fn sql(&self) -> String {
        match self {
            Self::AddTable(t) => format!("CREATE TABLE {t} (id integer PRIMARY KEY);"),
            Self::DropTable(t) => format!("DROP TABLE {t};"),
            Self::AddColumn(t, c, kind) => {
                format!("ALTER TABLE {t} ADD COLUMN {c} {};", sql_kind(kind))
            }
            Self::DropColumn(t, c) => format!("ALTER TABLE {t} DROP COLUMN {c};"),
            Self::Rename(t, c, to) => format!("ALTER TABLE {t} RENAME COLUMN {c} TO {to};"),
            Self::Retype(t, c, kind) => {
                format!("ALTER TABLE {t} ALTER COLUMN {c} TYPE {};", sql_kind(kind))
            }
            Self::NotNull(t, c, set) => {
                let verb = if *set { "SET" } else { "DROP" };
                format!("ALTER TABLE {t} ALTER COLUMN {c} {verb} NOT NULL;")
            }
            Self::Default(t, c, value) => {
                format!("ALTER TABLE {t} ALTER COLUMN {c} SET DEFAULT '{value}';")
            }
            Self::Index(t, c) => format!("CREATE INDEX {t}_{c}_idx ON {t} ({c});"),
        }
    }

    /// Whether it can be done; does it.
    fn apply(&self, world: &mut World) -> bool {
        match self {
            Self::AddTable(t) => {
                if world.tables.contains_key(t) {
                    return false;
                }
                world.tables.insert(t.clone(), BTreeMap::new());
                true
            }
            Self::DropTable(t) => {
                world.indexes.retain(|_, (table, _)| table != t);
                world.tables.remove(t).is_some()
            }
            Self::AddColumn(t, c, kind) => world.tables.get_mut(t).is_some_and(|columns| {
                let fresh = !columns.contains_key(c);
                if fresh {
                    let column = Column { kind, not_null: false, default: None };
                    columns.insert(c.clone(), column);
                }
                fresh
            }),
            Self::DropColumn(t, c) => {
                world.indexes.retain(|_, (table, column)| table != t || column != c);
                world.tables.get_mut(t).is_some_and(|columns| columns.remove(c).is_some())
            }
            Self::Rename(t, c, to) => {
                let Some(columns) = world.tables.get_mut(t) else { return false };
                if columns.contains_key(to) {
                    return false;
                }
                let Some(column) = columns.remove(c) else { return false };
                columns.insert(to.clone(), column);
                for (table, column) in world.indexes.values_mut() {
                    if table == t && column == c {
                        column.clone_from(to);
                    }
                }
                true
            }
            Self::Retype(t, c, kind) => world.column(t, c).is_some_and(|column| {
                // A default would have to follow, and text does not become a number by itself.
                let may = column.kind != "String" && column.default.is_none();
                if may || column.kind == *kind {
                    column.kind = kind;
                    return true;
                }
                false
            }),
            Self::NotNull(t, c, set) => {
                world.column(t, c).map(|column| column.not_null = *set).is_some()
            }
            Self::Default(t, c, value) => world.column(t, c).is_some_and(|column| {
                let text = column.kind == "String";
                if text {
                    column.default = Some(value.clone());
                }
                text
            }),
            Self::Index(t, c) => {
                let name = format!("{t}_{c}_idx");
                let may = world.column(t, c).is_some() && !world.indexes.contains_key(&name);
                if may {
                    world.indexes.insert(name, (t.clone(), c.clone()));
                }
                may
            }
        }
    }
}

impl World {
    fn column(&mut self, table: &str, column: &str) -> Option<&mut Column> {
        self.tables.get_mut(table)?.get_mut(column)
    }

    /// Two tables with three columns each.
    fn start() -> (Self, Vec<Op>) {
        let mut ops = Vec::new();
        for table in ["alpha", "beta"] {
            ops.push(Op::AddTable(table.to_owned()));
            for (column, kind) in [("count", "Int"), ("label", "String"), ("extra", "String")] {
                ops.push(Op::AddColumn(table.to_owned(), column.to_owned(), kind));
            }
        }
        let mut world = Self::default();
        assert!(ops.iter().all(|op| op.apply(&mut world)));
        (world, ops)
    }

    /// Something that can be done to it.
    fn step(&self, dice: &mut Dice) -> Option<Op> {
        let tables: Vec<String> = self.tables.keys().cloned().collect();
        let fresh = |dice: &mut Dice| format!("new_{}", dice.below(4));
        if dice.below(10) == 0 {
            return Some(Op::AddTable(fresh(dice)));
        }
        let table = pick(dice, &tables)?;
        if dice.below(12) == 0 {
            return Some(Op::DropTable(table));
        }
        let columns: Vec<String> = self.tables[&table].keys().cloned().collect();
        let Some(column) = pick(dice, &columns).filter(|_| dice.below(4) > 0) else {
            let kind = KINDS[dice.below(3)].0;
            return Some(Op::AddColumn(table, fresh(dice), kind));
        };
        let value = format!("v{}", dice.below(2));
        Some(match dice.below(8) {
            0 => Op::DropColumn(table, column),
            1 => Op::Rename(table, column, fresh(dice)),
            2 | 3 => Op::Retype(table, column, ["BigInt", "String"][dice.below(2)]),
            4 | 5 => Op::NotNull(table, column, true),
            6 => Op::Default(table, column, value),
            _ => Op::Index(table, column),
        })
    }

    /// A few steps that follow each other.
    fn branch(&self, dice: &mut Dice) -> Vec<Op> {
        let (mut world, mut ops) = (self.clone(), Vec::new());
        let wanted = 1 + dice.below(4);
        while ops.len() < wanted {
            let before = world.clone();
            match world.step(dice) {
                Some(op) if op.apply(&mut world) && world != before => ops.push(op),
                _ => world = before,
            }
        }
        ops
    }

    /// After operations that all have to be possible.
    fn after(&self, ops: &[Op]) -> Option<Self> {
        let mut world = self.clone();
        ops.iter().all(|op| op.apply(&mut world)).then_some(world)
    }

    /// Everything that can be said of it, one by one.
    fn facts(&self) -> BTreeSet<String> {
        let mut facts = BTreeSet::new();
        for (table, columns) in &self.tables {
            facts.insert(table.clone());
            for (column, known) in columns {
                facts.insert(format!("{table}.{column}"));
                facts.insert(format!("{table}.{column} is {}", known.kind));
                facts.insert(format!("{table}.{column} required: {}", known.not_null));
                facts.insert(format!("{table}.{column} = {:?}", known.default));
            }
        }
        facts.extend(self.indexes.iter().map(|(name, on)| format!("{name} on {on:?}")));
        facts
    }

    fn model(&self) -> String {
        let mut out = String::new();
        for (table, columns) in &self.tables {
            writeln!(out, "model {table} {{\n  id Int @id").unwrap();
            for (column, known) in columns {
                let optional = if known.not_null { "" } else { "?" };
                let default =
                    known.default.as_ref().map(|d| format!(" @default({d:?})")).unwrap_or_default();
                writeln!(out, "  {column} {}{optional}{default}", known.kind).unwrap();
            }
            for (name, (on, column)) in &self.indexes {
                if on == table {
                    writeln!(out, "  @@index([{column}], map: {name:?})").unwrap();
                }
            }
            out.push_str("}\n\n");
        }
        out
    }
}

/// Whether both branches go together, as far as the test can tell.
fn together(base: &World, a: &[Op], b: &[Op]) -> bool {
    let (Some(alone_a), Some(alone_b)) = (base.after(a), base.after(b)) else { return false };
    let (Some(ab), Some(ba)) = (alone_a.after(b), alone_b.after(a)) else { return false };
    let (before, end) = (base.facts(), ab.facts());
    let stays = |alone: &World| {
        let own = alone.facts();
        own.difference(&before).all(|fact| end.contains(fact))
            && before.difference(&own).all(|fact| !end.contains(fact))
    };
    ab == ba && stays(&alone_a) && stays(&alone_b)
}

fn script(ops: &[Op]) -> String {
    ops.iter().map(|op| op.sql() + "\n").collect()
}

fn write(sandbox: &Sandbox, name: &str, parent: Option<&str>, ops: &[Op]) {
    sandbox.write(&format!("migrations/{name}/migration.sql"), &script(ops));
    let parents = parent.map(|parent| format!("{parent:?}")).unwrap_or_default();
    let header = format!("parents = [{parents}]\n");
    sandbox.write(&format!("migrations/{name}/migration.toml"), &header);
}

/// One pair of branches; whether it was one that goes together.
fn round(sandbox: &Sandbox, seed: u64) -> bool {
    let mut dice = Dice(seed.wrapping_mul(7919) + 17);
    let (base, start) = World::start();
    let (a, b) = (base.branch(&mut dice), base.branch(&mut dice));
    let expected = together(&base, &a, &b);
    let _ = std::fs::remove_dir_all(sandbox.dir.path().join("migrations"));
    write(sandbox, "1_start", None, &start);
    write(sandbox, "2_left", Some("1_start"), &a);
    write(sandbox, "3_right", Some("1_start"), &b);
    // How a person would settle it: the first branch, and of the second what is possible then.
    let mut settled = base.after(&a).unwrap();
    for op in &b {
        let before = settled.clone();
        if !op.apply(&mut settled) {
            settled = before;
        }
    }
    sandbox.write("schema.model", &settled.model());
    let told = format!("seed {seed}\n-- left\n{}-- right\n{}", script(&a), script(&b));
    let run = |args: &[&str], status: i32| {
        let ran = sandbox.run(args);
        assert_eq!(ran.status, status, "{told}{args:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    };
    let merge = run(&["merge"], if expected { 0 } else { 3 });
    if !expected {
        assert!(merge.stderr.contains("P0064"), "{told}{}", merge.stderr);
        assert!(merge.stdout.contains("2_left") || merge.stdout.contains("3_right"), "{told}");
        run(&["rebase", "3_right", "--accept-data-loss"], 0);
    }
    // What the migrations lead to is what the test believes.
    run(&["check"], 0);
    let (one, other) = block_on(async {
        (server().database().await.unwrap(), server().database().await.unwrap())
    });
    let first = if expected { "3_right" } else { "2_left" };
    run(&["deploy", "--url", &one.url()], 0);
    run(&["deploy", "--url", &other.url(), "--to", first], 0);
    run(&["deploy", "--url", &other.url()], 0);
    run(&["status", "--exit-code", "--url", &other.url()], 0);
    let (from, to) = (one.url(), other.url());
    run(&["diff", "--from", &from, "--to", &to, "--exit-code"], 0);
    block_on(async {
        one.drop_database().await.unwrap();
        other.drop_database().await.unwrap();
    });
    expected
}

/// How many pairs; the campaign of a release sets more.
fn rounds(default: u64) -> u64 {
    setting("DRIFTLESS_BRANCH_ROUNDS").and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn random_branches_are_joined_or_moved_and_never_in_silence() {
    let sandbox = Sandbox::new();
    let count = rounds(6);
    let joined = (0..count).filter(|seed| round(&sandbox, *seed)).count();
    let moved = usize::try_from(count).unwrap() - joined;
    assert!(joined > 0 && moved > 0, "{joined} joined, {moved} moved");
    #[allow(clippy::print_stderr, reason = "the measure of the campaign")]
    {
        eprintln!("{count} pairs of branches: {joined} joined, {moved} moved");
    }
}
