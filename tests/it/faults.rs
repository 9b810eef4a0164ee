//! Deploys that are killed, cut off, blocked, refused or run at the same time.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    time::{Duration, Instant},
};

use driftless::{
    db::{introspect, ledger},
    diff::diff,
    schema::Schema,
};

use crate::support::{Dice, Sandbox, block_on, finish, setting};

/// One migration for each way in which a step can be run.
pub(crate) const HISTORY: &[(&str, &str)] = &[
    (
        "1_tables",
        "CREATE TABLE counter (n int); INSERT INTO counter VALUES (0);\n\
         CREATE TABLE t (id int PRIMARY KEY, a int, b text);\n\
         INSERT INTO t SELECT i, i % 100, 'x' || i FROM generate_series(1, 20000) i;\n\
         CREATE TABLE p (id int) PARTITION BY RANGE (id);\n\
         CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);\n\
         CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);\n\
         CREATE TYPE mood AS ENUM ('low');",
    ),
    ("2_count", "UPDATE counter SET n = n + 1; SELECT pg_sleep(0.02); UPDATE t SET a = a + 1;"),
    (
        "3_build",
        "CREATE INDEX CONCURRENTLY t_a ON t (a);\n\
         CREATE INDEX CONCURRENTLY ON t (b);\n\
         UPDATE counter SET n = n + 10;\n\
         CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_ab ON public.t (id, a);\n\
         UPDATE counter SET n = n + 100;",
    ),
    (
        "4_rebuild",
        "REINDEX TABLE CONCURRENTLY t;\nUPDATE counter SET n = n + 1000;\n\
         DROP INDEX CONCURRENTLY t_a;\nCREATE INDEX CONCURRENTLY \"t A\" ON t (a DESC);",
    ),
    (
        "5_enum",
        "ALTER TYPE mood ADD VALUE 'high';\nCREATE TABLE m (v mood DEFAULT 'high');\n\
         INSERT INTO m DEFAULT VALUES;",
    ),
    (
        "6_alone",
        "-- driftless: no-transaction\nUPDATE counter SET n = n + 10000;\nVACUUM t;\n\
         UPDATE counter SET n = n + 100000;\nINSERT INTO m VALUES ('low');",
    ),
    (
        "7_detach",
        "ALTER TABLE p DETACH PARTITION p2 CONCURRENTLY;\nALTER TABLE p2 ADD c int;\n\
         DROP TABLE p1;",
    ),
    (
        "8_settings",
        "SET search_path = nowhere, public;\nCREATE SCHEMA nowhere;\n\
         CREATE INDEX CONCURRENTLY t_b2 ON t (b, a);\nCREATE TABLE in_nowhere (id int);\n\
         ALTER TABLE t ADD CONSTRAINT positive CHECK (a >= 0) NOT VALID;\n\
         ALTER TABLE t VALIDATE CONSTRAINT positive;",
    ),
    ("9_count", "BEGIN; UPDATE counter SET n = n + 1000000; COMMIT;\nSELECT 1;"),
    (
        "9_fill",
        "-- driftless: batch key=id size=1500 pause=0ms target=2ms\nUPDATE t SET a = a + 1;\n\
         -- driftless: batch key=ctid size=20 pause=0ms target=5ms\n\
         UPDATE t SET b = 'y' || id WHERE b NOT LIKE 'y%';",
    ),
];

/// What a deploy leaves behind: the schema, and what is in it.
pub(crate) fn left(sandbox: &Sandbox) -> (Schema, [String; 3]) {
    let mut schema = block_on(introspect::read(sandbox.session().client())).unwrap();
    ledger::hide(&mut schema, &ledger::LedgerName::default());
    let counter = sandbox.value("SELECT n FROM counter");
    let rows = sandbox.value(
        "SELECT (SELECT string_agg(v::text, ',' ORDER BY v) FROM m) || \
         (SELECT sum(a) || '/' || count(*) FILTER (WHERE b LIKE 'y%') FROM t)",
    );
    let invalid = sandbox.value(
        "SELECT string_agg(indexrelid::regclass::text, ', ') FROM pg_index WHERE NOT indisvalid",
    );
    (schema, [counter, rows, invalid])
}

/// How often to disturb, and the first seed; the campaign of a release sets more.
pub(crate) fn seeds(default: u64) -> std::ops::Range<u64> {
    let number = |name| setting(name).and_then(|value| value.parse::<u64>().ok());
    let first = number("DRIFTLESS_FAULT_SEED").unwrap_or(1);
    first..first + number("DRIFTLESS_FAULT_ROUNDS").unwrap_or(default)
}

/// The sessions of the deploys of a sandbox.
const SESSIONS: &str = "FROM pg_stat_activity WHERE application_name = 'driftless' \
     AND datname = current_database() AND pid <> pg_backend_pid()";

/// Disturbs a running deploy in one of the ways in which production does.
fn disturb(dice: &mut Dice, sandbox: &Sandbox, child: &mut std::process::Child) -> &'static str {
    match dice.below(5) {
        0 => {
            let _ = child.kill();
            "killed"
        }
        1 => {
            sandbox.sql(&format!("SELECT pg_terminate_backend(pid) {SESSIONS}"));
            "cut off"
        }
        2 => {
            sandbox.sql(&format!("SELECT pg_cancel_backend(pid) {SESSIONS}"));
            "made to fail"
        }
        3 => {
            let lock = "SELECT to_regclass('t') IS NOT NULL";
            if sandbox.value(lock) == "true" {
                let holder = sandbox.connection();
                let hold = "BEGIN; SET lock_timeout = '300ms'; LOCK t IN ACCESS EXCLUSIVE MODE";
                let _ = block_on(holder.run("test", hold));
                std::thread::sleep(Duration::from_millis(dice.below(500) as u64));
            }
            "locked out"
        }
        _ => {
            crash_server(sandbox);
            "left without a server"
        }
    }
}

/// Has the server end all sessions at once and recover, as after `pg_ctl stop -m immediate`: that
/// is what it does when one of its processes is killed.
fn crash_server(sandbox: &Sandbox) {
    let victim = sandbox.connection();
    let row = block_on(victim.query_one("SELECT pg_backend_pid()", &[])).unwrap();
    let pid = row.get::<_, i32>(0).to_string();
    assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    let deadline = Instant::now() + Duration::from_secs(10);
    while block_on(sandbox.session().batch_execute("SELECT 1")).is_ok() {
        assert!(Instant::now() < deadline, "the server did not notice");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Makes a database as it was when it was created.
const EMPTY: &str = "DROP SCHEMA IF EXISTS driftless CASCADE; DROP SCHEMA IF EXISTS nowhere CASCADE; \
     DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner; \
     GRANT USAGE ON SCHEMA public TO PUBLIC; \
     COMMENT ON SCHEMA public IS 'standard public schema'";

/// A deploy that is disturbed a few times, then one that is not, and what is left.
fn campaign(sandbox: &mut Sandbox, seed: u64, span: usize) -> (Schema, [String; 3], String) {
    let mut dice = Dice(seed);
    // One database for all: a server that crashed has lost whoever creates others.
    sandbox.sql(EMPTY);
    let mut log = String::new();
    for _ in 0..=dice.below(3) {
        let mut child = sandbox.spawn(&["deploy", "--wait", "20s", "--lock-wait", "20s"]);
        std::thread::sleep(Duration::from_millis(dice.below(span) as u64));
        let how = disturb(&mut dice, sandbox, &mut child);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!text.contains("panicked"), "seed {seed}, {how}: {text}");
        log.push_str(&format!("{how}: {text}"));
        sandbox.reconnect();
    }
    let ran = sandbox.run(&["deploy", "--wait", "20s"]);
    log.push_str(&ran.stderr);
    assert_eq!(ran.status, 0, "seed {seed}: {log}");
    sandbox.run(&["status", "--exit-code"]).expect(0);
    let (schema, found) = left(sandbox);
    (schema, found, log)
}

#[test]
fn a_deploy_that_is_disturbed_is_continued_by_the_next() {
    let mut undisturbed = Sandbox::with_migrations(HISTORY);
    undisturbed.sql(EMPTY);
    let started = Instant::now();
    undisturbed.run(&["deploy"]).expect(0);
    let span = usize::try_from(started.elapsed().as_millis()).unwrap();
    let (expected_schema, expected) = left(&undisturbed);
    assert_eq!(expected, ["1111111", "low,high1030000/20000", "NULL"]);
    for seed in seeds(5) {
        let (schema, found, log) = campaign(&mut undisturbed, seed, span);
        assert_eq!(found, expected, "seed {seed}: {log}");
        let changes = diff(&expected_schema, &schema).changes;
        assert!(changes.is_empty(), "seed {seed}: {changes:?}\n{log}");
    }
}

#[test]
fn of_deploys_at_once_one_works_and_the_others_wait() {
    for count in [2, 4, 8] {
        let sandbox = Sandbox::with_migrations(HISTORY);
        let children: Vec<_> =
            (0..count).map(|_| sandbox.spawn(&["deploy", "--wait", "60s"])).collect();
        let outputs: Vec<_> = children.into_iter().map(|c| c.wait_with_output().unwrap()).collect();
        let texts: Vec<_> =
            outputs.iter().map(|o| String::from_utf8_lossy(&o.stderr).into_owned()).collect();
        assert!(outputs.iter().all(|output| output.status.success()), "{texts:#?}");
        let worked = texts.iter().filter(|text| text.contains("applied 10")).count();
        assert_eq!(worked, 1, "{texts:#?}");
        let waited = texts.iter().any(|text| text.contains("another deploy is at work: pid"));
        assert!(waited, "{texts:#?}");
        assert_eq!(sandbox.value("SELECT n FROM counter"), "1111111");
    }
}

#[test]
fn a_deploy_that_may_not_wait_names_who_is_at_work() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "SELECT pg_sleep(3)")]);
    let mut first = sandbox.spawn(&["deploy"]);
    let at_work = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                   (SELECT oid FROM pg_database WHERE datname = current_database())";
    while sandbox.value(at_work) == "0" {
        std::thread::sleep(Duration::from_millis(10));
    }
    sandbox.run(&["deploy", "--wait", "0s"]).expect(4).says("P0024").says("it is pid");
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_lock_that_somebody_holds_is_asked_for_briefly_again_and_again() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a (id int);"),
        ("2_b", "ALTER TABLE a ADD b text;"),
    ]);
    sandbox.run(&["deploy", "--to", "1_a"]).expect(0);
    let holder = sandbox.connection();
    block_on(holder.run("test", "BEGIN; SELECT * FROM a")).unwrap();
    sandbox
        .run(&["deploy", "--lock-wait", "1s"])
        .expect(4)
        .says("error[P0021]")
        .says("step 1 waits for pid")
        .says("held by pid")
        .says("idle in transaction");
    assert_eq!(sandbox.value("SELECT count(*) FROM a"), "0");
    let child = sandbox.spawn(&["deploy", "--lock-wait", "20s"]);
    // Others are let pass while it waits.
    let reader = sandbox.connection();
    let mut worst = Duration::ZERO;
    for _ in 0..20 {
        let started = Instant::now();
        block_on(reader.run("test", "SELECT * FROM a")).unwrap();
        worst = worst.max(started.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(worst < Duration::from_millis(900), "a reader waited {worst:?}");
    block_on(holder.run("test", "COMMIT")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(sandbox.value("SELECT count(b) FROM a"), "0");
}

#[test]
fn a_prepared_transaction_that_holds_a_lock_is_named() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a (id int);"),
        ("2_b", "ALTER TABLE a ADD b text;"),
    ]);
    sandbox.run(&["deploy", "--to", "1_a"]).expect(0);
    sandbox.sql("BEGIN; INSERT INTO a VALUES (1); PREPARE TRANSACTION 'forgotten'");
    sandbox
        .run(&["deploy", "--lock-wait", "600ms"])
        .expect(4)
        .says("error[P0021]")
        .says("prepared transaction forgotten");
    sandbox.sql("ROLLBACK PREPARED 'forgotten'");
    sandbox.run(&["deploy"]).expect(0);
}

#[test]
fn a_step_whose_end_nobody_can_tell_stops_everything() {
    let sandbox = Sandbox::with_migrations(&[(
        "1_a",
        "-- driftless: no-transaction\nCREATE TABLE a (id int);\n\
         CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a VALUES (1); COMMIT; \
         PERFORM pg_sleep(30); END $$;\nCALL p();",
    )]);
    let mut child = sandbox.spawn(&["deploy"]);
    let there = "SELECT CASE WHEN to_regclass('a') IS NULL THEN '0' ELSE \
                 (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM a', true, true, \
                 '')))[1]::text END";
    while sandbox.value(there) != "1" {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    sandbox
        .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL p%'");
    sandbox
        .run(&["deploy"])
        .expect(3)
        .says("error[P0022]: nobody recorded how step 3 of migration `1_a` ended")
        .says("driftless resolve");
    assert_eq!(sandbox.value("SELECT count(*) FROM a"), "1");
}

#[test]
fn a_password_that_is_wrong_or_missing_is_said_and_never_shown() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "SELECT 1;")]);
    sandbox.sql("CREATE ROLE guarded LOGIN PASSWORD 'right'");
    let file = sandbox.value("SELECT current_setting('hba_file')");
    sandbox.sql(&format!(
        "COPY (SELECT unnest(ARRAY['local all guarded scram-sha-256', 'local all all trust'])) \
         TO '{file}'; SELECT pg_reload_conf()"
    ));
    std::thread::sleep(Duration::from_millis(200));
    let url = |password: &str| sandbox.url().replace("postgres@", &format!("guarded{password}@"));
    for (password, said) in [(":topsecret", "password authentication failed"), ("", "password")] {
        let ran = sandbox.run(&["deploy", "--url", &url(password)]);
        let ran = ran.expect(4).says("error[P0003]").says(said).says("`PGPASSWORD`");
        assert!(!ran.stderr.contains("topsecret"), "{}", ran.stderr);
    }
    sandbox.run(&["status", "--url", &url(":right")]).expect(0);
    let mut command = sandbox.command(&["status", "--url", &url("")]);
    command.env("PGPASSWORD", "right");
    finish(command).expect(0);
    let mut command = sandbox.command(&["status", "--url", &url("")]);
    sandbox.write("pass", "*:*:*:guarded:right\n");
    command.env("PGPASSFILE", sandbox.dir.path().join("pass"));
    finish(command).expect(0);
}

#[test]
fn a_role_without_rights_and_a_read_only_server_are_refused() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a ();")]);
    sandbox.sql("CREATE ROLE powerless LOGIN; CREATE ROLE reader LOGIN");
    sandbox.sql("ALTER ROLE reader SET default_transaction_read_only = on");
    let url = |role: &str| sandbox.url().replace("postgres@", &format!("{role}@"));
    sandbox
        .run(&["deploy", "--url", &url("powerless")])
        .expect(4)
        .says("error[P0007]: creating the ledger: permission denied");
    sandbox.run(&["deploy", "--url", &url("reader")]).expect(4).says("error[P0008]");
    assert_eq!(sandbox.value("SELECT to_regnamespace('driftless')"), "NULL");
    sandbox.run(&["deploy"]).expect(0);
    sandbox.run(&["status", "--url", &url("powerless")]).expect(4).says("error[P0007]");
}

#[test]
fn a_server_that_is_too_old_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut greeting = [0; 1024];
        let _ = stream.read(&mut greeting).unwrap();
        // Authenticated, version 12.3, ready for queries (manual, "Message Formats").
        let mut answer = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x18server_version\x0012.3\0".to_vec();
        answer.extend(b"K\0\0\0\x0c\0\0\0\x01\0\0\0\x01Z\0\0\0\x05I");
        stream.write_all(&answer).unwrap();
        let _ = stream.read(&mut greeting);
    });
    let sandbox = Sandbox::new();
    let url = format!("postgres://u@127.0.0.1:{port}/d?sslmode=disable");
    sandbox
        .run(&["status", "--url", &url])
        .expect(4)
        .says("error[P0006]")
        .says("PostgreSQL 12.3, expected 13 or later");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_after_the_transaction_and_twice_at_once() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a (); SELECT pg_sleep(1);"),
        ("2_b", "CREATE TABLE b ();"),
        ("3_c", "CREATE TABLE c (); SELECT pg_sleep(30);"),
    ]);
    let interrupt = |child: &std::process::Child| {
        let pid = child.id().to_string();
        assert!(
            std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success()
        );
    };
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' \
                    AND state = 'active' AND datname = current_database() AND wait_event = 'PgSleep'";
    let wait = || {
        while sandbox.value(sleeping) == "0" {
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let child = sandbox.spawn(&["deploy"]);
    wait();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("P0023"), "{text}");
    assert_eq!(sandbox.value("SELECT to_regclass('a')"), "a");
    assert_eq!(sandbox.value("SELECT to_regclass('b')"), "NULL");
    let child = sandbox.spawn(&["deploy"]);
    wait();
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(100));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("`3_c` is done up to step 0"), "{text}");
    assert_eq!(sandbox.value("SELECT to_regclass('b')"), "b");
    assert_eq!(sandbox.value("SELECT to_regclass('c')"), "NULL");
}
