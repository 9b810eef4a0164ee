//! Model text: parsing, recovery and formatting.

use driftless::{
    model::fill_relations,
    syntax::{format_file, format_source, parse_source},
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
