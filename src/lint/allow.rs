//! Comments that allow a hazard: `-- driftless: allow H0101 because the table is empty`.

use std::ops::Range;

use super::{
    hazards::{self as h, Class, Hazard, Level, find_hazard},
    report::Report,
    rules::Findings,
};
use crate::sql::{
    lex::{Comment, Span},
    split::{Piece, Script},
};

/// One such comment.
struct Allowance {
    /// Codes, names or classes; none allows nothing.
    what: Vec<Target>,
    reason: Option<String>,
    span: Span,
    /// The statement that it stands before or in; the whole script before its first statement
    /// with `allow-file`.
    scope: Range<usize>,
    used: bool,
}

enum Target {
    Hazard(&'static Hazard),
    Class(Class),
    Unknown(String),
}

/// What follows `-- driftless:` in a comment.
fn directive(comment: &str) -> Option<&str> {
    let inside = match comment.strip_prefix("--") {
        Some(line) => line,
        None => comment.strip_prefix("/*")?.strip_suffix("*/")?,
    };
    Some(inside.trim_start().strip_prefix("driftless:")?.trim())
}

/// Whether the script asks to be run without transactions.
pub(crate) fn no_transaction(script: &Script<'_>) -> bool {
    let first = script.pieces.first().map(|p| p.leading.as_slice()).unwrap_or_default();
    first.iter().any(|c| directive(c.text) == Some("no-transaction"))
}

/// Whether a statement asks to be run in ranges.
pub(crate) fn batched(piece: &Piece<'_>) -> bool {
    let mut directives = piece.leading.iter().filter_map(|c| directive(c.text));
    directives.any(|d| d.split_whitespace().next() == Some("batch"))
}

/// Marks what comments allow, and reports comments that do not say why or allow nothing.
pub(crate) fn apply(report: &mut Report, text: &str, script: &Script<'_>) {
    let mut all = Vec::new();
    for piece in &script.pieces {
        for comment in piece.leading.iter().chain(&piece.inner) {
            all.extend(read(comment, &piece.span, text.len()));
        }
    }
    for comment in &script.trailing {
        all.extend(read(comment, &(text.len()..text.len()), text.len()));
    }
    for finding in &mut report.findings {
        // Such comments are no excuse for one another.
        for allowance in all.iter_mut().filter(|a| a.covers(&finding.span)) {
            if finding.level > Level::Off && allowance.names(finding.hazard) {
                allowance.used = true;
                if finding.allowed.is_none() {
                    finding.allowed.clone_from(&allowance.reason);
                }
            }
        }
    }
    let mut out = Findings::default();
    for allowance in all {
        allowance.report(&mut out);
    }
    report.findings.extend(out.0);
}

fn read(comment: &Comment<'_>, statement: &Span, end: usize) -> Option<Allowance> {
    let rest = directive(comment.text)?;
    let (rest, whole) = match rest.strip_prefix("allow-file") {
        Some(rest) => (rest, true),
        None => (rest.strip_prefix("allow")?, false),
    };
    if !rest.starts_with(char::is_whitespace) && !rest.is_empty() {
        return None;
    }
    let (names, reason) = match rest.split_once("because") {
        Some((names, reason)) => (names, Some(reason.trim().to_owned())),
        None => (rest, None),
    };
    let what = names
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|name| !name.is_empty())
        .map(target)
        .collect();
    let start = comment.start;
    Some(Allowance {
        what,
        reason: reason.filter(|r| !r.is_empty()),
        span: start..start + comment.text.len(),
        scope: if whole { 0..end } else { statement.clone() },
        used: false,
    })
}

fn target(name: &str) -> Target {
    if let Some(hazard) = find_hazard(name) {
        return Target::Hazard(hazard);
    }
    match serde_json::from_value(serde_json::Value::String(name.to_owned())) {
        Ok(class) => Target::Class(class),
        Err(_) => Target::Unknown(name.to_owned()),
    }
}

impl Allowance {
    fn covers(&self, span: &Span) -> bool {
        self.scope.start <= span.start && span.start <= self.scope.end
    }

    fn names(&self, hazard: &Hazard) -> bool {
        self.what.iter().any(|target| match target {
            Target::Hazard(named) => named.code.id == hazard.code.id,
            Target::Class(class) => *class == hazard.class(),
            Target::Unknown(_) => false,
        })
    }

    fn report(&self, out: &mut Findings) {
        for target in &self.what {
            if let Target::Unknown(name) = target {
                let message = format!("`{name}` is no hazard that could be allowed");
                out.report(&h::ALLOWS_NOTHING, &self.span, message);
                return;
            }
        }
        if self.reason.is_none() {
            let message = "a hazard is allowed without a reason, so it is reported all the same";
            out.report(&h::ALLOWED_WITHOUT_REASON, &self.span, message);
        } else if !self.used {
            let message = "this allows nothing that the statement does";
            out.report(&h::ALLOWS_NOTHING, &self.span, message);
        }
    }
}
