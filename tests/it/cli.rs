//! The command line as its users meet it: what it prints, what it says, how it ends.

use crate::support::{Sandbox, binary, finish};

#[test]
fn deploy_applies_what_is_pending_and_status_agrees() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_users", "CREATE TABLE users (id int PRIMARY KEY, name text);"),
        ("2_index", "CREATE INDEX CONCURRENTLY users_name ON users (name);\nSELECT 1;"),
    ]);
    sandbox.run(&["status", "--exit-code"]).expect(1).prints("pending      1_users");
    sandbox
        .run(&["deploy", "--dry-run"])
        .expect(0)
        .prints("-- 1_users\nBEGIN;\nCREATE TABLE users")
        .prints("\nCREATE INDEX CONCURRENTLY users_name ON users (name);\nBEGIN;\nSELECT 1;");
    sandbox.run(&["status"]).expect(0).prints("pending      1_users");
    sandbox.run(&["deploy"]).expect(0).says("applied 2 migrations");
    sandbox.run(&["deploy"]).expect(0).says("nothing to apply");
    let url = format!("db:{}", sandbox.url());
    // The ledger is not part of what is compared.
    sandbox.run(&["diff", "--from", &url, "--to", "migrations:", "--exit-code"]).expect(0);
    sandbox.run(&["status", "--exit-code"]).expect(0).says("all 2 migrations are applied");
    assert_eq!(sandbox.value("SELECT count(*) FROM driftless.migrations_steps"), "3");
}

#[test]
fn deploy_stops_at_the_migration_that_is_named() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a ();"),
        ("2_b", "CREATE TABLE b ();"),
        ("3_c", "CREATE TABLE c ();"),
    ]);
    sandbox.run(&["deploy", "--to", "b"]).expect(0).says("applied 2 migrations");
    assert_eq!(sandbox.value("SELECT to_regclass('c')"), "NULL");
    sandbox.run(&["deploy", "--to", "x"]).expect(2).says("there is no migration `x`");
}

#[test]
fn an_edited_migration_is_refused() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a ();")]);
    sandbox.run(&["deploy"]).expect(0);
    sandbox.write("migrations/1_a/migration.sql", "CREATE TABLE a (id int);");
    sandbox
        .run(&["deploy"])
        .expect(3)
        .says("error[P0012]: migration `1_a` was edited after it was applied")
        .says("note: recorded sha256");
    sandbox.run(&["status"]).expect(0).prints("edited       1_a");
    // Line ends are not an edit.
    sandbox.write("migrations/1_a/migration.sql", "CREATE TABLE a ();");
    sandbox.write("migrations/2_b/migration.sql", "CREATE TABLE b\n();");
    sandbox.run(&["deploy"]).expect(0);
    sandbox.write("migrations/2_b/migration.sql", "CREATE TABLE b\r\n();");
    sandbox.run(&["deploy"]).expect(0);
    std::fs::remove_dir_all(sandbox.dir.path().join("migrations/1_a")).unwrap();
    sandbox.run(&["deploy"]).expect(3).says("P0027");
    sandbox.run(&["status"]).expect(0).prints("missing      1_a");
}

#[test]
fn a_failed_migration_leaves_nothing_and_is_repeated_when_corrected() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a ();\nCREATE TABLE a ();"),
        ("2_b", "CREATE TABLE b ();"),
    ]);
    sandbox
        .run(&["deploy"])
        .expect(4)
        .says("error[P0020]: migration `1_a` failed at step 2, line 2")
        .says("relation \"a\" already exists")
        .says("nothing of it stays");
    assert_eq!(sandbox.value("SELECT to_regclass('a')"), "NULL");
    sandbox.run(&["status", "--exit-code"]).expect(1).prints("failed       1_a");
    sandbox.write("migrations/1_a/migration.sql", "CREATE TABLE a ();\nCREATE TABLE a2 ();");
    sandbox.run(&["deploy"]).expect(0);
    sandbox.run(&["status", "--exit-code"]).expect(0);
}

#[test]
fn a_failure_behind_a_finished_segment_is_continued_from_there() {
    let sandbox = Sandbox::with_migrations(&[(
        "1_a",
        "CREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);\nINSERT INTO b VALUES (1);",
    )]);
    sandbox.run(&["deploy"]).expect(4).says("first 2 steps stay done");
    sandbox.write(
        "migrations/1_a/migration.sql",
        "CREATE TABLE a (id bigint);\nCREATE INDEX CONCURRENTLY i ON a (id);\nSELECT 1;",
    );
    sandbox.run(&["deploy"]).expect(3).says("P0012").says("edited in step 1");
    sandbox.write(
        "migrations/1_a/migration.sql",
        "CREATE TABLE a (id int); -- a comment is no edit\nCREATE INDEX CONCURRENTLY i ON a (id);\n\
         INSERT INTO a VALUES (1);",
    );
    sandbox.run(&["deploy"]).expect(0).says("applying 1_a from step 3 of 3");
    assert_eq!(sandbox.value("SELECT count(*) FROM a"), "1");
    sandbox.run(&["status", "--exit-code"]).expect(0);
}

#[test]
fn a_unique_index_over_duplicates_leaves_no_invalid_index() {
    let sandbox = Sandbox::with_migrations(&[(
        "1_a",
        "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1), (1);\n\
         CREATE UNIQUE INDEX CONCURRENTLY i ON a (id);",
    )]);
    sandbox.run(&["deploy"]).expect(4).says("removed the invalid index `i`");
    assert_eq!(sandbox.value("SELECT to_regclass('i')"), "NULL");
    sandbox.sql("DELETE FROM a");
    sandbox.run(&["deploy"]).expect(0);
}

#[test]
fn settings_of_one_migration_do_not_reach_the_next() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "SELECT pg_catalog.set_config('search_path', '', false);\nSET lock_timeout = 0;"),
        ("2_b", "CREATE TABLE here (a int);"),
        ("3_c", "CREATE ROLE app_of_test; SET ROLE app_of_test; SELECT 1;"),
        ("4_d", "CREATE TABLE mine (); DISCARD ALL;"),
        ("5_e", "SELECT 1;"),
    ]);
    sandbox.run(&["deploy", "--to", "3_c"]).expect(0);
    assert_eq!(sandbox.value("SELECT 'public.here'::regclass"), "here");
    // `DISCARD ALL` gives the lock away, so nothing more may run.
    sandbox.run(&["deploy"]).expect(4).says("P0025");
    sandbox.run(&["deploy"]).expect(0).says("applied 1 migration");
}

#[test]
fn the_directory_is_checked_before_anything_runs() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a ();"), ("2_b", "\\d")]);
    sandbox.write("migrations/notes.txt", "x");
    sandbox.run(&["deploy"]).expect(2).says("P0017").says("stray file");
    std::fs::remove_file(sandbox.dir.path().join("migrations/notes.txt")).unwrap();
    sandbox.run(&["deploy"]).expect(2).says("P0019").says("`\\d` is a command of psql");
    let other = Sandbox::new();
    std::fs::remove_dir(other.dir.path().join("migrations")).unwrap();
    other.run(&["deploy"]).expect(2).says("there is no migrations directory");
}

#[test]
fn new_follows_the_head_and_several_heads_are_refused() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a ();")]);
    let ran = sandbox.run(&["new", "Add a table!"]).expect(0).prints("_add_a_table/migration.sql");
    let name = ran.stdout.trim().split('/').nth(1).unwrap().to_owned();
    let ran = sandbox.run(&["history", "--json"]).expect(0);
    assert!(ran.stdout.contains(r#""parents":["1_a"]"#), "{}", ran.stdout);
    sandbox.write("migrations/9_x/migration.sql", "SELECT 1;");
    sandbox.write("migrations/9_x/migration.toml", "parents = [\"1_a\"]\n");
    sandbox.run(&["heads"]).expect(0).prints(&format!("{name}\n9_x\n"));
    sandbox.run(&["deploy"]).expect(3).says("P0034").says("2 heads");
    sandbox.run(&["new", "more"]).expect(3);
    sandbox.run(&["show", "1"]).expect(0).prints("CREATE TABLE a ();");
}

#[test]
fn prismas_ledger_is_taken_over() {
    let sandbox = Sandbox::with_migrations(&[
        ("20240101000000_init", "CREATE TABLE a ();"),
        ("20240102000000_more", "CREATE TABLE b ();"),
    ]);
    // The table as Prisma creates it.
    sandbox.sql(
        "CREATE TABLE a (); CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, \
         checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT \
         NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT \
         now(), applied_steps_count INTEGER NOT NULL DEFAULT 0); \
         INSERT INTO _prisma_migrations VALUES ('x', encode(sha256('CREATE TABLE a ();'), 'hex'), \
         now(), '20240101000000_init', NULL, NULL, now(), 1)",
    );
    sandbox.run(&["status"]).expect(0).prints("applied      20240101000000_init");
    sandbox.run(&["deploy"]).expect(0).says("took over 1 migrations").says("applied 1 migration");
    sandbox.run(&["status", "--exit-code"]).expect(0);
}

#[test]
fn diff_compares_any_two_states_and_prints_nothing_for_equal_ones() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a (id int);"),
        ("2_b", "ALTER TABLE a ADD b text;"),
    ]);
    sandbox.write("b.sql", "CREATE TABLE a (id int, b text);");
    let ran = sandbox.run(&["diff", "--from", "sql:b.sql", "--to", "migrations:migrations"]);
    assert_eq!(ran.expect(0).says("no difference").stdout, "");
    let states = ["diff", "--from", "migrations:migrations@1_a", "--to", "sql:b.sql"];
    sandbox.run(&states).expect(0).prints("ALTER TABLE public.a");
    sandbox
        .run(&[&states[..], &["--exit-code", "--summary"]].concat())
        .expect(1)
        .prints("+ column");
    let url = format!("db:{}", sandbox.url());
    sandbox.sql("CREATE TABLE a (id int)");
    sandbox
        .run(&["diff", "--from", &url, "--to", "migrations:", "--exit-code"])
        .expect(1)
        .prints("ADD COLUMN b text");
    sandbox.run(&["diff", "--from", "nothing", "--to", "empty"]).expect(2).says("P0035");
}

#[test]
fn errors_of_connecting_have_codes_and_no_passwords() {
    let sandbox = Sandbox::new();
    let run = |url: &str| {
        let ran = sandbox.run(&["status", "--url", url]);
        assert!(!ran.stderr.contains("hidden"), "{}", ran.stderr);
        ran
    };
    run("postgres://u:hidden@127.0.0.1:1/d").expect(4).says("error[P0002]").says("u:***@");
    run("mysql://u:hidden@h/d").expect(2).says("error[P0001]").says("u:***@");
    run("postgres://u:hidden@h/d?sslmod=x").expect(2).says("did you mean `sslmode`?");
    let mut command = binary(sandbox.dir.path());
    command.arg("status");
    finish(command).expect(2).says("P0031").says("`DATABASE_URL`");
    sandbox.write(".env", &format!("DATABASE_URL=\"{}\"\n", sandbox.url()));
    let mut command = binary(sandbox.dir.path());
    command.arg("status");
    finish(command).expect(0);
}

#[test]
fn configuration_moves_the_ledger_and_unknown_keys_are_refused() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a ();")]);
    sandbox.write("driftless.toml", "[ledger]\nschema = \"public\"\ntable = \"our \\\"log\"\n");
    sandbox.run(&["deploy"]).expect(0);
    assert_eq!(sandbox.value("SELECT count(*) FROM public.\"our \"\"log\""), "1");
    sandbox.write("driftless.toml", "[ledgers]\n");
    sandbox.run(&["status"]).expect(2).says("P0030").says("ledgers");
}

#[test]
fn execute_runs_sql_as_one_transaction() {
    let sandbox = Sandbox::new();
    sandbox.run(&["execute", "-c", "CREATE TABLE a (); SELECT 1"]).expect(0).says("2 statements");
    sandbox
        .run(&["execute", "-c", "CREATE TABLE b ();\nSELECT nonsense"])
        .expect(4)
        .says("line 2")
        .says("nothing of it stays");
    assert_eq!(sandbox.value("SELECT to_regclass('b')"), "NULL");
}

#[test]
fn drift_is_reported_by_status_and_refused_by_deploy() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a (id int, t text);")]);
    sandbox.run(&["deploy"]).expect(0);
    sandbox.run(&["status", "--exit-code"]).expect(0).says("the schema is what they lead to");
    sandbox.sql("ALTER TABLE a ALTER id TYPE bigint; CREATE TABLE b (); ALTER TABLE a DROP t");
    sandbox
        .run(&["status", "--exit-code"])
        .expect(1)
        .prints("~ column public.a.id\n    type: integer → bigint")
        .prints("- column public.a.t")
        .prints("+ table public.b");
    sandbox.write("migrations/2_c/migration.sql", "CREATE TABLE c ();");
    sandbox.run(&["deploy"]).expect(3).says("P0046").says("~ column public.a.id");
    let allow = ["deploy", "--allow-drift", "column public.a.*", "--allow-drift", "table public.b"];
    sandbox.run(&allow).expect(0);
    let other = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a ();")]);
    other.sql("CREATE TABLE before ()");
    other.run(&["deploy"]).expect(3).says("P0045").says("driftless baseline");
}

#[test]
fn what_came_as_a_whole_is_one_line_of_status() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a (id int);")]);
    sandbox.run(&["deploy"]).expect(0);
    sandbox.sql(
        "CREATE TABLE b (id serial PRIMARY KEY, t text); CREATE INDEX i ON b (t); \
         CREATE FUNCTION b(int) RETURNS int LANGUAGE sql AS 'SELECT $1'; ALTER TABLE a ADD c int",
    );
    let ran = sandbox.run(&["status"]).expect(0);
    let lines: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with('+')).collect();
    let expected = [
        "+ column public.a.c",
        "+ function public.b.integer",
        "+ sequence public.b_id_seq with one part",
        "+ table public.b with 5 parts",
    ];
    assert_eq!(lines, expected);
    sandbox.run(&["status", "--verbose"]).expect(0).prints("+ column public.b.t\n");
}

#[test]
fn rollback_takes_back_the_newest_first_and_refuses_before_anything_runs() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a ();"),
        ("2_b", "CREATE TABLE b ();"),
        ("3_c", "CREATE TABLE c ();"),
        ("4_d", "CREATE TABLE d ();"),
    ]);
    for name in ["2_b", "3_c", "4_d"] {
        let table = &name[2..];
        sandbox.write(&format!("migrations/{name}/down.sql"), &format!("DROP TABLE {table};"));
    }
    sandbox.run(&["deploy"]).expect(0);
    sandbox.run(&["rollback", "--dry-run"]).expect(0).prints("-- 4_d\nDROP TABLE d;");
    sandbox.run(&["rollback"]).expect(0).says("took back 1 migration");
    assert_eq!(sandbox.value("SELECT to_regclass('d')"), "NULL");
    sandbox.run(&["status"]).expect(0).prints("pending      4_d");
    sandbox.run(&["rollback", "-2"]).expect(0).says("took back 2 migrations");
    sandbox.run(&["deploy"]).expect(0).says("applied 3 migrations");
    sandbox.run(&["rollback", "--all"]).expect(3).says("P0026").says("`1_a`");
    assert_eq!(sandbox.value("SELECT to_regclass('d')"), "d");
    sandbox.run(&["rollback", "--to", "2_b"]).expect(0).says("took back 2 migrations");
    sandbox.run(&["current"]).expect(0).prints("2_b\n");
    // A failure half-way is finished by the next rollback, and by nothing else.
    sandbox.write("migrations/2_b/down.sql", "DROP TABLE nothing;");
    sandbox.run(&["rollback"]).expect(4).says("P0020");
    sandbox.run(&["deploy"]).expect(3).says("P0028");
    sandbox.write("migrations/2_b/down.sql", "DROP TABLE b;");
    sandbox.run(&["rollback"]).expect(0);
    sandbox.run(&["deploy"]).expect(0).says("applied 3 migrations");
}

#[test]
fn resolve_needs_a_reason_and_the_log_keeps_it() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a ();")]);
    sandbox.sql("CREATE TABLE a ()");
    sandbox.run(&["resolve", "1_a", "--applied"]).expect(2).says("--reason");
    sandbox.run(&["resolve", "1_a", "--applied", "--reason", "made by hand"]).expect(0);
    sandbox.run(&["status", "--exit-code"]).expect(0);
    let log = "SELECT string_agg(event || ': ' || detail, ', ') FROM driftless.migrations_log";
    assert_eq!(sandbox.value(log), "marked applied: made by hand");
    sandbox.run(&["resolve", "1_a", "--rolled-back", "--reason", "dropped"]).expect(0);
    sandbox.run(&["status"]).expect(0).prints("pending      1_a");
}

#[test]
fn baseline_starts_a_history_from_what_is_there() {
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE a (id int PRIMARY KEY, b text DEFAULT 'x'); CREATE TYPE m AS ENUM ('a')",
    );
    sandbox.run(&["baseline"]).expect(0).says("_baseline` counts as applied");
    sandbox.run(&["status", "--exit-code"]).expect(0);
    sandbox.run(&["baseline"]).expect(3).says("P0042");
    let other = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a ();"), ("2_b", "SELECT 1;")]);
    other.sql("CREATE TABLE a ()");
    other.run(&["baseline"]).expect(2).says("P0043");
    other.run(&["baseline", "--to", "1_a"]).expect(0);
    other.run(&["deploy"]).expect(0).says("applied 1 migration");
}

#[test]
fn reset_empties_a_development_database_and_no_other() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a ();")]);
    sandbox.sql("CREATE SCHEMA other; CREATE TABLE other.x (); CREATE TABLE public.y ()");
    sandbox.run(&["reset"]).expect(3).says("P0041").says("--yes");
    sandbox.run(&["reset", "--yes"]).expect(0).says("applied 1 migrations");
    sandbox.run(&["status", "--exit-code"]).expect(0);
    sandbox.write("migrations/2_b/migration.sql", "CREATE TABLE b ();");
    sandbox.run(&["deploy"]).expect(0);
    sandbox.run(&["reset", "--yes"]).expect(3).says("P0040").says("deployed to");
}

#[test]
fn validate_and_fmt_work_without_a_database() {
    let sandbox = Sandbox::new();
    sandbox.run(&["validate"]).expect(2).says("P0044");
    sandbox.write("schema.model", "model A {\nid Int @id\n  name strng\n}\n");
    sandbox.run(&["validate"]).expect(2).says("error[E0101]").says("schema.model:3");
    sandbox.run(&["validate", "--json"]).expect(2).prints("\"E0101\"");
    sandbox.write("schema.model", "model A {\nid Int @id\n  name String\n}\n");
    sandbox.run(&["validate"]).expect(0).says("is valid");
    sandbox.run(&["fmt", "--check"]).expect(1).says("would be formatted: schema.model");
    sandbox.run(&["fmt"]).expect(0);
    sandbox.run(&["fmt", "--check"]).expect(0);
    sandbox.run(&["explain", "e0101"]).expect(0).prints("E0101: an unknown type");
    sandbox.run(&["explain", "X"]).expect(2).says("P0038");
}

#[test]
fn init_writes_a_project_that_works_and_adopts_prismas() {
    let sandbox = Sandbox::new();
    sandbox.run(&["init"]).expect(0).prints("./driftless.toml\n./schema.model\n");
    sandbox.run(&["init"]).expect(2).says("P0048");
    sandbox.run(&["fmt", "--check"]).expect(0);
    sandbox.run(&["dev"]).expect(0).prints("_add_users/migration.sql");
    let prisma = Sandbox::new();
    prisma.write("db/schema.prisma", "datasource db {\n  provider = \"postgresql\"\n}\n");
    prisma.write("db/migrations/1_a/migration.sql", "SELECT 1;");
    prisma.run(&["init", "--from-prisma", "."]).expect(2).says("P0049");
    prisma.write("prisma.config.ts", "export default { schema: './db/schema.prisma' }");
    prisma.run(&["init", "--from-prisma", "."]).expect(0);
    prisma.run(&["check"]).expect(0).says("1 migrations and the model agree");
}

#[test]
fn verify_proves_what_was_written_by_hand() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "CREATE TABLE a (id int);")]);
    sandbox.run(&["new", "b"]).expect(0);
    let name = sandbox.run(&["heads"]).expect(0).stdout.trim().to_owned();
    let up = format!("migrations/{name}/migration.sql");
    let down = format!("migrations/{name}/down.sql");
    sandbox.write(&up, "CREATE TABLE b ();\nCREATE INDEX i ON a (id);");
    sandbox.write(&down, "DROP TABLE b;");
    sandbox
        .run(&["verify", &name])
        .expect(1)
        .prints("wrong   ")
        .prints("after `down.sql` something is left: + index public.i");
    sandbox.write(&down, "DROP TABLE b;\nDROP INDEX i;");
    sandbox.run(&["verify", "--update"]).expect(0).says("2 migrations are proved");
    sandbox.run(&["verify"]).expect(0).says("every migration was proved as it is");
    sandbox.write(&up, "CREATE TABLE b (x int);\nCREATE INDEX i ON a (id);");
    sandbox.run(&["check", "--no-model"]).expect(1).prints("was edited after it was proved");
    sandbox.run(&["deploy"]).expect(0).says("was edited after it was proved");
    sandbox.write(&up, "CREATE TABLE b (x itn);");
    sandbox.run(&["verify"]).expect(1).prints("line 1").prints("type \"itn\" does not exist");
}

#[test]
fn prismas_ledger_is_kept_as_prisma_keeps_it() {
    let sandbox = Sandbox::with_migrations(&[
        ("1_a", "CREATE TABLE a (id int PRIMARY KEY);"),
        ("2_b", "CREATE TABLE b (id int PRIMARY KEY); SELECT 1/0;"),
    ]);
    sandbox.write("driftless.toml", "[ledger]\nmode = \"prisma\"\n");
    sandbox.run(&["deploy"]).expect(4).says("division by zero");
    let rows = |filter: &str| {
        sandbox.value(&format!("SELECT count(*) FROM _prisma_migrations WHERE {filter}"))
    };
    assert_eq!(
        rows("finished_at IS NOT NULL AND applied_steps_count = 1 AND length(id) = 36"),
        "1"
    );
    assert_eq!(rows("finished_at IS NULL AND logs LIKE '%division by zero%'"), "1");
    sandbox.run(&["resolve", "2_b", "--rolled-back", "--reason", "it failed"]).expect(0);
    assert_eq!(rows("migration_name = '2_b' AND rolled_back_at IS NOT NULL"), "1");
    sandbox.write("migrations/2_b/migration.sql", "CREATE TABLE b (id int PRIMARY KEY);");
    sandbox.run(&["deploy"]).expect(0);
    sandbox.run(&["status", "--exit-code"]).expect(0);
    assert_eq!(rows("finished_at IS NOT NULL AND rolled_back_at IS NULL"), "2");
    // What Prisma applied meanwhile counts, and what it gave up does not.
    sandbox
        .sql("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '2_b'");
    sandbox.run(&["status", "--exit-code"]).expect(1).prints("pending");
    sandbox.run(&["resolve", "2_b", "--applied", "--reason", "it is there"]).expect(0);
    sandbox.run(&["status", "--exit-code"]).expect(0);
}
