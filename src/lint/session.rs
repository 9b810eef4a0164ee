//! The state of a session while a script is looked at: its transaction, the locks held in it, its
//! timeouts, and who else can see what.

use std::collections::BTreeMap;

use super::{
    known::{Born, Known, Rel},
    locks::Effect,
};
use crate::sql::{LockMode, lex::Span, split::Control};

/// Who runs the script, and so which transactions its statements run in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transactions {
    /// `driftless deploy`: all of the script in one, divided where a statement asks for it.
    #[default]
    Deploy,
    /// A runner that puts one around every script, whatever is in it.
    Whole,
    /// Each statement by itself unless the script says `BEGIN`: psql.
    Each,
}

/// A lock held since an earlier statement of the transaction.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) mode: LockMode,
    pub(crate) since: Span,
}

/// An open transaction.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    /// The `BEGIN` of the script; none where the runner began it.
    pub(crate) begun: Option<Span>,
    pub(crate) held: BTreeMap<Rel, Held>,
    /// Something in it can be used only after it.
    must_commit: bool,
    /// What was known when it began.
    before: Known,
    savepoints: Vec<(String, Known, BTreeMap<Rel, Held>)>,
}

/// Timeouts of the session in milliseconds; none while the script has not set them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timeouts {
    pub(crate) lock: Option<u64>,
    pub(crate) statement: Option<u64>,
}

/// The state of a session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) known: Known,
    pub(crate) transactions: Transactions,
    pub(crate) open: Option<Open>,
    pub(crate) timeouts: Timeouts,
    /// Those to go back to when the transaction ends: set by `SET LOCAL` in it.
    kept: Option<Timeouts>,
    /// Number of the transaction.
    pub(crate) number: usize,
    small_rows: u64,
    small_bytes: u64,
}

/// Transaction control that a script gets wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misstep {
    BeginInside,
    EndWithoutBegin,
    EndOfRunners,
    Rollback,
}

impl Session {
    pub(crate) fn new(known: Known, transactions: Transactions, small: (u64, u64)) -> Self {
        let mut session = Self {
            known,
            transactions,
            open: None,
            timeouts: Timeouts::default(),
            kept: None,
            number: 0,
            small_rows: small.0,
            small_bytes: small.1,
        };
        session.begin_implicitly();
        session
    }

    /// Begins the transaction that the runner puts around what follows.
    fn begin_implicitly(&mut self) {
        self.number += 1;
        if self.transactions != Transactions::Each {
            self.begin(None);
        }
    }

    fn begin(&mut self, begun: Option<Span>) {
        self.open = Some(Open {
            begun,
            held: BTreeMap::new(),
            must_commit: false,
            before: self.known.clone(),
            savepoints: Vec::new(),
        });
    }

    fn end(&mut self) {
        self.open = None;
        if let Some(kept) = self.kept.take() {
            self.timeouts = kept;
        }
        self.number += 1;
    }

    /// Whether the transaction is one that the script began.
    pub(crate) fn explicit(&self) -> Option<&Span> {
        self.open.as_ref().and_then(|open| open.begun.as_ref())
    }

    /// What the next statement makes was born in.
    pub(crate) fn born(&self) -> Born {
        Born::Here(self.number)
    }

    /// Follows transaction control; what is wrong with it, if anything.
    pub(crate) fn control(&mut self, control: &Control, span: &Span) -> Option<Misstep> {
        match control {
            Control::Begin => {
                let inside = self.explicit().is_some()
                    || self.open.is_some() && self.transactions == Transactions::Whole;
                if !inside {
                    self.end();
                    self.begin(Some(span.clone()));
                }
                inside.then_some(Misstep::BeginInside)
            }
            Control::Commit { chain } => {
                let misstep = self.ends_without_begin();
                self.finish(*chain, span);
                misstep
            }
            Control::Rollback { chain } => {
                let misstep = self.ends_without_begin().or(Some(Misstep::Rollback));
                if let Some(open) = self.open.take() {
                    self.known = open.before;
                }
                self.finish(*chain, span);
                misstep
            }
            Control::Savepoint(name) => {
                if let Some(open) = &mut self.open {
                    open.savepoints.push((name.clone(), self.known.clone(), open.held.clone()));
                }
                None
            }
            Control::RollbackTo(name) => {
                if let Some(open) = &mut self.open
                    && let Some(at) = open.savepoints.iter().rposition(|(n, ..)| n == name)
                {
                    open.savepoints.truncate(at + 1);
                    let (_, known, held) = open.savepoints[at].clone();
                    (self.known, open.held) = (known, held);
                }
                None
            }
            Control::Release(_) | Control::TwoPhase => None,
        }
    }

    fn ends_without_begin(&self) -> Option<Misstep> {
        match (self.explicit(), self.transactions) {
            (Some(_), _) => None,
            (None, Transactions::Whole) => Some(Misstep::EndOfRunners),
            (None, _) => Some(Misstep::EndWithoutBegin),
        }
    }

    fn finish(&mut self, chain: bool, span: &Span) {
        self.end();
        if chain {
            self.begin(Some(span.clone()));
        } else if self.transactions != Transactions::Whole {
            self.begin_implicitly();
        }
    }

    /// Ends the runner's transaction where the statement cannot be in it; whether the statement is
    /// inside one that it cannot leave.
    pub(crate) fn enter(&mut self, transactional: bool, commits: bool) -> bool {
        let divides = self.transactions == Transactions::Deploy && self.explicit().is_none();
        let must = self.open.as_ref().is_some_and(|open| open.must_commit) && !commits;
        if divides && (!transactional || must) {
            self.end();
            if transactional {
                self.begin_implicitly();
            }
        } else if self.open.is_none() && self.transactions != Transactions::Deploy {
            self.number += 1;
        }
        !transactional && self.open.is_some()
    }

    /// After a statement: keeps its locks, and begins the runner's next transaction where it ran
    /// outside of one.
    pub(crate) fn leave(&mut self, effects: &[Effect], span: &Span, commits: bool) {
        match &mut self.open {
            Some(open) => {
                open.must_commit |= commits;
                for effect in effects {
                    let held = open
                        .held
                        .entry(effect.relation.clone())
                        .or_insert_with(|| Held { mode: effect.mode, since: span.clone() });
                    if effect.mode > held.mode {
                        *held = Held { mode: effect.mode, since: span.clone() };
                    }
                }
            }
            None if self.transactions == Transactions::Deploy => self.begin_implicitly(),
            None => {}
        }
    }

    /// Whether others can see the relation and it holds enough rows to matter: their queries would
    /// wait, and for long.
    pub(crate) fn exposed(&self, rel: &Rel) -> bool {
        let Some(relation) = self.known.relation(rel) else { return true };
        if relation.is_temporary() || self.small(relation.rows, relation.bytes) {
            return false;
        }
        let partitions = self.known.children(rel);
        if relation.is_partitioned() && !partitions.is_empty() {
            return partitions.iter().any(|partition| self.exposed(partition));
        }
        match relation.born {
            Born::Before => true,
            // Made by this transaction: nobody else sees it. Made by an earlier one: they do, but
            // it is empty unless the script has filled it.
            Born::Here(number) => {
                let own = number == self.number && self.open.is_some();
                !own && relation.filled
            }
        }
    }

    /// Whether the relation was there before the script, so that others use it.
    pub(crate) fn in_use(&self, rel: &Rel) -> bool {
        let relation = self.known.relation(rel);
        relation.is_none_or(|r| r.born == Born::Before && !r.is_temporary())
    }

    fn small(&self, rows: Option<u64>, bytes: Option<u64>) -> bool {
        match (rows, bytes) {
            (Some(rows), _) => rows < self.small_rows,
            (None, Some(bytes)) => bytes < self.small_bytes,
            (None, None) => false,
        }
    }

    /// The mode in which the transaction holds the relation since earlier statements.
    pub(crate) fn held(&self, rel: &Rel) -> Option<&Held> {
        self.open.as_ref().and_then(|open| open.held.get(rel))
    }

    /// Follows `SET lock_timeout` and `SET statement_timeout`.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>, local: bool) {
        let milliseconds = value.and_then(milliseconds);
        if local && self.kept.is_none() && self.open.is_some() {
            self.kept = Some(self.timeouts);
        }
        match name {
            "lock_timeout" => self.timeouts.lock = milliseconds,
            "statement_timeout" => self.timeouts.statement = milliseconds,
            _ => {}
        }
    }
}

/// Reads a duration as PostgreSQL does; a bare number is milliseconds.
fn milliseconds(value: &str) -> Option<u64> {
    let value = value.trim();
    let digits =
        value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let number: f64 = value[..digits].parse().ok()?;
    let factor = match value[digits..].trim() {
        "" | "ms" => 1.0,
        "us" => 0.001,
        "s" => 1000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "digits only")]
    let whole = (number * factor) as u64;
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_postgresql_reads_them() {
        assert_eq!(milliseconds("2s"), Some(2000));
        assert_eq!(milliseconds("1.5 min"), Some(90_000));
        assert_eq!(milliseconds("250"), Some(250));
        assert_eq!(milliseconds("soon"), None);
    }
}
