//! `deploy`: applies pending migrations where it counts.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    args::UrlArgs,
    drift::{allow, drift},
    hooks,
    new::several_heads,
    progress::Progress,
    report::{ErrorReport, MigrationReport, Outcome, Recorder, Report, TargetReport},
    rows,
    session::upto,
    targets::TargetsArgs,
    waves::{WaveArgs, deploy_all, table},
};
use crate::{
    db::{
        Connection, Target, connect,
        execute::{Executor, Settings, Stop},
        ledger::{Entry, Ledger, State, by_name, settled},
    },
    diff::ChangeSet,
    migrations::{
        Checksum, History, Migration, from_checkpoint, parse_script, without_checkpoints,
    },
    text::parse_duration,
};

/// Arguments of `deploy`.
#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    url: UrlArgs,
    /// Print what would run, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Apply this migration and what it follows, and no more
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    to: Option<String>,
    /// How long a statement may wait for a lock before it lets others pass, e.g. `150ms`
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    lock_timeout: Option<Duration>,
    /// How long to go on asking for a lock, e.g. `60s`
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    lock_wait: Option<Duration>,
    /// How long to wait for another deploy to end, e.g. `60s`
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    wait: Option<Duration>,
    /// Go on although the database differs in objects that fit the pattern, e.g. `table public.tmp_*`
    /// (can be repeated)
    #[arg(long, value_name = "PATTERN")]
    allow_drift: Vec<String>,
    /// Act as this role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Do not look at the rows for what would make a step fail
    #[arg(long)]
    skip_row_checks: bool,
    /// Write what ran to this file, as HTML or JSON by the end of its name
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Run this command at the end, with the report as JSON on its standard input
    #[arg(long, value_name = "COMMAND")]
    notify: Option<String>,
    #[command(flatten)]
    pub(crate) targets: TargetsArgs,
    #[command(flatten)]
    pub(crate) waves: WaveArgs,
}

pub(crate) async fn run(args: &DeployArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let history = session.history()?;
    if args.dry_run {
        let connection = session.connect_named(&args.url).await?;
        let ledger = session.config.ledger();
        let entries = settled(&history, Ledger::new(&connection, &ledger).read().await?);
        let pending = pending(&history, &entries, args.to.as_deref())?;
        return dry_run(&pending, &entries, session);
    }
    let stop = Stop::default();
    let signals = tokio::spawn(listen(stop.clone()));
    let started = jiff::Timestamp::now();
    let result = if args.targets.any() {
        several(args, &history, session, &stop, started).await
    } else {
        single(args, &history, session, &stop, started).await
    };
    signals.abort();
    result
}

async fn single(
    args: &DeployArgs,
    history: &History,
    session: &Session<'_>,
    stop: &Stop,
    started: jiff::Timestamp,
) -> Result<ExitStatus, Failure> {
    let target = session.target_named(&args.url)?;
    let clock = std::time::Instant::now();
    let (result, migrations) = deploy_to(args, &target, history, session, stop).await;
    let report = TargetReport {
        name: target.database().to_owned(),
        database: target.to_string(),
        outcome: match &result {
            Ok(0) => Outcome::UpToDate,
            Ok(_) => Outcome::Applied,
            Err(_) => Outcome::Failed,
        },
        applied: migrations.iter().filter(|m| m.milliseconds.is_some()).count(),
        milliseconds: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
        error: result.as_ref().err().map(ErrorReport::of),
        said: Vec::new(),
        migrations,
    };
    let report = Report::of(started, vec![report]);
    let kept = keep(args, &report, session).await;
    let count = result?;
    kept?;
    tell(count, history, session);
    Ok(ExitStatus::Done)
}

async fn several(
    args: &DeployArgs,
    history: &History,
    session: &Session<'_>,
    stop: &Stop,
    started: jiff::Timestamp,
) -> Result<ExitStatus, Failure> {
    let destinations = args.targets.resolve(&args.url, session).await?;
    let (reports, failure) = deploy_all(args, &destinations, history, session, stop).await;
    let report = Report::of(started, reports);
    if !session.ui.json {
        table(&report.targets, session);
    }
    let kept = keep(args, &report, session).await;
    match failure {
        Some(failure) => Err(failure),
        None => kept.map(|()| ExitStatus::Done),
    }
}

/// Writes the report where one is wanted, and tells whoever wants to know.
async fn keep(args: &DeployArgs, report: &Report, session: &Session<'_>) -> Result<(), Failure> {
    let command = args.notify.as_ref().or(session.config.values.deploy.notify.as_ref());
    if let Some(command) = command {
        hooks::notify(command, report, session).await;
    }
    args.report.as_ref().map_or(Ok(()), |path| report.write(path))
}

/// Deploys to one database; returns how many migrations were applied, and what ran of them.
pub(crate) async fn deploy_to(
    args: &DeployArgs,
    target: &Target,
    history: &History,
    session: &Session<'_>,
    stop: &Stop,
) -> (Result<usize, Failure>, Vec<MigrationReport>) {
    let progress = Progress::new(session.ui);
    let recorder = Recorder::new(&progress);
    let result = async {
        let connection = connect(target).await?;
        let name = session.config.ledger();
        let settings = settings(args, session, &connection);
        let executor =
            Executor::open(&connection, &name, &settings, &recorder, stop.clone()).await?;
        let deploy = Deploy { args, session, history, connection: &connection };
        let result = deploy.apply(&executor).await;
        executor.close().await;
        result
    };
    let result = result.await;
    (result, recorder.take())
}

fn settings(args: &DeployArgs, session: &Session<'_>, connection: &Connection) -> Settings {
    let mut settings = session.config.settings();
    if let Some(schema) = connection.target().schema() {
        settings.search_path = vec![schema.to_owned()];
    }
    settings.lock_timeout = args.lock_timeout.unwrap_or(settings.lock_timeout);
    settings.lock_wait = args.lock_wait.unwrap_or(settings.lock_wait);
    settings.wait = args.wait.unwrap_or(settings.wait);
    settings.role = args.role.clone().or(settings.role);
    settings
}

/// Passes Ctrl-C on: the first asks to stop soon, the second to stop now.
pub(crate) async fn listen(stop: Stop) {
    while tokio::signal::ctrl_c().await.is_ok() {
        stop.ask();
    }
}

/// One deploy.
struct Deploy<'d> {
    args: &'d DeployArgs,
    session: &'d Session<'d>,
    history: &'d History,
    connection: &'d Connection,
}

impl Deploy<'_> {
    /// Applies what is pending; returns how many migrations that were.
    async fn apply(&self, executor: &Executor<'_>) -> Result<usize, Failure> {
        let ui = self.session.ui;
        let mut entries = executor.ledger().settle(self.history).await?;
        if entries.is_empty() {
            let taken = executor.ledger().import_prisma().await?;
            if taken > 0 {
                ui.say(&format!("took over {taken} migrations from `_prisma_migrations`"));
                entries = executor.ledger().settle(self.history).await?;
            }
        }
        let pending = pending(self.history, &entries, self.args.to.as_deref())?;
        if pending.is_empty() {
            return Ok(0);
        }
        let checked = self.check_before(&entries).await?;
        if !self.args.skip_row_checks {
            rows::check(executor, self.connection, &pending, &entries, self.session).await?;
        }
        executor.ledger().mark_deployed_to().await?;
        let hooks = &self.session.config.values.deploy;
        hooks::run_sql(executor, self.connection, "before", &hooks.before, self.session).await?;
        let known = by_name(&entries);
        for migration in &pending {
            if migration.edited_since_proof() {
                ui.warn(&format!(
                    "`{name}` was edited after it was proved; `driftless verify {name}` proves it",
                    name = migration.name
                ));
            }
            let parents = self.history.parents(&migration.name);
            let entry = known.get(migration.name.as_str()).copied();
            executor.apply(migration, parents, entry).await?;
        }
        executor.restore_session().await?;
        if checked {
            self.check_after(executor).await?;
        }
        hooks::run_sql(executor, self.connection, "after", &hooks.after, self.session).await?;
        Ok(pending.len())
    }

    fn patterns(&self) -> Vec<String> {
        let configured = &self.session.config.values.deploy.allow_drift;
        configured.iter().chain(&self.args.allow_drift).cloned().collect()
    }

    fn applied(&self, entries: &[Entry]) -> Vec<&Migration> {
        let known = by_name(entries);
        let applied = |name: &str| known.get(name).is_some_and(|e| e.state() == State::Applied);
        self.history.iter().filter(|migration| applied(&migration.name)).collect()
    }

    async fn drift(&self, applied: &[&Migration], entries: &[Entry]) -> Result<ChangeSet, Failure> {
        drift(self.connection, applied, entries, self.session).await
    }

    /// Refuses a database that is not what its migrations lead to; tells whether that was looked
    /// at.
    async fn check_before(&self, entries: &[Entry]) -> Result<bool, Failure> {
        let halfway = entries.iter().any(|entry| entry.state() != State::Applied);
        let patterns = self.patterns();
        if halfway
            || self.session.config.tenant.is_some()
            || patterns.iter().any(|pattern| pattern == "*")
        {
            return Ok(false);
        }
        let applied = self.applied(entries);
        let mut changes = match self.drift(&applied, entries).await {
            Ok(changes) => changes,
            Err(failure) => {
                let reason = failure.message;
                self.session.ui.warn(&format!("drift is not looked for: {reason}"));
                return Ok(false);
            }
        };
        allow(&mut changes, &patterns);
        if changes.is_empty() {
            return Ok(true);
        }
        if applied.is_empty() {
            let message = "the database is not empty, and no migration was ever applied to it";
            return Err(super::drift::failure("P0045", message.to_owned(), &changes)
                .help("record what is there with `driftless baseline`"));
        }
        let message = "the database is not what its migrations lead to".to_owned();
        Err(super::drift::failure("P0046", message, &changes).help(
            "undo the change or write a migration for it; `--allow-drift PATTERN` lets a known \
             stranger be",
        ))
    }

    /// Looks whether what was reached is what the migrations lead to.
    async fn check_after(&self, executor: &Executor<'_>) -> Result<(), Failure> {
        let entries = executor.ledger().settle(self.history).await?;
        let applied = self.applied(&entries);
        let mut changes = match self.drift(&applied, &entries).await {
            Ok(changes) => changes,
            Err(failure) => {
                let reason = failure.message;
                self.session.ui.warn(&format!("the result is not looked at: {reason}"));
                return Ok(());
            }
        };
        allow(&mut changes, &self.patterns());
        if changes.is_empty() {
            return Ok(());
        }
        let message = "all is applied, but the database is not what the migrations lead to";
        Err(super::drift::failure("P0047", message.to_owned(), &changes)
            .help("a migration does something else here than on an empty database"))
    }
}

fn tell(count: usize, history: &History, session: &Session<'_>) {
    let ui = session.ui;
    if ui.json {
        ui.json(&json!({ "event": "deploy_done", "applied": count }));
    }
    ui.say(&match count {
        0 => format!("nothing to apply: all {} migrations are there", history.len()),
        1 => "applied 1 migration".to_owned(),
        n => format!("applied {n} migrations"),
    });
}

/// What remains to be applied, in order; refuses a history that does not fit the ledger.
pub(crate) fn pending<'h>(
    history: &'h History,
    entries: &[Entry],
    to: Option<&str>,
) -> Result<Vec<&'h Migration>, Failure> {
    check_ledger(history, entries)?;
    let heads: Vec<String> = history.heads().into_iter().map(str::to_owned).collect();
    let wanted: Vec<&Migration> = match to {
        Some(text) => upto(history, text, Some(entries))?,
        None if heads.len() > 1 => return Err(several_heads(&heads)),
        None => history.iter().collect(),
    };
    let known = by_name(entries);
    let applied =
        |m: &&Migration| known.get(m.name.as_str()).is_some_and(|e| e.state() == State::Applied);
    let open: Vec<&Migration> = wanted.into_iter().filter(|m| !applied(m)).collect();
    // A checkpoint that was begun is gone on with.
    let begun = open.iter().any(|m| {
        let checkpoint = m.header.as_ref().is_some_and(|header| !header.covers.is_empty());
        checkpoint && known.contains_key(m.name.as_str())
    });
    Ok(if entries.is_empty() || begun { from_checkpoint(open) } else { without_checkpoints(open) })
}

fn check_ledger(history: &History, entries: &[Entry]) -> Result<(), Failure> {
    for entry in entries {
        let stands = |m: &&Migration| {
            m.header.as_ref().is_some_and(|header| header.replaces.contains(&entry.name))
        };
        if let Some(squash) = history.iter().find(stands) {
            let message = format!(
                "`{}` is applied, and others that `{}` replaces are not",
                entry.name, squash.name
            );
            return Err(Failure::refused("P0078", message)
                .help("deploy from a checkout from before the squash first"));
        }
        let Some(migration) = history.get(&entry.name) else {
            let message =
                format!("migration `{}` was applied and is not in the directory", entry.name);
            return Err(Failure::refused("P0027", message)
                .help("get the missing files, or deploy from the checkout that has them"));
        };
        if entry.direction == "down" {
            let message = format!("migration `{}` is half taken back", entry.name);
            return Err(Failure::refused("P0028", message)
                .help("finish with `driftless rollback`, then deploy"));
        }
        let recorded = Checksum(entry.up_sha256.clone());
        if entry.state() == State::Applied
            && !recorded.0.is_empty()
            && !recorded.fits(&migration.up)
        {
            return Err(edited(&entry.name, &recorded, &migration.up_sha256()));
        }
        if entry.version == "prisma" && entry.state() != State::Applied {
            let message = format!("Prisma's ledger says that migration `{}` failed", entry.name);
            return Err(Failure::refused("P0029", message)
                .help("repair what it left, then say so with `driftless resolve`"));
        }
    }
    Ok(())
}

fn edited(name: &str, recorded: &Checksum, found: &Checksum) -> Failure {
    Failure::refused("P0012", format!("migration `{name}` was edited after it was applied"))
        .note(format!("recorded sha256 {}…, file has {}…", recorded.short(), found.short()))
        .help("restore the file, or write a new migration")
}

fn dry_run(
    pending: &[&Migration],
    entries: &[Entry],
    session: &Session<'_>,
) -> Result<ExitStatus, Failure> {
    let known = by_name(entries);
    for migration in pending {
        let script = parse_script(&migration.up).map_err(|errors| {
            let name = &migration.name;
            Failure::usage("P0019", format!("migration `{name}`, {}", errors[0]))
        })?;
        let done = known.get(migration.name.as_str()).map_or(0, |entry| entry.steps_done);
        let done = usize::try_from(done).unwrap_or(0);
        if session.ui.json {
            let steps: Vec<_> = script.steps[done.min(script.steps.len())..]
                .iter()
                .map(|step| {
                    json!({
                        "line": step.line,
                        "sql": step.sql,
                        "transaction": step.transactional,
                        "batch": step.batch.is_some(),
                    })
                })
                .collect();
            session.ui.json(&json!({ "migration": migration.name, "steps": steps }));
            continue;
        }
        session.ui.data(&format!("-- {}\n", migration.name));
        for segment in script.segments.iter().filter(|segment| segment.steps.end > done) {
            let (open, close) =
                if segment.transaction { ("BEGIN;\n", "COMMIT;\n") } else { ("", "") };
            session.ui.data(open);
            for step in &script.steps[segment.steps.start.max(done)..segment.steps.end] {
                if step.batch.is_some() {
                    session.ui.data("-- in batches, each a transaction of its own\n");
                }
                session.ui.data(&format!("{};\n", step.sql));
            }
            session.ui.data(close);
        }
        session.ui.data("\n");
    }
    session.ui.say(&format!("{} migrations would be applied", pending.len()));
    Ok(ExitStatus::Done)
}
