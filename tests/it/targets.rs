//! Deploys to many databases at once, and to many schemas of one.

use std::fmt::Write as _;

use crate::support::{Sandbox, block_on, setting};

/// How many tenants; the campaign of a release sets 500.
fn tenants() -> usize {
    setting("DRIFTLESS_TENANTS").and_then(|value| value.parse().ok()).unwrap_or(24)
}

struct Tenants<'s> {
    sandbox: &'s Sandbox,
    prefix: String,
    count: usize,
}

impl<'s> Tenants<'s> {
    fn create(sandbox: &'s Sandbox, count: usize) -> Self {
        // Databases that are called as temporary ones are would be taken for leftovers.
        let name = sandbox.database.name().replace("driftless_scratch", "of");
        let prefix = format!("tenant_{name}_");
        for at in 0..count {
            // The default strategy writes every page to the log; files are copied faster.
            let strategy = match sandbox.database.version().major() {
                15.. => " STRATEGY file_copy",
                _ => "",
            };
            sandbox.sql(&format!("CREATE DATABASE {prefix}{at:03}{strategy}"));
        }
        Self { sandbox, prefix, count }
    }

    fn url(&self, at: usize) -> String {
        self.sandbox.database.target().with_database(&format!("{}{at:03}", self.prefix)).reveal()
    }

    fn value(&self, at: usize, sql: &str) -> String {
        block_on(async {
            let target = self.sandbox.database.target();
            let target = target.with_database(&format!("{}{at:03}", self.prefix));
            let connection = driftless::db::connect(&target).await.unwrap();
            let row = connection.query_one(&format!("SELECT ({sql})::text"), &[]).await.unwrap();
            row.get::<_, Option<String>>(0).unwrap_or_else(|| "NULL".to_owned())
        })
    }
}

impl Drop for Tenants<'_> {
    fn drop(&mut self) {
        for at in 0..self.count {
            self.sandbox.sql(&format!("DROP DATABASE {}{at:03} WITH (FORCE)", self.prefix));
        }
    }
}

const MIGRATIONS: &[(&str, &str)] =
    &[("1_a", "CREATE TABLE a (id int PRIMARY KEY);"), ("2_b", "ALTER TABLE a ADD b text;")];

#[test]
fn of_many_one_fails_and_one_is_locked_and_the_rest_is_done() {
    let sandbox = Sandbox::with_migrations(MIGRATIONS);
    let count = tenants();
    let tenants = Tenants::create(&sandbox, count);
    let mut file = String::from("# tenants\n");
    for at in 0..count {
        let _ = writeln!(file, "tenant-{at:03} {}", tenants.url(at));
    }
    sandbox.write("tenants.txt", &file);
    // One has what the first migration creates; in another somebody holds the table.
    let target =
        |at: usize| sandbox.database.target().with_database(&format!("{}{at:03}", tenants.prefix));
    let spoiler = block_on(driftless::db::connect(&target(5))).unwrap();
    block_on(spoiler.run("test", "CREATE TABLE a ()")).unwrap();
    sandbox.run(&["deploy", "--to", "1_a", "--url", &tenants.url(7)]).expect(0);
    let holder = block_on(driftless::db::connect(&target(7))).unwrap();
    block_on(holder.run("test", "BEGIN; SELECT * FROM a")).unwrap();
    let deploy = ["deploy", "--targets", "tenants.txt", "--parallel", "16", "--lock-wait", "1s"];
    // By default the first failure is the last.
    sandbox.run(&deploy).expect(4).says("error[P0072]").says("not begun");
    let ran =
        sandbox.run(&[&deploy[..], &["--max-failures", "2", "--report", "out.html"]].concat());
    let ran = ran.expect(4).says("error[P0072]").says("2 failed, 0 not begun");
    assert_eq!(ran.stdout.lines().count(), count, "{}", ran.stdout);
    let line = |name: &str| ran.stdout.lines().find(|l| l.starts_with(name)).unwrap();
    assert!(line("tenant-005").contains("failed") && line("tenant-005").contains("P0045"));
    assert!(line("tenant-007").contains("failed") && line("tenant-007").contains("P0021"));
    let html = std::fs::read_to_string(sandbox.dir.path().join("out.html")).unwrap();
    assert!(html.contains("tenant-005") && html.contains("held by pid"), "{html}");
    let status = ["status", "--targets", "tenants.txt", "--json", "--exit-code"];
    let ran = sandbox.run(&status).expect(1);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = json["targets"].as_array().unwrap();
    assert_eq!(rows.iter().filter(|row| row["in_sync"] == true).count(), count - 2);
    assert_eq!(rows[7]["wrong"], serde_json::json!(["2_b"]));
    // What is done is not done again.
    block_on(spoiler.run("test", "DROP TABLE a")).unwrap();
    block_on(holder.run("test", "COMMIT")).unwrap();
    let ran = sandbox.run(&[&deploy[..], &["--json", "--report", "out.json"]].concat()).expect(0);
    let done = |outcome: &str| {
        let is = |l: &&str| {
            l.contains("target_done") && l.contains(&format!("\"outcome\":\"{outcome}\""))
        };
        ran.stdout.lines().filter(is).count()
    };
    assert_eq!((done("applied"), done("up_to_date")), (2, count - 2), "{}", ran.stdout);
    let report = std::fs::read_to_string(sandbox.dir.path().join("out.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(
        report["targets"][7]["migrations"][0]["steps"][0]["sql"],
        "ALTER TABLE a ADD b text"
    );
    sandbox.run(&status).expect(0);
}

#[test]
fn a_canary_that_fails_keeps_the_others_as_they_were() {
    let sandbox = Sandbox::with_migrations(&[("1_a", "SELECT 1 / 0;")]);
    let tenants = Tenants::create(&sandbox, 3);
    let query = format!(
        "SELECT datname FROM pg_database WHERE datname LIKE '{}%' ORDER BY 1",
        tenants.prefix.replace('_', "\\_")
    );
    let ran =
        sandbox.run(&["deploy", "--targets-query", &sandbox.url(), &query, "--max-failures", "9"]);
    ran.expect(4).says("1 failed, 2 not begun").says("division by zero");
    assert_eq!(tenants.value(2, "SELECT to_regnamespace('driftless')"), "NULL");
    sandbox.write("empty.txt", "# none\n");
    sandbox.run(&["deploy", "--targets", "empty.txt"]).expect(2).says("error[P0071]");
}

#[test]
fn each_tenant_may_have_a_schema() {
    let sandbox = Sandbox::with_migrations(&[
        (
            "1_a",
            "CREATE TABLE public.a (id serial PRIMARY KEY);\nCREATE INDEX CONCURRENTLY ON public.a (id);",
        ),
        (
            "2_b",
            "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM public.a $$;\n\
             INSERT INTO a VALUES (nextval('public.a_id_seq'));",
        ),
    ]);
    sandbox.sql("CREATE SCHEMA tenant_1; CREATE SCHEMA \"tenant-2\"; CREATE SCHEMA other");
    let args = ["--schema-per-tenant", "tenant?*"];
    sandbox.run(&[&["status", "--exit-code"], &args[..]].concat()).expect(1).prints("2 pending");
    sandbox.run(&[&["deploy"], &args[..]].concat()).expect(0).prints("tenant-2");
    assert_eq!(sandbox.value("SELECT to_regclass('public.a')"), "NULL");
    assert_eq!(sandbox.value("SELECT to_regclass('other.a')"), "NULL");
    assert_eq!(sandbox.value("SELECT tenant_1.f() || '/' || \"tenant-2\".f()"), "1/1");
    sandbox.run(&[&["status", "--exit-code"], &args[..]].concat()).expect(0);
    sandbox.run(&[&["deploy"], &args[..]].concat()).expect(0).prints("up to date");
}

#[test]
fn hooks_run_around_what_is_pending_and_a_command_gets_the_report() {
    let sandbox =
        Sandbox::with_migrations(&[("1_a", "INSERT INTO public.log VALUES ('migration');")]);
    sandbox.sql("CREATE TABLE log (what text)");
    sandbox.write(
        "driftless.toml",
        "[deploy]\nallow-drift = [\"*\"]\nbefore = [\"INSERT INTO log VALUES ('before')\"]\n\
         after = [\"INSERT INTO log VALUES ('after'); INSERT INTO log VALUES ('end')\"]\n\
         notify = \"cat > told.json; echo $DRIFTLESS_OK $DRIFTLESS_APPLIED > told.txt\"\n",
    );
    sandbox.run(&["deploy"]).expect(0);
    let log = "SELECT string_agg(what, ' ') FROM log";
    assert_eq!(sandbox.value(log), "before migration after end");
    let read = |file: &str| std::fs::read_to_string(sandbox.dir.path().join(file)).unwrap();
    assert_eq!(read("told.txt"), "true 1\n");
    assert!(read("told.json").contains("\"migration\": \"1_a\""));
    sandbox.run(&["deploy"]).expect(0);
    assert_eq!(sandbox.value(log), "before migration after end");
    sandbox.write("migrations/2_b/migration.sql", "SELECT 1;");
    sandbox
        .write("driftless.toml", "[deploy]\nallow-drift = [\"*\"]\nbefore = [\"SELECT 1 / 0\"]\n");
    sandbox
        .run(&["deploy", "--notify", "exit 3"])
        .expect(4)
        .says("error[P0073]: hook `before` 1: division by zero")
        .says("no migration was begun")
        .says("`notify` ended with exit status: 3");
    assert_eq!(sandbox.value("SELECT count(*) FROM driftless.migrations"), "1");
}
