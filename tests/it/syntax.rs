//! Model text: parsing, recovery and formatting.

use driftless::{
    model::{Dialect, fill_relations, validate},
    syntax::{ast, format_file, format_source, parse_source},
    text::{Source, SourceId},
};

use crate::corpus;

fn format(text: &str) -> String {
    format_source(&Source::new("schema.prisma", text))
}

/// Formats with what relations lack filled in, as Prisma always does.
fn fill(text: &str) -> String {
    let mut files = [parse_source(&Source::new("schema.prisma", text), SourceId(0)).file];
    fill_relations(&mut files);
    format_file(&files[0])
}

#[test]
fn formats_like_prisma() {
    let Some(folder) = corpus::folder("prisma/reformat") else { return };
    let (mut count, mut different) = (0, Vec::new());
    for input in corpus::files(&folder, ".in.prisma") {
        count += 1;
        let text = std::fs::read_to_string(&input).expect("the case is readable");
        let stem = input.to_string_lossy().replace(".in.prisma", "");
        let formatted = format(&text);
        assert_eq!(format(&formatted), formatted, "{stem} is not idempotent");
        let filled = fill(&text);
        assert_eq!(fill(&filled), filled, "{stem} is not idempotent");
        // What Prisma's current engine says, where it differs from its older expectation.
        let expected = std::fs::read_to_string(format!("{stem}.out.current.prisma"))
            .or_else(|_| std::fs::read_to_string(format!("{stem}.out.prisma")))
            .expect("the case has an output");
        if filled != expected {
            let diff = similar::TextDiff::from_lines(&expected, &filled);
            different.push(format!("{stem}\n{}", diff.unified_diff()));
        }
    }
    assert!(different.is_empty(), "{} of {count}:\n{}", different.len(), different.join("\n"));
}

/// Real projects, most of which format their files.
#[test]
fn real_prisma_projects_parse_and_mostly_stay_as_they_are() {
    let Some(folder) = corpus::folder("prisma-projects") else { return };
    let (mut same, mut different) = (0, Vec::new());
    for path in corpus::files(&folder, ".prisma") {
        let text = std::fs::read_to_string(&path).expect("the file is readable");
        let source = Source::new(path.display().to_string(), text.as_str());
        let parsed = parse_source(&source, SourceId(0));
        assert!(parsed.diagnostics.is_empty(), "{}: {:?}", path.display(), parsed.diagnostics);
        let formatted = format(&text);
        assert_eq!(format(&formatted), formatted, "{} is not idempotent", path.display());
        if formatted == text {
            same += 1;
        } else {
            let diff = similar::TextDiff::from_lines(&text, &formatted);
            different.push(format!("{}\n{}", path.display(), diff.unified_diff()));
        }
    }
    // The others were never formatted by Prisma: their columns are not aligned.
    assert!(same >= 46, "{same} are as they were, these differ:\n{}", different.join("\n"));
}

/// What Prisma printed is printed the same.
#[test]
fn models_that_prisma_printed_stay_as_they_are() {
    let Some(folder) = corpus::folder("prisma/introspection") else { return };
    let (mut count, mut different) = (0, Vec::new());
    for path in corpus::files(&folder, ".current.prisma") {
        count += 1;
        let text = std::fs::read_to_string(&path).expect("the file is readable");
        let formatted = format(&text);
        if formatted.trim() != text.trim() {
            let diff = similar::TextDiff::from_lines(&text, &formatted);
            different.push(format!("{}\n{}", path.display(), diff.unified_diff()));
        }
    }
    assert!(different.is_empty(), "{} of {count}:\n{}", different.len(), different.join("\n"));
}

/// All comments of a tree and all text that could not be read, in order.
fn kept(file: &ast::File) -> Vec<String> {
    fn of(comments: &ast::Comments, out: &mut Vec<String>) {
        out.extend(comments.leading.iter().chain(&comments.trailing).map(|c| c.raw.clone()));
    }
    let mut out = Vec::new();
    for item in &file.items {
        match item {
            ast::Item::Comment(comment) => out.push(comment.raw.clone()),
            ast::Item::Junk(junk) => out.push(junk.text.clone()),
            ast::Item::Blank => {}
            ast::Item::Block(block) => {
                of(&block.comments, &mut out);
                out.extend(block.opening.iter().map(|c| c.raw.clone()));
                for entry in &block.entries {
                    match entry {
                        ast::Entry::Field(e) => of(&e.comments, &mut out),
                        ast::Entry::Value(e) => of(&e.comments, &mut out),
                        ast::Entry::Assignment(e) => of(&e.comments, &mut out),
                        ast::Entry::Attribute(e) => of(&e.comments, &mut out),
                        ast::Entry::Comment(comment) => out.push(comment.raw.clone()),
                        ast::Entry::Junk(junk) => out.push(junk.text.clone()),
                        ast::Entry::Blank => {}
                    }
                }
            }
        }
    }
    out.sort();
    out
}

/// Damages good models at random: whatever comes out is read without a panic, printed without loss,
/// and printed the same again.
#[test]
fn damaged_models_are_read_and_lose_nothing() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/syntax/ok");
    let mut texts = Vec::new();
    for suffix in ["input.model", "input.prisma"] {
        texts.extend(corpus::files(&folder, suffix));
    }
    let texts: Vec<_> =
        texts.iter().map(|p| std::fs::read_to_string(p).expect("readable")).collect();
    let pieces = [
        "\n",
        "{",
        "}",
        "\"",
        "\"\"\"",
        "(",
        ")",
        "[",
        "@@",
        " // c",
        "///d\n",
        "/*",
        "*/",
        ",",
        ":",
        "=",
        " ",
        "?",
        "[]",
        "ü",
        "model X {\n",
        "\r\n",
        "\\",
        "@",
        ".",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % below.max(1)
    };
    for round in 0..1500 {
        let mut text = texts[round % texts.len()].clone();
        for _ in 0..=random(4) {
            let mut at = random(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if random(2) == 0 {
                text.insert_str(at, pieces[random(pieces.len())]);
            } else {
                let rest = text.split_off(at);
                text.extend(rest.chars().skip(1 + random(12)));
            }
        }
        let source = Source::new("damaged.model", text.as_str());
        let parsed = parse_source(&source, SourceId(0));
        let formatted = format_file(&parsed.file);
        let again = parse_source(&Source::new("damaged.model", formatted.as_str()), SourceId(0));
        assert_eq!(format_file(&again.file), formatted, "not idempotent:\n{text}\n=>\n{formatted}");
        assert_eq!(kept(&parsed.file), kept(&again.file), "lost:\n{text}\n=>\n{formatted}");
        assert!(parsed.diagnostics.len() >= again.diagnostics.len(), "{text}\n=>\n{formatted}");
        let _ = validate(&[source], Dialect::ByName);
    }
}
