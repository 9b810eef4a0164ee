//! Two branches of a history: what goes together is joined, what does not is shown and moved.

use std::{path::Path, process::Command};

use crate::support::{Sandbox, binary, block_on, finish, server};

/// A migration with parents, and a way back.
fn migration(sandbox: &Sandbox, name: &str, parents: &[&str], up: &str, down: &str) {
    let parents: Vec<String> = parents.iter().map(|parent| format!("{parent:?}")).collect();
    sandbox.write(&format!("migrations/{name}/migration.sql"), up);
    sandbox.write(&format!("migrations/{name}/down.sql"), down);
    let header = format!("parents = [{}]\n", parents.join(", "));
    sandbox.write(&format!("migrations/{name}/migration.toml"), &header);
}

/// `1_users`, and two branches on top of it.
fn branches(a: &str, b: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let users = "CREATE TABLE users (id int PRIMARY KEY, name text);";
    migration(&sandbox, "1_users", &[], users, "DROP TABLE users;");
    migration(&sandbox, "2_left", &["1_users"], a, "");
    migration(&sandbox, "3_right", &["1_users"], b, "");
    sandbox
}

#[test]
fn what_goes_together_is_joined_and_both_orders_of_arrival_converge() {
    let sandbox = branches(
        "ALTER TABLE users ADD email text;",
        "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);",
    );
    sandbox.run(&["deploy"]).expect(3).says("P0034").says("`driftless merge`");
    sandbox.run(&["check", "--no-model"]).expect(1).prints("2 heads: `2_left`, `3_right`");
    sandbox.run(&["merge", "--dry-run"]).expect(0).says("nothing is written");
    sandbox.run(&["deploy", "--to", "3_right"]).expect(0).says("applied 2 migrations");
    sandbox.run(&["merge"]).expect(0).prints("_merge/migration.sql");
    sandbox.run(&["check", "--no-model"]).expect(0);
    sandbox.run(&["plan"]).expect(0).prints("2_left\n").says("2 migrations to apply");
    sandbox.run(&["deploy"]).expect(0).says("applied 2 migrations");
    sandbox.run(&["status", "--exit-code"]).expect(0);
    let elsewhere = block_on(server().database()).unwrap();
    sandbox.run(&["deploy", "--url", &elsewhere.url()]).expect(0).says("applied 4 migrations");
    let (here, there) = (sandbox.url(), elsewhere.url());
    sandbox.run(&["diff", "--from", &here, "--to", &there, "--exit-code"]).expect(0);
    sandbox.run(&["merge"]).expect(0).says("nothing to join");
    let graph = sandbox.run(&["history", "--graph"]).expect(0).stdout;
    let (merge, rest) = graph.split_once('\n').unwrap();
    assert!(merge.starts_with("*  ") && merge.ends_with("_merge"), "{graph}");
    assert_eq!(rest, "|\\\n| *  3_right\n* |  2_left\n|/\n*  1_users\n");
    // Going back over the join leaves nothing to choose.
    sandbox.run(&["rollback", "-1"]).expect(0);
    sandbox.run(&["current"]).expect(0).prints("3_right\n2_left\n");
}

#[test]
fn drift_is_seen_although_the_database_is_what_one_branch_leads_to() {
    let sandbox = branches("CREATE TABLE a ();", "CREATE TABLE b ();");
    sandbox.run(&["verify", "--all", "--update"]).expect(1);
    sandbox.run(&["deploy", "--to", "heads"]).expect(0);
    sandbox.sql("DROP TABLE a");
    sandbox.run(&["status", "--exit-code"]).expect(1).prints("- table public.a");
}

#[track_caller]
fn check_conflict(a: &str, b: &str, reason: &str, shown: &str) {
    let sandbox = branches(a, b);
    let ran = sandbox.run(&["merge"]).expect(3).says("P0064").says(reason);
    assert_eq!(ran.stdout, shown);
    assert_eq!(std::fs::read_dir(sandbox.dir.path().join("migrations")).unwrap().count(), 3);
    sandbox.run(&["merge", "--json"]).expect(3).prints("\"conflict\":{\"objects\":[{\"branches\"");
}

#[test]
fn what_does_not_go_together_is_shown_object_by_object() {
    check_conflict(
        "ALTER TABLE users ALTER name TYPE varchar(80);",
        "ALTER TABLE users ALTER name TYPE varchar(20);",
        "the order in which they run makes a difference",
        "table public.users\n  2_left\n    ~ column public.users.name\n        \
         type: text → character varying(80)\n  3_right\n    ~ column public.users.name\n        \
         type: text → character varying(20)\n",
    );
    check_conflict(
        "ALTER TABLE users RENAME name TO full_name;",
        "CREATE VIEW names AS SELECT name FROM users;",
        "after `2_left` the branch of `3_right` does not run",
        "table public.users\n  2_left\n    + column public.users.full_name\n    \
         - column public.users.name\nview public.names\n  3_right\n    + view public.names\n",
    );
    check_conflict(
        "ALTER TABLE users ALTER name SET DEFAULT 'a';",
        "ALTER TABLE users DROP name;",
        "after `3_right` the branch of `2_left` does not run",
        "table public.users\n  2_left\n    + default public.users.name\n  3_right\n    \
         - column public.users.name\n",
    );
}

#[test]
fn a_loss_without_an_error_is_a_conflict_too() {
    check_conflict(
        "ALTER TABLE users ADD IF NOT EXISTS age int;",
        "ALTER TABLE users DROP IF EXISTS age;\nCOMMENT ON TABLE users IS 'people';",
        "the order in which they run makes a difference",
        "table public.users\n  2_left\n    + column public.users.age\n  3_right\n    \
         ~ table public.users\n        comment: (none) → people\n",
    );
}

#[test]
fn branches_that_write_the_same_rows_are_not_joined_without_a_word() {
    let sandbox =
        branches("UPDATE users SET name = lower(name);", "UPDATE users SET name = initcap(name);");
    sandbox.run(&["merge"]).expect(3).says("P0065").says("public.users");
    sandbox.run(&["rebase", "2_left"]).expect(0).says("`2_left` follows `3_right`");
    sandbox.run(&["heads"]).expect(0).prints("2_left\n");
    let again = branches("UPDATE users SET name = 'a';", "INSERT INTO users VALUES (1);");
    again.run(&["merge", "--accept-row-order"]).expect(0);
}

#[test]
fn rebase_moves_the_branch_that_is_not_applied() {
    let sandbox = branches("ALTER TABLE users ADD a int;", "ALTER TABLE users ADD b int;");
    sandbox.run(&["deploy", "--to", "3_right"]).expect(0);
    sandbox.run(&["rebase", "3_right"]).expect(3).says("P0066");
    sandbox.run(&["rebase"]).expect(0).says("`2_left` follows `3_right`, its SQL unchanged");
    sandbox.run(&["rebase"]).expect(0).says("nothing to move");
    sandbox.run(&["deploy"]).expect(0).says("applied 1 migration");
    sandbox.run(&["status", "--exit-code"]).expect(0);
}

#[test]
fn rebase_writes_anew_what_does_not_run_on_top() {
    let sandbox = branches(
        "ALTER TABLE users RENAME name TO full_name;",
        "ALTER TABLE users ALTER name SET NOT NULL;",
    );
    let model = "model users {\n  id Int @id\n  full_name String\n}\n";
    sandbox.write("schema.model", model);
    sandbox.run(&["merge"]).expect(3);
    sandbox.run(&["rebase", "3_right"]).expect(0).says("replaces 3_right");
    let sql = sandbox.run(&["sql", "head"]).expect(0).stdout;
    assert!(sql.contains("full_name SET NOT NULL"), "{sql}");
    sandbox.run(&["check"]).expect(0);
    sandbox.run(&["deploy"]).expect(0).says("applied 3 migrations");
    // Both did the same: nothing is left of the one that moves.
    let same = branches("ALTER TABLE users DROP name;", "ALTER TABLE users DROP name;");
    same.write("schema.model", "model users {\n  id Int @id\n}\n");
    same.run(&["rebase", "3_right"]).expect(0).says("leads to what the model asks for");
    same.run(&["check"]).expect(0);
}

fn git(at: &Path, args: &[&str]) -> bool {
    let mut command = Command::new("git");
    let config = ["-c", "user.name=A Developer", "-c", "user.email=dev@example.org"];
    let status = command.current_dir(at).args(config).args(args).output().unwrap();
    status.status.success()
}

/// A clone with a development database of its own.
struct Developer<'a> {
    clone: std::path::PathBuf,
    database: driftless::db::ScratchDb,
    sandbox: &'a Sandbox,
}

impl Developer<'_> {
    fn run(&self, args: &[&str]) -> crate::support::Ran {
        let mut command = binary(&self.clone);
        let maintenance = self.sandbox.database.target().with_database("postgres").reveal();
        command.args(args).env("DATABASE_URL", self.database.url());
        finish({
            command.env("DRIFTLESS_SCRATCH_URL", maintenance);
            command
        })
    }

    /// Edits the model in a line of its own, writes the migration, and commits.
    fn change(&self, branch: &str, edit: (&str, &str)) {
        assert!(git(&self.clone, &["checkout", "-q", "-b", branch]));
        let path = self.clone.join("schema.model");
        let model = std::fs::read_to_string(&path).unwrap();
        assert!(model.contains(edit.0), "{model}");
        std::fs::write(&path, model.replacen(edit.0, edit.1, 1)).unwrap();
        self.run(&["dev", "-n", branch, "--accept-data-loss"]).expect(0);
        assert!(git(&self.clone, &["add", "-A"]));
        assert!(git(&self.clone, &["commit", "-qm", branch]));
        assert!(git(&self.clone, &["push", "-q", "origin", branch]));
    }
}

#[test]
fn three_developers_merge_with_git_and_nothing_breaks_in_silence() {
    let sandbox = Sandbox::new();
    let origin = sandbox.dir.path().join("origin.git");
    let at = |name: &str| sandbox.dir.path().join(name);
    assert!(git(sandbox.dir.path(), &["init", "-q", "--bare", "-b", "main", "origin.git"]));
    let clone = |name: &str| {
        assert!(git(sandbox.dir.path(), &["clone", "-q", origin.to_str().unwrap(), name]));
        let database = block_on(server().database()).unwrap();
        Developer { clone: at(name), database, sandbox: &sandbox }
    };
    let ann = clone("ann");
    let model = "model users {\n  id Int @id\n  name String?\n}\n\n\
                 model orders {\n  id Int @id\n  total Int?\n}\n\n\
                 model notes {\n  id Int @id\n  text String?\n}\n";
    std::fs::write(ann.clone.join("schema.model"), model).unwrap();
    assert!(git(&ann.clone, &["checkout", "-q", "-b", "main"]));
    ann.run(&["dev", "-n", "start"]).expect(0);
    assert!(git(&ann.clone, &["add", "-A"]) && git(&ann.clone, &["commit", "-qm", "start"]));
    assert!(git(&ann.clone, &["push", "-q", "origin", "main"]));
    let (ben, eve) = (clone("ben"), clone("eve"));
    // Three branches from one commit: two of them have nothing to do with each other.
    ann.change("emails", ("  name String?\n", "  name String?\n  email String?\n"));
    ben.change("dates", ("  total Int?\n", "  total Int?\n  paid_at DateTime?\n"));
    eve.change("big_totals", ("  total Int?\n", "  total BigInt?\n"));
    // Ann merges into main, then Ben: git sees no conflict, and there are two heads.
    assert!(git(&ann.clone, &["checkout", "-q", "main"]));
    assert!(git(&ann.clone, &["merge", "-q", "--no-edit", "emails"]));
    assert!(git(&ann.clone, &["push", "-q", "origin", "main"]));
    assert!(git(&ben.clone, &["fetch", "-q"]));
    assert!(git(&ben.clone, &["merge", "-q", "--no-edit", "origin/main"]));
    ben.run(&["check"]).expect(1).prints("2 heads").prints("is by A Developer");
    ben.run(&["dev"]).expect(3).says("P0034");
    ben.run(&["merge"]).expect(0);
    ben.run(&["check"]).expect(0);
    ben.run(&["dev"]).expect(0).says("up to date");
    assert!(git(&ben.clone, &["add", "-A"]) && git(&ben.clone, &["commit", "-qm", "join"]));
    assert!(git(&ben.clone, &["push", "-q", "origin", "HEAD:main"]));
    // Production follows main.
    let production = block_on(server().database()).unwrap();
    let deploy = ["deploy", "--url", &production.url()];
    ben.run(&deploy).expect(0).says("applied 4 migrations");
    // Eve touched the lines next to Ben's: git asks, she resolves the model, and the history
    // bends without her thinking of it.
    assert!(git(&eve.clone, &["fetch", "-q"]));
    assert!(!git(&eve.clone, &["merge", "-q", "--no-edit", "origin/main"]));
    let path = eve.clone.join("schema.model");
    let conflicted = std::fs::read_to_string(&path).unwrap();
    assert!(conflicted.contains("<<<<<<<"), "{conflicted}");
    eve.run(&["check"]).expect(1);
    eve.run(&["validate"]).expect(2);
    let start = conflicted.find("<<<<<<<").unwrap();
    let end = conflicted.find(">>>>>>>").unwrap();
    let end = end + conflicted[end..].find('\n').unwrap() + 1;
    let resolved = format!(
        "{}  total BigInt?\n  paid_at DateTime?\n{}",
        &conflicted[..start],
        &conflicted[end..]
    );
    std::fs::write(&path, resolved).unwrap();
    eve.run(&["merge"]).expect(0);
    eve.run(&["check"]).expect(0);
    eve.run(&["dev"]).expect(0).says("up to date");
    assert!(git(&eve.clone, &["add", "-A"]) && git(&eve.clone, &["commit", "-qm", "join"]));
    eve.run(&deploy).expect(0).says("applied 2 migrations");
    eve.run(&["status", "--exit-code", "--url", &production.url()]).expect(0);
}
