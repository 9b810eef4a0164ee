//! `validate` and `fmt`: model text alone, without any database.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{ExitStatus, Failure, Session};
use crate::{
    migrations::rename_into_place,
    model::{Dialect, Model, fill_relations, validate},
    syntax::{format_file, parse_source},
    text::{
        Diagnostic, Source, SourceId, Style, render_diagnostics, render_diagnostics_json,
        render_summary,
    },
};

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// The model: a file or a folder, instead of the configured one
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
}

/// Arguments of `fmt`.
#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// The model: a file or a folder, instead of the configured one
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Change nothing, and end with status 1 if something would be changed
    #[arg(long)]
    check: bool,
    /// Also add the opposite fields and `@relation` arguments that relations lack, as Prisma does
    #[arg(long)]
    fill_relations: bool,
}

pub(crate) fn run(args: &ValidateArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let path = args.path.clone().map_or_else(|| session.model_path(), Ok)?;
    let sources = read_sources(&path)?;
    let (_, diagnostics) = validate(&sources, Dialect::ByName);
    if session.ui.json {
        let list = render_diagnostics_json(&diagnostics, &sources);
        session.ui.json(&json!({ "diagnostics": list }));
    } else {
        report(&diagnostics, &sources, session);
    }
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Ok(ExitStatus::Usage);
    }
    session.ui.say(&format!("`{}` is valid", path.display()));
    Ok(ExitStatus::Done)
}

/// Shows what is wrong with a model.
pub(crate) fn report(diagnostics: &[Diagnostic], sources: &[Source], session: &Session<'_>) {
    if diagnostics.is_empty() {
        return;
    }
    let style = if session.ui.coloured() { Style::Coloured } else { Style::Plain };
    let text = render_diagnostics(diagnostics, sources, style);
    session.ui.tell(&format!("{text}\n{}", render_summary(diagnostics)));
}

/// Reads and validates a model that is to be worked with.
pub(crate) fn valid_model(
    path: &Path,
    session: &Session<'_>,
) -> Result<(Model, Vec<Source>), Failure> {
    valid_sources(read_sources(path)?, path, session)
}

/// Validates the files of a model that is to be worked with.
pub(crate) fn valid_sources(
    sources: Vec<Source>,
    path: &Path,
    session: &Session<'_>,
) -> Result<(Model, Vec<Source>), Failure> {
    let (model, diagnostics) = validate(&sources, Dialect::ByName);
    report(&diagnostics, &sources, session);
    if diagnostics.iter().any(Diagnostic::is_error) {
        let message = format!("the model `{}` is not valid", path.display());
        return Err(Failure::usage("P0036", message).help("correct what is shown above"));
    }
    Ok((model, sources))
}

/// Reads a model: one file, or every `*.model` and `*.prisma` file of a folder, in order.
pub(crate) fn read_sources(path: &Path) -> Result<Vec<Source>, Failure> {
    let mut files = Vec::new();
    if path.is_dir() {
        collect(path, &mut files)?;
        if files.is_empty() {
            let message =
                format!("`{}` holds no file that ends in `.model` or `.prisma`", path.display());
            return Err(Failure::usage("P0037", message));
        }
    } else {
        files.push(path.to_owned());
        let beside = side_file(path);
        if beside.is_file() {
            files.push(beside);
        }
    }
    files
        .iter()
        .map(|file| {
            let text =
                std::fs::read_to_string(file).map_err(|error| Failure::io("read", file, &error))?;
            Ok(Source::new(file.display().to_string(), text))
        })
        .collect()
}

/// The file that says what a model in Prisma's language cannot: `schema.prisma.model` beside a file,
/// `beside.model` in a folder.
pub(crate) fn side_file(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.join("beside.model");
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".model");
    PathBuf::from(name)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let fail = |error| Failure::io("read", directory, &error);
    let mut entries: Vec<PathBuf> = std::fs::read_dir(directory)
        .map_err(fail)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(fail)?;
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if entry.is_dir() {
            collect(&entry, files)?;
        } else if entry.extension().is_some_and(|end| end == "model" || end == "prisma") {
            files.push(entry);
        }
    }
    Ok(())
}

pub(crate) fn fmt(args: &FmtArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let path = args.path.clone().map_or_else(|| session.model_path(), Ok)?;
    let mut changed = Vec::new();
    let sources = read_sources(&path)?;
    let mut trees: Vec<_> =
        (0..).zip(&sources).map(|(id, source)| parse_source(source, SourceId(id)).file).collect();
    if args.fill_relations {
        fill_relations(&mut trees);
    }
    for (source, tree) in sources.into_iter().zip(&trees) {
        let formatted = format_file(tree);
        if formatted == source.text {
            continue;
        }
        let file = PathBuf::from(&source.name);
        if !args.check {
            rename_into_place(&file, &formatted)
                .map_err(|error| Failure::io("write", &file, &error))?;
        }
        changed.push(source.name);
    }
    let verb = if args.check { "would be formatted" } else { "formatted" };
    if session.ui.json {
        session.ui.json(&json!({ "changed": changed }));
    } else {
        for name in &changed {
            session.ui.say(&format!("{verb}: {name}"));
        }
    }
    let found = args.check && !changed.is_empty();
    Ok(if found { ExitStatus::Findings } else { ExitStatus::Done })
}
