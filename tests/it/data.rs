//! Migrations of rows: what has to be so before and after, programs, and seeds.

use crate::support::Sandbox;

const USERS: (&str, &str) = ("1_users", "CREATE TABLE users (id int PRIMARY KEY, email text);");

#[test]
fn conditions_hold_in_the_transaction_or_nothing_stays() {
    let lower = "-- driftless: require SELECT count(*) > 0 FROM users\n\
                 -- driftless: ensure NOT EXISTS (SELECT FROM users WHERE email <> lower(email))\n\
                 UPDATE users SET email = lower(email) WHERE id < 10;\n";
    let sandbox = Sandbox::with_migrations(&[USERS, ("2_lower", lower)]);
    sandbox.run(&["deploy"]).expect(4).says("P0020").says("this is required and not so");
    sandbox.sql("INSERT INTO users VALUES (1, 'A@b'), (11, 'C@d')");
    sandbox
        .run(&["deploy"])
        .expect(4)
        .says("line 2: ensure NOT EXISTS")
        .says("was to be ensured and is not so");
    assert_eq!(sandbox.value("SELECT email FROM users WHERE id = 1"), "A@b");
    sandbox.sql("DELETE FROM users WHERE id = 11");
    sandbox.run(&["plan"]).expect(0).prints("    require SELECT count(*) > 0 FROM users\n");
    sandbox.run(&["deploy"]).expect(0).says("applied 1 migration");
    assert_eq!(sandbox.value("SELECT email FROM users"), "a@b");
    sandbox.run(&["status", "--exit-code"]).expect(0);
}

#[test]
fn conditions_are_only_asked_on_scratch_and_tried_on_rows_when_told() {
    let data = "-- driftless: require EXISTS (SELECT FROM users)\n\
                UPDATE users SET email = lower(email);\n\
                -- driftless: ensure NOT EXISTS (SELECT FROM users WHERE email ~ '[A-Z]')\n";
    let sandbox = Sandbox::with_migrations(&[USERS, ("2_lower", data)]);
    sandbox.run(&["verify"]).expect(0);
    sandbox.write("rows.sql", "INSERT INTO users VALUES (1, 'A@b');");
    sandbox.run(&["verify", "lower", "--with-data", "rows.sql"]).expect(0).prints("proved  2_low");
    sandbox.write("rows.sql", "SELECT 1;");
    sandbox
        .run(&["verify", "lower", "--with-data", "rows.sql"])
        .expect(1)
        .prints("this is required and not so: EXISTS");
    sandbox.write("migrations/2_lower/migration.sql", "-- driftless: require nonsense\nSELECT 1;");
    sandbox.run(&["verify"]).expect(1).prints("nonsense");
}

#[test]
fn new_data_starts_from_a_template_that_runs() {
    let sandbox = Sandbox::with_migrations(&[USERS]);
    let path = sandbox.run(&["new", "lower case", "--data"]).expect(0).stdout;
    let text = std::fs::read_to_string(sandbox.dir.path().join(path.trim())).unwrap();
    assert!(text.starts_with("-- lower case\n"), "{text}");
    sandbox.run(&["deploy"]).expect(0).says("applied 2 migrations");
    let steps = "SELECT count(*) FROM driftless.migrations_steps WHERE sql LIKE '%check%'";
    assert_eq!(sandbox.value(steps), "2");
}

#[cfg(unix)]
#[test]
fn programs_run_only_where_the_configuration_lets_them() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::with_migrations(&[
        USERS,
        ("2_fill", "-- driftless: run ./fill.sh one\n-- driftless: ensure SELECT 1 = 1\nSELECT 1;"),
    ]);
    let path = "migrations/2_fill/fill.sh";
    sandbox.write(path, "#!/bin/sh\necho \"$1 for $DRIFTLESS_MIGRATION\"\n[ -n \"$DATABASE_URL\" ] && [ -e ../../fine ]\n");
    let file = sandbox.dir.path().join(path);
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.run(&["verify"]).expect(0);
    sandbox.run(&["deploy"]).expect(3).says("P0077").says("`run ./fill.sh one`");
    sandbox.write("driftless.toml", "[deploy]\nallow-programs = true\n");
    sandbox.run(&["deploy"]).expect(4).says("it ended with exit status: 1");
    sandbox.write("fine", "");
    sandbox.run(&["deploy", "-v"]).expect(0).says("one for 2_fill");
    sandbox.run(&["status", "--exit-code"]).expect(0);
}

#[test]
fn seed_fills_a_development_database_and_no_other() {
    let sandbox = Sandbox::with_migrations(&[USERS]);
    sandbox.run(&["reset", "--yes"]).expect(0);
    sandbox.run(&["seed"]).expect(2).says("P0076");
    sandbox.write("seeds/1.sql", "INSERT INTO users VALUES (1, 'a@b') ON CONFLICT DO NOTHING;");
    sandbox.write("seeds/2.sql", "UPDATE users SET email = 'c@d';\nSELECT 1;");
    sandbox.run(&["seed"]).expect(0).says("ran 3 statements of 2 scripts");
    sandbox.run(&["seed", "--json"]).expect(0).prints("\"steps\":3");
    assert_eq!(sandbox.value("SELECT email FROM users"), "c@d");
    sandbox.write("seeds/3.sql", "INSERT INTO nothing VALUES (1);");
    sandbox.run(&["seed"]).expect(4).says("line 1");
    sandbox.write("migrations/2_b/migration.sql", "SELECT 1;");
    sandbox.run(&["deploy"]).expect(0);
    sandbox.run(&["seed"]).expect(3).says("P0040");
}
