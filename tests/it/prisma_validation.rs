//! Validation measured against Prisma's own suites.

use std::collections::BTreeSet;

use driftless::{
    model::{Dialect, validate},
    text::{Diagnostic, Source},
};
use serde_json::Value;

use crate::corpus;

/// What one suite said about us.
#[derive(Default)]
struct Score {
    cases: usize,
    verdicts: Vec<String>,
    lines: Vec<String>,
    extra: Vec<String>,
    rejected: usize,
}

impl Score {
    fn line(&self) -> String {
        format!(
            "{} cases: {} verdicts agree; of {} rejected by both {} at the same lines, {} with more",
            self.cases,
            self.cases - self.verdicts.len(),
            self.rejected,
            self.rejected - self.lines.len(),
            self.extra.len()
        )
    }
}

/// Cases for PostgreSQL or for no database in particular.
fn is_ours(case: &Value) -> bool {
    matches!(case["provider"].as_str(), None | Some("postgresql" | "postgres"))
}

/// The verdict of Prisma's current engine, but for URLs, which version 7 moved elsewhere.
fn current(case: &Value) -> Option<(BTreeSet<usize>, String)> {
    let current =
        [&case["current_no_url"], &case["current"]].into_iter().find(|c| c.is_object())?;
    let text = current["error"].as_str().unwrap_or("");
    let mut lines = BTreeSet::new();
    for chunk in text.split("\nerror: ").flat_map(|c| c.split("error: ")) {
        if chunk.contains("no longer supported in schema files") {
            continue;
        }
        let place = chunk.lines().find_map(|l| l.trim().strip_prefix("-->  "));
        if let Some(line) = place.and_then(|p| p.rsplit(':').next()).and_then(|n| n.parse().ok()) {
            lines.insert(line);
        }
    }
    Some((lines, text.to_owned()))
}

fn lines_of(diagnostics: &[Diagnostic], source: &Source) -> BTreeSet<usize> {
    let errors = diagnostics.iter().filter(|d| d.is_error());
    errors.flat_map(|d| d.labels.iter().map(|l| source.position(l.span.start).line)).collect()
}

fn measure(suite: &str, name: impl Fn(&Value) -> String) -> Option<Score> {
    let path = corpus::folder("prisma")?.join(suite);
    let text = std::fs::read_to_string(path).expect("the suite is readable");
    let mut score = Score::default();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a line is JSON");
        let (Some((expected, said)), true) = (current(&case), is_ours(&case)) else { continue };
        score.cases += 1;
        let input = case["input"].as_str().expect("a case has an input");
        let source = [Source::new("schema.prisma", input)];
        let (_, diagnostics) = validate(&source, Dialect::ByName);
        let found = lines_of(&diagnostics, &source[0]);
        let shown = || {
            let ours: Vec<_> =
                diagnostics.iter().map(|d| format!("    ours {} {}", d.code, d.message)).collect();
            format!("{}\n{input}\n{said}\n{}", name(&case), ours.join("\n"))
        };
        let rejects = diagnostics.iter().any(Diagnostic::is_error);
        if rejects == expected.is_empty() {
            score.verdicts.push(shown());
        } else if !expected.is_empty() {
            score.rejected += 1;
            if !expected.is_subset(&found) {
                score.lines.push(shown());
            } else if diagnostics.iter().filter(|d| d.is_error()).any(|d| {
                d.labels.iter().all(|l| !expected.contains(&source[0].position(l.span.start).line))
            }) {
                score.extra.push(shown());
            }
        }
    }
    Some(score)
}

#[allow(clippy::print_stderr, reason = "the measured agreement is what the test is for")]
fn report(suite: &str, score: &Score) {
    eprintln!("{suite}: {}", score.line());
    for (what, cases) in
        [("VERDICT", &score.verdicts), ("LINES", &score.lines), ("MORE", &score.extra)]
    {
        for case in cases {
            eprintln!("{what}: {case}\n");
        }
    }
}

#[test]
fn agrees_with_prisma_s_validation_files() {
    let name = |case: &Value| case["path"].as_str().unwrap_or("").to_owned();
    let Some(score) = measure("psl_validation.jsonl", name) else { return };
    report("psl_validation", &score);
    // `metrics`: a preview feature that is gone; ignored here, so that old projects stay readable.
    assert!(score.verdicts.len() <= 1 && score.lines.is_empty(), "{}", score.line());
}

#[test]
fn agrees_with_prisma_s_rust_tests() {
    let name = |case: &Value| format!("{} {}", case["file"], case["test"]);
    let Some(score) = measure("psl_rust_tests.jsonl", name) else { return };
    report("psl_rust_tests", &score);
    // An unknown preview feature is a warning here; a URL of another database and `env(true)` are
    // errors here, while Prisma 7 looks at URLs elsewhere.
    assert!(score.verdicts.len() <= 3 && score.lines.is_empty(), "{}", score.line());
}

/// Models that Prisma migrates or printed itself.
#[test]
fn accepts_what_prisma_migrates() {
    let Some(folder) = corpus::folder("prisma") else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in corpus::files(&folder, ".prisma") {
        let shown = path.display().to_string();
        let golden = shown.contains("/migrations_golden/");
        let single = shown.contains("/single_migrations/") && !shown.contains("/newer_unmerged/");
        if !golden && !single {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the file is readable");
        if golden && path.with_extension("error.txt").exists() {
            continue;
        }
        if ["mysql", "sqlite", "sqlserver", "mongodb", "cockroachdb"]
            .iter()
            .any(|p| text.contains(&format!("\"{p}\"")))
        {
            continue;
        }
        count += 1;
        let source = [Source::new("schema.prisma", text.as_str())];
        let (_, diagnostics) = validate(&source, Dialect::ByName);
        let errors: Vec<_> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        if !errors.is_empty() {
            let said = driftless::text::render_diagnostics(
                &errors,
                &source,
                driftless::text::Style::Plain,
            );
            wrong.push(format!("{shown}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} are refused:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn accepts_real_prisma_projects() {
    let Some(folder) = corpus::folder("prisma-projects") else { return };
    let mut projects = std::collections::BTreeMap::<_, Vec<Source>>::new();
    for path in corpus::files(&folder, ".prisma") {
        let inside = path.strip_prefix(&folder).expect("the file is in the folder");
        let project = inside.components().next().expect("a project has a folder");
        let text = std::fs::read_to_string(&path).expect("the file is readable");
        let source = Source::new(path.display().to_string(), text);
        projects.entry(project.as_os_str().to_owned()).or_default().push(source);
    }
    for (project, sources) in projects {
        let (_, diagnostics) = validate(&sources, Dialect::ByName);
        let errors: Vec<_> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        let said =
            driftless::text::render_diagnostics(&errors, &sources, driftless::text::Style::Plain);
        assert!(errors.is_empty(), "{}:\n{said}", project.display());
    }
}
