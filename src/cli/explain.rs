//! `explain`: what a code means.

use clap::Args;
use serde_json::json;

use super::{ExitStatus, Failure, Session};
use crate::text::{CODES, find_code};

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
    let code = find_code(wanted).ok_or_else(|| {
        Failure::usage("P0038", format!("there is no code `{wanted}`"))
            .help("`driftless explain` lists all codes")
    })?;
    if session.ui.json {
        session.ui.json(&json!({
            "code": code.id, "title": code.title, "explanation": code.explanation,
        }));
    } else {
        session.ui.data(&format!("{}: {}\n\n{}\n", code.id, code.title, wrap(code.explanation)));
    }
    Ok(ExitStatus::Done)
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
