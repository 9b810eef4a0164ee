//! `explain`: what a code means.

use clap::Args;
use serde_json::json;

use super::{ExitStatus, Failure, Session};
use crate::{
    lint::{Hazard, find_hazard},
    text::{CODES, find_code, find_example},
};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code, e.g. `E0101`; without one, all are listed
    code: Option<String>,
}

pub(crate) fn run(args: &ExplainArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let Some(wanted) = &args.code else {
        for code in CODES.iter().flat_map(|list| list.iter()) {
            if session.ui.json {
                session.ui.json(&json!({ "code": code.id, "title": code.title }));
            } else {
                session.ui.data(&format!("{}  {}\n", code.id, code.title));
            }
        }
        return Ok(ExitStatus::Done);
    };
    if let Some(hazard) = find_hazard(wanted) {
        explain_hazard(hazard, session);
        return Ok(ExitStatus::Done);
    }
    let code = find_code(wanted).ok_or_else(|| {
        Failure::usage("P0038", format!("there is no code `{wanted}`"))
            .help("`driftless explain` lists all codes")
    })?;
    if session.ui.json {
        let example =
            find_example(code.id).map(|e| json!({ "bad": e.bad, "said": e.said, "good": e.good }));
        session.ui.json(&json!({
            "code": code.id, "title": code.title, "explanation": code.explanation,
            "example": example,
        }));
    } else {
        session.ui.data(&format!("{}: {}\n\n{}\n", code.id, code.title, wrap(code.explanation)));
        if let Some(example) = find_example(code.id) {
            session.ui.data(&format!(
                "\nFor example\n\n{}\nis answered with\n\n{}\nIt should be\n\n{}",
                indent(example.bad),
                indent(example.said),
                indent(example.good)
            ));
        }
    }
    Ok(ExitStatus::Done)
}

fn explain_hazard(hazard: &Hazard, session: &Session<'_>) {
    let code = hazard.code;
    if session.ui.json {
        session.ui.json(&json!({
            "code": code.id, "name": hazard.name, "title": code.title,
            "class": hazard.class(), "level": hazard.level,
            "condition": hazard.condition(), "effect": hazard.effect(),
            "remedy": hazard.remedy(), "example": { "bad": hazard.bad, "good": hazard.good },
        }));
        return;
    }
    let class = serde_json::to_value(hazard.class()).unwrap_or_default();
    let level = serde_json::to_value(hazard.level).unwrap_or_default();
    session.ui.data(&format!(
        "{} {}: {}\nclass {}, reported as {}\n\n",
        code.id,
        hazard.name,
        code.title,
        class.as_str().unwrap_or_default(),
        level.as_str().unwrap_or_default(),
    ));
    for (name, text) in [
        ("When", hazard.condition()),
        ("What happens", hazard.effect()),
        ("Instead", hazard.remedy()),
    ] {
        session.ui.data(&format!("{}\n\n", wrap(&format!("{name}: {text}"))));
    }
    session.ui.data(&format!(
        "For example\n\n{}\nIt should be\n\n{}",
        indent(hazard.bad),
        indent(hazard.good)
    ));
}

fn indent(text: &str) -> String {
    text.lines().map(|l| format!("    {l}").trim_end().to_owned() + "\n").collect()
}

/// Breaks each paragraph into lines of at most 80 characters; indented lines stay as they are.
fn wrap(text: &str) -> String {
    let mut out = Vec::new();
    for line in text.lines() {
        if line.starts_with(' ') || line.is_empty() {
            out.push(line.to_owned());
            continue;
        }
        let mut current = String::new();
        for word in line.split_whitespace() {
            if !current.is_empty() && current.chars().count() + word.chars().count() >= 80 {
                out.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        out.push(current);
    }
    out.join("\n")
}
