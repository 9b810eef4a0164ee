//! Long histories made short: what ran before and what starts now converge.

use crate::{
    corpus::{files, folder},
    support::{Sandbox, block_on, server},
};

/// Four migrations, one of which writes rows.
fn history() -> Sandbox {
    let sandbox = Sandbox::new();
    let scripts = [
        ("1_users", "CREATE TABLE users (id int PRIMARY KEY, name text);", ""),
        ("2_names", "ALTER TABLE users RENAME name TO full_name;", "1_users"),
        ("3_first", "INSERT INTO users VALUES (1, 'first');", "2_names"),
        ("4_notes", "CREATE TABLE notes (id int); ALTER TABLE users ADD age int;", "3_first"),
    ];
    for (name, up, parent) in scripts {
        sandbox.write(&format!("migrations/{name}/migration.sql"), up);
        let parent = if parent.is_empty() { String::new() } else { format!("{parent:?}") };
        let header = format!("parents = [{parent}]\n");
        sandbox.write(&format!("migrations/{name}/migration.toml"), &header);
    }
    sandbox
}

#[test]
fn a_squash_is_applied_where_all_that_it_replaces_is_and_run_elsewhere() {
    let sandbox = history();
    let (half, fresh) = block_on(async {
        (server().database().await.unwrap(), server().database().await.unwrap())
    });
    sandbox.run(&["deploy"]).expect(0).says("applied 4 migrations");
    sandbox.run(&["deploy", "--to", "2_names", "--url", &half.url()]).expect(0);
    sandbox.run(&["squash", "--dry-run"]).expect(0).says("nothing is written");
    let ran = sandbox.run(&["squash", "base..3_first", "-n", "start"]).expect(0);
    let ran = ran.prints("3_start/migration.sql").says("`3_first` writes rows");
    assert!(ran.stderr.contains("`3_start` replaces 3 migrations; proved"), "{}", ran.stderr);
    sandbox.run(&["history"]).expect(0).prints("3_start  (no way back)\n4_notes");
    sandbox.run(&["status", "--exit-code"]).expect(0).prints("applied      3_start");
    sandbox.run(&["deploy"]).expect(0).says("nothing to apply");
    let names = "SELECT string_agg(name, ' ' ORDER BY ordinal) FROM driftless.migrations";
    assert_eq!(sandbox.value(names), "3_start 4_notes");
    sandbox.run(&["deploy", "--url", &half.url()]).expect(3).says("P0078");
    sandbox.run(&["deploy", "--url", &fresh.url()]).expect(0).says("applied 2 migrations");
    let (here, there) = (sandbox.url(), fresh.url());
    sandbox.run(&["diff", "--from", &here, "--to", &there, "--exit-code"]).expect(0);
    let rows = block_on(fresh.query_one("SELECT full_name FROM users", &[])).unwrap();
    assert_eq!(rows.get::<_, String>(0), "first");
    // What was squashed can be squashed again, and every generation of databases follows.
    sandbox.run(&["squash"]).expect(0).prints("4_squash/migration.sql");
    for url in [&here, &there] {
        sandbox.run(&["status", "--exit-code", "--url", url]).expect(0);
        sandbox.run(&["deploy", "--url", url]).expect(0).says("nothing to apply");
    }
    sandbox.run(&["squash"]).expect(2).says("P0079");
    let again = history();
    again.run(&["squash", "--drop-rows"]).expect(0);
    let sql = again.run(&["show", "head"]).expect(0).stdout;
    assert!(sql.contains("full_name") && !sql.contains("INSERT"), "{sql}");
    again.run(&["deploy"]).expect(0);
    again.run(&["status", "--exit-code"]).expect(0);
    again.run(&["rollback"]).expect(0);
}

#[test]
fn what_branches_off_in_the_middle_is_not_squashed() {
    let sandbox = history();
    sandbox.write("migrations/5_side/migration.sql", "SELECT 1;");
    sandbox.write("migrations/5_side/migration.toml", "parents = [\"2_names\"]\n");
    sandbox.run(&["squash", "base..4_notes"]).expect(3).says("in the middle");
    sandbox.run(&["squash", "1_users..4_notes"]).expect(3).says("`5_side` follows `2_names`");
}

#[test]
fn a_checkpoint_is_where_new_databases_start() {
    let sandbox = history();
    sandbox.run(&["deploy"]).expect(0).says("applied 4 migrations");
    sandbox.run(&["checkpoint"]).expect(0).says("not from 4 migrations");
    sandbox.run(&["status", "--exit-code"]).expect(0).prints("_checkpoint");
    sandbox.run(&["deploy"]).expect(0).says("nothing to apply");
    sandbox.run(&["new", "more"]).expect(0);
    let fresh = block_on(server().database()).unwrap();
    sandbox.run(&["deploy", "--url", &fresh.url()]).expect(0).says("applied 2 migrations");
    sandbox.run(&["status", "--exit-code", "--url", &fresh.url()]).expect(0);
    sandbox.run(&["deploy"]).expect(0).says("applied 1 migration");
    sandbox.run(&["status", "--exit-code"]).expect(0);
    let (here, there) = (sandbox.url(), fresh.url());
    sandbox.run(&["diff", "--from", &here, "--to", &there, "--exit-code"]).expect(0);
    sandbox.run(&["verify", "--all"]).expect(0);
    sandbox.run(&["checkpoint"]).expect(0).says("not from 6 migrations");
    sandbox.run(&["reset", "--yes", "--url", &there]).expect(3);
    let newer = block_on(server().database()).unwrap();
    sandbox.run(&["reset", "--yes", "--url", &newer.url()]).expect(0).says("applied 1 migrations");
    sandbox.run(&["status", "--exit-code", "--url", &newer.url()]).expect(0);
}

#[test]
fn long_corpus_histories_are_squashed_to_the_same_schema() {
    let Some(folder) = folder("history") else { return };
    for project in ["ory-kratos", "rust-package-registry"] {
        let sandbox = Sandbox::new();
        let scripts = files(&folder.join(project), ".sql");
        for script in &scripts {
            let number = script.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(script).unwrap();
            sandbox.write(&format!("migrations/{number}_m/migration.sql"), &text);
        }
        sandbox.run(&["deploy"]).expect(0);
        sandbox.run(&["squash"]).expect(0).says(&format!("replaces {} migr", scripts.len()));
        let fresh = block_on(server().database()).unwrap();
        sandbox.run(&["deploy", "--url", &fresh.url()]).expect(0).says("applied 1 migration");
        for url in [sandbox.url(), fresh.url()] {
            sandbox.run(&["status", "--exit-code", "--url", &url]).expect(0);
        }
        let (here, there) = (sandbox.url(), fresh.url());
        sandbox.run(&["diff", "--from", &here, "--to", &there, "--exit-code"]).expect(0);
    }
}
