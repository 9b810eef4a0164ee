//! `lint`: hazards of generated or hand-written SQL, before it runs.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    state::{State, load, read},
};
use crate::{
    db::{Connection, Error, connect, read_sizes},
    lint::{
        Class, Known, Level, Live, Options, Report, Transactions, check_and_learn, find_hazard,
        render_github, render_json, render_locks, render_sarif,
    },
    text::{Source, SourceId, Style, render_diagnostics},
};

/// The major version that is assumed where nothing says which it is.
const VERSION: u32 = 17;

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// The scripts, in the order in which they run: files, folders of them, or `-` for stdin; all
    /// migrations if none is named
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Judge against this state: `empty`, `sql:FILE`, `model:PATH`, `migrations:DIR[@NAME]` or
    /// `db:URL`
    #[arg(long, value_name = "STATE", conflicts_with = "live")]
    schema: Option<String>,
    /// Judge against the live database, with the sizes of its tables
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    database: UrlArgs,
    /// Leave out the migrations up to and with this one, but know what they do
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, conflicts_with = "files")]
    since: Option<String>,
    /// Major version of the server that the scripts are for
    #[arg(long, value_name = "MAJOR")]
    server: Option<u32>,
    /// Who runs the scripts
    #[arg(long, value_enum, value_name = "WHO")]
    transactions: Option<Runner>,
    /// How to print what is found
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Print the locks that each statement takes too
    #[arg(long)]
    locks: bool,
    /// Report a hazard or a class of them at this level: `H0101=error` (can be repeated)
    #[arg(long = "level", value_name = "WHAT=LEVEL", value_parser = parse_level)]
    levels: Vec<(String, Level)>,
    /// Report these hazards or classes alone (can be repeated)
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    only: Vec<String>,
    /// End with status 1 from this level on
    #[arg(long, value_enum, default_value = "warning", value_name = "LEVEL")]
    fail_on: FailOn,
}

/// Who runs a script.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Runner {
    /// `driftless deploy`: one transaction, divided where a statement asks for it
    Deploy,
    /// A tool that puts one transaction around each script
    Whole,
    /// Statement by statement, as psql does
    Each,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Snippets for people
    Text,
    /// The same as `--json`
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Workflow commands of GitHub
    Github,
}

/// From which level on the command ends with status 1.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailOn {
    Note,
    Warning,
    Error,
    Never,
}

fn parse_level(text: &str) -> Result<(String, Level), String> {
    let (what, level) = text.split_once('=').ok_or("expected `WHAT=LEVEL`, e.g. `H0101=error`")?;
    let level = level_of(level).ok_or("a level is `off`, `note`, `warning` or `error`")?;
    if !is_known(what) {
        return Err(format!("`{what}` is neither a hazard nor a class"));
    }
    Ok((what.to_owned(), level))
}

fn level_of(text: &str) -> Option<Level> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

fn class_of(text: &str) -> Option<Class> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

fn is_known(what: &str) -> bool {
    find_hazard(what).is_some() || class_of(what).is_some()
}

/// A script with what it says.
struct Script {
    source: Source,
    /// Only followed, not reported.
    silent: bool,
}

pub(crate) async fn run(args: &LintArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    for what in &args.only {
        if !is_known(what) {
            let message = format!("`{what}` is neither a hazard nor a class");
            return Err(Failure::usage("P0038", message)
                .help("`driftless explain` lists all codes; a class is `lock`, `loss`, …"));
        }
    }
    let scripts =
        if args.files.is_empty() { migrations(args, session)? } else { read_scripts(&args.files)? };
    let options = options(args, session)?;
    let mut known = known(args, session).await?;
    let mut reports = Vec::new();
    for script in scripts {
        let mut report = check_and_learn(&script.source.text, &mut known, &options);
        if !args.only.is_empty() {
            report.findings.retain(|f| args.only.iter().any(|what| names(what, f)));
        }
        if !script.silent {
            reports.push((script.source, report));
        }
    }
    print(args, session, &reports);
    let worst = reports.iter().map(|(_, report)| report.worst()).max().unwrap_or(Level::Off);
    let from = match args.fail_on {
        FailOn::Note => Some(Level::Note),
        FailOn::Warning => Some(Level::Warning),
        FailOn::Error => Some(Level::Error),
        FailOn::Never => None,
    };
    let fails = from.is_some_and(|from| worst >= from);
    Ok(if fails { ExitStatus::Findings } else { ExitStatus::Done })
}

fn names(what: &str, finding: &crate::lint::Finding) -> bool {
    let hazard = find_hazard(what).is_some_and(|h| h.code.id == finding.hazard.code.id);
    hazard || class_of(what) == Some(finding.class())
}

/// The migrations of the project, in order.
fn migrations(args: &LintArgs, session: &Session<'_>) -> Result<Vec<Script>, Failure> {
    let history = session.history()?;
    let known = match &args.since {
        Some(name) => {
            let list = super::session::upto(&history, name, None)?;
            list.into_iter().map(|m| m.name.clone()).collect()
        }
        None => Vec::new(),
    };
    let scripts = history.iter().map(|migration| {
        let name = migration.path.join("migration.sql").display().to_string();
        let silent = known.contains(&migration.name);
        Script { source: Source::new(name, migration.up.clone()), silent }
    });
    Ok(scripts.collect())
}

fn read_scripts(files: &[PathBuf]) -> Result<Vec<Script>, Failure> {
    let mut scripts = Vec::new();
    for file in files {
        if file.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::io("read", Path::new("stdin"), &error))?;
            scripts.push(Script { source: Source::new("stdin", text), silent: false });
            continue;
        }
        for path in below(file)? {
            let text =
                fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))?;
            let source = Source::new(path.display().to_string(), text);
            scripts.push(Script { source, silent: false });
        }
    }
    Ok(scripts)
}

/// The file, or the scripts below the folder by name; the way back is not one of them.
pub(crate) fn below(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(|error| Failure::io("read", path, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| Failure::io("read", path, &error))?.path());
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            found.extend(below(&path)?);
        } else if name.ends_with(".sql") && name != "down.sql" && !name.ends_with(".down.sql") {
            found.push(path);
        }
    }
    Ok(found)
}

fn options(args: &LintArgs, session: &Session<'_>) -> Result<Options, Failure> {
    let configured = &session.config.values.lint;
    let mut options = Options::default();
    options.small_rows = configured.small_rows.unwrap_or(options.small_rows);
    options.small_bytes = configured.small_bytes.unwrap_or(options.small_bytes);
    for (what, level) in &configured.levels {
        if !is_known(what) {
            let message = format!("`lint.levels.{what}` is neither a hazard nor a class");
            return Err(Failure::usage("P0030", message));
        }
        options.levels.insert(what.clone(), *level);
    }
    options.levels.extend(args.levels.iter().cloned());
    options.transactions = match (args.transactions, configured.transactions.as_deref()) {
        (Some(Runner::Deploy), _) | (None, None | Some("deploy")) => Transactions::Deploy,
        (Some(Runner::Whole), _) | (None, Some("whole")) => Transactions::Whole,
        (Some(Runner::Each), _) | (None, Some("each")) => Transactions::Each,
        (None, Some(other)) => {
            let message = format!("`lint.transactions` is `{other}`");
            return Err(Failure::usage("P0030", message).help("it is `deploy`, `whole` or `each`"));
        }
    };
    Ok(options)
}

/// What is known about the database before the first script.
async fn known(args: &LintArgs, session: &Session<'_>) -> Result<Known, Failure> {
    let major = args.server.or(session.config.values.lint.server);
    if args.live || args.database.url.is_some() {
        return live(&session.connect_named(&args.database).await?, session).await;
    }
    let Some(text) = &args.schema else {
        return Ok(Known::nothing(major.unwrap_or(VERSION)));
    };
    match State::parse(text, session)? {
        // Followed as it stands: that needs no server.
        State::Sql(file) => {
            let text =
                fs::read_to_string(&file).map_err(|error| Failure::io("read", &file, &error))?;
            Ok(Known::from_sql(major.unwrap_or(VERSION), &text))
        }
        State::Empty => Ok(Known::empty(major.unwrap_or(VERSION))),
        State::Database(target) => live(&connect(&target).await?, session).await,
        state => {
            let mut schemas = load(&[state], session).await?;
            let mut schema = schemas.remove(0);
            if let Some(major) = major {
                schema.server_version = major * 10_000;
            }
            Ok(Known::from_schema(&schema, &Live::default())?)
        }
    }
}

/// What is known of a live database.
pub(crate) async fn live(connection: &Connection, session: &Session<'_>) -> Result<Known, Failure> {
    let schema = read(connection, session).await?;
    let sizes = read_sizes(connection.client())
        .await
        .map_err(|error| Error::statement("reading the sizes of tables", &error))?;
    Ok(Known::from_schema(&schema, &sizes)?)
}

fn print(args: &LintArgs, session: &Session<'_>, reports: &[(Source, Report)]) {
    let ui = session.ui;
    match args.format {
        Format::Json => ui.json(&render_json(reports)),
        Format::Text if ui.json => ui.json(&render_json(reports)),
        Format::Sarif => ui.json(&render_sarif(reports)),
        Format::Github => ui.data(&render_github(reports)),
        Format::Text => print_text(args, session, reports),
    }
}

fn print_text(args: &LintArgs, session: &Session<'_>, reports: &[(Source, Report)]) {
    let ui = session.ui;
    let style = if ui.coloured_data() { Style::Coloured } else { Style::Plain };
    let mut counts = [0_usize; 3];
    let mut allowed = 0;
    for (source, report) in reports {
        if args.locks {
            ui.data(&render_locks(report, source));
        }
        let mut shown = Vec::new();
        for finding in &report.findings {
            let quiet = finding.allowed.is_some() || finding.level <= Level::Note;
            if finding.allowed.is_some() {
                allowed += 1;
            } else {
                counts[match finding.level {
                    Level::Error => 0,
                    Level::Warning => 1,
                    Level::Note | Level::Off => 2,
                }] += 1;
            }
            if !quiet || ui.verbose() {
                shown.push(finding.diagnostic(SourceId(0)));
            }
        }
        if !shown.is_empty() {
            let text = render_diagnostics(&shown, std::slice::from_ref(source), style);
            ui.data(&format!("{text}\n"));
        }
    }
    let [errors, warnings, notes] = counts;
    let mut summary = format!("{errors} errors, {warnings} warnings, {notes} notes");
    if allowed > 0 {
        summary.push_str(&format!(", {allowed} allowed"));
    }
    if notes + allowed > 0 && !ui.verbose() {
        summary.push_str(" (`--verbose` shows all)");
    }
    let scripts = reports.len();
    ui.say(&format!("{summary} in {scripts} script{}", if scripts == 1 { "" } else { "s" }));
}
