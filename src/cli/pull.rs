//! `pull`: a live database as model text.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session, args::UrlArgs, diff::report_unmodelled, session::upto,
    state::read, workbench::Workbench,
};
use crate::{
    kinds::{PrintOptions, print},
    migrations::rename_into_place,
    syntax::format_file,
};

/// Arguments of `pull`.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// What the migrations up to this one lead to, instead of a live database
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, conflicts_with = "url")]
    at: Option<String>,
    /// Write the model to this file; `-` for stdout, which is the default
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite a file that is there
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(args: &PullArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let schema = match &args.at {
        Some(text) => {
            let history = session.history()?;
            let list = upto(&history, text, None)?;
            Workbench::new(session, None, None)?.schema_of_history(&list).await?
        }
        None => read(&session.connect(&args.url).await?, session).await?,
    };
    report_unmodelled(session, "the database", &schema);
    let text: String = print(&schema, &PrintOptions::default()).iter().map(format_file).collect();
    let file = args.out.as_ref().filter(|file| file.as_os_str() != "-");
    let Some(file) = file else {
        session.ui.data(&text);
        return Ok(ExitStatus::Done);
    };
    let there = std::fs::read_to_string(file).ok();
    if there.as_ref().is_some_and(|old| *old != text && !old.trim().is_empty()) && !args.force {
        let message = format!("`{}` is there already and differs", file.display());
        return Err(Failure::refused("P0050", message)
            .help("overwrite it with `--force`, or write elsewhere"));
    }
    rename_into_place(file, &text).map_err(|error| Failure::io("write", file, &error))?;
    if session.ui.json {
        session.ui.json(&json!({
            "file": file, "objects": schema.objects.len(), "unmodelled": schema.unmodelled,
        }));
    }
    session.ui.say(&format!("wrote `{}`", file.display()));
    Ok(ExitStatus::Done)
}
