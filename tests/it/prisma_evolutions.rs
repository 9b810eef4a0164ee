//! Evolutions of Prisma models: from the state before, the plan for the model leads to the database
//! that Prisma's own SQL makes.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use driftless::{
    db::{self, ScratchDb, replay::run_script},
    kinds, plan,
    schema::Schema,
    text::Source,
};
use tokio::task::JoinSet;

use crate::{
    catalog::{differences, draft_of, elaborated, read},
    corpus,
    support::{block_on, server},
};

/// States that Prisma's SQL leads elsewhere, on purpose; `docs/prisma.md` says why.
const IMPROVED: &[&str] = &[
    // New columns of one table come in the order in which the model writes them.
    "adding_multiple_optional_fields_to_an_existing_model_works/2",
    "adding_mutual_references_on_existing_tables_works/2",
    "schema_filter_migration_modifying_external_tables_incl_relations/2",
];

/// What a test of Prisma's sets up before its models.
const SET_UP: &[(&str, &str)] = &[
    ("postgres__citext_to_text_and_back_works", "CREATE EXTENSION citext"),
    (
        "functions_with_schema_prefix_in_dbgenerated_are_idempotent",
        "CREATE SCHEMA myschema; CREATE EXTENSION \"uuid-ossp\" SCHEMA myschema",
    ),
];

/// Cases whose models are of another database.
const FOREIGN: &[&str] = &["diffing_mongo_schemas"];

/// How one state came out.
enum Outcome {
    /// The same database.
    Equal,
    /// Something else, told by what differs.
    Differs(String),
    /// Prisma gives no SQL, and why the model is refused here too, if it is.
    NoSql(Result<(), String>),
}

/// Three databases that serve one evolution after the other.
struct Bench {
    /// Moved on by Prisma's SQL.
    prisma: ScratchDb,
    /// Moved on by our plans.
    ours: ScratchDb,
    /// Where models are elaborated.
    model: ScratchDb,
    /// What they hold when they are clean.
    empty: Schema,
}

/// Brings a database back to what it was when it was created.
const CLEAN: &str = "RESET ALL; DO $$ DECLARE item text; BEGIN
FOR item IN SELECT quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql'
LOOP EXECUTE 'DROP EXTENSION ' || item || ' CASCADE'; END LOOP;
FOR item IN SELECT quote_ident(nspname) FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
LOOP EXECUTE 'DROP SCHEMA ' || item || ' CASCADE'; END LOOP;
CREATE SCHEMA public;
COMMENT ON SCHEMA public IS 'standard public schema';
IF current_setting('server_version_num')::int >= 150000 THEN
    ALTER SCHEMA public OWNER TO pg_database_owner;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
ELSE
    GRANT ALL ON SCHEMA public TO PUBLIC;
END IF;
END $$";

impl Bench {
    async fn new() -> Self {
        let fresh = || server().database();
        let made = tokio::try_join!(fresh(), fresh(), fresh());
        let (prisma, ours, model) = made.expect("the server gives databases");
        let empty = read(&model).await;
        Self { prisma, ours, model, empty }
    }

    /// Every state of an evolution by name, with how it came out.
    async fn run(&self, case: &Path) -> Vec<(String, Outcome)> {
        let name = case.file_name().expect("a case has a name").to_string_lossy().into_owned();
        self.start(&name).await;
        let mut there = self.empty.clone();
        if SET_UP.iter().any(|(case, _)| name.ends_with(case)) {
            there = read(&self.prisma).await;
        }
        let mut out = Vec::new();
        for number in 1.. {
            let Ok(model) = std::fs::read_to_string(case.join(format!("{number}.prisma"))) else {
                return out;
            };
            let source = Source::new("schema.prisma", model);
            let script = case.join(format!("{number}.db.sql"));
            let outcome = match std::fs::read_to_string(script) {
                Ok(script) => self.compare(&mut there, source, &script).await,
                Err(_) => Outcome::NoSql(self.build(&source, &there).await.map(drop)),
            };
            if matches!(outcome, Outcome::Differs(_)) {
                // The next state is compared from where Prisma's SQL led.
                clean(&self.ours).await;
                self.replay(case, &name, number).await;
            }
            out.push((format!("{name}/{number}"), outcome));
        }
        out
    }

    async fn start(&self, name: &str) {
        for database in [&self.prisma, &self.ours] {
            clean(database).await;
            set_up(database, name).await;
        }
    }

    async fn replay(&self, case: &Path, name: &str, number: usize) {
        set_up(&self.ours, name).await;
        for earlier in 1..=number {
            let script = std::fs::read_to_string(case.join(format!("{earlier}.db.sql")));
            load(&self.ours, &script.unwrap_or_default()).await;
        }
    }

    async fn compare(&self, there: &mut Schema, source: Source, script: &str) -> Outcome {
        load(&self.prisma, script).await;
        let before = std::mem::replace(there, read(&self.prisma).await);
        let found = match self.move_on(&before, source).await {
            Ok(reached) => {
                let mut found = differences(there, &reached);
                found.extend(column_orders(there, &reached));
                found.join("\n")
            }
            Err(error) => error,
        };
        if found.is_empty() { Outcome::Equal } else { Outcome::Differs(found) }
    }

    /// Brings our database to what the model asks for.
    async fn move_on(&self, before: &Schema, source: Source) -> Result<Schema, String> {
        let (mut asked, namespaces) = self.build(&source, before).await?;
        let _ = kinds::keep_unspoken(before, &mut asked, &namespaces);
        let plan = plan::plan(before, &asked, plan::Mode::Online).map_err(|e| e.to_string())?;
        let script = plan::render(&plan);
        let moved = run_script(&self.ours, "plan", &script).await;
        moved.map_err(|error| format!("{error}\n{script}"))?;
        let reached = read(&self.ours).await;
        let left = differences(&reached, &asked);
        if left.is_empty() { Ok(reached) } else { Err(left.join("\n")) }
    }

    /// What a model asks for, and the namespaces that it speaks for.
    async fn build(
        &self,
        source: &Source,
        there: &Schema,
    ) -> Result<(Schema, BTreeSet<String>), String> {
        let sources = std::slice::from_ref(source);
        let draft = kinds::beside(&draft_of(sources)?, there);
        clean(&self.model).await;
        let result = db::elaborate_on(&draft, self.model.connection(), true, &self.empty).await;
        Ok((elaborated(result, sources)?, draft.namespaces))
    }
}

async fn clean(database: &ScratchDb) {
    database.run("cleaning", CLEAN).await.expect("a database can be cleaned");
}

async fn load(database: &ScratchDb, script: &str) {
    let script = format!("SET search_path = public;\n{script}");
    database.run("loading Prisma's SQL", &script).await.expect("Prisma's SQL loads");
}

async fn set_up(database: &ScratchDb, name: &str) {
    for (_, sql) in SET_UP.iter().filter(|(case, _)| name.ends_with(case)) {
        database.run("setting up", sql).await.expect("the set-up runs");
    }
}

/// The tables whose columns stand in another order.
fn column_orders(from: &Schema, to: &Schema) -> Vec<String> {
    let order = |schema: &Schema, table: &[String]| {
        let mut columns: Vec<_> = schema
            .of_kind_under("column", table)
            .filter(|c| c.id.path.len() == 3)
            .map(|c| (c.position, c.id.name().to_owned()))
            .collect();
        columns.sort();
        columns.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
    };
    from.of_kind("table")
        .filter(|table| to.get(&table.id).is_some())
        .map(|table| (order(from, &table.id.path), order(to, &table.id.path)))
        .filter(|(from, to)| from != to)
        .map(|(from, to)| format!("columns in the order {to:?} instead of {from:?}"))
        .collect()
}

fn evolutions(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is readable");
    let mut found: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    found.sort();
    found
}

/// Runs all evolutions, several at a time.
async fn run_all(cases: Vec<PathBuf>) -> Vec<(String, Outcome)> {
    let waiting = Arc::new(Mutex::new(cases));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let waiting = Arc::clone(&waiting);
        let next = move || waiting.lock().expect("no holder panics").pop();
        tasks.spawn(async move {
            let bench = Bench::new().await;
            let mut out = Vec::new();
            while let Some(case) = next() {
                out.extend(bench.run(&case).await);
            }
            out
        });
    }
    let mut all: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

#[test]
#[allow(clippy::print_stderr, reason = "a measurement says what it found")]
fn plans_reach_the_database_of_prismas_sql() {
    let Some(folder) = corpus::folder("prisma/migrations_golden") else { return };
    server();
    let outcomes = block_on(run_all(evolutions(&folder)));
    let (mut equal, mut improved, mut without, mut wrong) = (0, 0, 0, Vec::new());
    for (state, outcome) in &outcomes {
        let listed = IMPROVED.iter().any(|name| state.ends_with(name));
        let foreign = FOREIGN.iter().any(|name| state.contains(name));
        match outcome {
            Outcome::Equal if !listed => equal += 1,
            Outcome::Equal => wrong.push(format!("{state}: equal, though listed as improved")),
            Outcome::Differs(_) if listed => improved += 1,
            Outcome::Differs(what) => wrong.push(format!("{state}: {what}")),
            Outcome::NoSql(Err(_)) => without += 1,
            Outcome::NoSql(Ok(())) if foreign => without += 1,
            Outcome::NoSql(Ok(())) => {
                wrong.push(format!("{state}: accepted, though Prisma has no SQL for it"));
            }
        }
    }
    let share = f64::from(equal) / f64::from(equal + improved) * 100.0;
    eprintln!(
        "{} states: {equal} equal ({share:.1} %), {improved} improved, {without} without SQL of \
         Prisma's, {} wrong",
        outcomes.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
