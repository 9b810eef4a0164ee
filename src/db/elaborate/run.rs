//! Runs the creation in batches; what fails is tried again after the others.

use std::collections::BTreeSet;

use tokio_postgres::error::ErrorPosition;

use super::Wanted;
use crate::{
    db::{Connection, Error},
    kinds,
    plan::{Plan, Step},
    schema::{Object, ObjectId},
    sql::quote_ident,
    text::{Diagnostic, Span, code},
};

/// Steps that are sent to the server at once, in one transaction.
const BATCH: usize = 100;

/// Runs the steps; a finding for each one that PostgreSQL refuses whatever the order.
pub(super) async fn run(
    plan: &Plan,
    wanted: &Wanted,
    connection: &Connection,
) -> Result<Vec<Diagnostic>, Error> {
    // What acts on later creations waits until there are none, however often they are tried.
    let (acting, quiet): (Vec<&Step>, Vec<&Step>) =
        plan.steps.iter().partition(|step| kinds::of(&step.object).acts_on_creations());
    let mut failures = run_until_settled(quiet, connection).await?;
    failures.extend(run_until_settled(acting, connection).await?);
    Ok(findings(&failures, wanted))
}

/// Tries the steps again as long as that helps, and gives the failures that are left.
async fn run_until_settled<'a>(
    mut waiting: Vec<&'a Step>,
    connection: &Connection,
) -> Result<Vec<Failure<'a>>, Error> {
    loop {
        let before = waiting.len();
        let mut failures = Vec::new();
        for batch in waiting.chunks(BATCH) {
            failures.extend(run_batch(batch, connection).await?);
        }
        if failures.is_empty() || failures.len() == before {
            return Ok(failures);
        }
        waiting = failures.iter().map(|f| f.step).collect();
    }
}

/// A step that PostgreSQL refused.
#[derive(Clone)]
struct Failure<'a> {
    step: &'a Step,
    /// The statement of the step that failed.
    statement: usize,
    message: String,
    notes: Vec<String>,
    /// 1-based character position in the statement.
    position: Option<usize>,
}

async fn run_batch<'a>(
    steps: &[&'a Step],
    connection: &Connection,
) -> Result<Vec<Failure<'a>>, Error> {
    let plain = |step: &&Step| step.statements.iter().all(|s| s.transactional && !s.needs_commit);
    if steps.iter().all(plain) {
        // Several statements in one message are one transaction: all of it counts or nothing.
        let script: Vec<&str> =
            steps.iter().flat_map(|s| &s.statements).map(|s| s.sql.as_str()).collect();
        match connection.batch_execute(&script.join(";\n")).await {
            Ok(()) => return Ok(Vec::new()),
            Err(error) if error.as_db_error().is_none() => {
                return Err(Error::statement("creating the model on the scratch server", &error));
            }
            Err(_) => {}
        }
    }
    let mut failures = Vec::new();
    for step in steps {
        failures.extend(run_step(step, connection).await?);
    }
    Ok(failures)
}

async fn run_step<'a>(
    step: &'a Step,
    connection: &Connection,
) -> Result<Option<Failure<'a>>, Error> {
    let lost = |error: &tokio_postgres::Error| {
        Error::statement(format!("creating `{}` on the scratch server", step.object), error)
    };
    let transaction = step.statements.iter().all(|s| s.transactional);
    if transaction {
        connection.batch_execute("BEGIN").await.map_err(|error| lost(&error))?;
    }
    for (index, statement) in step.statements.iter().enumerate() {
        let Err(error) = connection.batch_execute(&statement.sql).await else { continue };
        let Some(db) = error.as_db_error() else { return Err(lost(&error)) };
        let mut notes: Vec<String> = Vec::new();
        notes.extend(db.detail().map(str::to_owned));
        notes.extend(db.hint().map(|hint| format!("hint of PostgreSQL: {hint}")));
        let position = match db.position() {
            Some(ErrorPosition::Original(at)) => usize::try_from(*at).ok(),
            _ => None,
        };
        let message = db.message().to_owned();
        if transaction {
            connection.batch_execute("ROLLBACK").await.map_err(|error| lost(&error))?;
        }
        return Ok(Some(Failure { step, statement: index, message, notes, position }));
    }
    if transaction {
        connection.batch_execute("COMMIT").await.map_err(|error| lost(&error))?;
    }
    Ok(None)
}

/// One finding for each failure that is not merely the consequence of another one.
fn findings(failures: &[Failure<'_>], wanted: &Wanted) -> Vec<Diagnostic> {
    let failed: BTreeSet<&ObjectId> = failures.iter().map(|f| &f.step.object).collect();
    let consequence = |failure: &&Failure<'_>| {
        let Some(object) = wanted.schema.get(&failure.step.object) else { return false };
        object.deps.iter().any(|d| failed.contains(d) && *d != object.id)
    };
    let roots: Vec<&Failure<'_>> = failures.iter().filter(|f| !consequence(f)).collect();
    // All of them depend on each other: better every one than none.
    let shown = if roots.is_empty() { failures.iter().collect() } else { roots };
    shown
        .into_iter()
        .map(|failure| {
            let (id, span) = culprit(failure, wanted);
            let message = format!("PostgreSQL refuses `{id}`: {}", failure.message);
            let finding = Diagnostic::error(&code::E0801, span, message);
            failure.notes.iter().fold(finding, |f, note| f.note(note.clone()))
        })
        .collect()
}

/// The object that a failed statement is about: the part of it that the error's position is in.
fn culprit(failure: &Failure<'_>, wanted: &Wanted) -> (ObjectId, Span) {
    let id = &failure.step.object;
    let span = |id: &ObjectId| wanted.spans.get(id).copied().unwrap_or(Span::NONE);
    let sql = &failure.step.statements[failure.statement].sql;
    let Some(position) = failure.position else { return (id.clone(), span(id)) };
    let at = sql.char_indices().nth(position.saturating_sub(1)).map_or(sql.len(), |(i, _)| i);
    let mut parts: Vec<&Object> =
        wanted.schema.objects.values().filter(|o| is_part(o, id, wanted)).collect();
    parts.sort_by_key(|o| o.position);
    let mut best: Option<(usize, &Object)> = None;
    for part in parts {
        for text in texts(part) {
            // The occurrence around the position that starts last belongs to the smallest part.
            let from = sql[..at].rfind(&quote_ident(part.id.name()));
            let found = from.and_then(|from| sql[from..].find(&text).map(|i| from + i));
            if let (Some(from), Some(found)) = (from, found)
                && found <= at
                && at < found + text.len()
                && best.is_none_or(|(start, _)| from > start)
            {
                best = Some((from, part));
            }
        }
    }
    best.map_or_else(|| (id.clone(), span(id)), |(_, part)| (part.id.clone(), span(&part.id)))
}

fn is_part(object: &Object, of: &ObjectId, wanted: &Wanted) -> bool {
    match &object.parent {
        Some(parent) if parent == of => true,
        Some(parent) => wanted.schema.get(parent).is_some_and(|p| p.parent.as_ref() == Some(of)),
        None => false,
    }
}

fn texts(object: &Object) -> Vec<String> {
    fn collect(value: &serde_json::Value, out: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) if !text.is_empty() => out.push(text.clone()),
            serde_json::Value::Array(items) => items.iter().for_each(|i| collect(i, out)),
            serde_json::Value::Object(map) => map.values().for_each(|i| collect(i, out)),
            _ => {}
        }
    }
    let mut out = vec![quote_ident(object.id.name())];
    object.facets.values().for_each(|value| collect(value, &mut out));
    out
}
