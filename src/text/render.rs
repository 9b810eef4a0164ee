//! Renders diagnostics for a terminal and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Diagnostic, Label, Severity, Source, Span};

/// How to render for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With ANSI colours.
    Coloured,
    /// Text alone.
    Plain,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Coloured if !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }
}

const BOLD: &str = "1";
const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const BLUE: &str = "1;34";
const GREEN: &str = "1;32";

/// Renders diagnostics with the lines that they point at, one blank line between two.
#[must_use]
pub fn render_diagnostics(diagnostics: &[Diagnostic], sources: &[Source], style: Style) -> String {
    let each = diagnostics.iter().map(|d| render_one(d, sources, style));
    each.collect::<Vec<_>>().join("\n")
}

/// `2 errors, 1 warning`; empty where there is nothing to count.
#[must_use]
pub fn render_summary(diagnostics: &[Diagnostic]) -> String {
    let count = |s: Severity| diagnostics.iter().filter(|d| d.severity == s).count();
    let parts = [Severity::Error, Severity::Warning, Severity::Note].map(|s| match count(s) {
        0 => String::new(),
        1 => format!("1 {}", s.name()),
        n => format!("{n} {}s", s.name()),
    });
    parts.iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

/// Renders diagnostics as a JSON array.
#[must_use]
pub fn render_diagnostics_json(diagnostics: &[Diagnostic], sources: &[Source]) -> Value {
    diagnostics.iter().map(|d| json_of(d, sources)).collect()
}

fn json_of(diagnostic: &Diagnostic, sources: &[Source]) -> Value {
    let place = |l: &Label| {
        let Some(source) = source_of(l.span, sources) else { return json!({ "text": l.text }) };
        let (start, end) = (source.position(l.span.start), source.position(l.span.end));
        json!({
            "file": source.name,
            "start": start,
            "end": end,
            "bytes": [l.span.start, l.span.end],
            "text": l.text,
        })
    };
    json!({
        "severity": diagnostic.severity,
        "code": diagnostic.code.id,
        "message": diagnostic.message,
        "labels": diagnostic.labels.iter().map(place).collect::<Vec<_>>(),
        "notes": diagnostic.notes,
        "help": diagnostic.help,
    })
}

fn source_of(span: Span, sources: &[Source]) -> Option<&Source> {
    sources.get(span.source.0 as usize)
}

fn render_one(diagnostic: &Diagnostic, sources: &[Source], style: Style) -> String {
    let (severity, colour) = match diagnostic.severity {
        Severity::Error => ("error", RED),
        Severity::Warning => ("warning", YELLOW),
        Severity::Note => ("note", BLUE),
    };
    let mut out = style.paint(colour, &format!("{severity}[{}]", diagnostic.code.id));
    let _ = writeln!(out, "{}", style.paint(BOLD, &format!(": {}", diagnostic.message)));
    let gutter = gutter_width(diagnostic, sources);
    let mut shown = None;
    for (index, label) in diagnostic.labels.iter().enumerate() {
        let Some(source) = source_of(label.span, sources) else { continue };
        let arrow = if shown.is_none() { "-->" } else { ":::" };
        if shown != Some(label.span.source) {
            let at = format!("{}{arrow}", " ".repeat(gutter));
            let position = source.position(label.span.start);
            let _ = writeln!(out, "{} {}:{position}", style.paint(BLUE, &at), source.name);
            let _ = writeln!(out, "{}", style.paint(BLUE, &bar(gutter, "")));
            shown = Some(label.span.source);
        } else {
            let _ = writeln!(out, "{}", style.paint(BLUE, "..."));
        }
        let colour = if index == 0 { colour } else { BLUE };
        render_label(&mut out, label, source, gutter, (index == 0, colour, style));
    }
    for (kind, colour, text) in remarks(diagnostic) {
        let lead = format!("{} = ", " ".repeat(gutter));
        let indent = format!("\n{}", " ".repeat(gutter + 5 + kind.len()));
        let text = text.replace('\n', &indent);
        let _ = writeln!(out, "{}{}: {text}", style.paint(BLUE, &lead), style.paint(colour, kind));
    }
    out
}

fn remarks(d: &Diagnostic) -> impl Iterator<Item = (&'static str, &'static str, &String)> {
    let notes = d.notes.iter().map(|n| ("note", BOLD, n));
    notes.chain(d.help.iter().map(|h| ("help", GREEN, h)))
}

fn bar(gutter: usize, number: &str) -> String {
    format!("{number:>gutter$} |")
}

fn gutter_width(diagnostic: &Diagnostic, sources: &[Source]) -> usize {
    let last = diagnostic.labels.iter().filter_map(|l| {
        source_of(l.span, sources).map(|s| s.position(l.span.start).line.to_string().len())
    });
    last.max().unwrap_or(1)
}

/// Shows the line where a span starts and underlines what of the span stands on it.
fn render_label(
    out: &mut String,
    label: &Label,
    source: &Source,
    gutter: usize,
    (first, colour, style): (bool, &str, Style),
) {
    let start = source.position(label.span.start);
    let end = source.position(label.span.end.max(label.span.start));
    let line = source.line(start.line);
    let expanded = line.replace('\t', "    ");
    let number = start.line.to_string();
    let _ = writeln!(out, "{} {expanded}", style.paint(BLUE, &bar(gutter, &number)));
    let before = width(line.chars().take(start.column - 1));
    let length = if end.line == start.line {
        width(line.chars().skip(start.column - 1).take(end.column - start.column))
    } else {
        width(line.trim_end().chars().skip(start.column - 1))
    };
    let mark = if first { "^" } else { "-" }.repeat(length.max(1));
    let text = if label.text.is_empty() { mark } else { format!("{mark} {}", label.text) };
    let lead = style.paint(BLUE, &bar(gutter, ""));
    let _ = writeln!(out, "{lead} {}{}", " ".repeat(before), style.paint(colour, &text));
}

/// Columns on a terminal, near enough: tabs count 4, wide East Asian characters and emoji 2.
fn width(chars: impl Iterator<Item = char>) -> usize {
    let one = |c: char| match c as u32 {
        0x9 => 4,
        0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff => 2,
        0x20000..=0x3fffd => 2,
        _ => 1,
    };
    chars.map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{SourceId, code};

    #[test]
    fn snippet_points_at_the_smallest_span_and_the_other_party() {
        let source = Source::new("a.model", "model A {\n\tid Int\n\tid Int\n}\n");
        let second = Span::new(SourceId(0), 19, 21);
        let first = Span::new(SourceId(0), 11, 13);
        let d = Diagnostic::error(&code::E0001, second, "field `id` is defined twice")
            .also(first, "first defined here")
            .help("rename one of them");
        let shown = render_diagnostics(&[d], &[source], Style::Plain);
        let expected = "error[E0001]: field `id` is defined twice\n --> a.model:3:2\n  |\n3 |     \
             id Int\n  |     ^^\n...\n2 |     id Int\n  |     -- first defined here\n  = help: \
             rename one of them\n";
        assert_eq!(shown, expected);
    }
}
