//! `sql` and `plan`: what migrations would run, as a script and step by step.

use clap::Args;
use serde_json::{Value, json};

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    deploy::pending,
    lint::live,
    session::{one_migration, upto},
};
use crate::{
    db::{
        Connection,
        ledger::{Ledger, settled},
    },
    lint::{Known, Options, check_and_learn},
    migrations::{History, Migration, Script, parse_script},
};

/// Arguments of `sql`.
#[derive(Debug, Args)]
pub(crate) struct SqlArgs {
    /// The migration, or `A..B` for what leads from one point to another
    #[arg(allow_negative_numbers = true)]
    name: String,
    /// Print the way back instead
    #[arg(long)]
    back: bool,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// Up to this migration and what it follows, and no further
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    to: Option<String>,
}

pub(crate) fn sql(args: &SqlArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let mut list = range(&history, &args.name)?;
    if args.back {
        list.reverse();
    }
    // All of it or nothing is printed: half a script would be run.
    let mut texts = Vec::new();
    for migration in list {
        let (text, file) = match (&migration.down, args.back) {
            (_, false) => (&migration.up, "migration.sql"),
            (Some(down), true) => (down, "down.sql"),
            (None, true) => {
                let message = format!("migration `{}` has no `down.sql`", migration.name);
                return Err(Failure::refused("P0026", message));
            }
        };
        let script = parsed(migration, file, text)?;
        texts.push((migration, render_steps(&script, 0), script));
    }
    for (migration, text, script) in texts {
        if session.ui.json {
            session.ui.json(&json!({
                "migration": migration.name, "back": args.back, "sql": text,
                "steps": script.steps.len(),
            }));
        } else {
            session.ui.data(&format!("-- {}\n{text}\n", migration.name));
        }
    }
    Ok(ExitStatus::Done)
}

/// One migration, or those that lead from one point to another.
pub(crate) fn range<'h>(history: &'h History, text: &str) -> Result<Vec<&'h Migration>, Failure> {
    let Some((from, to)) = text.split_once("..").filter(|_| history.get(text).is_none()) else {
        return Ok(vec![one_migration(history, text)?]);
    };
    let from = upto(history, if from.is_empty() { "base" } else { from }, None)?;
    let to = upto(history, if to.is_empty() { "head" } else { to }, None)?;
    if let Some(beyond) = from.iter().find(|f| to.iter().all(|t| t.name != f.name)) {
        let message = format!("`{}` is not on the way of `{text}`", beyond.name);
        return Err(Failure::usage("P0032", message).help("the older one comes first"));
    }
    Ok(to.into_iter().filter(|t| from.iter().all(|f| f.name != t.name)).collect())
}

/// The script of a migration, taken apart.
pub(crate) fn parsed(migration: &Migration, file: &str, text: &str) -> Result<Script, Failure> {
    parse_script(text).map_err(|errors| {
        let name = &migration.name;
        let failure = Failure::usage("P0019", format!("`{name}/{file}`, {}", errors[0]));
        Failure { help: errors.iter().find_map(|error| error.help.clone()), ..failure }
    })
}

/// The steps from the given one on as psql would be given them, transactions marked.
pub(crate) fn render_steps(script: &Script, done: usize) -> String {
    let mut out = String::new();
    for segment in script.segments.iter().filter(|segment| segment.steps.end > done) {
        if segment.transaction {
            out.push_str(&format!("{};\n", segment.begin.as_deref().unwrap_or("BEGIN")));
        }
        for step in &script.steps[segment.steps.start.max(done)..segment.steps.end] {
            out.push_str(&format!("{};\n", step.sql));
        }
        if segment.transaction {
            out.push_str("COMMIT;\n");
        }
    }
    out
}

pub(crate) async fn plan(args: &PlanArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    let connection = session.connect(&args.url).await?;
    let name = session.config.ledger();
    let entries = settled(&history, Ledger::new(&connection, &name).read().await?);
    let pending = pending(&history, &entries, args.to.as_deref())?;
    tell(&connection, &pending, session).await?;
    session.ui.say(&match pending.len() {
        0 => "nothing to apply".to_owned(),
        1 => "1 migration to apply".to_owned(),
        n => format!("{n} migrations to apply"),
    });
    Ok(ExitStatus::Done)
}

/// Prints migrations step by step: what each locks on the database as it is.
pub(crate) async fn tell(
    connection: &Connection,
    migrations: &[&Migration],
    session: &Session<'_>,
) -> Result<(), Failure> {
    let mut known =
        if migrations.is_empty() { Known::nothing(0) } else { live(connection, session).await? };
    for migration in migrations {
        let script = parsed(migration, "migration.sql", &migration.up)?;
        let steps = steps(migration, &script, &mut known);
        if session.ui.json {
            session.ui.json(&json!({ "migration": migration.name, "steps": steps }));
            continue;
        }
        session.ui.data(&format!("{}\n", migration.name));
        for step in &steps {
            let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
            session.ui.data(&format!("    {}\n", text("title")));
            for lock in step["locks"].as_array().into_iter().flatten() {
                session.ui.data(&format!("        {}\n", lock.as_str().unwrap_or_default()));
            }
        }
    }
    Ok(())
}

fn steps(migration: &Migration, script: &Script, known: &mut Known) -> Vec<Value> {
    let report = check_and_learn(&migration.up, known, &Options::default());
    let line = |at: usize| migration.up[..at].matches('\n').count() + 1;
    let mut out = Vec::new();
    for segment in &script.segments {
        for step in &script.steps[segment.steps.clone()] {
            let locks: Vec<String> = report
                .statements
                .iter()
                .filter(|statement| line(statement.span.start) == step.line)
                .flat_map(|statement| &statement.locks)
                .filter(|lock| !lock.new && (lock.blocks_reads || lock.blocks_writes))
                .map(|lock| {
                    let who = if lock.blocks_reads { "reads and writes" } else { "writes" };
                    let rows = lock.rows.map_or(String::new(), |n| format!(", about {n} rows"));
                    format!("{} on {}: {who} wait{rows}", lock.mode, lock.relation)
                })
                .collect();
            out.push(json!({
                "title": step.title(), "line": step.line, "transaction": segment.transaction,
                "locks": locks,
            }));
        }
    }
    out
}
