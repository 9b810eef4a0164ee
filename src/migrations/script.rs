//! A migration's SQL taken apart: steps, and the transactions that they run in.

use std::{collections::BTreeMap, ops::Range};

use super::{Batch, Checksum, Condition, When, checksum_of};
use crate::sql::{
    lex::Comment,
    split::{self, Control, Piece},
};

/// A script that can be run step by step.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The statements without transaction control.
    pub steps: Vec<Step>,
    /// Consecutive steps that succeed or fail together.
    pub segments: Vec<Segment>,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Step {
    /// The text without semicolon and surrounding comments.
    pub sql: String,
    /// 1-based line of the file where it starts.
    pub line: usize,
    /// SHA-256 of the text: what the ledger knows it by.
    pub sha256: Checksum,
    /// Whether the server accepts it inside a transaction block.
    pub transactional: bool,
    /// How it is run in ranges, each a transaction of its own.
    pub batch: Option<Batch>,
    /// What it only makes sure of.
    pub condition: Option<Condition>,
    /// The program that it runs instead of SQL, with its arguments.
    pub program: Option<Vec<String>>,
}

impl Step {
    /// Its first line, shortened, for people.
    #[must_use]
    pub fn title(&self) -> String {
        let text = match (&self.condition, &self.program) {
            (Some(condition), _) => format!("{} {}", condition.word(), condition.query),
            (_, Some(program)) => format!("run {}", program.join(" ")),
            _ => self.sql.clone(),
        };
        let mut title = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.chars().count() > 72 {
            title = title.chars().take(71).collect();
            title.push('…');
        }
        title
    }
}

/// Consecutive steps that run in one transaction, or one step that runs in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Indexes into the steps of the script.
    pub steps: Range<usize>,
    /// Whether they run in a transaction.
    pub transaction: bool,
    /// The `BEGIN` of the file, where it has one: it may name an isolation level.
    pub begin: Option<String>,
}

/// A script that is not run as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ScriptError {
    /// 1-based line of the file.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl ScriptError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "P0019"
    }
}

/// Takes a script apart.
///
/// By default all of it is one transaction. A statement that cannot be in one, and one whose
/// effect can only be used once its transaction is over, divide it into segments; so do `BEGIN` and
/// `COMMIT` in the file. With `-- driftless: no-transaction` before the first statement each is by
/// itself. `-- driftless: batch key=id` before an `UPDATE` or `DELETE` has it run in ranges.
///
/// # Errors
/// When the file holds what a server cannot be sent, or transaction control that would leave a
/// part of it undone.
pub fn parse_script(text: &str) -> Result<Script, Vec<ScriptError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parsed = split::split(text);
    let mut builder = Builder { text, ..Builder::default() };
    for problem in &parsed.problems {
        builder.fail(problem.span().start, problem.to_string(), help_for(problem));
    }
    builder.read_directives(&parsed);
    for piece in &parsed.pieces {
        builder.before(piece.leading.iter().chain(&piece.inner));
        match &piece.control {
            Some(control) => builder.control(piece, control),
            None => builder.step(piece),
        }
    }
    builder.before(parsed.trailing.iter());
    let last = std::mem::take(&mut builder.announced);
    builder.after.extend(last);
    builder.finish()
}

fn help_for(problem: &split::Problem) -> Option<String> {
    Some(match problem {
        split::Problem::Meta { .. } => "write what it does as SQL, or delete the line".to_owned(),
        split::Problem::CopyFromStdin { .. } => "write the rows as `INSERT … VALUES`".to_owned(),
        split::Problem::Unclosed { .. } => return None,
    })
}

#[derive(Default)]
struct Builder<'a> {
    text: &'a str,
    script: Script,
    errors: Vec<ScriptError>,
    /// The file asks for no transactions.
    alone: bool,
    /// Start of the segment being built.
    from: usize,
    /// The `BEGIN` that is open.
    open: Option<(String, usize)>,
    /// Statements that are run in ranges, by the place where they start.
    batches: BTreeMap<usize, Batch>,
    /// Conditions of the segment being built that have to hold at its end.
    after: Vec<Step>,
    /// Those of the statement to come.
    announced: Vec<Step>,
    /// The segment holds something that can be used only after it.
    must_commit: bool,
}

impl<'a> Builder<'a> {
    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    fn fail(&mut self, at: usize, reason: String, help: Option<String>) {
        let line = self.line(at);
        self.errors.push(ScriptError { line, reason, help });
    }

    fn read_directives(&mut self, parsed: &split::Script<'_>) {
        for (number, piece) in parsed.pieces.iter().enumerate() {
            for comment in piece.leading.iter().chain(&piece.inner) {
                let Some(directive) = directive(comment.text) else { continue };
                match directive {
                    // For the linter, which looks at it itself.
                    other if other.starts_with("allow ") || other.starts_with("allow-file ") => {}
                    "no-transaction" if number == 0 => self.alone = true,
                    "no-transaction" => self.fail(
                        comment.start,
                        "`no-transaction` stands after the first statement".to_owned(),
                        Some("move it to the top: it is about the whole file".to_owned()),
                    ),
                    other if other.split(char::is_whitespace).next() == Some("batch") => {
                        match Batch::parse(&other["batch".len()..], piece) {
                            Ok(batch) => {
                                self.batches.insert(piece.span.start, batch);
                            }
                            Err((reason, help)) => self.fail(comment.start, reason, Some(help)),
                        }
                    }
                    // What becomes a step of its own.
                    other if Condition::parse(other).is_some() || program(other).is_some() => {}
                    // What `lint` reads.
                    other if other.split(char::is_whitespace).next() == Some("allow") => {}
                    other if other.split(char::is_whitespace).next() == Some("allow-file") => {}
                    other => self.fail(
                        comment.start,
                        format!("unknown directive `{other}`"),
                        Some(
                            "`no-transaction`, `batch`, `require`, `ensure`, `run`, `allow` and \
                             `allow-file` are known"
                                .to_owned(),
                        ),
                    ),
                }
            }
        }
    }

    /// Makes steps of the conditions and programs that stand before a statement, or at the end.
    fn before<'c>(&mut self, comments: impl Iterator<Item = &'c Comment<'a>>)
    where
        'a: 'c,
    {
        for comment in comments {
            let Some(directive) = directive(comment.text) else { continue };
            let step = Step {
                sql: String::new(),
                line: self.line(comment.start),
                sha256: checksum_of(directive),
                transactional: true,
                batch: None,
                condition: None,
                program: None,
            };
            match Condition::parse(directive) {
                Some(Ok(condition)) => {
                    let sql = condition.enforce();
                    let after = condition.when == When::After;
                    let step = Step { sql, condition: Some(condition), ..step };
                    if after {
                        self.announced.push(step);
                    } else {
                        self.condition(step);
                    }
                    continue;
                }
                Some(Err(reason)) => {
                    let help = "write a query that returns true, or an expression".to_owned();
                    self.fail(comment.start, reason, Some(help));
                    continue;
                }
                None => {}
            }
            let Some(program) = program(directive) else { continue };
            if program.is_empty() {
                self.fail(comment.start, "`run` names no program".to_owned(), None);
            } else if let Some((_, begun)) = &self.open {
                let reason =
                    format!("a program cannot run inside the transaction that line {begun} begins");
                self.fail(comment.start, reason, Some("commit before it".to_owned()));
            } else {
                self.close();
                let (sql, program) = (format!("-- driftless: {directive}"), Some(program));
                self.script.steps.push(Step { sql, transactional: false, program, ..step });
                self.close();
            }
        }
    }

    /// A condition before a statement: in its transaction, if it has one.
    fn condition(&mut self, step: Step) {
        if self.must_commit {
            self.close();
        }
        self.script.steps.push(step);
    }

    fn step(&mut self, piece: &Piece<'a>) {
        let transactional = split::transactional(piece);
        let commits_after = split::needs_commit(piece);
        // A procedure or a block may end transactions, which only works outside of one.
        let may_commit = piece.starts_with(&["call"]) || piece.starts_with(&["do"]);
        let alone = self.alone && self.open.is_none();
        let batch = self.batches.remove(&piece.span.start);
        let outside = !transactional || alone && may_commit || batch.is_some();
        if outside && let Some((_, begun)) = &self.open {
            let reason = format!(
                "this statement cannot run inside the transaction that line {begun} begins"
            );
            self.fail(piece.span.start, reason, Some("commit before it".to_owned()));
        }
        // Without transactions a statement still shares one with what is required before it.
        let required = self.script.steps[self.from..].iter().all(|step| step.condition.is_some());
        if outside || alone && !required || (self.must_commit && !commits_after) {
            self.close();
        }
        self.must_commit |= commits_after;
        self.script.steps.push(Step {
            sql: piece.text.to_owned(),
            line: self.line(piece.span.start),
            sha256: checksum_of(piece.text),
            transactional: !outside,
            batch,
            condition: None,
            program: None,
        });
        self.after.append(&mut self.announced);
        if outside || alone {
            self.close();
        }
    }

    /// Ends the segment being built.
    fn close(&mut self) {
        let after = std::mem::take(&mut self.after);
        // What runs in no transaction is made sure of in one that follows.
        let outside = self.script.steps.get(self.from).is_some_and(|step| !step.transactional);
        if !after.is_empty() && outside {
            self.end_segment();
        }
        self.script.steps.extend(after);
        self.end_segment();
    }

    fn end_segment(&mut self) {
        let to = self.script.steps.len();
        if self.from < to {
            let transaction = self.script.steps[self.from].transactional;
            let begin = self.open.as_ref().map(|(begin, _)| begin.clone());
            self.script.segments.push(Segment { steps: self.from..to, transaction, begin });
        }
        (self.from, self.must_commit) = (to, false);
    }

    fn control(&mut self, piece: &Piece<'a>, control: &Control) {
        let at = piece.span.start;
        match control {
            Control::Begin => match &self.open {
                Some((_, line)) => {
                    let reason = format!("`BEGIN` inside the transaction that line {line} begins");
                    self.fail(at, reason, None);
                }
                None => {
                    self.close();
                    self.open = Some((piece.text.to_owned(), self.line(at)));
                }
            },
            Control::Commit { chain } => {
                if self.open.is_none() {
                    self.fail(at, "`COMMIT` without `BEGIN`".to_owned(), None);
                }
                self.close();
                if !chain {
                    self.open = None;
                }
            }
            Control::Rollback { .. } => {
                self.open = None;
                self.fail(
                    at,
                    "`ROLLBACK` in a migration would undo what the ledger records as done"
                        .to_owned(),
                    Some("delete what is not to happen".to_owned()),
                );
            }
            Control::TwoPhase => self.fail(
                at,
                "two-phase transactions outlive the migration and are not supported".to_owned(),
                None,
            ),
            Control::Savepoint(_) | Control::Release(_) | Control::RollbackTo(_) => {
                if self.alone && self.open.is_none() {
                    self.fail(at, "a savepoint needs a transaction".to_owned(), None);
                }
                self.script.steps.push(Step {
                    sql: piece.text.to_owned(),
                    line: self.line(at),
                    sha256: checksum_of(piece.text),
                    transactional: true,
                    batch: None,
                    condition: None,
                    program: None,
                });
            }
        }
    }

    fn finish(mut self) -> Result<Script, Vec<ScriptError>> {
        if let Some((_, line)) = &self.open {
            let reason = "the transaction that begins here is never committed".to_owned();
            self.errors.push(ScriptError { line: *line, reason, help: None });
        }
        self.close();
        self.errors.sort_by_key(|error| error.line);
        if self.errors.is_empty() { Ok(self.script) } else { Err(self.errors) }
    }
}

/// The words after `run` in a directive.
fn program(directive: &str) -> Option<Vec<String>> {
    let mut words = directive.split_whitespace().map(str::to_owned);
    (words.next()? == "run").then(|| words.collect())
}

/// What follows `-- driftless:` in a comment of either form.
fn directive(comment: &str) -> Option<&str> {
    let inside = match comment.strip_prefix("--") {
        Some(line) => line,
        None => comment.strip_prefix("/*")?.strip_suffix("*/")?,
    };
    Some(inside.trim_start().strip_prefix("driftless:")?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, segments: &[(Range<usize>, bool)]) {
        let script = parse_script(text).unwrap();
        let got: Vec<_> =
            script.segments.iter().map(|s| (s.steps.clone(), s.transaction)).collect();
        assert_eq!(got, segments);
    }

    #[test]
    fn a_file_is_one_transaction_unless_a_statement_divides_it() {
        check("SELECT 1; SELECT 2;", &[(0..2, true)]);
        check("", &[]);
        check(
            "SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a); SELECT 2; SELECT 3",
            &[(0..1, true), (1..2, false), (2..4, true)],
        );
        check(
            "ALTER TYPE m ADD VALUE 'a'; ALTER TYPE m ADD VALUE 'b'; SELECT 'a'::m;",
            &[(0..2, true), (2..3, true)],
        );
        check("ALTER TYPE m ADD VALUE 'a';", &[(0..1, true)]);
        check(
            "SELECT 1;\n-- driftless: batch key=id size=10\nUPDATE t SET a = 1;\nSELECT 2;",
            &[(0..1, true), (1..2, false), (2..3, true)],
        );
    }

    #[test]
    fn transaction_control_of_the_file_is_followed() {
        let text = "SELECT 1; BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 2; SELECT 3; COMMIT; \
                    SELECT 4;";
        check(text, &[(0..1, true), (1..3, true), (3..4, true)]);
        let script = parse_script(text).unwrap();
        assert_eq!(script.segments[1].begin.as_deref(), Some("BEGIN ISOLATION LEVEL SERIALIZABLE"));
        assert_eq!(script.segments[2].begin, None);
    }

    #[test]
    fn without_transactions_each_statement_is_by_itself() {
        let text = "-- driftless: no-transaction\nSELECT 1;\nCALL p();\nUPDATE t SET a = 1;";
        check(text, &[(0..1, true), (1..2, false), (2..3, true)]);
        let allowed = "/* driftless: no-transaction */\n-- driftless: allow H0101 because small\n";
        check(&format!("{allowed}SELECT 1; SELECT 2;"), &[(0..1, true), (1..2, true)]);
    }

    #[test]
    fn conditions_are_steps_of_the_transaction_that_they_stand_in() {
        let text = "-- driftless: require 1 = 1\n-- driftless: ensure SELECT true\nSELECT 1;\n\
                    SELECT 2;\nCREATE INDEX CONCURRENTLY i ON t (a);\nSELECT 3;\n\
                    -- driftless: ensure SELECT 4";
        check(text, &[(0..4, true), (4..5, false), (5..7, true)]);
        let script = parse_script(text).unwrap();
        let titles: Vec<_> = script.steps.iter().map(Step::title).collect();
        assert_eq!(titles[0], "require 1 = 1");
        assert_eq!(titles[3], "ensure SELECT true");
        assert_eq!(titles[6], "ensure SELECT 4");
        let alone = "-- driftless: no-transaction\n-- driftless: require true\n\
                     -- driftless: ensure true\nUPDATE t SET a = 1;";
        check(alone, &[(0..3, true)]);
        let index = "-- driftless: require true\n-- driftless: ensure true\n\
                     CREATE INDEX CONCURRENTLY i ON t (a);";
        check(index, &[(0..1, true), (1..2, false), (2..3, true)]);
        check(
            "SELECT 1;\n-- driftless: run ./go now\nSELECT 2;",
            &[(0..1, true), (1..2, false), (2..3, true)],
        );
        check_error("-- driftless: require\nSELECT 1;", 1, "asks nothing");
        check_error("BEGIN;\n-- driftless: run x\nSELECT 1;\nCOMMIT;", 2, "a program cannot");
    }

    #[track_caller]
    fn check_error(text: &str, line: usize, reason: &str) {
        let errors = parse_script(text).unwrap_err();
        assert_eq!(errors[0].line, line, "{errors:?}");
        assert!(errors[0].reason.contains(reason), "{errors:?}");
    }

    #[test]
    fn what_would_be_half_honoured_is_refused() {
        check_error("BEGIN;\nSELECT 1;", 1, "never committed");
        check_error(
            "BEGIN;\n-- driftless: batch key=id\nDELETE FROM t;\nCOMMIT;",
            3,
            "line 1 begins",
        );
        check_error("-- driftless: batch\nDELETE FROM t;", 1, "by which key");
        check_error("-- driftless: batch key=id\nUPDATE t SET id = 1;", 1, "its own key");
        check_error("-- driftless: batch key=ctid\nDELETE FROM t;", 1, "met twice");
        check_error("-- driftless: batch key=id rows=5\nDELETE FROM t;", 1, "no `rows`");
        check_error("-- driftless: batch key=id\nSELECT 1;", 1, "neither an `UPDATE`");
        check_error("SELECT 1;\nCOMMIT;", 2, "without `BEGIN`");
        check_error("BEGIN;\nCREATE INDEX CONCURRENTLY i ON t (a);\nCOMMIT;", 2, "line 1 begins");
        check_error("BEGIN;\nROLLBACK;\n", 2, "`ROLLBACK`");
        check_error("\\connect x\nSELECT 1;", 1, "psql");
        check_error("-- driftless: no-transactions\nSELECT 1;", 1, "unknown directive");
        check_error("SELECT 1;\n-- driftless: no-transaction\nSELECT 2;", 2, "first statement");
        check_error("SELECT 'x", 1, "never closed");
    }
}
