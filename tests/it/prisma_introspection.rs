//! Databases of Prisma's introspection tests: what is pulled is what Prisma writes, or better.

use std::path::{Path, PathBuf};

use driftless::{
    db::{self, ScratchDb},
    diff,
    kinds::{self, PrintOptions},
    model::{self, Dialect},
    schema::Schema,
    syntax::{
        ast::{Comments, Entry, File, Item},
        format_file, parse_source,
    },
    text::{Diagnostic, Source, SourceId},
};

use crate::{
    catalog::{draft_of, elaborated, read},
    corpus,
    support::{block_on, server, setting},
};

/// Cases that come out otherwise, on purpose; `docs/prisma.md` says why.
const DIFFERENT: &[&str] = &[
    // Values of enums whose names the language cannot hold are mapped, not left out.
    "a_table_with_an_enum_default_value_that_is_an_empty_string",
    "a_variant_that_cannot_be_sanitized_triggers_dbgenerated_in_defaults",
    "an_enum_with_invalid_value_names_should_have_them_commented_out",
    "invalid_enum_variants_regression",
    // Quotes are part of the items there.
    "scalar_list_defaults_work",
    // Fields stay where a person put them.
    "relation_mode__postgres__referential_integrity_foreign_keys",
    "relation_mode__postgres__relation_mode_prisma_at_map_map",
    // `@@unique([a(sort: Desc)])` for `@unique(sort: Desc)`.
    "a_table_with_descending_unique",
    "index_sort_order_stopgap",
    // A predicate needs a preview feature.
    "ignoring_of_partial_indices",
    // Three unique indexes are three.
    "multiple_single_field_unique_indexes",
    // Views are a kind of their own; a `view` block stays as it was written.
    "views__postgresql__invalid_field_names_trigger_warnings",
    "views__postgresql__reserved_name_gets_mapped",
    "views__postgresql__schema_is_introspected",
    "views__postgresql__simple_view_from_two_tables",
    "views__postgresql__re_intro_does_not_keep_column_arity_if_list",
    "views__postgresql__re_intro_keeps_back_relations",
    "views__postgresql__unsupported_types_trigger_a_warning",
];

/// The blocks of a text without comments and without what says where the database is.
fn blocks(text: &str) -> Vec<String> {
    let source = Source::new("schema.prisma", text);
    let file = parse_source(&source, SourceId(0)).file;
    let mut out = Vec::new();
    for item in file.items {
        let Item::Block(mut block) = item else { continue };
        if matches!(block.keyword.text.as_str(), "datasource" | "generator") {
            continue;
        }
        block.comments = Comments::default();
        block.opening = None;
        block.entries.retain(|e| !matches!(e, Entry::Comment(_) | Entry::Blank));
        for entry in &mut block.entries {
            match entry {
                Entry::Field(field) => field.comments = Comments::default(),
                Entry::Value(value) => value.comments = Comments::default(),
                Entry::Attribute(item) => item.comments = Comments::default(),
                _ => {}
            }
        }
        let mut file = File::default();
        file.push(block);
        out.push(format_file(&file));
    }
    out
}

/// What a pull writes: anew, or into the model that was there before.
async fn pulled(database: &ScratchDb, previous: Option<String>) -> Result<String, String> {
    let there = read(database).await;
    let Some(previous) = previous else {
        return Ok(format_file(&kinds::print_psl(&there, &PrintOptions::default(), false).file));
    };
    let mut with_source = previous;
    if !with_source.contains("datasource ") {
        with_source.insert_str(0, "datasource db {\n  provider = \"postgresql\"\n}\n\n");
    }
    if !with_source.contains("generator ") {
        let features = "provider = \"prisma-client\"\n  previewFeatures = [\"views\"]";
        with_source.insert_str(0, &format!("generator client {{\n  {features}\n}}\n\n"));
    }
    let sources = [Source::new("schema.prisma", with_source)];
    let draft = draft_of(&sources)?;
    let (model, _) = model::validate(&sources, Dialect::ByName);
    let result = db::elaborate(&kinds::beside(&draft, &there), server()).await;
    let mut asked: Schema = elaborated(result, &sources)?;
    let _ = kinds::keep_unspoken(&there, &mut asked, &draft.namespaces);
    let mut merged = diff::merge((&model, &draft), &asked, &there, &[true], false);
    let (mut file, _) = merged.files.pop().ok_or("a file comes back")?;
    merged.added.into_iter().for_each(|block| file.push(block));
    Ok(format_file(&file))
}

/// What is wrong with what comes out of one case.
async fn check(sql: &Path) -> Option<String> {
    let beside = |end: &str| std::fs::read_to_string(sql.with_extension(end)).ok();
    let expected = beside("current.prisma").or_else(|| beside("expected.prisma"))?;
    let script = std::fs::read_to_string(sql).expect("the case is readable");
    let database = server().database().await.expect("the server gives a database");
    if let Err(error) = database.run("loading the case", &script).await {
        return Some(error.to_string());
    }
    let text = pulled(&database, beside("previous.prisma")).await;
    database.drop_database().await.expect("the database goes away");
    let text = match text {
        Ok(text) => text,
        Err(error) => return Some(error),
    };
    let again = [Source::new("schema.prisma", text.as_str())];
    let (_, findings) = model::validate(&again, Dialect::ByName);
    let errors: Vec<_> = findings.iter().filter(|f| f.is_error()).map(message).collect();
    if !errors.is_empty() {
        return Some(format!("not valid: {}\n{text}", errors.join("; ")));
    }
    // `timestamptz` has six digits without saying so.
    let plain = |text: &str| {
        text.replace("@db.Timestamptz(6)", "@db.Timestamptz")
            .replace("@db.Timestamp(6)", "@db.Timestamp")
    };
    let (mut found, mut wanted) = (blocks(&plain(&text)), blocks(&plain(&expected)));
    found.sort();
    wanted.sort();
    (found != wanted)
        .then(|| format!("--- pulled\n{}\n--- Prisma\n{}", found.join("\n"), wanted.join("\n")))
}

fn message(finding: &Diagnostic) -> String {
    finding.message.clone()
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut found = corpus::files(&folder.join("rust"), ".sql");
    found.extend(corpus::files(&folder.join("simple"), ".sql"));
    let wanted = setting("DRIFTLESS_CASE").unwrap_or_default();
    found.retain(|path| path.to_string_lossy().contains(&wanted));
    found
}

#[test]
#[allow(clippy::print_stderr, reason = "a measurement says what it found")]
fn databases_are_pulled_as_prisma_writes_them() {
    let Some(folder) = corpus::folder("prisma/introspection") else { return };
    server();
    let (mut equal, mut different, mut wrong) = (0, 0, Vec::new());
    for case in cases(&folder) {
        let name = case.file_stem().expect("a case has a name").to_string_lossy().into_owned();
        let listed = DIFFERENT.iter().any(|known| name.contains(known));
        match (block_on(check(&case)), listed) {
            (None, false) => equal += 1,
            (None, true) => wrong.push(format!("{name}: equal, though listed")),
            (Some(_), true) => different += 1,
            (Some(what), false) => wrong.push(format!("{name}: {what}")),
        }
    }
    eprintln!("{equal} equal, {different} different on purpose, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
