//! Splits a script into its statements exactly where PostgreSQL and psql do, with positions.

use super::lex::{Comment, Lexeme, Lexer, Span, Token, TokenKind};

/// One statement of a script.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    /// The statement without its semicolon and without the comments around it.
    pub text: &'a str,
    /// Where that text stands.
    pub span: Span,
    /// Comments between the statement before and this one.
    pub leading: Vec<Comment<'a>>,
    /// Comments inside the statement.
    pub inner: Vec<Comment<'a>>,
    /// Transaction control, where the statement is that.
    pub control: Option<Control>,
    tokens: Vec<Token<'a>>,
}

/// Statements that begin or end transactions and parts of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`; with `AND CHAIN` another transaction follows.
    Commit {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `ROLLBACK`, `ABORT`.
    Rollback {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `SAVEPOINT name`.
    Savepoint(String),
    /// `RELEASE SAVEPOINT name`.
    Release(String),
    /// `ROLLBACK TO SAVEPOINT name`.
    RollbackTo(String),
    /// `PREPARE TRANSACTION`, `COMMIT PREPARED`, `ROLLBACK PREPARED`.
    TwoPhase,
}

/// Something in a script that is not a statement for the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A command of psql.
    #[error("`{command}` is a command of psql, not SQL")]
    Meta {
        /// The command with its backslash.
        command: String,
        /// Where it stands, to the end of its line.
        span: Span,
    },
    /// Rows that follow a `COPY … FROM stdin` in the script itself.
    #[error("`COPY … FROM stdin` carries its rows in the script, which only psql can send")]
    CopyFromStdin {
        /// The statement.
        span: Span,
    },
    /// A quote, comment or identifier that nothing closes.
    #[error("{what} is opened here and never closed")]
    Unclosed {
        /// What was opened.
        what: &'static str,
        /// Where it was opened.
        span: Span,
    },
}

impl Problem {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> &Span {
        match self {
            Self::Meta { span, .. }
            | Self::CopyFromStdin { span }
            | Self::Unclosed { span, .. } => span,
        }
    }
}

/// A script, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Script<'a> {
    /// Its statements in order.
    pub pieces: Vec<Piece<'a>>,
    /// What a server cannot be sent, in order; a script that has any must not be run.
    pub problems: Vec<Problem>,
    /// Comments after the last statement.
    pub trailing: Vec<Comment<'a>>,
}

impl<'a> Piece<'a> {
    /// Its tokens.
    #[must_use]
    pub fn tokens(&self) -> &[Token<'a>] {
        &self.tokens
    }

    /// Whether its tokens start with these keywords and marks, given in lower case.
    #[must_use]
    pub fn starts_with(&self, words: &[&str]) -> bool {
        words.len() <= self.tokens.len() && words.iter().zip(&self.tokens).all(|(w, t)| t.is(w))
    }
}

/// Splits a script into statements.
///
/// The rules are psql's (psqlscan.l): a semicolon ends a statement unless it stands in quotes, in a
/// comment, in parentheses, or in the `BEGIN ATOMIC … END` body of a routine.
#[must_use]
pub fn split(text: &str) -> Script<'_> {
    let mut lexer = Lexer::new(text);
    let mut script = Script::default();
    let mut open = Open::default();
    while let Some(lexeme) = lexer.next() {
        match lexeme {
            Lexeme::Comment(comment) => open.comment(comment),
            Lexeme::Token(token) if token.is(";") && open.may_end() => {
                let copies = copies_from_stdin(&open.tokens);
                if let Some(piece) = open.close(text) {
                    if copies {
                        script.problems.push(Problem::CopyFromStdin { span: piece.span.clone() });
                        lexer.jump(end_of_rows(text, lexer.position()));
                    }
                    script.pieces.push(piece);
                }
            }
            Lexeme::Token(token) => open.push(token),
            Lexeme::Meta(token) => {
                let command = token.text.split_whitespace().next().unwrap_or("\\").to_owned();
                script.problems.push(Problem::Meta { command, span: token.span() });
            }
            Lexeme::Unclosed(token) => {
                let what = unclosed_name(token.text);
                script.problems.push(Problem::Unclosed { what, span: token.span() });
                open.push(token);
            }
        }
    }
    if copies_from_stdin(&open.tokens) {
        let span = open.tokens[0].start..text.len();
        script.problems.push(Problem::CopyFromStdin { span });
    }
    script.pieces.extend(open.close(text));
    script.trailing = open.leading;
    script
}

fn unclosed_name(text: &str) -> &'static str {
    match text.as_bytes().first() {
        Some(b'"') => "a quoted identifier",
        Some(b'/') => "a comment",
        Some(b'$') => "a dollar-quoted text",
        _ => "a string",
    }
}

/// A statement while it is being read.
#[derive(Default)]
struct Open<'a> {
    leading: Vec<Comment<'a>>,
    inner: Vec<Comment<'a>>,
    tokens: Vec<Token<'a>>,
    parentheses: usize,
    /// Depth of `BEGIN ATOMIC` and of `CASE` inside it.
    atomic: usize,
}

impl<'a> Open<'a> {
    fn comment(&mut self, comment: Comment<'a>) {
        if self.tokens.is_empty() {
            self.leading.push(comment);
        } else {
            self.inner.push(comment);
        }
    }

    fn may_end(&self) -> bool {
        self.parentheses == 0 && self.atomic == 0
    }

    fn push(&mut self, token: Token<'a>) {
        match token.text {
            "(" => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            _ if self.parentheses == 0 && token.kind == TokenKind::Word => self.block(token),
            _ => {}
        }
        self.tokens.push(token);
    }

    fn block(&mut self, token: Token<'a>) {
        if self.atomic == 0 {
            let begins = token.is("atomic") && self.tokens.last().is_some_and(|t| t.is("begin"));
            self.atomic = usize::from(begins && creates_routine(&self.tokens));
        } else if token.is("case") {
            self.atomic += 1;
        } else if token.is("end") {
            self.atomic -= 1;
        }
    }

    /// Ends the statement; `None` when there is none. A comment after the last token of an
    /// unfinished statement is inside it.
    fn close(&mut self, text: &'a str) -> Option<Piece<'a>> {
        let (first, last) = (self.tokens.first()?, self.tokens.last()?);
        let span = first.start..last.end();
        let done = std::mem::take(self);
        Some(Piece {
            text: &text[span.clone()],
            span,
            leading: done.leading,
            inner: done.inner,
            control: control(&done.tokens),
            tokens: done.tokens,
        })
    }
}

fn creates_routine(tokens: &[Token<'_>]) -> bool {
    let mut words = tokens.iter().skip_while(|t| t.is("create") || t.is("or") || t.is("replace"));
    tokens.first().is_some_and(|t| t.is("create"))
        && words.next().is_some_and(|t| t.is("function") || t.is("procedure"))
}

fn copies_from_stdin(tokens: &[Token<'_>]) -> bool {
    tokens.first().is_some_and(|t| t.is("copy"))
        && tokens.windows(2).any(|w| w[0].is("from") && w[1].is("stdin"))
}

/// Where the rows after a `COPY … FROM stdin;` end: after the line `\.`.
fn end_of_rows(text: &str, from: usize) -> usize {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "\\." {
            return at;
        }
    }
    at
}

fn control(tokens: &[Token<'_>]) -> Option<Control> {
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is(word));
    let skip = |from: usize| from + usize::from(word(from, "work") || word(from, "transaction"));
    let name = |from: usize| {
        let at = from + usize::from(word(from, "savepoint"));
        tokens.get(at).and_then(Token::name).unwrap_or_default()
    };
    let chain = |from: usize| word(skip(from), "and") && word(skip(from) + 1, "chain");
    Some(match tokens.first()?.text.to_ascii_lowercase().as_str() {
        "begin" => Control::Begin,
        "start" if word(1, "transaction") => Control::Begin,
        "commit" | "rollback" if word(1, "prepared") => Control::TwoPhase,
        "prepare" if word(1, "transaction") => Control::TwoPhase,
        "commit" | "end" => Control::Commit { chain: chain(1) },
        "rollback" if word(skip(1), "to") => Control::RollbackTo(name(skip(1) + 1)),
        "rollback" | "abort" => Control::Rollback { chain: chain(1) },
        "savepoint" => Control::Savepoint(name(1)),
        "release" => Control::Release(name(1)),
        _ => return None,
    })
}

/// Whether a statement may run inside a transaction block.
///
/// Wrong only where the text cannot tell: `CLUSTER` and `REINDEX` of a partitioned table refuse a
/// transaction (14 and later), and a procedure that is called may end it.
#[must_use]
pub fn transactional(piece: &Piece<'_>) -> bool {
    let tokens = piece.tokens();
    let has = |word: &str| tokens.iter().any(|t| t.is(word));
    let starts = |words: &[&str]| piece.starts_with(words);
    let concurrently = concurrent(tokens);
    let refuses = starts(&["vacuum"])
        || starts(&["create", "database"])
        || starts(&["drop", "database"])
        || starts(&["create", "tablespace"])
        || starts(&["drop", "tablespace"])
        || starts(&["alter", "system"])
        || starts(&["alter", "database"]) && has("tablespace")
        || starts(&["discard", "all"])
        || starts(&["commit", "prepared"])
        || starts(&["rollback", "prepared"])
        || (starts(&["create", "index"]) || starts(&["create", "unique"])) && concurrently
        || starts(&["drop", "index"]) && concurrently
        || starts(&["reindex"]) && (concurrently || reindexes_many(tokens))
        || starts(&["alter", "table"]) && has("detach") && concurrently
        || starts(&["cluster"]) && tokens.iter().skip(1).all(|t| t.is("verbose"))
        || starts(&["create", "subscription"])
            && !(off(tokens, "create_slot") || off(tokens, "connect"))
        || starts(&["drop", "subscription"])
        || starts(&["alter", "subscription"]) && refreshes(tokens);
    !refuses
}

/// Whether what the statement makes can be used only after its transaction has ended: a new value
/// of an enum (manual, "ALTER TYPE", Notes).
#[must_use]
pub fn needs_commit(piece: &Piece<'_>) -> bool {
    let tokens = piece.tokens();
    piece.starts_with(&["alter", "type"])
        && tokens.windows(2).any(|w| w[0].is("add") && w[1].is("value"))
}

/// `CONCURRENTLY` as a word, or as an option that is not switched off.
fn concurrent(tokens: &[Token<'_>]) -> bool {
    let head = tokens.iter().take(32).position(|t| t.is("concurrently"));
    let detach = tokens.last().is_some_and(|t| t.is("concurrently"));
    (head.is_some() || detach) && !off(tokens, "concurrently")
}

/// Whether an option is given as off: `create_slot = false`, `CONCURRENTLY 0`.
fn off(tokens: &[Token<'_>], option: &str) -> bool {
    let Some(at) = tokens.iter().position(|t| t.is(option)) else { return false };
    let at = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|t| t.is("=")));
    tokens.get(at).is_some_and(is_off)
}

/// Whether a token is a Boolean that is false, as `defGetBoolean` reads it.
pub(crate) fn is_off(token: &Token<'_>) -> bool {
    let value = token.value().map_or_else(|| token.text.to_owned(), Into::into);
    ["false", "off", "0"].contains(&value.to_ascii_lowercase().as_str())
}

fn reindexes_many(tokens: &[Token<'_>]) -> bool {
    let target = tokens
        .iter()
        .skip(1)
        .find(|t| ["index", "table", "schema", "database", "system"].iter().any(|word| t.is(word)));
    target.is_some_and(|t| t.is("schema") || t.is("database") || t.is("system"))
}

fn refreshes(tokens: &[Token<'_>]) -> bool {
    let asks = tokens.windows(2).any(|w| {
        w[0].is("refresh") && w[1].is("publication")
            || (w[0].is("set") || w[0].is("add") || w[0].is("drop")) && w[1].is("publication")
    });
    asks && !off(tokens, "refresh")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let script = split(text);
        let got: Vec<_> = script.pieces.iter().map(|p| p.text).collect();
        assert_eq!(got, expected);
        assert_eq!(script.problems, []);
        for piece in &script.pieces {
            assert_eq!(&text[piece.span.clone()], piece.text);
        }
    }

    #[test]
    fn ends_statements_at_semicolons_outside_of_quotes() {
        check(
            "select 1; select ';' ; select \";\" from t;; ",
            &["select 1", "select ';'", "select \";\" from t"],
        );
        check("select $$;$$, $a$;$$;$a$; select 2", &["select $$;$$, $a$;$$;$a$", "select 2"]);
        check(
            "select E'\\';'; select 2 -- ; no\n; /* ; /* ; */ ; */ select 3",
            &["select E'\\';'", "select 2", "select 3"],
        );
    }

    #[test]
    fn keeps_bodies_together() {
        let body = "create or replace function f() returns int language sql begin atomic \
                    select case when true then 1 end; select 2; end";
        check(&format!("{body}; select 3;"), &[body, "select 3"]);
        check(
            "create rule r as on insert to t do (select 1; select 2); select 3",
            &["create rule r as on insert to t do (select 1; select 2)", "select 3"],
        );
        check(
            "begin; create table atomic (x int); end;",
            &["begin", "create table atomic (x int)", "end"],
        );
    }

    #[test]
    fn keeps_leading_comments() {
        let script = split("-- one\n/* two */ select 1 -- in\n + 1; -- three\nselect 2; -- four");
        let texts: Vec<Vec<_>> =
            script.pieces.iter().map(|p| p.leading.iter().map(|c| c.text).collect()).collect();
        assert_eq!(texts, [vec!["-- one", "/* two */"], vec!["-- three"]]);
        assert_eq!(script.pieces[0].inner[0].text, "-- in");
        assert_eq!(script.trailing[0].text, "-- four");
    }

    #[test]
    fn reports_what_a_server_cannot_be_sent() {
        let script = split("\\set ON_ERROR_STOP on\ncopy t from stdin;\n1\t';\n\\.\nselect 1;");
        assert_eq!(
            script.pieces.iter().map(|p| p.text).collect::<Vec<_>>(),
            ["copy t from stdin", "select 1"]
        );
        let told: Vec<_> = script.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "`\\set` is a command of psql, not SQL",
                "`COPY … FROM stdin` carries its rows in the script, which only psql can send",
            ]
        );
        assert_eq!(
            split("select 'x").problems,
            [Problem::Unclosed { what: "a string", span: 7..9 }]
        );
    }

    #[test]
    fn recognises_transaction_control() {
        let controls = |text| split(text).pieces.into_iter().map(|p| p.control).collect::<Vec<_>>();
        assert_eq!(
            controls("BEGIN WORK; commit and chain; rollback work and chain; END"),
            [
                Some(Control::Begin),
                Some(Control::Commit { chain: true }),
                Some(Control::Rollback { chain: true }),
                Some(Control::Commit { chain: false }),
            ]
        );
        assert_eq!(
            controls("savepoint a; rollback to savepoint a; rollback work to a; release a"),
            [
                Some(Control::Savepoint("a".into())),
                Some(Control::RollbackTo("a".into())),
                Some(Control::RollbackTo("a".into())),
                Some(Control::Release("a".into())),
            ]
        );
        assert_eq!(
            controls("prepare transaction 'x'; prepare p as select 1"),
            [Some(Control::TwoPhase), None]
        );
    }

    #[test]
    fn knows_what_refuses_a_transaction() {
        let refused = |sql: &str| !transactional(&split(sql).pieces[0]);
        for sql in [
            "create index concurrently i on t (a)",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
            "drop index concurrently i",
            "reindex index concurrently i",
            "reindex (verbose, concurrently) table t",
            "reindex (concurrently true) table t",
            "reindex schema s",
            "vacuum t",
            "alter system set work_mem = '1MB'",
            "alter table t detach partition p concurrently",
            "create subscription s connection '' publication p",
            "create database d",
            "cluster",
        ] {
            assert!(refused(sql), "{sql}");
        }
        for sql in [
            "create index i on t (a)",
            "reindex (concurrently false) table t",
            "reindex table t",
            "create subscription s connection '' publication p with (create_slot = false)",
            "alter table t detach partition p finalize",
            "alter type t add value 'x'",
            "cluster t using i",
            "create table concurrently_built (a int)",
        ] {
            assert!(!refused(sql), "{sql}");
        }
        assert!(needs_commit(&split("alter type t add value 'x'").pieces[0]));
    }
}
