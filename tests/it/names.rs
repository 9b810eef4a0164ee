//! The names that people bring along: `sql`, `plan`, `stamp`, relative names, and going back.

use crate::support::Sandbox;

/// Three tables, one after another, each with a way back.
fn tables() -> Sandbox {
    let names = ["1_users", "2_orders", "3_notes"];
    let sandbox = Sandbox::new();
    for name in names {
        let table = &name[2..];
        let up = format!("CREATE TABLE {table} (id int PRIMARY KEY);");
        sandbox.write(&format!("migrations/{name}/migration.sql"), &up);
        sandbox.write(&format!("migrations/{name}/down.sql"), &format!("DROP TABLE {table};"));
    }
    sandbox
}

#[test]
fn sql_prints_what_would_run_and_what_leads_back() {
    let sandbox = tables();
    sandbox
        .run(&["sql", "orders"])
        .expect(0)
        .prints("-- 2_orders\nBEGIN;\nCREATE TABLE orders (id int PRIMARY KEY);\nCOMMIT;\n");
    let back = sandbox.run(&["sql", "base..head~1", "--back"]).expect(0);
    assert_eq!(
        back.stdout,
        "-- 2_orders\nBEGIN;\nDROP TABLE orders;\nCOMMIT;\n\n\
         -- 1_users\nBEGIN;\nDROP TABLE users;\nCOMMIT;\n\n"
    );
    sandbox.run(&["sql", "-1", "--json"]).expect(0).prints("\"migration\":\"2_orders\"");
    sandbox.run(&["sql", "notes..users"]).expect(2).says("the older one comes first");
    std::fs::remove_file(sandbox.dir.path().join("migrations/2_orders/down.sql")).unwrap();
    let refused = sandbox.run(&["sql", "..", "--back"]).expect(3).says("P0026");
    assert_eq!(refused.stdout, "");
}

#[test]
fn plan_shows_the_steps_of_what_is_pending_with_their_locks() {
    let sandbox = tables();
    sandbox.run(&["deploy", "--to", "+1"]).expect(0).says("applied 1 migration");
    sandbox.run(&["current"]).expect(0).prints("1_users\n");
    sandbox.write(
        "migrations/3_notes/migration.sql",
        "CREATE TABLE notes (id int PRIMARY KEY);\nALTER TABLE users ADD UNIQUE (id);",
    );
    let plan = sandbox.run(&["plan"]).expect(0).says("2 migrations to apply");
    assert_eq!(
        plan.stdout,
        "2_orders\n    CREATE TABLE orders (id int PRIMARY KEY)\n\
         3_notes\n    CREATE TABLE notes (id int PRIMARY KEY)\n    \
         ALTER TABLE users ADD UNIQUE (id)\n        \
         ACCESS EXCLUSIVE on public.users: reads and writes wait, about 0 rows\n"
    );
    sandbox.run(&["plan", "--to", "+1"]).expect(0).says("1 migration to apply");
    sandbox.run(&["plan", "--json"]).expect(0).prints("\"title\":\"ALTER TABLE users");
    sandbox.run(&["status", "--plan"]).expect(0).prints("reads and writes wait");
    assert_eq!(sandbox.value("SELECT to_regclass('orders')"), "NULL");
}

#[test]
fn stamp_says_where_the_database_stands_and_is_believed_only_if_it_does() {
    let sandbox = tables();
    sandbox.sql("CREATE TABLE users (id int PRIMARY KEY)");
    sandbox.run(&["stamp", "head"]).expect(2).says("--reason");
    sandbox
        .run(&["stamp", "head", "--reason", "made by hand"])
        .expect(3)
        .says("P0063")
        .says("- table public.orders");
    sandbox.run(&["stamp", "1_users", "--reason", "made by hand"]).expect(0);
    sandbox.run(&["status"]).expect(0).prints("applied      1_users").prints("pending      2_");
    sandbox.run(&["deploy"]).expect(0).says("applied 2 migrations");
    sandbox.run(&["stamp", "-1", "--reason", "no", "--json"]).expect(3).prints("P0063");
    let forced = ["stamp", "-1", "--reason", "to be repeated", "--force", "--json"];
    sandbox.run(&forced).expect(0).prints("\"not_applied\":[\"3_notes\"]");
    let log = "SELECT string_agg(event || ' ' || migration || ': ' || detail, ', ' ORDER BY id) \
               FROM driftless.migrations_log WHERE detail IS NOT NULL";
    assert_eq!(
        sandbox.value(log),
        "marked applied 1_users: made by hand, marked rolled back 3_notes: to be repeated"
    );
    sandbox.run(&["stamp", "head", "--reason", "it is there"]).expect(0);
    sandbox.run(&["status", "--exit-code"]).expect(0);
}

#[test]
fn rollback_goes_to_a_point_and_looks_at_the_rows_first() {
    let sandbox = tables();
    sandbox.run(&["deploy"]).expect(0);
    sandbox.run(&["rollback", "--to", "head~1", "--dry-run"]).expect(0).prints("-- 3_notes\n");
    sandbox.run(&["rollback", "--to", "-2"]).expect(0).says("took back 2 migrations");
    sandbox.run(&["current"]).expect(0).prints("1_users\n");
    sandbox.run(&["rollback", "--to", "-2"]).expect(2).says("before the start");
    sandbox.run(&["deploy"]).expect(0);
    sandbox.sql("INSERT INTO orders SELECT generate_series(1, 3)");
    sandbox.run(&["rollback", "--to", "users", "--dry-run"]).expect(0).says("3 rows");
    sandbox
        .run(&["rollback", "--to", "users"])
        .expect(3)
        .says("P0061")
        .says("`--accept-data-loss` lets it");
    assert_eq!(sandbox.value("SELECT count(*) FROM orders"), "3");
    sandbox.run(&["rollback", "--to", "base", "--accept-data-loss"]).expect(0);
    sandbox.run(&["diff", "--from", "empty", "--to", &sandbox.url(), "--exit-code"]).expect(0);
}

#[test]
fn what_a_way_back_cannot_bring_is_named_and_what_it_would_refuse_is_looked_for() {
    let sandbox = Sandbox::new();
    let model = "model users {\n  id Int @id\n  email String @unique\n  note String?\n}\n";
    sandbox.write("schema.model", model);
    sandbox.run(&["dev", "-n", "users"]).expect(0);
    sandbox.write("schema.model", &model.replace(" @unique", "").replace("  note String?\n", ""));
    sandbox.run(&["dev", "-n", "loosened"]).expect(0);
    sandbox.sql("INSERT INTO users VALUES (1, 'a@b'), (2, 'a@b')");
    sandbox
        .run(&["rollback"])
        .expect(3)
        .says("column public.users.note comes back empty")
        .says("P0062")
        .says("for example a@b");
    sandbox.sql("DELETE FROM users WHERE id = 2");
    sandbox.run(&["rollback"]).expect(0);
    sandbox.run(&["rollback"]).expect(3).says("P0061");
}

#[test]
fn blame_follows_a_column_through_its_names() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_users", "CREATE TABLE people (id int PRIMARY KEY, name text);"),
        ("2_other", "CREATE TABLE notes (name text);"),
        ("3_required", "ALTER TABLE people ALTER name SET NOT NULL;"),
        ("4_renamed", "ALTER TABLE people RENAME COLUMN name TO full_name;"),
        ("5_longer", "ALTER TABLE people ALTER full_name TYPE varchar(80);"),
    ]);
    let ran = sandbox.run(&["blame", "people.full_name"]).expect(0);
    assert_eq!(
        ran.stdout,
        "5_longer\n    ~ column public.people.full_name\n        \
         type: text → character varying(80)\n\
         4_renamed  (renamed from public.people.name)\n    + column public.people.full_name\n\
         3_required\n    ~ column public.people.name\n        not null: (none) → true\n\
         1_users\n    + column public.people.name\n"
    );
    sandbox.run(&["blame", "people", "--at", "1_users", "--json"]).expect(0).prints("\"1_users\"");
    sandbox.run(&["blame", "nobody"]).expect(2).says("P0080");
}

#[test]
fn the_past_can_be_pulled_and_compared() {
    let sandbox = tables();
    let model = sandbox.run(&["pull", "--at", "head~1"]).expect(0).stdout;
    assert!(model.contains("model orders") && !model.contains("model notes"), "{model}");
    sandbox.write("then.model", &model);
    let from = "migrations:migrations@2_orders";
    sandbox.run(&["diff", "--from", from, "--to", "then.model", "--exit-code"]).expect(0);
    let later = ["diff", "--from", "migrations:@-1", "--to", "migrations:@head", "--summary"];
    sandbox.run(&later).expect(0).prints("+ table public.notes");
}
