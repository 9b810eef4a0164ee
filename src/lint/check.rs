//! Goes through a script, statement by statement.

use std::collections::BTreeMap;

use super::{
    allow,
    hazards::{self as h, Level, find_hazard},
    known::{Known, Rel},
    locks::{self, Effect, Work},
    report::{Lock, Report, StatementReport, WorkKind},
    rules::{self, Case, Findings, Parsed, transaction},
    session::{Session, Transactions},
};
use crate::sql::{
    LockMode, body,
    lex::Span,
    read,
    split::{self, Piece, Script},
    tree::Tree,
};

/// How a script is looked at.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who runs it, and so which transactions its statements run in.
    pub transactions: Transactions,
    /// A table with fewer rows is small: nothing on it takes long.
    pub small_rows: u64,
    /// The same in bytes, for a table whose rows nobody has counted.
    pub small_bytes: u64,
    /// Levels that are not the default ones, by code, name or class.
    pub levels: BTreeMap<String, Level>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            transactions: Transactions::Deploy,
            small_rows: 1000,
            small_bytes: 64 * 1024,
            levels: BTreeMap::new(),
        }
    }
}

impl Known {
    /// What is known after a script has run: for a schema that is given as SQL.
    #[must_use]
    pub fn from_sql(version: u32, script: &str) -> Self {
        let mut known = Self::empty(version);
        known.learn(script);
        known.settle();
        known
    }

    /// Follows what a script changes, without judging it.
    pub fn learn(&mut self, script: &str) {
        for piece in split::split(script).pieces {
            for statement in parse(script, &piece, 0) {
                self.apply(&statement.tree, super::known::Born::Before, &statement.text);
            }
        }
    }
}

/// Looks at one script.
#[must_use]
pub fn check(script: &str, known: &Known, options: &Options) -> Report {
    check_and_learn(script, &mut known.clone(), options)
}

/// Looks at one script, and changes what is known as it would change the database: for the scripts
/// that follow it.
pub fn check_and_learn(script: &str, known: &mut Known, options: &Options) -> Report {
    let parsed = split::split(script);
    let alone = allow::no_transaction(&parsed);
    let transactions = if alone { Transactions::Each } else { options.transactions };
    let small = (options.small_rows, options.small_bytes);
    let mut run = Run {
        session: Session::new(known.clone(), transactions, small),
        report: Report { version: known.version, ..Report::default() },
    };
    run.script(script, &parsed);
    *known = run.session.known;
    known.settle();
    let mut report = run.report;
    levels(&mut report, options);
    allow::apply(&mut report, script, &parsed);
    levels(&mut report, options);
    report.findings.retain(|f| f.level > Level::Off);
    report.findings.sort_by_key(|f| (f.span.start, std::cmp::Reverse(f.level), f.hazard.code.id));
    report
}

/// Recognises a piece; the statements of a `DO` block follow it.
fn parse(script: &str, piece: &Piece<'_>, number: usize) -> Vec<Parsed> {
    let tree = read::read(script, piece);
    let batched = allow::batched(piece);
    let mut found = vec![Parsed {
        text: piece.text.to_owned(),
        span: piece.span.clone(),
        transactional: split::transactional(piece) && !batched,
        commits: split::needs_commit(piece),
        conditional: false,
        batched,
        piece: number,
        tree,
    }];
    let Tree::Do { body, at } = &found[0].tree else { return found };
    let block = body::block(body);
    let offset = *at;
    let mut inner = Vec::new();
    for range in block.statements.iter().chain(&block.literals) {
        let text = &body[range.clone()];
        for piece in split::split(text).pieces {
            let tree = read::read(text, &piece);
            let span = match offset {
                Some(at) => at + range.start + piece.span.start..at + range.start + piece.span.end,
                None => found[0].span.clone(),
            };
            inner.push(Parsed {
                tree,
                text: piece.text.to_owned(),
                span,
                transactional: true,
                commits: false,
                conditional: true,
                batched: false,
                piece: number,
            });
        }
    }
    found.extend(inner);
    found
}

struct Run {
    session: Session,
    report: Report,
}

impl Run {
    fn script(&mut self, script: &str, parsed: &Script<'_>) {
        let mut out = Findings::default();
        for problem in &parsed.problems {
            out.report(&h::NOT_FOR_SERVER, problem.span(), problem.to_string());
        }
        let all: Vec<Parsed> = parsed
            .pieces
            .iter()
            .enumerate()
            .flat_map(|(number, piece)| parse(script, piece, number))
            .collect();
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, statement) in all.iter().enumerate() {
            let piece = &parsed.pieces[statement.piece];
            if let Some(control) = &piece.control {
                if let Some(misstep) = self.session.control(control, &piece.span) {
                    transaction::misstep(misstep, &piece.span, &mut out);
                }
                continue;
            }
            let number = *numbers.entry(statement.piece).or_insert_with(|| {
                self.report.statements.push(StatementReport {
                    span: piece.span.clone(),
                    kind: kind(piece),
                    transaction: None,
                    locks: Vec::new(),
                });
                self.report.statements.len() - 1
            });
            let mut found = Findings::default();
            self.statement(&all, at, number, &mut found);
            for finding in &mut found.0 {
                finding.statement = Some(number);
                if statement.conditional {
                    finding.span = statement.span.clone();
                }
            }
            out.0.extend(found.0);
        }
        if let Some(begun) = self.session.explicit() {
            transaction::never_committed(begun, &mut out);
        }
        self.report.findings = out.0;
    }

    fn statement(&mut self, all: &[Parsed], at: usize, number: usize, out: &mut Findings) {
        let statement = &all[at];
        let refused = if statement.conditional {
            false
        } else {
            self.session.enter(statement.transactional, statement.commits)
        };
        if let Tree::Set { name, value, local } = &statement.tree {
            self.session.set(name, value.as_deref(), *local);
        }
        let effects = locks::advise(&self.session.known, &statement.tree, &statement.span);
        let case = Case { statement, effects: &effects, session: &self.session, all, at, refused };
        rules::run(&case, out);
        let report = &mut self.report.statements[number];
        report.transaction = self.session.open.as_ref().map(|_| self.session.number);
        let locks = locks_of(&self.session, &effects);
        merge(&mut report.locks, locks);
        let born = if statement.conditional && !self.session.known.complete {
            super::known::Born::Before
        } else {
            self.session.born()
        };
        self.session.known.apply(&statement.tree, born, &statement.text);
        self.session.leave(&effects, &statement.span, statement.commits);
    }
}

/// The words that say what a statement is: `create index concurrently`.
fn kind(piece: &Piece<'_>) -> String {
    const MORE: [&str; 24] = [
        "table",
        "index",
        "view",
        "materialized",
        "sequence",
        "type",
        "domain",
        "function",
        "procedure",
        "schema",
        "trigger",
        "policy",
        "extension",
        "concurrently",
        "unique",
        "or",
        "replace",
        "temporary",
        "foreign",
        "constraint",
        "role",
        "publication",
        "into",
        "from",
    ];
    let words = piece.tokens().iter().map(|t| t.text.to_ascii_lowercase());
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        if kept.is_empty() || MORE.contains(&word.as_str()) && kept.len() < 5 {
            kept.push(word);
        } else {
            break;
        }
    }
    kept.join(" ")
}

/// The report's name of a kind of work.
pub(crate) fn kind_of(work: Work) -> WorkKind {
    match work {
        Work::Scan => WorkKind::Scan,
        Work::IndexBuild => WorkKind::IndexBuild,
        Work::Copy => WorkKind::Copy,
        Work::Rewrite => WorkKind::Rewrite,
    }
}

/// One entry for each relation: its strongest mode and its most costly work.
fn locks_of(session: &Session, effects: &[Effect]) -> Vec<Lock> {
    let mut strongest: BTreeMap<&Rel, (LockMode, Option<Work>, bool)> = BTreeMap::new();
    for effect in effects {
        let certain = effect.certain;
        let entry =
            strongest.entry(&effect.relation).or_insert((effect.mode, effect.work, certain));
        entry.0 = entry.0.max(effect.mode);
        if effect.work > entry.1 {
            (entry.1, entry.2) = (effect.work, certain);
        }
    }
    strongest.into_iter().map(|(rel, found)| lock_of(session, rel, found)).collect()
}

fn lock_of(session: &Session, rel: &Rel, found: (LockMode, Option<Work>, bool)) -> Lock {
    let (mode, work, certain) = found;
    let relation = session.known.relation(rel);
    let rows = relation.and_then(|r| r.rows);
    let work = work.map(kind_of);
    // Planning opens every index of a table.
    let is_index = relation.is_some_and(|r| r.index.is_some());
    Lock {
        relation: crate::sql::quote_path(&[&rel.schema, &rel.name]),
        mode,
        blocks_reads: mode.blocks_reads(),
        blocks_writes: mode.blocks_writes() || is_index && mode.blocks_reads(),
        work,
        certain,
        new: !session.in_use(rel),
        rows,
        seconds: work.zip(rows).map(|(work, rows)| work.seconds(rows)),
    }
}

/// Adds the locks of a statement in a block to those of the block.
fn merge(into: &mut Vec<Lock>, locks: Vec<Lock>) {
    for lock in locks {
        match into.iter_mut().find(|l| l.relation == lock.relation) {
            Some(there) if lock.mode > there.mode || lock.work > there.work => {
                let mode = there.mode.max(lock.mode);
                let work = there.work.max(lock.work);
                *there = Lock { mode, work, ..lock };
            }
            Some(_) => {}
            None => into.push(lock),
        }
    }
}

/// Sets the levels that the options ask for: by code or name before by class.
fn levels(report: &mut Report, options: &Options) {
    for finding in &mut report.findings {
        let hazard = finding.hazard;
        let class = serde_json::to_value(hazard.class()).ok();
        let class = class.as_ref().and_then(|c| c.as_str()).unwrap_or_default();
        let by_name = options
            .levels
            .iter()
            .find(|(key, _)| find_hazard(key).is_some_and(|found| found.code.id == hazard.code.id));
        let by_class = options.levels.iter().find(|(key, _)| *key == class);
        if let Some((_, level)) = by_name.or(by_class) {
            // What a rule has turned down to a remark is not turned up again.
            let remark = finding.level == Level::Note && hazard.level > Level::Note;
            finding.level = if remark { (*level).min(Level::Note) } else { *level };
        }
    }
}

/// The span of a statement, for callers that have only its number.
impl StatementReport {
    /// The text of the statement.
    #[must_use]
    pub fn text<'s>(&self, script: &'s str) -> &'s str {
        let span: &Span = &self.span;
        &script[span.clone()]
    }
}
