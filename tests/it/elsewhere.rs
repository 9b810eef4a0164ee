//! Where Alembic and Django are known to fail.

use crate::support::Sandbox;

#[test]
fn a_step_back_over_a_merge_leaves_nothing_to_guess() {
    let sandbox = Sandbox::new();
    for (name, parents) in [("1_base", ""), ("2_left", "\"1_base\""), ("3_right", "\"1_base\"")] {
        let table = &name[2..];
        let up = format!("CREATE TABLE \"{table}\" ();");
        sandbox.write(&format!("migrations/{name}/migration.sql"), &up);
        let down = format!("DROP TABLE \"{table}\";");
        sandbox.write(&format!("migrations/{name}/down.sql"), &down);
        let header = format!("parents = [{parents}]\n");
        sandbox.write(&format!("migrations/{name}/migration.toml"), &header);
    }
    sandbox.run(&["merge"]).expect(0);
    sandbox.run(&["deploy"]).expect(0);
    sandbox.run(&["rollback", "-1"]).expect(0).says("took back 1 migration");
    sandbox.run(&["current"]).expect(0).prints("2_left\n3_right\n");
    sandbox.run(&["rollback", "-1"]).expect(0);
    sandbox.run(&["current"]).expect(0).prints("2_left\n");
    sandbox.run(&["rollback", "--to", "base"]).expect(0);
    sandbox.run(&["diff", "--from", "empty", "--to", &sandbox.url(), "--exit-code"]).expect(0);
}

const USERS: &str = "model users {\n  id Int @id\n  name String @db.VarChar(50)\n}\n";

#[test]
fn a_rename_with_another_length_is_a_question_and_no_prompt_is_needed_to_answer_it() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", USERS);
    sandbox.run(&["dev"]).expect(0);
    sandbox.sql("INSERT INTO users VALUES (1, 'Ann')");
    let renamed = USERS.replace("name String @db.VarChar(50)", "full_name String @db.VarChar(80)");
    sandbox.write("schema.model", &renamed);
    // There is nobody to ask: neither command hangs, dies at the end of input, or drops the column.
    sandbox.run(&["check"]).expect(1);
    sandbox.run(&["dev"]).expect(3).says("P0060").says("`--rename users.name:full_name`");
    assert_eq!(sandbox.value("SELECT name FROM users"), "Ann");
    sandbox.run(&["dev", "--rename", "users.name:full_name"]).expect(0);
    assert_eq!(sandbox.value("SELECT full_name FROM users"), "Ann");
    sandbox.run(&["check"]).expect(0);
}

/// What autogeneration misses: values and types of enums, checks, exclusion, predicates and methods of
/// indexes, generated columns, sequences, primary keys.
const BEFORE: &str = r#"
enum mood {
  good
  bad
}

model people {
  id     Int    @id
  code   String
  price  Int
  total  Int?   @generated("price * 2")
  tags   Int[]
  during Unsupported("int4range")?
  mood   mood   @default(good)

  @@check("price > 0", map: "price_positive")
  @@index([code], map: "people_code")
  @@index([tags], type: Gin, map: "people_tags")
}
"#;

#[test]
fn what_autogeneration_misses_is_found_written_and_proved() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", BEFORE);
    sandbox.run(&["dev", "-n", "before"]).expect(0);
    let after = BEFORE
        .replace("  bad\n", "  bad\n  worse\n")
        .replace("price > 0", "price >= 10")
        .replace("price * 2", "price * 3")
        .replace("@@index([code], map", "@@index([code], where: raw(\"price > 5\"), map")
        .replace("  id     Int    @id\n", "  id     Int\n  level  level  @default(low)\n")
        .replace(
            "  @@check",
            "  @@id([id, code])\n  @@exclude(\"USING gist (during WITH &&)\", map: \"no_overlap\")\n  \
             @@check",
        )
        + "\nenum level {\n  low\n  high\n}\n";
    sandbox.write("schema.model", &after);
    sandbox
        .run(&["check"])
        .expect(1)
        .prints("enum")
        .prints("price_positive")
        .prints("no_overlap")
        .prints("~ index public.people_code")
        .prints("people.total");
    sandbox.run(&["dev", "-n", "after", "--accept-data-loss"]).expect(0);
    sandbox.run(&["check"]).expect(0);
    sandbox.run(&["dev"]).expect(0).says("agree");
    assert_eq!(sandbox.value("SELECT enum_range(NULL::mood)"), "{good,bad,worse}");
    sandbox.run(&["rollback"]).expect(0);
    let here = sandbox.url();
    let diff = ["diff", "--from", "migrations:migrations@before", "--to", &here, "--exit-code"];
    sandbox.run(&diff).expect(0);
}

#[test]
fn hooks_and_the_action_run_commands_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", "model users {\n  id Int @id\n}\n");
    sandbox.run(&["dev"]).expect(0);
    let hooks = read(".pre-commit-hooks.yaml");
    let entries: Vec<&str> =
        hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: driftless ")).collect();
    assert_eq!(entries.len(), 4);
    for entry in entries {
        sandbox.run(&entry.split(' ').collect::<Vec<_>>()).expect(0);
    }
    let action = read("action.yml");
    let commands = ["driftless check", "driftless lint --format github"];
    for command in commands {
        assert!(action.contains(command), "{command}");
        sandbox.run(&command.split(' ').skip(1).collect::<Vec<_>>()).expect(0);
    }
    // A merge in git that left two heads does not pass.
    for name in ["29990101000001_a", "29990101000002_b"] {
        sandbox.write(&format!("migrations/{name}/migration.sql"), "SELECT 1;");
        let head = sandbox.run(&["history"]).stdout.lines().next().unwrap().to_owned();
        let header = format!("parents = [{head:?}]\n");
        sandbox.write(&format!("migrations/{name}/migration.toml"), &header);
    }
    sandbox.run(&["check"]).expect(1).prints("2 heads");
}
