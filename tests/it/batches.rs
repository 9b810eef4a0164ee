//! Statements that are run in ranges of a key: interrupted, blocked, resumed, refused.

use std::time::{Duration, Instant};

use crate::support::{Sandbox, block_on};

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, b int NOT NULL DEFAULT 0);\n\
    INSERT INTO t (id, a) SELECT i * 3, NULL FROM generate_series(1, 20000) i;\n\
    CREATE TABLE seen (tx xid8, at timestamptz DEFAULT clock_timestamp(), n bigint);\n\
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen (tx, n) \
    SELECT pg_current_xact_id(), count(*) FROM new; RETURN NULL; END $$;\n\
    CREATE TRIGGER note AFTER UPDATE ON t REFERENCING NEW TABLE AS new EXECUTE FUNCTION note();";

/// A table with 20,000 rows, and a migration that is still to be applied.
fn prepared(pending: &str) -> Sandbox {
    let sandbox = Sandbox::with_migrations(&[("1_table", TABLE)]);
    sandbox.run(&["deploy"]).expect(0);
    sandbox.write("migrations/2_fill/migration.sql", pending);
    sandbox
}

#[test]
fn each_range_is_a_transaction_of_its_own() {
    let sandbox = prepared(
        "ALTER TABLE t ADD c int;\n-- driftless: batch key=id size=1000 pause=0ms\n\
         UPDATE t SET b = b + 1 WHERE a IS NULL;\nALTER TABLE t ADD d int;",
    );
    let ran = sandbox.run(&["deploy", "--json"]).expect(0);
    assert!(ran.stdout.contains("\"event\":\"batch\""), "{}", ran.stdout);
    // Not one row was met twice.
    assert_eq!(sandbox.value("SELECT sum(b) || '/' || max(b) FROM t"), "20000/1");
    assert!(sandbox.value("SELECT count(DISTINCT tx) >= 3 FROM seen") == "true");
    let step = "SELECT rows || ' ' || (finished_at IS NOT NULL) FROM driftless.migrations_steps \
                WHERE migration = '2_fill' AND step = 1";
    assert_eq!(sandbox.value(step), "20000 true");
    sandbox.run(&["status", "--exit-code"]).expect(0);
}

#[test]
fn a_killed_batch_goes_on_where_it_was() {
    let sandbox = prepared(
        "-- driftless: batch key=id size=500 pause=5ms target=1ms\nUPDATE t SET b = b + 1;",
    );
    let mut kills = 0;
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        let mut child = sandbox.spawn(&["deploy", "--wait", "20s"]);
        std::thread::sleep(Duration::from_millis(500));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        if kills == 3 {
            break;
        }
    }
    let part = sandbox.value("SELECT sum(b) FROM t");
    assert_ne!(part, "0");
    sandbox.run(&["deploy", "--wait", "20s"]).expect(0);
    assert_eq!(sandbox.value("SELECT sum(b) || '/' || max(b) FROM t"), "20000/1");
    let step = "SELECT rows FROM driftless.migrations_steps WHERE migration = '2_fill'";
    assert_eq!(sandbox.value(step), "20000");
}

#[test]
fn a_locked_row_is_waited_for_and_then_named() {
    let sandbox = prepared(
        "-- driftless: batch key=id size=4000 pause=0ms\nUPDATE t SET b = b + 1;\nSELECT 1;",
    );
    let holder = sandbox.connection();
    block_on(holder.run("test", "BEGIN; UPDATE t SET a = 1 WHERE id = 30000")).unwrap();
    sandbox
        .run(&["deploy", "--lock-wait", "1s"])
        .expect(4)
        .says("error[P0021]")
        .says("attempt 2 in")
        .says("held by pid");
    // What was done before stays done.
    let done: u32 = sandbox.value("SELECT sum(b) FROM t").parse().unwrap();
    assert!((1..10_000).contains(&done), "{done}");
    block_on(holder.run("test", "COMMIT")).unwrap();
    sandbox.run(&["deploy"]).expect(0);
    assert_eq!(sandbox.value("SELECT sum(b) || '/' || max(b) FROM t"), "20000/1");
}

#[test]
fn a_batch_that_fails_is_corrected_and_begins_again() {
    let sandbox = prepared(
        "-- driftless: batch key=id size=1000 pause=0ms target=1ms\n\
         UPDATE t SET a = 1 / (id - 30000) WHERE a IS NULL;",
    );
    sandbox.run(&["deploy"]).expect(4).says("error[P0020]").says("division by zero");
    assert_ne!(sandbox.value("SELECT count(a) FROM t"), "0");
    sandbox.write(
        "migrations/2_fill/migration.sql",
        "-- driftless: batch key=id size=1000 pause=0ms\nUPDATE t SET a = 1 WHERE a IS NULL;",
    );
    sandbox.run(&["deploy"]).expect(0);
    assert_eq!(sandbox.value("SELECT count(a) FROM t"), "20000");
}

#[test]
fn pages_are_gone_through_until_no_row_is_left() {
    let sandbox = prepared(
        "-- driftless: batch key=ctid size=10 pause=0ms\nUPDATE t SET a = 7 WHERE a IS NULL;\n\
         -- driftless: batch key=id pause=0ms\nDELETE FROM t AS x USING (VALUES (3), (6)) AS v (id) \
         WHERE v.id = x.id;",
    );
    sandbox.run(&["deploy"]).expect(0);
    assert_eq!(sandbox.value("SELECT count(*) || '/' || sum(a) FROM t"), "19998/139986");
    let again = "-- driftless: batch key=ctid pause=0ms\nUPDATE t SET b = b + 1 WHERE a = 7;";
    sandbox.write("migrations/3_again/migration.sql", again);
    sandbox.run(&["deploy"]).expect(3).says("error[P0056]").says("lets rows through that are done");
}

#[test]
fn keys_that_no_index_leads_with_are_refused_and_composite_ones_taken() {
    let sandbox = prepared("-- driftless: batch key=b\nUPDATE t SET a = 1;");
    sandbox.run(&["deploy"]).expect(3).says("error[P0056]").says("no index of `t` leads with `b`");
    let fill = |key: &str| {
        let text = format!(
            "-- driftless: batch key={key} size=3000 pause=0ms\nUPDATE t SET a = b + 1 - b;"
        );
        sandbox.write("migrations/2_fill/migration.sql", &text);
    };
    fill("a");
    sandbox.run(&["deploy"]).expect(2).says("its own key");
    let nulls = "-- driftless: batch key=a\nDELETE FROM t WHERE false;";
    sandbox.write("migrations/2_fill/migration.sql", nulls);
    sandbox.run(&["deploy"]).expect(3).says("`a` of `t` may be NULL");
    fill("nothing");
    sandbox.run(&["deploy"]).expect(3).says("has no column `nothing`");
    sandbox.sql("CREATE UNIQUE INDEX t_b_id ON t (b, id)");
    fill("b,id");
    sandbox.run(&["deploy", "--allow-drift", "*"]).expect(0);
    assert_eq!(sandbox.value("SELECT sum(a) FROM t"), "20000");
}

#[test]
fn a_batch_runs_on_scratch_and_is_no_mass_update() {
    let sandbox = prepared(
        "-- driftless: batch key=id\nUPDATE t SET a = 1 WHERE a IS NULL;\n\
         ALTER TABLE t ALTER a SET NOT NULL;",
    );
    sandbox.run(&["verify"]).expect(0);
    let ran = sandbox.run(&["lint", "migrations/2_fill/migration.sql"]);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("H0701"), "{ran:?}");
    sandbox.run(&["deploy", "--dry-run"]).expect(0).prints("-- in batches");
    sandbox.run(&["deploy"]).expect(0);
}

const BEFORE: &str = "model Item {\n  id Int @id\n  name String\n\n  @@map(\"items\")\n}\n";

/// A model in the database with three rows.
fn items() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", BEFORE);
    sandbox.run(&["dev"]).expect(0);
    sandbox.sql("INSERT INTO items SELECT i, 'item ' || i FROM generate_series(1, 3) i");
    sandbox
}

#[test]
fn a_column_with_a_value_for_each_row_is_filled_in_batches() {
    let sandbox = items();
    let column =
        "  name String\n  token String @default(dbgenerated(\"gen_random_uuid()\")) @db.Uuid";
    sandbox.write("schema.model", &BEFORE.replace("  name String", column));
    sandbox.run(&["dev", "-n", "token"]).expect(0).says("proved: up, down and up again");
    let shown = sandbox.run(&["show", "token"]).expect(0).stdout;
    assert!(
        shown.contains(
            "-- driftless: batch key=id\nUPDATE public.items SET token = DEFAULT WHERE token IS NULL;"
        ),
        "{shown}"
    );
    assert!(shown.contains("VALIDATE CONSTRAINT items_token_not_null"), "{shown}");
    assert_eq!(sandbox.value("SELECT count(DISTINCT token) FROM items"), "3");
    sandbox.run(&["check"]).expect(0);
}

#[test]
fn a_required_column_gets_what_the_person_says() {
    let sandbox = items();
    sandbox.write("schema.model", &BEFORE.replace("  name String", "  name String\n  slug String"));
    sandbox.run(&["dev"]).expect(3).says("H0401").says("--fill table.column=SQL");
    sandbox.run(&["dev", "--fill", "items.size=1"]).expect(2).says("error[P0070]");
    sandbox.run(&["dev", "-n", "slug", "--fill", "items.slug=replace(name, ' ', '-')"]).expect(0);
    assert_eq!(
        sandbox.value("SELECT string_agg(slug, ',' ORDER BY id) FROM items"),
        "item-1,item-2,item-3"
    );
    let nullable = "SELECT is_nullable FROM information_schema.columns WHERE column_name = 'slug'";
    assert_eq!(sandbox.value(nullable), "NO");
    sandbox.run(&["check"]).expect(0);
}

/// 20,000 rows of which a batch that was killed has changed some.
fn killed_half_way() -> Sandbox {
    let sandbox = prepared(
        "-- driftless: batch key=id size=500 pause=20ms target=1ms\nUPDATE t SET b = b + 1;",
    );
    let mut child = sandbox.spawn(&["deploy"]);
    let deadline = Instant::now() + Duration::from_secs(30);
    while sandbox.value("SELECT sum(b) FROM t") == "0" {
        assert!(Instant::now() < deadline, "the batch does not begin");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    sandbox
}

#[test]
fn a_batch_that_was_edited_half_way_is_not_begun_again() {
    let sandbox = killed_half_way();
    sandbox.write(
        "migrations/2_fill/migration.sql",
        "-- driftless: batch key=id size=500 pause=0ms\nUPDATE t SET b = b + 2;",
    );
    let ran = sandbox.run(&["deploy", "--wait", "20s"]);
    assert_ne!(ran.status, 0, "{}", ran.stderr);
    // Read after the refusal: the killed session may have ended its last range meanwhile.
    assert_eq!(sandbox.value("SELECT max(b) FROM t"), "1", "{}", ran.stderr);
    sandbox.write(
        "migrations/2_fill/migration.sql",
        "-- driftless: batch key=id size=500 pause=20ms target=1ms\nUPDATE t SET b = b + 1;",
    );
    sandbox.run(&["deploy", "--wait", "20s"]).expect(0);
    assert_eq!(sandbox.value("SELECT sum(b) || '/' || max(b) FROM t"), "20000/1");
}

#[test]
fn a_batch_whose_position_cannot_be_read_is_not_begun_again() {
    let sandbox = killed_half_way();
    sandbox.sql(
        "UPDATE driftless.migrations_steps SET before = '{\"batch\": \"nowhere\"}' \
         WHERE migration = '2_fill'",
    );
    sandbox.run(&["deploy", "--wait", "20s"]).expect(3).says("P0056").says("how far it came");
    assert_eq!(sandbox.value("SELECT max(b) FROM t"), "1");
}
