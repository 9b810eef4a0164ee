//! How long the commands take that are run all day, beside `pg_dump -s` of the same database:
//! `cargo bench --bench commands` (`-- 10000` for another number of tables).
//!
//! Everything is a process of its own, from a cold start, on a private server.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "common/models.rs"]
mod models;

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use driftless::db::{Scratch, ScratchOptions, connect};

fn main() {
    let tables = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(1000);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server =
        runtime.block_on(Scratch::open(&ScratchOptions::default())).expect("a private server");
    let database = runtime.block_on(server.database()).expect("a database");
    let url = database.url();

    let dir = tempfile::tempdir().expect("a directory");
    let migration = dir.path().join("migrations/1_all");
    fs::create_dir_all(&migration).expect("a migrations directory");
    fs::write(migration.join("migration.sql"), schema(tables)).expect("a migration");
    let maintenance = database.target().with_database("postgres").reveal();
    let driftless = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftless"));
        command.args(args).current_dir(dir.path()).env("DATABASE_URL", &url);
        command.env("DRIFTLESS_SCRATCH_URL", &maintenance);
        command
    };
    let deployed = Instant::now();
    run(driftless(&["deploy"]));
    println!("deploy of {tables} tables: {} ms", deployed.elapsed().as_millis());
    run(driftless(&["status", "--exit-code"]));

    println!("# {tables} tables of 10 columns, each with a key, an index and a foreign key");
    let status = best(5, || driftless(&["status", "--exit-code"]));
    println!("status:       {:5} ms, {} MiB at most", status.0.as_millis(), status.1);
    let dump = best(5, || {
        let mut command = Command::new("pg_dump");
        command.args(["--schema-only", "--dbname", &url]);
        command
    });
    println!("pg_dump -s:   {:5} ms, {} MiB at most", dump.0.as_millis(), dump.1);
    println!("status / pg_dump -s: {:.2}", status.0.as_secs_f64() / dump.0.as_secs_f64());

    let other = runtime.block_on(server.database()).expect("a database");
    runtime.block_on(async {
        let connection = connect(other.target()).await.expect("a connection");
        connection.run("loading", &schema(tables)).await.expect("the same tables");
        connection.run("changing", &changes(tables)).await.expect("a hundred changes");
    });
    let (from, to) = (format!("db:{url}"), format!("db:{}", other.url()));
    let diff = best(3, || driftless(&["diff", "--from", &from, "--to", &to]));
    println!("diff, 100 changes: {:5} ms, {} MiB at most", diff.0.as_millis(), diff.1);

    fs::write(dir.path().join("schema.model"), models::models()).expect("a model");
    let validate = best(10, || driftless(&["validate"]));
    println!("validate {} models: {} ms", models::MODELS, validate.0.as_millis());
    example(&maintenance, &runtime.block_on(server.database()).expect("a database").url());
}

/// `dev` with nothing to do, on the worked example.
fn example(maintenance: &str, url: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().expect("a directory");
    let copied = Command::new("cp")
        .args(["-r", "schema.model", "migrations"])
        .arg(dir.path())
        .current_dir(root)
        .status()
        .expect("cp runs");
    assert!(copied.success());
    let dev = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftless"));
        command.arg("dev").current_dir(dir.path()).env("DATABASE_URL", url);
        command.env("DRIFTLESS_SCRATCH_URL", maintenance);
        command
    };
    run(dev());
    println!("dev, nothing changed: {} ms", best(10, dev).0.as_millis());
}

fn run(mut command: Command) {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The shortest time of several runs, and the most memory that any of them had, in MiB.
fn best(times: u32, command: impl Fn() -> Command) -> (Duration, u64) {
    let mut shortest = Duration::MAX;
    for _ in 0..times {
        let start = Instant::now();
        run(command());
        shortest = shortest.min(start.elapsed());
    }
    (shortest, memory(command()))
}

/// The resident memory of one more run at its highest, in MiB, as Linux counts it.
fn memory(mut command: Command) -> u64 {
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let file = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().expect("a child can be waited for").is_none() {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        most = most.max(size.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    most / 1024
}

fn schema(tables: usize) -> String {
    let mut sql = String::new();
    for n in 0..tables {
        let _ = write!(
            sql,
            "CREATE TABLE table_{n} (id bigint PRIMARY KEY, name varchar(120) NOT NULL, \
             email text, price numeric(10,2) DEFAULT 0 NOT NULL, created_at timestamptz \
             DEFAULT now(), tags text[], data jsonb, active boolean DEFAULT true, amount integer, \
             other_id bigint{});\nCREATE INDEX table_{n}_name_idx ON table_{n} (name, created_at);\n",
            n.checked_sub(1).map_or_else(String::new, |p| format!(" REFERENCES table_{p} (id)")),
        );
    }
    sql
}

/// A hundred changes, spread over the tables.
fn changes(tables: usize) -> String {
    let table = |n: usize| n * tables / 100;
    let mut sql = String::new();
    for n in 0..100 {
        let t = table(n);
        let _ = match n % 4 {
            0 => writeln!(sql, "ALTER TABLE table_{t} ADD COLUMN note text;"),
            1 => writeln!(sql, "ALTER TABLE table_{t} ALTER COLUMN email SET NOT NULL;"),
            2 => writeln!(sql, "CREATE INDEX table_{t}_email_idx ON table_{t} (email);"),
            _ => writeln!(sql, "ALTER TABLE table_{t} ALTER COLUMN amount SET DEFAULT 1;"),
        };
    }
    sql
}
