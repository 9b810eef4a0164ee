//! A report as JSON.

use serde_json::{Value, json};

use crate::{
    lint::report::{Finding, Report},
    text::{Position, Source},
};

/// Renders reports with their scripts: `{"version", "files": [{"file", "statements", "findings"}]}`.
///
/// A statement has its place, kind, transaction and locks; a finding its code, name, class, level,
/// message, place, notes, help, relation, whether it is certain, and the reason of a comment that
/// allows it.
#[must_use]
pub fn render_json(reports: &[(Source, Report)]) -> Value {
    let version = reports.first().map(|(_, report)| report.version);
    json!({
        "version": version,
        "files": reports.iter().map(|(source, report)| file(source, report)).collect::<Vec<_>>(),
    })
}

fn file(source: &Source, report: &Report) -> Value {
    let statements: Vec<Value> = report
        .statements
        .iter()
        .enumerate()
        .map(|(number, statement)| {
            json!({
                "number": number,
                "kind": statement.kind,
                "transaction": statement.transaction,
                "start": position(source, statement.span.start),
                "end": position(source, statement.span.end),
                "bytes": [statement.span.start, statement.span.end],
                "locks": statement.locks,
            })
        })
        .collect();
    let findings: Vec<Value> =
        report.findings.iter().map(|finding| of_finding(source, finding)).collect();
    json!({ "file": source.name, "statements": statements, "findings": findings })
}

fn of_finding(source: &Source, finding: &Finding) -> Value {
    let place = |(span, text): &(std::ops::Range<usize>, String)| {
        json!({
            "start": position(source, span.start),
            "end": position(source, span.end),
            "text": text,
        })
    };
    let also: Vec<Value> = finding.also.iter().map(place).collect();
    json!({
        "code": finding.hazard.code.id,
        "name": finding.hazard.name,
        "class": finding.class(),
        "level": finding.level,
        "statement": finding.statement,
        "message": finding.message,
        "start": position(source, finding.span.start),
        "end": position(source, finding.span.end),
        "bytes": [finding.span.start, finding.span.end],
        "relation": finding.relation,
        "certain": finding.certain,
        "also": also,
        "notes": finding.notes,
        "help": finding.help,
        "allowed": finding.allowed,
    })
}

fn position(source: &Source, offset: usize) -> Position {
    source.position(u32::try_from(offset).unwrap_or(u32::MAX))
}
