//! There and back over other people's schemas: what comes back is what was.

use driftless::{
    db::{ScratchDb, introspect, replay::run_script},
    diff::diff,
    plan,
    schema::Schema,
};

use crate::{
    corpus::{files, folder},
    support::{block_on, server},
};

async fn schema(database: &ScratchDb) -> Schema {
    introspect::read(database.client()).await.unwrap()
}

/// Loads both states, goes there and back, and says what is not as it was.
async fn there_and_back(a: &str, b: &str) -> Result<(), String> {
    let (from, to) = (server().database().await.unwrap(), server().database().await.unwrap());
    for (database, text) in [(&from, a), (&to, b)] {
        database.batch_execute(text).await.map_err(|error| format!("case: {error}"))?;
        database.batch_execute("RESET ALL").await.unwrap();
    }
    let (before, after) = (schema(&from).await, schema(&to).await);
    to.drop_database().await.unwrap();
    let script = |from: &Schema, to: &Schema| {
        plan::plan(from, to, plan::Mode::Online)
            .map(|plan| plan::render(&plan))
            .map_err(|cycle| cycle.to_string())
    };
    let (up, down) = (script(&before, &after)?, script(&after, &before)?);
    run_script(&from, "up", &up).await.map_err(|error| error.to_string())?;
    let left = diff(&schema(&from).await, &after);
    if let Some(change) = left.changes.first() {
        return Err(format!("up leaves {change}"));
    }
    run_script(&from, "down", &down).await.map_err(|error| error.to_string())?;
    let left = diff(&schema(&from).await, &before);
    from.drop_database().await.unwrap();
    left.changes.first().map_or(Ok(()), |change| Err(format!("down leaves {change}")))
}

#[test]
fn corpus_pairs_come_back_after_up_and_down() {
    let Some(folder) = folder("pairs") else { return };
    // Started outside of the runtime that it is used in.
    let _ = server();
    let mut wrong = Vec::new();
    let mut count = 0;
    for a in files(&folder, "a.sql") {
        let b = a.with_file_name("b.sql");
        let texts = [&a, &b].map(|path| std::fs::read_to_string(path).unwrap());
        count += 1;
        if let Err(error) = block_on(there_and_back(&texts[0], &texts[1])) {
            wrong.push(format!("{}: {error}", a.parent().unwrap().display()));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}: {wrong:#?}", wrong.len());
    #[allow(clippy::print_stderr, reason = "the measure of the corpus")]
    {
        eprintln!("{count} pairs there and back");
    }
}
