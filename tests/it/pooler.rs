//! Deploys through PgBouncer in transaction mode: whole, at the same time, killed and taken over.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use driftless::diff::diff;

use crate::{
    faults::{HISTORY, left, seeds},
    support::{Dice, Sandbox},
};

/// PgBouncer before the server of the test, in transaction mode; `None` where it is not installed.
fn pgbouncer(sandbox: &Sandbox) -> Option<(std::process::Child, String)> {
    let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())?;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let socket = &sandbox.database.target().hosts()[0].host.clone();
    sandbox.write("users.txt", "\"postgres\" \"\"\n");
    let dir = sandbox.dir.path().display();
    sandbox.write(
        "pgbouncer.ini",
        &format!(
            "[databases]\n* = host={socket} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\nauth_file = {dir}/users.txt\n\
             pool_mode = transaction\nlogfile = {dir}/bouncer.log\n"
        ),
    );
    let mut command = std::process::Command::new("sh");
    // It does not run as root either.
    let user = if is_root() { "-u postgres " } else { "" };
    command
        .args(["-c", &format!("chmod -R a+rwX {dir}; exec {program} {user}{dir}/pgbouncer.ini")]);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let child = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "PgBouncer does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    let database = sandbox.database.name();
    Some((child, format!("postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable")))
}

fn is_root() -> bool {
    std::process::Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0"
}

/// What a test goes through; it ends with the test.
struct Bouncer {
    child: std::process::Child,
    url: String,
}

impl Bouncer {
    #[allow(clippy::print_stderr, reason = "a skipped test says so")]
    fn before(sandbox: &Sandbox) -> Option<Self> {
        let found = pgbouncer(sandbox).map(|(child, url)| Self { child, url });
        if found.is_none() {
            // The package `pgbouncer` of Debian is not a part of the project.
            eprintln!("skipped: PgBouncer is not installed");
        }
        found
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a count is not 0.
fn wait_for(sandbox: &Sandbox, count: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while sandbox.value(count) == "0" {
        assert!(Instant::now() < deadline, "it does not come about: {count}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The history of the other faults, but for a migration that sets the session.
fn history() -> Vec<(&'static str, &'static str)> {
    HISTORY.iter().filter(|(name, _)| *name != "8_settings").copied().collect()
}

#[test]
fn a_history_with_every_kind_of_step_goes_through_a_pooler() {
    let sandbox = Sandbox::with_migrations(&history());
    let Some(bouncer) = Bouncer::before(&sandbox) else { return };
    sandbox.run(&["deploy", "--url", &bouncer.url]).expect(0).says("applied 9");
    let direct = Sandbox::with_migrations(&history());
    direct.run(&["deploy"]).expect(0);
    let (through, plain) = (left(&sandbox), left(&direct));
    assert_eq!(through.1, plain.1);
    assert!(diff(&plain.0, &through.0).is_empty());
    sandbox.run(&["status", "--exit-code", "--url", &bouncer.url]).expect(0);
    sandbox.run(&["deploy", "--url", &bouncer.url]).expect(0).says("nothing to apply");
    // The row is given back, and no setting stays with a session of the pool.
    assert_eq!(sandbox.value("SELECT count(*) FROM driftless.migrations_lock"), "0");
}

#[test]
fn settings_of_the_session_last_as_long_as_each_transaction() {
    let sandbox = Sandbox::with_migrations(&[(
        "1_a",
        "CREATE SCHEMA elsewhere;\nSET search_path = elsewhere;\nBEGIN;\nCREATE TABLE a ();\n\
         COMMIT;\nBEGIN;\nCREATE TABLE b ();\nCOMMIT;",
    )]);
    let Some(bouncer) = Bouncer::before(&sandbox) else { return };
    sandbox.run(&["deploy", "--url", &bouncer.url]).expect(0);
    assert_eq!(sandbox.value("SELECT to_regclass('elsewhere.b')"), "elsewhere.b");
    sandbox.write(
        "migrations/2_b/migration.sql",
        "SET search_path = elsewhere;\nCREATE INDEX CONCURRENTLY ON a ((1));",
    );
    sandbox
        .run(&["deploy", "--url", &bouncer.url])
        .expect(4)
        .says("error[P0055]: step 2 of migration `2_b`, line 2, does not run through");
    sandbox.write("migrations/2_b/migration.sql", "RESET search_path;\nSELECT 1;");
    sandbox.run(&["deploy", "--url", &bouncer.url]).expect(4).says("it changes the session");
    sandbox.run(&["deploy"]).expect(0);
}

#[test]
fn one_works_whichever_way_it_came() {
    let sandbox = Sandbox::with_migrations(&history());
    let Some(bouncer) = Bouncer::before(&sandbox) else { return };
    let through = ["deploy", "--wait", "60s", "--url", &bouncer.url];
    let direct = ["deploy", "--wait", "60s"];
    let ways = [&through[..], &direct[..], &through[..], &direct[..]];
    let children: Vec<_> = ways.iter().map(|args| sandbox.spawn(args)).collect();
    let outputs: Vec<_> = children.into_iter().map(|c| c.wait_with_output().unwrap()).collect();
    let texts: Vec<_> =
        outputs.iter().map(|o| String::from_utf8_lossy(&o.stderr).into_owned()).collect();
    assert!(outputs.iter().all(|output| output.status.success()), "{texts:#?}");
    assert_eq!(texts.iter().filter(|text| text.contains("applied 9")).count(), 1, "{texts:#?}");
    assert_eq!(sandbox.value("SELECT n FROM counter"), "1111111");
}

#[test]
fn a_holder_that_lives_is_named_and_one_that_is_gone_is_followed() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "SELECT pg_sleep(3);\nCREATE TABLE a ();")]);
    let Some(bouncer) = Bouncer::before(&sandbox) else { return };
    let mut child = sandbox.spawn(&["deploy", "--url", &bouncer.url]);
    let held =
        "SELECT CASE WHEN to_regclass('driftless.migrations_lock') IS NULL THEN 0 ELSE 1 END";
    wait_for(&sandbox, held);
    std::thread::sleep(Duration::from_millis(300));
    for url in [bouncer.url.as_str(), &sandbox.url()] {
        let ran = sandbox.run(&["deploy", "--wait", "0s", "--url", url]);
        ran.expect(4).says("error[P0024]").says("driftless through a pooler").says("process");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it wrote last is made old; then it is gone as soon as its statement has ended.
    sandbox.sql("UPDATE driftless.migrations_lock SET heartbeat_at = now() - interval '1 minute'");
    sandbox.run(&["deploy", "--wait", "20s", "--url", &bouncer.url]).expect(0);
    assert_eq!(sandbox.value("SELECT to_regclass('a')"), "a");
}

#[test]
fn a_holder_that_was_followed_does_not_go_on() {
    let sandbox = Sandbox::with_migrations(&[(
        "1_a",
        "BEGIN;\nSELECT pg_sleep(2);\nCOMMIT;\nBEGIN;\nCREATE TABLE a ();\nCOMMIT;",
    )]);
    let Some(bouncer) = Bouncer::before(&sandbox) else { return };
    let child = sandbox.spawn(&["deploy", "--url", &bouncer.url]);
    let at_work = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' \
                   AND state = 'active' AND datname = current_database()";
    wait_for(&sandbox, at_work);
    sandbox.sql("UPDATE driftless.migrations_lock SET token = 'another', holder = 'a thief'");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("another deploy has taken over"), "{text}");
    assert_eq!(sandbox.value("SELECT to_regclass('a')"), "NULL");
}

#[test]
fn a_killed_deploy_through_a_pooler_is_continued_by_the_next() {
    let history = history();
    let undisturbed = Sandbox::with_migrations(&history);
    let Some(first) = Bouncer::before(&undisturbed) else { return };
    let started = Instant::now();
    undisturbed.run(&["deploy", "--url", &first.url]).expect(0);
    let span = usize::try_from(started.elapsed().as_millis()).unwrap();
    let (expected_schema, expected) = left(&undisturbed);
    for seed in seeds(4) {
        let mut dice = Dice(seed + 1000);
        let sandbox = Sandbox::with_migrations(&history);
        let Some(bouncer) = Bouncer::before(&sandbox) else { return };
        let mut child = sandbox.spawn(&["deploy", "--url", &bouncer.url]);
        std::thread::sleep(Duration::from_millis(dice.below(span) as u64));
        let _ = child.kill();
        child.wait().unwrap();
        if sandbox.value("SELECT to_regclass('driftless.migrations_lock')") != "NULL" {
            sandbox.sql(
                "UPDATE driftless.migrations_lock SET heartbeat_at = now() - interval '1 minute'",
            );
        }
        let ran = sandbox.run(&["deploy", "--wait", "30s", "--url", &bouncer.url]);
        assert_eq!(ran.status, 0, "seed {seed}: {}", ran.stderr);
        let (schema, found) = left(&sandbox);
        assert_eq!(found, expected, "seed {seed}: {}", ran.stderr);
        let changes = diff(&expected_schema, &schema).changes;
        assert!(changes.is_empty(), "seed {seed}: {changes:?}\n{}", ran.stderr);
    }
}
