//! What an execution tells, for people and for machines.

use std::{
    cell::{Cell, RefCell},
    time::Instant,
};

use super::{Ui, ui::Tone};
use crate::db::execute::{Event, Observer};

/// Shows events on stderr, or as JSON, one a line, on stdout.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    ui: &'a Ui,
    last: RefCell<String>,
    /// When the last line about a batch was told.
    told: Cell<Option<Instant>>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(ui: &'a Ui) -> Self {
        Self { ui, last: RefCell::default(), told: Cell::default() }
    }

    fn say(&self, text: &str) {
        if self.ui.live() {
            self.ui.flash("");
        }
        // A wait is looked at several times a second and told when it changes.
        if *self.last.borrow() != text {
            self.ui.say(text);
            text.clone_into(&mut self.last.borrow_mut());
        }
    }

    /// A line that is overwritten on a terminal, and one every ten seconds elsewhere.
    fn batch(&self, step: usize, (rows, seen, of): (u64, u64, u64), rate: f64, why: Option<&str>) {
        #[expect(clippy::cast_precision_loss, reason = "shown as hundredths")]
        let percent = (seen as f64 * 100.0 / of.max(1) as f64).min(100.0);
        let why = why.map_or_else(String::new, |why| format!(", {why}"));
        let text = format!("  step {step}: {rows} rows, {percent:.0} %, {rate:.0} rows/s{why}");
        if self.ui.live() {
            let filled = usize::from(percent >= 0.0) * (percent / 5.0).floor() as usize;
            let bar = format!("[{}{}]", "#".repeat(filled), ".".repeat(20 - filled.min(20)));
            self.ui.flash(&format!("{text} {bar}"));
        } else if self.told.get().is_none_or(|at| at.elapsed().as_secs() >= 10) {
            self.told.set(Some(Instant::now()));
            self.say(&text);
        }
    }

    fn detail(&self, text: &str) {
        if self.ui.verbose() {
            self.say(text);
        }
    }
}

impl Observer for Progress<'_> {
    fn notice(&self, event: &Event) {
        if self.ui.json {
            self.ui.json(&serde_json::to_value(event).expect("events hold text and numbers"));
            return;
        }
        match event {
            Event::WaitingForDeploy { holder } => match holder {
                Some(session) => self.say(&format!("another deploy is at work: {session}")),
                None => self.say("another deploy is at work"),
            },
            Event::MigrationStarted { migration, direction, resumed_after, steps } => {
                let verb = if *direction == "up" { "applying" } else { "taking back" };
                let from = match resumed_after {
                    0 => String::new(),
                    done => format!(" from step {} of {steps}", done + 1),
                };
                self.say(&format!("{verb} {migration}{from}"));
            }
            Event::StepStarted { step, line, sql, .. } => {
                self.ui.flash(&format!("  {step}. line {line}: {sql}"));
            }
            Event::StepDone { step, milliseconds, lock_milliseconds, rows, .. } => {
                let waited = match lock_milliseconds {
                    w if *w > 0.0 => format!(", {w:.0} ms of it for locks"),
                    _ => String::new(),
                };
                let text = format!("  step {step}: {milliseconds:.0} ms{waited}, {rows} rows");
                self.detail(&self.ui.paint(Tone::Dim, &text));
            }
            Event::WaitingForLock { step, blockers, .. } => {
                for session in blockers {
                    self.say(&format!("  step {step} waits for {session}"));
                }
            }
            Event::Retry { attempt, milliseconds, reason, .. } => {
                self.say(&format!("  {reason}; attempt {attempt} in {milliseconds} ms"));
            }
            Event::Progress { step, phase, percent, .. } => {
                let percent = percent.map_or(String::new(), |p| format!(" {p:.0} %"));
                self.ui.flash(&format!("  step {step}: {phase}{percent}"));
            }
            Event::Batch { step, rows, seen, of, rate, throttled, .. } => {
                self.batch(*step, (*rows, *seen, *of), *rate, throttled.as_deref());
            }
            Event::Reconciled { step, done, found, .. } => {
                let verdict = if *done { "was done" } else { "is to be run" };
                self.say(&format!("  step {step} {verdict}: {found}"));
            }
            Event::Notice { text } => self.detail(&format!("  {text}")),
            Event::MigrationDone { milliseconds, .. } => {
                self.detail(&format!("  done in {milliseconds:.0} ms"));
            }
        }
    }
}
