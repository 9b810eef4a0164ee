//! `status` of several databases: one line each.

use futures_util::stream::{StreamExt as _, iter};
use serde::Serialize;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    report::ErrorReport,
    status::{Standing, StatusArgs, compare, drift_of},
    targets::Destination,
    ui::Tone,
};
use crate::{
    db::{
        connect,
        ledger::{Ledger, settled},
    },
    migrations::History,
};

/// How one database stands.
#[derive(Debug, Serialize)]
struct Row {
    target: String,
    database: String,
    applied: usize,
    pending: Vec<String>,
    /// Migrations that are edited, missing, failed or interrupted.
    wrong: Vec<String>,
    /// Objects that differ from what the migrations lead to; none where that was not looked at.
    drift: Option<usize>,
    in_sync: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorReport>,
}

/// Shows how all of them stand.
pub(crate) async fn run(
    args: &StatusArgs,
    destinations: &[Destination],
    history: &History,
    session: &Session<'_>,
) -> Result<ExitStatus, Failure> {
    let rows = iter(destinations.iter().map(|one| row(one, history, session)));
    let mut rows = rows.buffered(usize::from(args.targets.parallel));
    let mut found = Vec::new();
    while let Some(row) = rows.next().await {
        found.push(row);
        session.ui.flash(&format!("{} of {}", found.len(), destinations.len()));
    }
    session.ui.flash("");
    let in_sync = found.iter().filter(|row| row.in_sync).count();
    if session.ui.json {
        session.ui.json(&json!({ "targets": found, "in_sync": in_sync == found.len() }));
    } else {
        table(&found, session);
    }
    let unknown = found.iter().filter(|row| row.error.is_some()).count();
    session.ui.say(&format!("{in_sync} of {} databases are in sync", found.len()));
    Ok(match (unknown, in_sync == found.len()) {
        (0, false) if args.exit_code => ExitStatus::Findings,
        (0, _) => ExitStatus::Done,
        _ => ExitStatus::Environment,
    })
}

async fn row(destination: &Destination, history: &History, session: &Session<'_>) -> Row {
    let ui = session.ui.for_target(&destination.name);
    let own = session.of_tenant(&ui, destination.tenant.clone());
    let mut row = Row {
        target: destination.name.clone(),
        database: destination.target.to_string(),
        applied: 0,
        pending: Vec::new(),
        wrong: Vec::new(),
        drift: None,
        in_sync: false,
        error: None,
    };
    if let Err(failure) = look(&mut row, destination, history, &own).await {
        row.error = Some(ErrorReport::of(&failure));
    }
    row
}

async fn look(
    row: &mut Row,
    destination: &Destination,
    history: &History,
    session: &Session<'_>,
) -> Result<(), Failure> {
    let connection = connect(&destination.target).await?;
    let entries =
        settled(history, Ledger::new(&connection, &session.config.ledger()).read().await?);
    let lines = compare(history, &entries);
    for line in &lines {
        match line.standing {
            Standing::Applied => row.applied += 1,
            Standing::Pending => row.pending.push(line.migration.clone()),
            _ => row.wrong.push(line.migration.clone()),
        }
    }
    let tenant = destination.tenant.is_some();
    if !tenant {
        let drift = drift_of(&connection, history, (&lines, &entries), session).await?;
        row.drift = drift.map(|drift| drift.changes.len());
    }
    let drift = tenant || row.drift == Some(0);
    row.in_sync = row.pending.is_empty() && row.wrong.is_empty() && drift;
    Ok(())
}

fn table(rows: &[Row], session: &Session<'_>) {
    let ui = session.ui;
    let width = rows.iter().map(|row| row.target.chars().count()).max().unwrap_or(0).min(60);
    for row in rows {
        let (tone, word) = match (row.in_sync, &row.error) {
            (true, _) => (Tone::Good, "in sync"),
            (false, None) if row.wrong.is_empty() && row.drift.unwrap_or(0) == 0 => {
                (Tone::Warn, "pending")
            }
            (false, None) => (Tone::Bad, "differs"),
            (false, Some(_)) => (Tone::Bad, "unknown"),
        };
        let mut text = format!(
            "{:<width$}  {}  {:>3} applied  {:>3} pending",
            row.target,
            ui.paint_data(tone, &format!("{word:<8}")),
            row.applied,
            row.pending.len(),
        );
        if !row.wrong.is_empty() {
            text.push_str(&format!("  not as they should be: {}", row.wrong.join(", ")));
        }
        if let Some(count) = row.drift.filter(|count| *count > 0) {
            text.push_str(&format!("  {count} objects differ"));
        }
        if let Some(error) = &row.error {
            text.push_str(&format!("  {}: {}", error.code, error.message));
        }
        ui.data(&format!("{text}\n"));
    }
}
