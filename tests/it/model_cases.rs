//! The folders of cases of the model language: what is said about bad text, how good text is printed.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use driftless::{
    model::{Dialect, validate},
    syntax::format_source,
    text::{CODES, Source, Style, render_diagnostics},
};

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/syntax").join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder of cases is readable");
    let mut found: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    found.sort();
    found
}

/// The file of a case that starts with a word, as a source under its bare name.
fn source(case: &Path, stem: &str) -> Source {
    let name = ["prisma", "model"]
        .map(|extension| format!("{stem}.{extension}"))
        .into_iter()
        .find(|name| case.join(name).exists())
        .unwrap_or_else(|| panic!("{} has no {stem}", case.display()));
    let text = std::fs::read_to_string(case.join(&name)).expect("the case is readable");
    Source::new(name, text)
}

/// Compares with a file of the case, or writes it when `DRIFTLESS_BLESS` is set.
#[track_caller]
fn check_file(path: &Path, actual: &str) {
    if std::env::var_os("DRIFTLESS_BLESS").is_some() {
        std::fs::write(path, actual).expect("the case is writable");
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{} (DRIFTLESS_BLESS=1 rewrites it)", path.display());
}

#[test]
fn each_code_has_a_bad_and_a_good_example() {
    let mut covered = BTreeSet::new();
    for case in cases("err") {
        let code = case.file_name().expect("a case has a name").to_string_lossy().into_owned();
        let bad = [source(&case, "bad")];
        let (_, said) = validate(&bad, Dialect::ByName);
        assert!(
            said.iter().all(|d| d.code.id == code) && !said.is_empty(),
            "{code} says {}",
            render_diagnostics(&said, &bad, Style::Plain)
        );
        check_file(&case.join("said.txt"), &render_diagnostics(&said, &bad, Style::Plain));
        let good = [source(&case, "good")];
        let (_, said) = validate(&good, Dialect::ByName);
        let shown = render_diagnostics(&said, &good, Style::Plain);
        assert!(said.is_empty(), "the good example of {code} is not: {shown}");
        check_file(&case.join(&good[0].name), &format_source(&good[0]));
        covered.insert(code);
    }
    for code in CODES.iter().flat_map(|list| list.iter()).filter(|c| c.id < "E08") {
        assert!(covered.contains(code.id), "{} has no example", code.id);
        assert!(!code.explanation.is_empty(), "{} is not explained", code.id);
    }
}

#[test]
fn good_models_are_clean_and_print_as_they_should() {
    for case in cases("ok") {
        let input = [source(&case, "input")];
        let (_, said) = validate(&input, Dialect::ByName);
        let shown = render_diagnostics(&said, &input, Style::Plain);
        assert!(said.is_empty(), "{}: {shown}", case.display());
        let formatted = format_source(&input[0]);
        check_file(&case.join("formatted.txt"), &formatted);
        let again = Source::new(input[0].name.clone(), formatted.as_str());
        assert_eq!(format_source(&again), formatted, "{} is not idempotent", case.display());
    }
}
