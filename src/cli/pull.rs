//! `pull`: a live database as model text, new or brought up to date.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    diff::report_unmodelled,
    session::upto,
    state::read,
    validate::{read_sources, side_file, valid_sources},
    workbench::{Workbench, lowered},
};
use crate::{
    diff::merge,
    kinds::{PrintOptions, print, print_psl},
    migrations::rename_into_place,
    schema::Schema,
    syntax::{ast::File, format_file, parse_source},
    text::{Source, SourceId},
};

/// Arguments of `pull`.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// What the migrations up to this one lead to, instead of a live database
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, conflicts_with = "url")]
    at: Option<String>,
    /// Write the model to this file, or bring the model that is there up to date: a file or a folder;
    /// `-` for stdout, which is the default
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Bring the model of the project up to date
    #[arg(long, conflicts_with = "out")]
    in_place: bool,
    /// Write a new model over the one that is there, and keep nothing of it
    #[arg(long)]
    force: bool,
    /// Write Prisma's language only; comments say what it cannot. A file that ends in `.prisma` is in
    /// it anyway
    #[arg(long)]
    psl_only: bool,
    /// Write what Prisma's language cannot say to a file beside: `schema.prisma.model`
    #[arg(long, conflicts_with = "psl_only")]
    beside: bool,
}

/// What a pull found: files with their texts, and what they cannot say.
#[derive(Default)]
struct Pulled {
    files: Vec<(PathBuf, String)>,
    left: Vec<String>,
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
    let out = match &args.out {
        Some(path) if path.as_os_str() == "-" => None,
        Some(path) => Some(path.clone()),
        None if args.in_place => Some(session.model_path()?),
        None => None,
    };
    let Some(out) = out else {
        let (file, left) = fresh(args, &schema, args.psl_only);
        tell_left(&left, session);
        session.ui.data(&format_file(&file));
        return Ok(ExitStatus::Done);
    };
    let pulled = if holds_model(&out) && !args.force {
        into_model(args, &out, &schema, session).await?
    } else {
        let there = std::fs::read_to_string(&out).unwrap_or_default();
        if !there.trim().is_empty() && !args.force {
            let message = format!("`{}` is there already, and holds no model", out.display());
            return Err(Failure::refused("P0050", message)
                .help("overwrite it with `--force`, or write elsewhere"));
        }
        anew(args, &out, &schema)?
    };
    tell_left(&pulled.left, session);
    for (file, text) in &pulled.files {
        rename_into_place(file, text).map_err(|error| Failure::io("write", file, &error))?;
        session.ui.say(&format!("wrote `{}`", file.display()));
    }
    if pulled.files.is_empty() {
        session.ui.say(&format!("`{}` is what the database holds", out.display()));
    }
    if session.ui.json {
        let files: Vec<&PathBuf> = pulled.files.iter().map(|(file, _)| file).collect();
        session.ui.json(&json!({
            "file": out, "written": files, "objects": schema.objects.len(),
            "unmodelled": schema.unmodelled, "unsaid": pulled.left,
        }));
    }
    Ok(ExitStatus::Done)
}

/// Says what the language of the model has no words for.
fn tell_left(left: &[String], session: &Session<'_>) {
    if left.is_empty() {
        return;
    }
    let count = left.len();
    session
        .ui
        .say(&format!("{count} things that Prisma's language cannot say are not in the model"));
    for line in left {
        session.ui.detail(&format!("    {line}"));
    }
}

/// Whether there is a model with something in it.
fn holds_model(path: &Path) -> bool {
    if path.is_dir() {
        return read_sources(path).is_ok();
    }
    std::fs::read_to_string(path).is_ok_and(|text| {
        let source = Source::new("", text);
        parse_source(&source, SourceId(0)).file.blocks().next().is_some()
    })
}

/// A model that nobody wrote before, in one file, with what it cannot say.
fn fresh(args: &PullArgs, schema: &Schema, psl: bool) -> (File, Vec<String>) {
    if psl {
        let printed = print_psl(schema, &PrintOptions::default(), args.psl_only);
        return (printed.file, printed.left);
    }
    let mut files = print(schema, &PrintOptions::default());
    (files.pop().unwrap_or_default(), Vec::new())
}

fn anew(args: &PullArgs, out: &Path, schema: &Schema) -> Result<Pulled, Failure> {
    let file = if out.is_dir() { out.join("schema.prisma") } else { out.to_path_buf() };
    let psl = args.psl_only || file.extension().is_some_and(|end| end == "prisma");
    if !psl {
        let (tree, left) = fresh(args, schema, false);
        return Ok(Pulled { files: vec![(file, format_file(&tree))], left });
    }
    let printed = print_psl(schema, &PrintOptions::default(), args.psl_only);
    let mut pulled = Pulled { left: printed.left, ..Pulled::default() };
    if args.beside {
        pulled.files.push((side_file(&file), format_file(&printed.beside)));
        pulled.left.clear();
    }
    pulled.files.insert(0, (file, format_file(&printed.file)));
    Ok(pulled)
}

/// Brings the model that is there up to date.
async fn into_model(
    args: &PullArgs,
    out: &Path,
    there: &Schema,
    session: &Session<'_>,
) -> Result<Pulled, Failure> {
    // What stands beside is made anew: it says what the others cannot.
    let side = side_file(out);
    let mut sources = read_sources(out)?;
    let had_side = sources.iter().any(|source| Path::new(&source.name) == side);
    sources.retain(|source| Path::new(&source.name) != side);
    let (model, sources) = valid_sources(sources, out, session)?;
    let model = lowered(model, sources, session)?;
    let mut workbench = Workbench::new(session, None, Some(there.server_version / 10_000))?;
    let mut asked = workbench.schema_of_model(&model, there).await?;
    model.complete(there, &mut asked, session);
    let strict: Vec<bool> = model.sources.iter().map(|s| s.name.ends_with(".prisma")).collect();
    let merged = merge((&model.resolved, &model.draft), &asked, there, &strict, args.psl_only);
    let mut files: Vec<(PathBuf, File, bool)> = model
        .sources
        .iter()
        .zip(merged.files)
        .map(|(source, (file, changed))| (PathBuf::from(&source.name), file, changed))
        .collect();
    if !merged.added.is_empty() {
        let into = place_for_new(out, &files, &strict);
        let at = files.iter().position(|(path, ..)| *path == into);
        let at = at.unwrap_or_else(|| {
            files.push((into, File::default(), true));
            files.len() - 1
        });
        for block in merged.added {
            files[at].1.push(block);
        }
        files[at].2 = true;
    }
    let mut pulled = Pulled { left: merged.left, ..Pulled::default() };
    for (path, tree, changed) in files {
        if changed {
            pulled.files.push((path, format_file(&tree)));
        }
    }
    if args.beside || had_side {
        let options = PrintOptions { names: merged.names };
        let text = format_file(&print_psl(there, &options, false).beside);
        if std::fs::read_to_string(&side).ok().as_ref() != Some(&text) {
            pulled.files.push((side, text));
        }
        pulled.left.clear();
    }
    Ok(pulled)
}

/// The file that gets what is new: the only one of its language, or else one of its own.
fn place_for_new(out: &Path, files: &[(PathBuf, File, bool)], strict: &[bool]) -> PathBuf {
    let own = strict.iter().any(|strict| !strict);
    let fitting: Vec<&PathBuf> = files
        .iter()
        .zip(strict)
        .filter(|(_, strict)| **strict != own)
        .map(|((path, ..), _)| path)
        .collect();
    match fitting.as_slice() {
        [only] => (*only).clone(),
        _ => out.join(if own { "pulled.model" } else { "introspected.prisma" }),
    }
}
