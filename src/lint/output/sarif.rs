//! A report as SARIF 2.1.0, which code scanning of several hosts reads.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    lint::{
        hazards::{HAZARDS, Hazard, Level},
        report::{Finding, Report},
    },
    text::Source,
};

/// Renders reports with their scripts.
#[must_use]
pub fn render_sarif(reports: &[(Source, Report)]) -> Value {
    let used: BTreeSet<&str> = reports
        .iter()
        .flat_map(|(_, report)| &report.findings)
        .map(|finding| finding.hazard.code.id)
        .collect();
    let rules: Vec<&Hazard> =
        HAZARDS.iter().filter(|h| used.contains(h.code.id)).copied().collect();
    let index = |id: &str| rules.iter().position(|rule| rule.code.id == id);
    let results: Vec<Value> = reports
        .iter()
        .flat_map(|(source, report)| {
            report.findings.iter().map(|f| result(source, f, index(f.hazard.code.id)))
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "driftless",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| of_hazard(rule)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
        Level::Off => "none",
    }
}

fn of_hazard(hazard: &Hazard) -> Value {
    let text = |text: &str| json!({ "text": text });
    json!({
        "id": hazard.code.id,
        "name": hazard.name,
        "shortDescription": text(hazard.code.title),
        "fullDescription": text(&format!("{} {}", hazard.condition(), hazard.effect())),
        "help": text(hazard.remedy()),
        "defaultConfiguration": { "level": level(hazard.level) },
        "properties": { "class": hazard.class() },
    })
}

fn result(source: &Source, finding: &Finding, rule: Option<usize>) -> Value {
    let place = |offset: usize| source.position(u32::try_from(offset).unwrap_or(u32::MAX));
    let (start, end) = (place(finding.span.start), place(finding.span.end));
    let text = format!("{}; {}", finding.message, finding.help);
    let mut made = json!({
        "ruleId": finding.hazard.code.id,
        "ruleIndex": rule,
        "level": level(finding.level),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": source.name.replace('\\', "/") },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
                "byteOffset": finding.span.start,
                "byteLength": finding.span.len(),
            },
        } }],
    });
    if let Some(reason) = &finding.allowed {
        made["suppressions"] = json!([{ "kind": "inSource", "justification": reason }]);
    }
    made
}
