//! Model text: parsing, recovery and formatting.

use driftless::{
    syntax::{format_source, parse_source},
    text::{Source, SourceId},
};

use crate::corpus;

fn format(text: &str) -> String {
    format_source(&Source::new("schema.prisma", text))
}

/// The formatter cases of Prisma that fill nothing in.
#[test]
fn formats_like_prisma() {
    let Some(folder) = corpus::folder("prisma/reformat") else { return };
    let mut different = Vec::new();
    let fills = ["reformat_implicit_relations", "/relations/", "regression_add_relation"];
    for input in corpus::files(&folder, ".in.prisma") {
        if fills.iter().any(|f| input.to_string_lossy().contains(f)) {
            continue;
        }
        let text = std::fs::read_to_string(&input).expect("the case is readable");
        let out = input.to_string_lossy().replace(".in.prisma", ".out.prisma");
        let expected = std::fs::read_to_string(&out).expect("the case has an output");
        let formatted = format(&text);
        assert_eq!(format(&formatted), formatted, "{} is not idempotent", input.display());
        if formatted.trim_end() != expected.trim_end() {
            different.push(input.display().to_string() + "\n" + &formatted + "\n");
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
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
