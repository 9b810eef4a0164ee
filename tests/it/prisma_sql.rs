//! From Prisma's models to the database that Prisma's own SQL makes.

use std::path::{Path, PathBuf};

use driftless::text::Source;

use crate::{
    catalog::{build, differences, read},
    corpus,
    support::{block_on, server},
};

/// Evolutions that are not comparable, or not equal, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "postgres__citext_to_text_and_back_works/2",
        "the SQL needs an extension that only the test's own set-up creates",
    ),
    (
        "functions_with_schema_prefix_in_dbgenerated_are_idempotent/1",
        "the SQL needs a function that only the test's own set-up creates",
    ),
];

/// The states of one evolution that differ, each with what does.
async fn check_evolution(case: &Path) -> Vec<(String, String)> {
    let name = case.file_name().expect("a case has a name").to_string_lossy().into_owned();
    let database = server().database().await.expect("the server gives a database");
    let mut wrong = Vec::new();
    for number in 1.. {
        let model = case.join(format!("{number}.prisma"));
        let script = case.join(format!("{number}.db.sql"));
        let (Ok(model), Ok(script)) =
            (std::fs::read_to_string(model), std::fs::read_to_string(script))
        else {
            break;
        };
        let state = format!("{name}/{number}");
        let loaded = database
            .run("loading Prisma's SQL", &format!("SET search_path = public;\n{script}"))
            .await;
        if let Err(error) = loaded {
            wrong.push((state, error.to_string()));
            break;
        }
        match build(&[Source::new("schema.prisma", model)]).await {
            Ok(built) => {
                let found = differences(&built, &read(&database).await);
                if !found.is_empty() {
                    wrong.push((state, found.join("\n")));
                }
            }
            Err(error) => wrong.push((state, error)),
        }
    }
    database.drop_database().await.expect("the database goes away");
    wrong
}

fn evolutions(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is readable");
    let mut found: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    found.sort();
    found
}

#[test]
#[allow(clippy::print_stderr, reason = "a measurement says what it found")]
fn evolutions_reach_the_database_of_prismas_sql() {
    let Some(folder) = corpus::folder("prisma/migrations_golden") else { return };
    server();
    let mut wrong = Vec::new();
    let mut states = 0;
    for case in evolutions(&folder) {
        states += corpus::files(&case, ".prisma").len();
        wrong.extend(block_on(check_evolution(&case)));
    }
    let excused = |state: &str| EXCEPTIONS.iter().any(|(name, _)| state.ends_with(name));
    let (known, new): (Vec<_>, Vec<_>) = wrong.into_iter().partition(|(s, _)| excused(s));
    eprintln!("{states} states, {} excused, {} differ", known.len(), new.len());
    let shown: Vec<_> = new.iter().map(|(state, what)| format!("{state}: {what}")).collect();
    assert!(new.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn models_make_the_database_of_prismas_sql() {
    let Some(folder) = corpus::folder("prisma/single_migrations") else { return };
    server();
    let mut wrong = Vec::new();
    for file in corpus::files(&folder, ".prisma") {
        let sql = file.with_extension("current.sql");
        let Ok(script) = std::fs::read_to_string(&sql) else { continue };
        let model = std::fs::read_to_string(&file).expect("the model is readable");
        let found = block_on(async {
            let database = server().database().await.expect("the server gives a database");
            let script = format!("SET search_path = public;\n{script}");
            database.run("loading Prisma's SQL", &script).await.expect("it loads");
            let schema = read(&database).await;
            database.drop_database().await.expect("the database goes away");
            match build(&[Source::new("schema.prisma", model)]).await {
                Ok(built) => differences(&built, &schema),
                Err(error) => vec![error],
            }
        });
        wrong.extend(found.into_iter().map(|what| format!("{}: {what}", file.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
