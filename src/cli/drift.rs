//! What a database differs in from what its migrations lead to.

use std::collections::BTreeSet;

use serde_json::Value;
use similar::TextDiff;

use super::{Failure, Session, Ui, glob, state::read, ui::Tone, workbench::Workbench};
use crate::{
    db::{Connection, ledger::Entry},
    diff::{Change, ChangeSet, Difference, FacetChange},
    migrations::Migration,
};

/// How the database differs from what the migrations lead to; `entries` are those of its ledger.
pub(crate) async fn drift(
    connection: &Connection,
    migrations: &[&Migration],
    entries: &[Entry],
    session: &Session<'_>,
) -> Result<ChangeSet, Failure> {
    let mut live = read(connection, session).await?;
    // Whoever asks need not be who deployed: what belongs to the latter is as it should be.
    let deployed = |owner: &str| entries.iter().any(|entry| entry.applied_by == owner);
    for object in live.objects.values_mut() {
        if object.text("owner").is_some_and(deployed) {
            object.facets.remove("owner");
        }
    }
    super::diff::report_unmodelled(session, "the database", &live);
    let after = match migrations.last() {
        Some(last) if follows_all(last, migrations) => {
            last.header.as_ref().and_then(|header| header.after.as_ref())
        }
        _ => None,
    };
    let found = live.fingerprint();
    if after.is_some_and(|after| *after == found.0) {
        return Ok(ChangeSet::default());
    }
    let mut workbench = Workbench::new(session, None, Some(connection.version().major()))?;
    if workbench.fingerprint_of_history(migrations).await? == Some(found) {
        return Ok(ChangeSet::default());
    }
    let expected = workbench.schema_of_history(migrations).await?;
    Ok(crate::diff::diff(&expected, &live))
}

/// Whether a migration comes after all the others, so that what it leads to is what all do.
fn follows_all(last: &Migration, all: &[&Migration]) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![last.name.as_str()];
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        match all.iter().find(|m| m.name == name).map(|m| &m.header) {
            Some(Some(header)) => open.extend(header.parents.iter().map(String::as_str)),
            // Without a header it follows all that come before it by name.
            Some(None) => open.extend(all.iter().map(|m| m.name.as_str()).filter(|n| *n < name)),
            None => {}
        }
    }
    all.iter().all(|migration| seen.contains(migration.name.as_str()))
}

/// Removes the changes of objects that a pattern stands for.
pub(crate) fn allow(changes: &mut ChangeSet, patterns: &[String]) {
    changes.changes.retain(|change| {
        let name = change.id.to_string();
        let path = change.id.path.join(".");
        !patterns.iter().any(|p| glob::fits(p, &name) || glob::fits(p, &path))
    });
}

/// Renders changes for stdout: one line each, and one for each facet.
pub(crate) fn render(changes: &ChangeSet, ui: &Ui) -> String {
    let one = |change| render_change(change, |tone, text| ui.paint_data(tone, text));
    changes.changes.iter().map(one).collect()
}

/// Renders drift for a person: what came or went as a whole is one line, whatever it is made of;
/// `--verbose` has all of it.
pub(crate) fn render_wholes(changes: &ChangeSet, ui: &Ui) -> String {
    if ui.verbose() {
        return render(changes, ui);
    }
    let paint = |tone, text: &str| ui.paint_data(tone, text);
    changes.wholes().iter().map(|(change, parts)| render_whole(change, *parts, paint)).collect()
}

fn render_whole(change: &Change, parts: usize, paint: impl Fn(Tone, &str) -> String) -> String {
    let line = render_change(change, paint);
    match parts {
        0 => line,
        1 => format!("{} with one part\n", line.trim_end()),
        _ => format!("{} with {parts} parts\n", line.trim_end()),
    }
}

fn render_change(change: &Change, paint: impl Fn(Tone, &str) -> String) -> String {
    match &change.difference {
        Difference::Created => format!("{}\n", paint(Tone::Good, &format!("+ {}", change.id))),
        Difference::Dropped => format!("{}\n", paint(Tone::Bad, &format!("- {}", change.id))),
        Difference::Altered { facets } => {
            let mut out = format!("{}\n", paint(Tone::Warn, &format!("~ {}", change.id)));
            for facet in facets {
                out.push_str(&render_facet(facet));
            }
            out
        }
    }
}

/// The failure for a database that is not what its migrations lead to.
pub(crate) fn failure(code: &'static str, message: String, changes: &ChangeSet) -> Failure {
    let mut failure = Failure::refused(code, message);
    let wholes = changes.wholes();
    for (change, parts) in wholes.iter().take(SHOWN) {
        let text = render_whole(change, *parts, |_, text| text.to_owned());
        failure.notes.push(text.trim_end().to_owned());
    }
    if wholes.len() > SHOWN {
        failure.notes.push(format!("and {} more", wholes.len() - SHOWN));
    }
    failure
}

/// How many differences a refusal names.
const SHOWN: usize = 20;

fn render_facet(change: &FacetChange) -> String {
    let name = change.facet.replace('_', " ");
    let (from, to) = (plain(change.from.as_ref()), plain(change.to.as_ref()));
    if !from.contains('\n') && !to.contains('\n') && from.len() + to.len() < 160 {
        return format!("    {name}: {from} → {to}\n");
    }
    let text = TextDiff::from_lines(&from, &to);
    let mut out = format!("    {name}:\n");
    for hunk in text.unified_diff().context_radius(2).iter_hunks() {
        for line in hunk.iter_changes() {
            let line_text = line.value().trim_end_matches('\n');
            out.push_str(&format!("      {}{line_text}\n", line.tag()));
        }
    }
    out
}

/// A facet's value as people write it.
fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "(none)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
