//! A deploy to several databases: some first, then the others, so many at a time, until too many
//! failed.

use std::time::Instant;

use clap::Args;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    deploy::{DeployArgs, deploy_to},
    report::{ErrorReport, Outcome, TargetReport},
    targets::Destination,
    ui::Tone,
};
use crate::{db::execute::Stop, migrations::History};

/// In which order, and when to stop.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Several databases")]
pub(crate) struct WaveArgs {
    /// Deploy to so many first, and to the others only if all of these went well
    #[arg(long, value_name = "N", default_value_t = 1)]
    canary: usize,
    /// Begin no other once more than so many failed
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_failures: usize,
}

/// Deploys to all of them.
pub(crate) async fn deploy_all(
    args: &DeployArgs,
    destinations: &[Destination],
    history: &History,
    session: &Session<'_>,
    stop: &Stop,
) -> (Vec<TargetReport>, Option<Failure>) {
    let mut reports: Vec<TargetReport> = destinations.iter().map(not_begun).collect();
    let mut tally = Tally { all: destinations.len(), ..Tally::default() };
    let canaries = match args.waves.canary {
        n if n < destinations.len() => n,
        _ => 0,
    };
    let waves = [(0..canaries, 0), (canaries..destinations.len(), args.waves.max_failures)];
    for (wave, allowed) in waves {
        let mut waiting = wave.clone();
        let mut working = FuturesUnordered::new();
        loop {
            while working.len() < usize::from(args.targets.parallel)
                && tally.failed.len() <= allowed
                && !stop.soon()
                && let Some(at) = waiting.next()
            {
                let one = one(args, &destinations[at], history, session, stop);
                working.push(async move { (at, one.await) });
            }
            tally.working = working.len();
            tally.flash(session);
            let Some((at, (report, status))) = working.next().await else { break };
            tally.take(&report, status);
            tell(&report, session);
            reports[at] = report;
        }
        if tally.failed.len() > allowed || stop.soon() {
            break;
        }
    }
    session.ui.flash("");
    let failure = tally.failure(&reports, stop.soon());
    (reports, failure)
}

fn not_begun(destination: &Destination) -> TargetReport {
    TargetReport {
        name: destination.name.clone(),
        database: destination.target.to_string(),
        ..TargetReport::default()
    }
}

/// Deploys to one of them.
async fn one(
    args: &DeployArgs,
    destination: &Destination,
    history: &History,
    session: &Session<'_>,
    stop: &Stop,
) -> (TargetReport, ExitStatus) {
    let started = Instant::now();
    let ui = session.ui.for_target(&destination.name);
    let own = session.of_tenant(&ui, destination.tenant.clone());
    let mut report = not_begun(destination);
    let (result, migrations) = deploy_to(args, &destination.target, history, &own, stop).await;
    report.migrations = migrations;
    let mut status = ExitStatus::Done;
    match result {
        Ok(0) => report.outcome = Outcome::UpToDate,
        Ok(count) => (report.outcome, report.applied) = (Outcome::Applied, count),
        Err(failure) => {
            status = failure.status;
            report.outcome = Outcome::Failed;
            report.applied = report.migrations.iter().filter(|m| m.milliseconds.is_some()).count();
            report.error = Some(ErrorReport::of(&failure));
        }
    }
    report.said = ui.take_kept();
    report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    (report, status)
}

/// Tells of one that ended.
fn tell(report: &TargetReport, session: &Session<'_>) {
    let ui = session.ui;
    ui.flash("");
    if ui.json {
        ui.json(&json!({
            "event": "target_done",
            "target": report.name,
            "outcome": report.outcome,
            "applied": report.applied,
            "milliseconds": report.milliseconds,
            "error": report.error,
        }));
        return;
    }
    if let Some(error) = &report.error {
        let head = ui.paint(Tone::Bad, &format!("{}: error[{}]", report.name, error.code));
        ui.say(&format!("{head}: {}", error.message));
    } else {
        ui.detail(&format!("{}: {}", report.name, report.outcome.word()));
    }
}

/// The table of all of them.
pub(crate) fn table(reports: &[TargetReport], session: &Session<'_>) {
    let ui = session.ui;
    let width = reports.iter().map(|r| r.name.chars().count()).max().unwrap_or(0).min(60);
    for report in reports {
        let tone = match report.outcome {
            Outcome::Applied | Outcome::UpToDate => Tone::Good,
            Outcome::Failed => Tone::Bad,
            Outcome::NotBegun => Tone::Dim,
        };
        let error = report.error.as_ref().map_or_else(String::new, |error| {
            let first = error.message.lines().next().unwrap_or_default();
            format!("  {}: {first}", error.code)
        });
        ui.data(&format!(
            "{:<width$}  {}  {:>3} applied  {:>6} ms{error}\n",
            report.name,
            ui.paint_data(tone, &format!("{:<10}", report.outcome.word())),
            report.applied,
            report.milliseconds,
        ));
    }
}

#[derive(Default)]
struct Tally {
    all: usize,
    done: usize,
    working: usize,
    failed: Vec<ExitStatus>,
}

impl Tally {
    fn take(&mut self, report: &TargetReport, status: ExitStatus) {
        if report.outcome == Outcome::Failed {
            self.failed.push(status);
        } else {
            self.done += 1;
        }
    }

    fn flash(&self, session: &Session<'_>) {
        session.ui.flash(&format!(
            "{} of {} done, {} failed, {} at work",
            self.done,
            self.all,
            self.failed.len(),
            self.working
        ));
    }

    fn failure(&self, reports: &[TargetReport], stopped: bool) -> Option<Failure> {
        let not_begun = reports.iter().filter(|r| r.outcome == Outcome::NotBegun).count();
        if self.failed.is_empty() && not_begun == 0 {
            return None;
        }
        let refused = self.failed.iter().all(|status| *status == ExitStatus::Refused);
        let status = match (self.failed.is_empty(), refused) {
            (false, true) => ExitStatus::Refused,
            _ => ExitStatus::Environment,
        };
        let message = format!(
            "{} of {} databases are not deployed to: {} failed, {not_begun} not begun",
            self.all - self.done,
            self.all,
            self.failed.len()
        );
        let code = if stopped { "P0023" } else { "P0072" };
        let mut failure = Failure::new(status, code, message);
        for report in reports.iter().filter(|r| r.error.is_some()).take(20) {
            let Some(error) = &report.error else { continue };
            failure.notes.push(format!("{}: {}: {}", report.name, error.code, error.message));
            failure.notes.extend(error.notes.iter().take(5).map(|note| format!("  {note}")));
        }
        Some(failure.help("run it again to go on: what is done is not done again"))
    }
}
