//! Runs `docs/tour.md`: writes its files, runs its commands, compares what they print.

use std::{fmt::Write as _, path::Path, process::Command};

use crate::support::{Sandbox, block_on, server};

/// A 14-digit time is any time.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[at..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |n| at + n);
        out.push_str(&rest[..at]);
        out.push_str(if end - at == 14 { "<time>" } else { &rest[at..end] });
        rest = &rest[end..];
    }
    out + rest
}

/// One fenced block: what follows the fence, and what it holds.
struct Block<'d> {
    info: &'d str,
    text: &'d str,
    /// Where its text stands in the document.
    start: usize,
}

fn blocks(document: &str) -> Vec<Block<'_>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(open) = document[at..].find("\n```") {
        let line = at + open + 4;
        let start = line + document[line..].find('\n').unwrap() + 1;
        let end = start + document[start..].find("```").unwrap();
        out.push(Block { info: &document[line..start - 1], text: &document[start..end], start });
        at = end + 3;
    }
    out
}

/// The block with what its commands print now.
fn run(text: &str, sandbox: &Sandbox, production: &str) -> String {
    let mut out = String::new();
    for command in text.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let binary = Path::new(env!("CARGO_BIN_EXE_driftless")).parent().unwrap();
        let path = std::env::vars().find(|(name, _)| name == "PATH").unwrap().1;
        let scratch = sandbox.database.target().with_database("postgres").reveal();
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(sandbox.dir.path())
            .env("PATH", format!("{}:{path}", binary.display()))
            .env("DATABASE_URL", sandbox.url())
            .env("PRODUCTION", production)
            .env("DRIFTLESS_SCRATCH_URL", scratch)
            .envs([("GIT_AUTHOR_NAME", "Ann"), ("GIT_AUTHOR_EMAIL", "ann@example.org")])
            .envs([("GIT_COMMITTER_NAME", "Ann"), ("GIT_COMMITTER_EMAIL", "ann@example.org")])
            .output()
            .unwrap();
        writeln!(out, "$ {command}").unwrap();
        // Durations differ from run to run.
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let same = |line: &&str| {
            let time = line.starts_with("ran ") && line.ends_with(" s");
            !time && !line.ends_with(" rows/s")
        };
        for line in printed.lines().filter(same) {
            writeln!(out, "{line}").unwrap();
        }
    }
    out
}

#[test]
fn the_tour_prints_what_it_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tour.md");
    let document = std::fs::read_to_string(&file).unwrap();
    let sandbox = Sandbox::new();
    let production = block_on(server().database()).unwrap().url();
    let mut written = document.clone();
    let mut wrong = Vec::new();
    let mut moved = 0_isize;
    for block in blocks(&document) {
        if let Some((_, name)) = block.info.split_once(' ') {
            sandbox.write(name, block.text);
            continue;
        }
        let printed = run(block.text, &sandbox, &production);
        if plain(&printed) != plain(block.text) {
            wrong.push(format!("the document says\n{}\nand it is\n{printed}", block.text));
            let start = usize::try_from(isize::try_from(block.start).unwrap() + moved).unwrap();
            written.replace_range(start..start + block.text.len(), &printed);
            moved += isize::try_from(printed.len()).unwrap()
                - isize::try_from(block.text.len()).unwrap();
        }
    }
    // With `DRIFTLESS_BLESS` the document is written anew, to be read before it is committed.
    if std::env::vars().any(|(name, _)| name == "DRIFTLESS_BLESS") {
        std::fs::write(&file, written).unwrap();
    } else {
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
