//! Real histories of real projects, and malformed ones.

use crate::{
    corpus::{files, folder},
    support::{Dice, Sandbox, block_on},
};

/// Projects whose files do not run by themselves, with the reason.
const UNFIT: &[(&str, &str)] = &[
    ("chatbot-ui", "needs the extension http"),
    ("hasura-auth", "its runner creates the schema auth before"),
    ("ohdsi-webapi", "has placeholders"),
    ("sourcegraph-codeintel", "commits a transaction that its runner begins"),
    ("supabase-storage-multitenant", "needs settings of its runner"),
];

#[test]
fn corpus_histories_are_deployed_in_order() {
    let Some(folder) = folder("history") else { return };
    let mut projects: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    projects.sort();
    let mut failed = Vec::new();
    for project in projects {
        let name = project.file_name().unwrap().to_string_lossy().into_owned();
        let sandbox = Sandbox::new();
        let scripts = files(&project, ".sql");
        for script in &scripts {
            let number = script.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(script).unwrap();
            sandbox.write(&format!("migrations/{number}_m/migration.sql"), &text);
        }
        let ran = sandbox.run(&["deploy"]);
        let unfit = UNFIT.iter().find(|(unfit, _)| *unfit == name);
        match (ran.status, unfit) {
            (0, None) => {
                let count = sandbox.value("SELECT count(*) FROM driftless.migrations");
                assert_eq!(count, scripts.len().to_string(), "{name}");
            }
            (0, Some(_)) => failed.push(format!("{name} runs after all: take it off the list")),
            (_, None) => failed.push(format!("{name}: {}", ran.stderr)),
            (_, Some((_, reason))) => {
                assert!(!ran.stderr.contains("panicked"), "{name} ({reason}): {}", ran.stderr);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn malformed_histories_change_nothing_and_say_why() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a (id int);"),
        ("2_b", "CREATE TABLE b (id int);"),
    ]);
    sandbox.run(&["deploy"]).expect(0);
    let state = "SELECT md5(string_agg(m::text, ',' ORDER BY name)) FROM driftless.migrations m";
    let before = sandbox.value(state);
    for seed in 0..rounds(60) {
        let mut dice = Dice(seed);
        let dir = sandbox.dir.path().join("migrations");
        std::fs::remove_dir_all(&dir).unwrap();
        sandbox.write("migrations/1_a/migration.sql", "CREATE TABLE a (id int);");
        sandbox.write("migrations/2_b/migration.sql", "CREATE TABLE b (id int);");
        spoil(&mut dice, &sandbox);
        let ran = sandbox.run(&["deploy"]);
        assert!([2, 3].contains(&ran.status), "seed {seed}: {} {}", ran.status, ran.stderr);
        assert!(ran.stderr.contains("error[P00"), "seed {seed}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "seed {seed}: {}", ran.stderr);
        assert_eq!(sandbox.value(state), before, "seed {seed}");
        let status = sandbox.run(&["status"]);
        assert!(!status.stderr.contains("panicked"), "seed {seed}: {}", status.stderr);
    }
}

/// How many to try; the campaign of a release sets 1,000.
fn rounds(default: u64) -> u64 {
    let found = std::env::vars().find(|(name, _)| name == "DRIFTLESS_FUZZ_ROUNDS");
    found.and_then(|(_, value)| value.parse().ok()).unwrap_or(default)
}

/// Does to the directory what merges, editors and half-finished checkouts do.
fn spoil(dice: &mut Dice, sandbox: &Sandbox) {
    let dir = sandbox.dir.path().join("migrations");
    match dice.below(12) {
        0 => std::fs::remove_file(dir.join("2_b/migration.sql")).unwrap(),
        1 => std::fs::remove_dir_all(dir.join("1_a")).unwrap(),
        2 => sandbox.write("migrations/2_b/migration.sql", "CREATE TABLE b (id int"),
        3 => sandbox.write("migrations/1_a/migration.sql", ""),
        4 => sandbox.write("migrations/3_c/migration.sql", "<<<<<<< HEAD\nSELECT 1;\n"),
        5 => sandbox.write("migrations/3_c/migration.toml", "parents = []"),
        6 => {
            sandbox.write("migrations/3_c/migration.sql", "SELECT 1;");
            sandbox.write("migrations/3_c/migration.toml", "parents = [\"9_x\"]");
        }
        7 => {
            sandbox.write("migrations/3_c/migration.sql", "SELECT 1;");
            sandbox.write("migrations/3_c/migration.toml", "parents = [\"3_c\"]");
        }
        8 => sandbox.write("migrations/loose.sql", "DROP TABLE a;"),
        9 => {
            let bytes: Vec<u8> = (0..64).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
            let bytes = [&[0xff_u8][..], &bytes].concat();
            std::fs::create_dir_all(dir.join("3_c")).unwrap();
            std::fs::write(dir.join("3_c/migration.sql"), bytes).unwrap();
        }
        10 => sandbox.write("migrations/migration_lock.toml", "provider = \"mysql\""),
        _ => sandbox.write("migrations/3_c/migration.sql", "BEGIN;\nSELECT $x$ 1;\n"),
    }
}

/// What hands, restores and other programs do to a ledger.
const SPOILS: &[&str] = &[
    "UPDATE driftless.migrations SET up_sha256 = 'x' WHERE name = '1_a'",
    "UPDATE driftless.migrations SET up_sha256 = ''",
    "UPDATE driftless.migrations SET name = name || 'x' WHERE name = '2_b'",
    "UPDATE driftless.migrations SET finished_at = NULL WHERE name = '2_b'",
    "UPDATE driftless.migrations SET finished_at = NULL, error = repeat('e', 100000)",
    "UPDATE driftless.migrations SET direction = 'down' WHERE name = '1_a'",
    "UPDATE driftless.migrations SET steps = -7, steps_done = 2147483647, finished_at = NULL",
    "UPDATE driftless.migrations SET steps_done = -2147483648, finished_at = NULL",
    "UPDATE driftless.migrations SET parents = ARRAY['nobody', NULL]",
    "UPDATE driftless.migrations SET started_at = 'infinity', finished_at = '-infinity'",
    "INSERT INTO driftless.migrations (name, up_sha256, steps, version) VALUES (E'9\\n\\x1b[31m', 'z', 1, '')",
    "INSERT INTO driftless.migrations (name, up_sha256, steps, version) VALUES ('../../etc', 'z', 1, '9.9')",
    "DELETE FROM driftless.migrations WHERE name = '1_a'",
    "DELETE FROM driftless.migrations",
    "UPDATE driftless.migrations_steps SET sha256 = 'x'",
    "UPDATE driftless.migrations_steps SET finished_at = NULL, before = '[1, {\"batch\": 3}]'",
    "UPDATE driftless.migrations_steps SET step = step + 1000, before = '{\"batch\": {\"to\": 7}}'",
    "DELETE FROM driftless.migrations_steps",
    "DROP TABLE driftless.migrations_steps",
    "DROP TABLE driftless.migrations_log",
    "DROP TABLE driftless.migrations CASCADE",
    "ALTER TABLE driftless.migrations DROP COLUMN parents",
    "ALTER TABLE driftless.migrations ALTER steps TYPE text",
    "ALTER TABLE driftless.migrations RENAME COLUMN version TO release",
    "ALTER TABLE driftless.migrations ADD CHECK (steps < 0) NOT VALID",
    "ALTER TABLE driftless.migrations RENAME TO migrations_old",
    "TRUNCATE driftless.migrations CASCADE",
    "CREATE RULE r AS ON INSERT TO driftless.migrations DO INSTEAD NOTHING",
];

#[test]
fn malformed_ledgers_lead_to_an_error_and_never_to_a_step_that_runs_twice() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a (id int); INSERT INTO a VALUES (1);"),
        ("2_b", "CREATE TABLE b (id int); INSERT INTO a VALUES (2);"),
    ]);
    let name = sandbox.database.name().replace("driftless_scratch", "of");
    let (good, bad) = (format!("ledger_good_{name}"), format!("ledger_bad_{name}"));
    let url = |name: &str| sandbox.database.target().with_database(name);
    sandbox.sql(&format!("CREATE DATABASE {good}"));
    sandbox.run(&["deploy", "--url", &url(&good).reveal()]).expect(0);
    let mut statuses = std::collections::BTreeMap::<i32, usize>::new();
    for seed in 0..rounds(16) {
        let mut dice = Dice(seed.wrapping_mul(7919));
        sandbox.sql(&format!("DROP DATABASE IF EXISTS {bad} WITH (FORCE)"));
        sandbox.sql(&format!("CREATE DATABASE {bad} TEMPLATE {good}"));
        let connection = block_on(driftless::db::connect(&url(&bad))).unwrap();
        let mut did = Vec::new();
        for _ in 0..=dice.below(3) {
            let spoil = SPOILS[dice.below(SPOILS.len())];
            // One may have taken away what the next is about.
            let _ = block_on(connection.run("test", spoil));
            did.push(spoil);
        }
        for command in ["status", "deploy", "deploy"] {
            let ran = sandbox.run(&[command, "--url", &url(&bad).reveal()]);
            let about = format!("seed {seed}, {command}: {did:#?}\n{}", ran.stderr);
            assert!(!ran.stderr.contains("panicked"), "{about}");
            assert!([0, 2, 3, 4].contains(&ran.status), "{} {about}", ran.status);
            assert!(ran.status == 0 || ran.stderr.contains("error[P0"), "{about}");
            assert!(!ran.stderr.contains('\u{1b}'), "{about}");
            if command == "deploy" {
                *statuses.entry(ran.status).or_default() += 1;
            }
        }
        let rows = block_on(
            connection.query_one("SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b)", &[]),
        );
        assert_eq!(rows.unwrap().get::<_, i64>(0), 2, "seed {seed}: {did:#?}");
    }
    sandbox.sql(&format!("DROP DATABASE IF EXISTS {bad} WITH (FORCE)"));
    sandbox.sql(&format!("DROP DATABASE {good} WITH (FORCE)"));
    assert!(statuses.keys().any(|status| *status != 0), "{statuses:?}");
}
