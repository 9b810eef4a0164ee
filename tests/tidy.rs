//! Keeps the walls of the house: rooms, names, lengths, words.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The rooms of `src/` from the top down: each may use itself and those before it.
const ROOMS: &[&str] = &[
    "text",
    "sql",
    "syntax",
    "model",
    "schema",
    "kinds",
    "diff",
    "plan",
    "lint",
    "migrations",
    "db",
    "cli",
];

/// Files that are longer than [`LINES`] for a reason; the numbers may only shrink.
const LONG: &[(&str, usize, &str)] = &[
    ("src/sql/tree.rs", 740, "one type for each shape of statement"),
    ("src/db/target.rs", 620, "every connection parameter of libpq"),
];

const LINES: usize = 600;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder: its path from the root, and its text.
fn files(folder: &str) -> Vec<(String, String)> {
    fn walk(at: &Path, out: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> =
            fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in entries {
            if entry.is_dir() {
                walk(&entry, out);
            } else if entry.extension().is_some_and(|end| end == "rs") {
                out.push(entry);
            }
        }
    }
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    assert!(!paths.is_empty(), "{folder} holds no Rust file");
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The text of a file without its unit tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

fn room(name: &str) -> Option<&str> {
    let (room, _) = name.strip_prefix("src/")?.split_once('/')?;
    ROOMS.contains(&room).then_some(room)
}

/// The rooms that a text names after `crate::`, alone or in a list.
fn used(text: &str) -> BTreeSet<&str> {
    let mut out = BTreeSet::new();
    for after in text.split("crate::").skip(1) {
        if let Some(list) = after.strip_prefix('{') {
            let mut depth = 0usize;
            let mut start = 0;
            for (at, c) in list.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => {
                        out.extend(first_word(&list[start..at]));
                        break;
                    }
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        out.extend(first_word(&list[start..at]));
                        start = at + 1;
                    }
                    _ => {}
                }
            }
        } else {
            out.extend(first_word(after));
        }
    }
    out
}

fn first_word(text: &str) -> Option<&str> {
    text.trim().split(|c: char| !(c.is_alphanumeric() || c == '_')).next().filter(|w| !w.is_empty())
}

#[test]
fn rooms_use_only_the_rooms_above() {
    let place = |room: &str| ROOMS.iter().position(|r| *r == room);
    let mut wrong = Vec::new();
    for (name, text) in files("src") {
        let Some(own) = room(&name).and_then(place) else { continue };
        for other in used(without_tests(&text)) {
            if place(other).is_some_and(|other| other > own) {
                wrong.push(format!("{name} uses {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn generic_rooms_name_no_kind() {
    let kinds: Vec<String> = driftless::kinds::ALL
        .iter()
        .map(|kind| format!("\"{}\"", kind.name()))
        // Words that mean something else on a command line.
        .filter(|name| !["\"function\"", "\"index\"", "\"default\""].contains(&name.as_str()))
        .collect();
    let mut wrong = Vec::new();
    for (name, text) in files("src") {
        if !matches!(room(&name), Some("diff" | "plan" | "cli")) {
            continue;
        }
        for kind in kinds.iter().filter(|kind| without_tests(&text).contains(kind.as_str())) {
            wrong.push(format!("{name} names {kind}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_edge_does_input_and_output() {
    let banned = ["std::fs", "std::net", "tokio_postgres", "std::process", "SystemTime::now"];
    let mut wrong = Vec::new();
    for (name, text) in files("src") {
        if matches!(room(&name), None | Some("migrations" | "db" | "cli")) {
            continue;
        }
        for word in banned.iter().filter(|word| without_tests(&text).contains(**word)) {
            wrong.push(format!("{name} uses {word}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let all = files("src").into_iter().chain(files("tests"));
    let silent: Vec<_> =
        all.filter(|(_, text)| !text.starts_with("//! ")).map(|(name, _)| name).collect();
    assert!(silent.is_empty(), "no `//!` sentence at the top: {silent:#?}");
}

#[test]
fn files_stay_short() {
    let mut wrong = Vec::new();
    for (name, text) in files("src").into_iter().chain(files("tests")) {
        let lines = text.lines().count();
        let allowed =
            LONG.iter().find(|(long, _, _)| *long == name).map_or(LINES, |(_, lines, _)| *lines);
        if lines > allowed {
            wrong.push(format!("{name} has {lines} lines of {allowed}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_is_left_for_later() {
    // Spelled apart, so that this file does not find itself.
    let banned: Vec<String> =
        [("to", "do!("), ("un", "implemented!("), ("FIX", "ME"), ("db", "g!(")]
            .iter()
            .map(|(a, b)| format!("{a}{b}"))
            .collect();
    let mut wrong = Vec::new();
    for (name, text) in files("src").into_iter().chain(files("tests")) {
        for word in banned.iter().filter(|word| text.contains(word.as_str())) {
            wrong.push(format!("{name} has {word}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_kind_has_a_folder_with_a_query() {
    let mut missing = Vec::new();
    for kind in driftless::kinds::ALL {
        for query in kind.catalog() {
            if !query.contains("AS facets") {
                missing.push(format!("{}: a query without facets", kind.name()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let names: BTreeSet<_> = driftless::kinds::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), driftless::kinds::ALL.len(), "two kinds share a name");
}
