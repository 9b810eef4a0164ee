//! What pending migrations would fail on, looked for in the rows before anything runs.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Failure, Session};
use crate::{
    db::{
        Answer, Connection, RowFinding, ask_rows,
        execute::Executor,
        ledger::{Entry, by_name},
    },
    lint::Questioner,
    migrations::Migration,
    sql::requalify,
};

/// Refuses to begin where rows are found that a step would fail on.
pub(crate) async fn check(
    executor: &Executor<'_>,
    connection: &Connection,
    pending: &[&Migration],
    entries: &[Entry],
    session: &Session<'_>,
) -> Result<(), Failure> {
    let known = by_name(entries);
    let mut questioner = Questioner::default();
    let (mut of, mut questions) = (Vec::new(), Vec::new());
    for migration in pending {
        let done = known.get(migration.name.as_str()).map_or(0, |entry| entry.steps_done);
        let tenant = session.config.tenant.as_ref();
        let up = tenant.map(|to| requalify(&migration.up, "public", to, &BTreeSet::new()));
        let up = up.as_ref().unwrap_or(&migration.up);
        let found = questioner.script(up, usize::try_from(done).unwrap_or(0));
        of.extend(found.iter().map(|_| migration.name.as_str()));
        questions.extend(found);
    }
    let limit = session.config.check_timeout();
    if questions.is_empty() || limit.is_zero() {
        return Ok(());
    }
    executor.restore_session().await?;
    let answers = ask_rows(connection, &questions, limit).await?;
    let mut found = Vec::new();
    for ((answer, question), migration) in answers.into_iter().zip(&questions).zip(of) {
        match answer {
            Answer::Found(finding) => found.push((migration, finding)),
            Answer::Unknown { timed_out: true } => session.ui.warn(&format!(
                "`{migration}`, line {}: the rows could not be looked at within {} s",
                question.line,
                limit.as_secs_f64()
            )),
            Answer::Nothing | Answer::Unknown { .. } => {}
        }
    }
    if session.ui.json {
        for (migration, finding) in &found {
            let mut event = json!(finding);
            event["event"] = json!("rows_found");
            event["migration"] = json!(migration);
            session.ui.json(&event);
        }
    }
    if found.is_empty() {
        session.ui.detail(&format!("looked at the rows: {} questions", questions.len()));
        return Ok(());
    }
    let message = "the rows that are there do not allow what is pending; nothing was run";
    let mut failure = Failure::refused("P0062", message);
    failure.notes = found.iter().map(|(migration, finding)| line(migration, finding)).collect();
    Err(failure.help(
        "correct the rows, or let an `UPDATE` before the step do it; `--skip-row-checks` runs it \
         all the same",
    ))
}

fn line(migration: &str, finding: &RowFinding) -> String {
    let examples = match finding.examples.as_slice() {
        [] => String::new(),
        some => format!(", for example {}", some.join("; ")),
    };
    format!(
        "{} {}{examples} (`{migration}`, line {})",
        finding.hazard, finding.message, finding.line
    )
}
