//! Real histories of real projects, and malformed ones.

use crate::{
    corpus::{files, folder},
    support::Sandbox,
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

/// Pseudo-random numbers with a seed that a failure names.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        // Constants of Knuth's MMIX generator.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
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
    for seed in 0..60 {
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
