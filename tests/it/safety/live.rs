//! The lock advisor against a server: statements are run in a transaction, and what `pg_locks`,
//! `pg_class.relfilenode` and the statistics of the session show is what was said.

use std::collections::{BTreeMap, BTreeSet};

use driftless::{
    db::{Connection, introspect, read_sizes},
    lint::{Class, Known, Level, Options, Transactions, WorkKind, check},
    sql::LockMode,
};
use serde_json::Value;

use super::bench::read;
use crate::support::{block_on, server};

const SCHEMA: &str = include_str!("../../../fixtures/hazards/schema.sql");
const CASES: &str = include_str!("../../../fixtures/locks/cases.sql");

/// What a statement did, by relation that was there before it.
#[derive(Debug, Default, PartialEq)]
struct Done {
    /// Modes from ROW SHARE on.
    locks: BTreeMap<String, LockMode>,
    /// Tables and materialized views with new files.
    rewritten: BTreeSet<String>,
    /// Tables of which many rows were read.
    scanned: BTreeSet<String>,
}

/// The relations of a database that are there now.
const RELATIONS: &str = "
    SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
           c.relkind::text, pg_relation_filenode(c.oid)::int8
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

const LOCKS: &str = "
    SELECT l.relation, l.mode FROM pg_locks AS l
    WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted";

const READS: &str = "
    SELECT relid, seq_tup_read FROM pg_stat_xact_all_tables WHERE seq_tup_read > 0";

/// Runs a statement in a transaction that is undone; the SQLSTATE where it fails.
async fn run(connection: &Connection, sql: &str) -> Result<Done, String> {
    let before = connection.query(RELATIONS, &[]).await.unwrap();
    connection.batch_execute("BEGIN").await.unwrap();
    // What earlier transactions read is counted until it is reported.
    let earlier: BTreeMap<u32, i64> =
        connection.query(READS, &[]).await.unwrap().iter().map(|r| (r.get(0), r.get(1))).collect();
    let ran = connection.batch_execute(sql).await;
    if let Err(error) = ran {
        connection.batch_execute("ROLLBACK").await.unwrap();
        return Err(error.code().map_or_else(|| error.to_string(), |c| c.code().to_owned()));
    }
    let locks = connection.query(LOCKS, &[]).await.unwrap();
    let reads = connection.query(READS, &[]).await.unwrap();
    let after = connection.query(RELATIONS, &[]).await.unwrap();
    connection.batch_execute("ROLLBACK").await.unwrap();
    let names: BTreeMap<u32, (String, String, Option<i64>)> =
        before.iter().map(|r| (r.get(0), (r.get(1), r.get(2), r.get(3)))).collect();
    let mut done = Done::default();
    for row in locks {
        let Some((name, ..)) = names.get(&row.get::<_, u32>(0)) else { continue };
        let mode = mode_of(row.get(1));
        let held = done.locks.entry(name.clone()).or_insert(mode);
        *held = mode.max(*held);
    }
    done.locks.retain(|_, mode| *mode >= LockMode::RowShare);
    for row in reads {
        let (relation, read): (u32, i64) = (row.get(0), row.get(1));
        let many = read - earlier.get(&relation).unwrap_or(&0) >= 1000;
        let name = names.get(&relation).filter(|_| many);
        done.scanned.extend(name.map(|(name, ..)| name.clone()));
    }
    for row in after {
        let Some((name, kind, node)) = names.get(&row.get::<_, u32>(0)) else { continue };
        if matches!(kind.as_str(), "r" | "m") && *node != row.get::<_, Option<i64>>(3) {
            done.rewritten.insert(name.clone());
        }
    }
    Ok(done)
}

/// `ShareUpdateExclusiveLock` of `pg_locks`.
fn mode_of(text: &str) -> LockMode {
    let mut words = String::new();
    for c in text.trim_end_matches("Lock").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c);
    }
    LockMode::parse(&words).unwrap_or_else(|| panic!("{text} is no mode"))
}

/// What is said about it: locks, and work under the lock of the statement itself.
fn said(sql: &str, known: &Known) -> Done {
    let options = Options { transactions: Transactions::Whole, ..Options::default() };
    let report = check(sql, known, &options);
    let mut done = Done::default();
    for lock in report.statements.into_iter().flat_map(|s| s.locks) {
        let held = done.locks.entry(lock.relation.clone()).or_insert(lock.mode);
        *held = lock.mode.max(*held);
        match lock.work {
            Some(WorkKind::Rewrite | WorkKind::Copy) => {
                done.rewritten.insert(lock.relation.clone());
                done.scanned.insert(lock.relation);
            }
            Some(_) => drop(done.scanned.insert(lock.relation)),
            None => {}
        }
    }
    done.locks.retain(|_, mode| *mode >= LockMode::RowShare);
    done
}

/// One case: its name, first version, what is run before, and the statement.
struct LockCase<'t> {
    name: &'t str,
    since: u32,
    before: &'t str,
    sql: &'t str,
}

fn cases() -> Vec<LockCase<'static>> {
    CASES
        .split("-- case: ")
        .skip(1)
        .map(|text| {
            let (name, rest) = text.split_once('\n').unwrap();
            let since = super::directive(rest, "since").map_or(13, |v| v.parse().unwrap());
            let (before, sql) = rest.split_once("-- then\n").unwrap_or(("", rest));
            LockCase { name, since, before, sql }
        })
        .collect()
}

async fn known_of(connection: &Connection) -> Known {
    let schema = introspect::read(connection.client()).await.unwrap();
    let live = read_sizes(connection.client()).await.unwrap();
    Known::from_schema(&schema, &live).unwrap()
}

#[test]
fn the_advisor_says_what_a_server_does() {
    let server = server();
    block_on(async {
        let database = server.database().await.unwrap();
        database.batch_execute("SET timezone = 'UTC'").await.unwrap();
        database.batch_execute(SCHEMA).await.unwrap();
        let version = database.version().major();
        let mut wrong = Vec::new();
        let mut count = 0;
        let unchanged = known_of(&database).await;
        for case in cases().iter().filter(|case| case.since <= version) {
            // What is run before is undone too: in a transaction around the one that is measured.
            let fresh = !case.before.is_empty();
            if fresh {
                database.batch_execute("CREATE SCHEMA undo").await.unwrap();
                database.batch_execute(case.before).await.unwrap();
            }
            let known = if fresh { known_of(&database).await } else { unchanged.clone() };
            let told = said(case.sql, &known);
            match run(&database, case.sql).await {
                Ok(done) => {
                    count += 1;
                    compare(case.name, case.sql, &told, &done, &mut wrong);
                }
                Err(state) => wrong.push(format!("{}: fails with {state}", case.name)),
            }
            if fresh {
                database.batch_execute(RESET).await.unwrap();
                database.batch_execute(SCHEMA).await.unwrap();
            }
        }
        eprintln!("{count} statements on PostgreSQL {version}");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// Drops everything that the schema of the fixtures and the cases make.
const RESET: &str = "
    DROP SCHEMA public, archive, undo CASCADE;
    CREATE SCHEMA public;";

/// Locks and rewrites are the same; what is read is read, and nothing else is said to be.
fn compare(name: &str, sql: &str, told: &Done, done: &Done, wrong: &mut Vec<String>) {
    let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if told.locks != done.locks {
        wrong.push(format!("{name}: {sql}\n  said {:?}\n  did  {:?}", told.locks, done.locks));
    }
    // A truncated table gets new files without being written anew.
    let truncates = sql.starts_with("TRUNCATE") || sql.contains("WITH NO DATA");
    if told.rewritten != done.rewritten && !truncates {
        wrong.push(format!(
            "{name}: {sql}\n  said to rewrite {:?}\n  rewrote {:?}",
            told.rewritten, done.rewritten
        ));
    }
    // An index may serve a read that is said to go through the table.
    let unsaid: Vec<_> = done.scanned.difference(&told.scanned).collect();
    if !unsaid.is_empty() {
        wrong.push(format!("{name}: {sql}\n  not said to read {unsaid:?}"));
    }
    let idle = ["SELECT", "UPDATE", "DELETE", "INSERT", "ANALYZE"];
    let unread: Vec<_> = told.scanned.difference(&done.scanned).collect();
    if !unread.is_empty() && !idle.iter().any(|verb| sql.starts_with(verb)) {
        wrong.push(format!("{name}: {sql}\n  said to read {unread:?}, which it did not"));
    }
}

/// The measured cases of the corpus, on a live database that has what each is about.
#[test]
fn the_benchmark_on_a_live_database() {
    let (Some(bench), Some(cases)) = (read("linter_bench.json"), read("measured_cases.json"))
    else {
        return;
    };
    let by_id: BTreeMap<&str, &Value> =
        cases.as_array().unwrap().iter().map(|c| (c["id"].as_str().unwrap(), c)).collect();
    let server = server();
    block_on(async {
        let database = server.database().await.unwrap();
        let (mut agreed, mut wrong, mut skipped) = (0, Vec::new(), 0);
        for case in bench.as_array().unwrap() {
            let id = case["id"].as_str().unwrap();
            let Some(measured) = by_id.get(id) else { continue };
            let setup = measured["setup"].as_str().unwrap();
            let base = "SET timezone = 'Etc/UTC'; DROP SCHEMA IF EXISTS s CASCADE;
                CREATE SCHEMA s; SET search_path = s, public;
                CREATE TABLE p (id bigint PRIMARY KEY, name text, code int NOT NULL UNIQUE);
                INSERT INTO p SELECT g, 'n' || g, g FROM generate_series(1, 100) AS g;
                CREATE TABLE t (id bigint PRIMARY KEY, a int, b text, c varchar(50), p_id bigint,
                                nn int NOT NULL DEFAULT 1);
                INSERT INTO t SELECT g, g, 'b' || g, 'c' || g, g % 100 + 1, g
                    FROM generate_series(1, 3000) AS g;
                ANALYZE p, t;";
            database.batch_execute(base).await.unwrap();
            let mut made = true;
            for statement in driftless::sql::split::split(setup).pieces {
                made &= database.batch_execute(statement.text).await.is_ok();
            }
            if !made {
                // An extension, a role or a tablespace that this server does not have.
                skipped += 1;
                continue;
            }
            let known = known_of(&database).await;
            let pre = measured["pre"].as_str().unwrap();
            let script = format!("{pre};{}", case["sql"].as_str().unwrap());
            let report = check(&script, &known, &Options::default());
            let lock = |f: &driftless::lint::Finding| {
                f.class() == Class::Lock && f.level >= Level::Warning
            };
            let flagged = report.findings.iter().any(lock);
            if flagged == case["dangerous"].as_bool().unwrap() {
                agreed += 1;
            } else {
                wrong.push(format!("{id}: {script} flagged {flagged}"));
            }
        }
        eprintln!("live: {agreed} agreed, {} not, {skipped} not possible here", wrong.len());
        wrong.iter().for_each(|line| eprintln!("  {line}"));
        assert!(wrong.len() * 50 <= agreed, "{}", wrong.join("\n"));
    });
}
