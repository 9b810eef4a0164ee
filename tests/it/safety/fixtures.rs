//! Each hazard's bad script has it and its good script does not.

use driftless::{
    db::ScratchDb,
    lint::{Class, HAZARDS},
    sql::split::{needs_commit, split, transactional},
};

use super::{codes, directive, look};
use crate::support::{block_on, server};

const SCHEMA: &str = include_str!("../../../fixtures/hazards/schema.sql");

/// Drops everything that the schema of the fixtures and the scripts make.
const RESET: &str = "
    RESET ALL;
    DO $$ DECLARE one name; BEGIN
        FOR one IN SELECT nspname FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        LOOP EXECUTE format('DROP SCHEMA %I CASCADE', one); END LOOP;
    END $$;
    CREATE SCHEMA public;";

#[test]
fn bad_scripts_have_their_hazard_and_good_ones_do_not() {
    let mut wrong = Vec::new();
    for hazard in HAZARDS {
        let id = hazard.code.id;
        let bad = look(hazard.bad, id);
        if !codes(&bad).contains(&id) {
            wrong.push(format!("{id}: bad.sql has only {:?}", codes(&bad)));
        }
        let good = look(hazard.good, id);
        if codes(&good).contains(&id) {
            wrong.push(format!("{id}: good.sql has it too"));
        }
        // What is shown as the way to do it must not block either.
        let blocks = |c: Class| matches!(c, Class::Lock | Class::Failure);
        let other: Vec<_> = good
            .findings
            .iter()
            .filter(|f| blocks(f.class()) && f.counts())
            .map(|f| (f.hazard.code.id, &f.message))
            .collect();
        if !other.is_empty() {
            wrong.push(format!("{id}: good.sql has {other:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs a script statement by statement, each by itself; the SQLSTATE of the first that fails.
async fn run(database: &ScratchDb, script: &str) -> Result<(), String> {
    for piece in split(script).pieces {
        if let Err(error) = database.batch_execute(piece.text).await {
            let state = error.code().map(|c| c.code().to_owned());
            let _ = database.batch_execute("ROLLBACK").await;
            return Err(state.unwrap_or_else(|| error.to_string()));
        }
    }
    Ok(())
}

/// Whether the script can run in one transaction as well.
fn undoable(script: &str) -> bool {
    split(script)
        .pieces
        .iter()
        .all(|piece| piece.control.is_none() && transactional(piece) && !needs_commit(piece))
}

/// Whether this server has what the script needs.
fn possible(script: &str, version: u32) -> bool {
    let number = |name| directive(script, name).map(|v| v.parse::<u32>().ok());
    let needs = number("needs").is_none_or(|v| v.is_some_and(|v| version >= v));
    needs && number("below").is_none_or(|v| v.is_some_and(|v| version < v))
}

#[test]
fn a_server_takes_the_scripts_as_the_catalogue_says() {
    let server = server();
    block_on(async {
        let database = server.database().await.unwrap();
        let version = database.version().major();
        let mut wrong = Vec::new();
        let mut changed = true;
        for hazard in HAZARDS {
            for (name, script) in [("bad", hazard.bad), ("good", hazard.good)] {
                if !possible(script, version) || hazard.code.id == "H0607" {
                    continue;
                }
                if changed {
                    database.batch_execute(RESET).await.unwrap();
                    database.batch_execute(SCHEMA).await.unwrap();
                }
                changed = !undoable(script);
                if !changed {
                    database.batch_execute("BEGIN").await.unwrap();
                }
                let ran = run(&database, script).await;
                database.batch_execute("ROLLBACK").await.unwrap();
                let expected = match directive(script, "fails") {
                    Some(state) => Err(state.to_owned()),
                    None => Ok(()),
                };
                if ran != expected {
                    wrong.push(format!("{} {name}.sql: {ran:?}, not {expected:?}", hazard.code.id));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
