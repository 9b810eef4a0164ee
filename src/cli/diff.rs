//! `diff`: what leads from one state to another.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    state::{State, load},
};
use crate::{diff::diff, plan};

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The state to start from: `empty`, `model:PATH`, `migrations:DIR[@NAME]`,
    /// `sql:FILE` or `db:URL`
    #[arg(long, value_name = "STATE")]
    from: String,
    /// The state to reach
    #[arg(long, value_name = "STATE")]
    to: String,
    /// Print one line per object instead of SQL
    #[arg(long, conflicts_with = "json")]
    summary: bool,
    /// End with status 1 if the states differ
    #[arg(long)]
    exit_code: bool,
}

pub(crate) async fn run(args: &DiffArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let states = [State::parse(&args.from, session)?, State::parse(&args.to, session)?];
    let schemas = load(&states, session).await?;
    let [from, to] = schemas.as_slice() else {
        unreachable!("as many schemas as states are loaded")
    };
    report_unmodelled(session, "from", from);
    report_unmodelled(session, "to", to);
    let changes = diff(from, to);
    let plan = plan::plan(from, to, plan::Mode::Online)?;
    if session.ui.json {
        session.ui.json(&json!({
            "changes": changes.changes,
            "steps": plan.steps,
            "unmodelled": { "from": from.unmodelled, "to": to.unmodelled },
        }));
    } else if args.summary {
        session.ui.data(&super::drift::render(&changes, session.ui));
    } else {
        session.ui.data(&plan::render(&plan));
    }
    if changes.is_empty() {
        session.ui.say("no difference");
    }
    Ok(if args.exit_code && !changes.is_empty() { ExitStatus::Findings } else { ExitStatus::Done })
}

/// Tells what is in a schema that is not compared, by kind, and by name with `--verbose`.
pub(crate) fn report_unmodelled(session: &Session<'_>, side: &str, schema: &crate::schema::Schema) {
    let mut kinds = std::collections::BTreeMap::<&str, Vec<&str>>::new();
    for object in &schema.unmodelled {
        kinds.entry(&object.kind).or_default().push(&object.name);
    }
    for (kind, names) in kinds {
        session.ui.warn(&format!("`{side}` has {} × {kind}, not compared", names.len()));
        for name in names {
            session.ui.detail(&format!("    {name}"));
        }
    }
}
