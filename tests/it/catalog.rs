//! The folders of cases of `pull`: SQL that a server runs → the model that says it, and back.

use std::path::{Path, PathBuf};

use driftless::{
    db::{self, Connection, ElaborateError, introspect},
    diff,
    kinds::{self, PrintOptions},
    model::{self, Dialect},
    schema::{Draft, Schema},
    syntax::{format_file, format_source},
    text::{Diagnostic, Source, Style, render_diagnostics},
};

use crate::support::{block_on, server, setting};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/catalog");
    let wanted = setting("DRIFTLESS_CASE").unwrap_or_default();
    let entries = std::fs::read_dir(folder).expect("the folder of cases is readable");
    let mut found: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    found.retain(|path| path.to_string_lossy().contains(&wanted));
    found.sort();
    found
}

pub(crate) async fn read(connection: &Connection) -> Schema {
    introspect::read(connection.client()).await.expect("the catalog is readable")
}

/// What a model asks for, or what is wrong with it.
pub(crate) async fn build(sources: &[Source]) -> Result<Schema, String> {
    let draft = draft_of(sources)?;
    elaborated(db::elaborate(&draft, server()).await, sources)
}

/// What a model is lowered to, or what is wrong with it.
pub(crate) fn draft_of(sources: &[Source]) -> Result<Draft, String> {
    let shown = |list: &[Diagnostic]| render_diagnostics(list, sources, Style::Plain);
    let (model, findings) = model::validate(sources, Dialect::ByName);
    let errors: Vec<_> = findings.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() {
        return Err(shown(&errors));
    }
    let (draft, findings) = kinds::lower(&model);
    if findings.is_empty() { Ok(draft) } else { Err(shown(&findings)) }
}

/// The schema, or what PostgreSQL says against the model.
pub(crate) fn elaborated(
    result: Result<Schema, ElaborateError>,
    sources: &[Source],
) -> Result<Schema, String> {
    result.map_err(|error| match error {
        ElaborateError::Model(findings) => render_diagnostics(&findings, sources, Style::Plain),
        ElaborateError::Database(error) => error.to_string(),
    })
}

/// What differs between two schemas, one line each.
pub(crate) fn differences(from: &Schema, to: &Schema) -> Vec<String> {
    let changes = diff::diff(from, to).changes;
    changes.iter().map(|c| serde_json::to_string(c).expect("changes are plain JSON")).collect()
}

/// Everything that is wrong with one case.
async fn check(case: &Path) -> Vec<String> {
    let script = std::fs::read_to_string(case.join("schema.sql")).expect("the case is readable");
    let database = server().database().await.expect("the server gives a database");
    if let Err(error) = database.run("loading the case", &script).await {
        return vec![error.to_string()];
    }
    let schema = read(&database).await;
    database.drop_database().await.expect("the database goes away");
    let text = format_file(&kinds::print(&schema, &PrintOptions::default())[0]);
    let path = case.join("schema.model");
    let mut wrong = Vec::new();
    if std::env::var_os("DRIFTLESS_BLESS").is_some() {
        std::fs::write(&path, &text).expect("the case is writable");
    } else if std::fs::read_to_string(&path).unwrap_or_default() != text {
        wrong.push(format!("{} is not what is printed (DRIFTLESS_BLESS=1)", path.display()));
    }
    let source = Source::new("schema.model", text);
    if format_source(&source) != source.text {
        wrong.push("the printed model is not formatted".to_owned());
    }
    match build(&[source]).await {
        Ok(built) => wrong.extend(differences(&schema, &built)),
        Err(error) => wrong.push(error),
    }
    wrong
}

#[test]
fn what_is_pulled_says_all_of_it() {
    let mut wrong = Vec::new();
    server();
    for case in cases() {
        let name = case.file_name().expect("a case has a name").to_string_lossy().into_owned();
        let found = block_on(check(&case));
        wrong.extend(found.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
