//! Every facet of every kind, changed alone: seen as drift, planned, applied, read back, and undone.

use std::{
    path::Path,
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use driftless::{
    db::{Connection, ScratchDb},
    plan::{self, Mode},
    schema::Schema,
};

use crate::{
    catalog::{differences, read},
    support::{Sandbox, block_on, server, setting},
};

/// Changes whose way back ends elsewhere, and why.
const ONE_WAY: &[(&str, &str)] = &[
    (
        "inherit-drop",
        "PostgreSQL cannot make a check of a child's own one that only its parent has",
    ),
    ("inherit-local-check", "likewise"),
    ("extension-drop", "its members get other default privileges; such are not modelled"),
];

/// One change of the base.
pub(crate) struct Mutation {
    pub(crate) name: String,
    pub(crate) sql: String,
}

/// The mutations of a file that the server knows.
pub(crate) fn mutations(file: &str) -> Vec<Mutation> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mutation");
    let text = std::fs::read_to_string(folder.join(file)).expect("the file is readable");
    let wanted = setting("DRIFTLESS_CASE").unwrap_or_default();
    let mut found = Vec::new();
    for part in text.split("-- name: ").skip(1) {
        let (name, sql) = part.split_once('\n').expect("a name ends its line");
        let since = sql.strip_prefix("-- since: ").and_then(|rest| rest.lines().next());
        let since: u32 = since.map_or(0, |version| version.parse().expect("a major version"));
        if since <= server().version().major() && name.contains(&wanted) {
            found.push(Mutation { name: name.to_owned(), sql: sql.to_owned() });
        }
    }
    found
}

/// Whether its way back ends elsewhere.
pub(crate) fn is_one_way(name: &str) -> bool {
    ONE_WAY.iter().any(|(known, _)| *known == name)
}

/// The database that all mutations start from, with a project whose history made it.
pub(crate) struct Base {
    sandbox: Sandbox,
    schema: Schema,
    dump: Option<Vec<String>>,
}

impl Base {
    pub(crate) fn new() -> Self {
        let sql = include_str!("../../fixtures/mutation/base.sql");
        let mut sandbox = Sandbox::with_migrations(&[("1_base", sql)]);
        sandbox.run(&["deploy"]).expect(0);
        let schema = block_on(read(&sandbox.database));
        let dump = dump(&sandbox.url());
        // Nobody may be connected to a template, nor must it look like a leftover.
        let other = block_on(server().database()).expect("the server gives a database");
        let name = std::mem::replace(&mut sandbox.database, other).name().to_owned();
        sandbox.sql(&format!("ALTER DATABASE {name} RENAME TO mutation_base"));
        Self { sandbox, schema, dump }
    }

    pub(crate) async fn copy(&self) -> ScratchDb {
        server().copy("mutation_base").await.expect("the base can be copied")
    }

    /// What is wrong with one mutation.
    async fn check(&self, mutation: &Mutation) -> Result<(), String> {
        let (mutated, work) = (self.copy().await, self.copy().await);
        let result = self.check_on(mutation, &mutated, &work).await;
        for database in [mutated, work] {
            database.drop_database().await.expect("the database goes away");
        }
        result
    }

    async fn check_on(
        &self,
        mutation: &Mutation,
        mutated: &ScratchDb,
        work: &ScratchDb,
    ) -> Result<(), String> {
        let ran = mutated.run("mutating", &mutation.sql).await;
        ran.map_err(|error| format!("does not run: {error}"))?;
        let to = read(mutated).await;
        if differences(&self.schema, &to).is_empty() {
            return Err("is not seen".to_owned());
        }
        let mut status = self.sandbox.command(&["status", "--exit-code"]);
        status.env("DATABASE_URL", mutated.url());
        let status = crate::support::finish(status);
        if status.status != 1 || !status.stdout.contains("differs from") {
            return Err(format!("is no drift to `status`:\n{}{}", status.stdout, status.stderr));
        }
        lead(work, &self.schema, &to).await.map_err(|error| format!("there: {error}"))?;
        same(dump(&work.url()).as_ref(), dump(&mutated.url()).as_ref())?;
        if is_one_way(&mutation.name) {
            return Ok(());
        }
        lead(work, &to, &self.schema).await.map_err(|error| format!("back: {error}"))?;
        same(dump(&work.url()).as_ref(), self.dump.as_ref())
    }
}

/// Leads a database from one schema to another and looks whether it arrived.
async fn lead(database: &Connection, from: &Schema, to: &Schema) -> Result<(), String> {
    let plan = plan::plan(from, to, Mode::Online).map_err(|error| error.to_string())?;
    for statement in plan.statements() {
        let ran = database.run("migrating", &statement.sql).await;
        ran.map_err(|error| format!("{error}\n{}\nof\n{}", statement.sql, plan::render(&plan)))?;
    }
    let left = differences(&read(database).await, to);
    if left.is_empty() {
        return Ok(());
    }
    Err(format!("{}\nafter\n{}", left.join("\n"), plan::render(&plan)))
}

/// The lines of `pg_dump`, in no order, where there is one for the server.
fn dump(url: &str) -> Option<Vec<String>> {
    let version = Command::new("pg_dump").arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let major: u32 = version.split_whitespace().nth(2)?.split('.').next()?.parse().ok()?;
    if major != server().version().major() {
        return None;
    }
    let output = Command::new("pg_dump")
        .args(["--schema-only", "--exclude-schema=driftless", "--dbname", url])
        .output()
        .expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = |line: &&str| !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\');
    let mut lines: Vec<_> =
        text.lines().filter(said).map(|line| line.trim_end_matches(',')).map(unordered).collect();
    lines.sort();
    Some(lines)
}

/// Storage parameters in no order.
fn unordered(line: &str) -> String {
    let Some(list) = line.strip_prefix("WITH (").and_then(|rest| rest.strip_suffix(");")) else {
        return line.to_owned();
    };
    let mut parts: Vec<_> = list.split(", ").collect();
    parts.sort_unstable();
    format!("WITH ({});", parts.join(", "))
}

/// Whether two dumps have the same lines; nothing to say where there are none.
fn same(found: Option<&Vec<String>>, expected: Option<&Vec<String>>) -> Result<(), String> {
    let (Some(found), Some(expected)) = (found, expected) else { return Ok(()) };
    if found == expected {
        return Ok(());
    }
    let more = found.iter().filter(|line| !expected.contains(line)).map(|l| format!("+ {l}"));
    let less = expected.iter().filter(|line| !found.contains(line)).map(|l| format!("- {l}"));
    Err(format!("pg_dump differs:\n{}", more.chain(less).collect::<Vec<_>>().join("\n")))
}

/// Checks all mutations of a file, two at a time.
#[allow(clippy::print_stderr, reason = "a campaign says how far it went")]
fn campaign(file: &str, at_least: usize) {
    let base = Base::new();
    let all = mutations(file);
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(mutation) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = block_on(base.check(mutation)) {
                        wrong.lock().unwrap().push(format!("{}: {error}", mutation.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    eprintln!("{file}: {} mutations, {} wrong", all.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let whole = std::env::var_os("DRIFTLESS_CASE").is_none();
    assert!(!whole || all.len() >= at_least, "only {} mutations", all.len());
}

#[test]
fn mutations_of_tables_and_what_is_programmable() {
    campaign("facets.sql", 230);
}

#[test]
fn mutations_of_the_kinds_around() {
    campaign("new-kinds.sql", 150);
}

#[test]
fn mutations_of_named_not_null_and_time() {
    campaign("tables.sql", 1);
}
