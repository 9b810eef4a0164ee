//! `seed`: fills a development database with rows to work with.

use std::{fs, path::PathBuf, time::Instant};

use clap::Args;
use serde_json::json;

use super::{ExitStatus, Failure, Session, args::UrlArgs, execute::run_text, lint::below, reset};

/// Arguments of `seed`.
#[derive(Debug, Args)]
pub(crate) struct SeedArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// The scripts, or folders of them; without any, `seed` of the configuration, `seed.sql`, or
    /// all of `seeds`
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) async fn run(args: &SeedArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let mut scripts = Vec::new();
    for file in files(args, session)? {
        for path in below(&file)? {
            let text =
                fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))?;
            scripts.push((path, text));
        }
    }
    let connection = session.connect(&args.url).await?;
    reset::refuse_production("seeded", &connection, session).await?;
    let started = Instant::now();
    let mut steps = 0;
    for (path, text) in &scripts {
        steps += run_text(&connection, &path.display().to_string(), text, session).await?;
    }
    let (scripts, seconds) = (scripts.len(), started.elapsed().as_secs_f64());
    if session.ui.json {
        session.ui.json(&json!({ "scripts": scripts, "steps": steps, "seconds": seconds }));
    }
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    session.ui.say(&format!(
        "ran {steps} statement{} of {scripts} script{} in {seconds:.2} s",
        plural(steps),
        plural(scripts)
    ));
    Ok(ExitStatus::Done)
}

/// The files that are named, or that a project has by convention.
pub(crate) fn files(args: &SeedArgs, session: &Session<'_>) -> Result<Vec<PathBuf>, Failure> {
    if !args.files.is_empty() {
        return Ok(args.files.clone());
    }
    let root = &session.config.root;
    let configured = session.config.values.seed.as_ref().map(|path| root.join(path));
    let usual = ["seed.sql", "seeds"].map(|name| root.join(name));
    let found = configured.or_else(|| usual.into_iter().find(|path| path.exists()));
    found.map(|path| vec![path]).ok_or_else(|| {
        Failure::usage("P0076", "there is nothing to seed with").help(
            "write `seed.sql` or a folder `seeds`, name one with `seed = \"…\"`, or give files",
        )
    })
}
