//! Rows that pending steps would fail on stop a deploy before its first statement.

use crate::support::{Ran, Sandbox};

/// Deploys `pending` over rows of `before`.
fn deploy(before: &str, pending: &str, args: &[&str]) -> (Sandbox, Ran) {
    let sandbox = Sandbox::with_migrations(&[("1_before", before)]);
    sandbox.run(&["deploy"]).expect(0);
    sandbox.write("migrations/2_first/migration.sql", "CREATE TABLE not_run ();");
    sandbox.write("migrations/3_pending/migration.sql", pending);
    let ran = sandbox.run(&[&["deploy"], args].concat());
    (sandbox, ran)
}

const TABLES: &str = "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);\n\
    CREATE TABLE t (id int PRIMARY KEY, a int, b text, p_id int);\n\
    INSERT INTO t VALUES (1, NULL, 'x', 1), (2, NULL, 'x', 7), (3, -5, 'long text', 1);";

#[track_caller]
fn refused(pending: &str, said: &str) {
    let (sandbox, ran) = deploy(TABLES, pending, &[]);
    ran.expect(3).says("error[P0062]").says(said).says("`3_pending`, line");
    assert_eq!(sandbox.value("SELECT to_regclass('not_run')"), "NULL");
}

#[test]
fn rows_that_a_step_would_fail_on_are_shown_with_keys() {
    refused(
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL;",
        "H0402 `a` of `t` is NULL in 2 rows, for example id = 1; id = 2",
    );
    refused(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (t.a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;",
        "H0402 1 rows of `t` violate the check `c`, for example id = 3 (`3_pending`, line 2)",
    );
    refused(
        "CREATE UNIQUE INDEX CONCURRENTLY t_b ON t (b);",
        "H0403 1 values of `b` stand more than once in `t`, for example x",
    );
    refused(
        "ALTER TABLE t ADD FOREIGN KEY (p_id) REFERENCES p;",
        "H0402 1 rows of `t` refer to no row of `p`, which the foreign key demands, for example id = 2",
    );
    refused(
        "ALTER TABLE t ALTER b TYPE varchar(4);",
        "H0402 1 values of `b` of `t` do not fit `varchar(4)`, for example id = 3",
    );
    refused(
        "ALTER TABLE t ALTER b TYPE int USING b::int;",
        "values of `b` of `t` do not fit `integer`, for example invalid input syntax for type integer: \"x\"",
    );
    refused(
        "ALTER TABLE t ADD COLUMN c int NOT NULL;",
        "H0401 `c` is required and has no default, and `t` holds 3 rows",
    );
    refused(
        "CREATE TYPE e AS ENUM ('x', 'y');\nALTER TABLE t ALTER b TYPE e USING b::e;",
        "1 values of `b` of `t` do not fit `e`, for example id = 3",
    );
}

#[test]
fn a_constraint_that_was_never_validated_is_looked_at_when_it_is_to_be() {
    let before = format!("{TABLES} ALTER TABLE t ADD CONSTRAINT late CHECK (a > 0) NOT VALID;");
    let (_sandbox, ran) = deploy(&before, "ALTER TABLE t VALIDATE CONSTRAINT late;", &[]);
    ran.expect(3).says("1 rows of `t` violate `late`, for example id = 3");
}

#[test]
fn rows_that_an_earlier_step_corrects_are_no_reason_to_stop() {
    let pending = "UPDATE t SET a = 0 WHERE a IS NULL;\nALTER TABLE t ALTER a SET NOT NULL;";
    let (sandbox, ran) = deploy(TABLES, pending, &[]);
    ran.expect(0);
    assert_eq!(sandbox.value("SELECT count(*) FROM t WHERE a = 0"), "2");
    // The rows are as they should be.
    deploy(TABLES, "ALTER TABLE t ADD CHECK (a < 0), ADD c int NOT NULL DEFAULT 1;", &[])
        .1
        .expect(0);
}

#[test]
fn the_look_can_be_left_out_and_is_told_to_machines() {
    let pending = "ALTER TABLE t ALTER a SET NOT NULL;";
    let (sandbox, ran) = deploy(TABLES, pending, &["--json"]);
    let ran = ran.expect(3).prints("\"event\":\"rows_found\"").prints("\"examples\":[\"id = 1\"");
    assert!(ran.stdout.contains("\"migration\":\"3_pending\""), "{}", ran.stdout);
    sandbox.run(&["deploy", "--skip-row-checks"]).expect(4).says("error[P0020]");
    assert_eq!(sandbox.value("SELECT to_regclass('not_run')"), "not_run");
}
