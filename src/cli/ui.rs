//! What goes to stdout and what to stderr, and how it looks.

use std::{
    cell::{Cell, RefCell},
    io::{IsTerminal as _, Write as _},
};

use serde_json::{Value, json};

use super::{Failure, args::GlobalArgs};

/// The two streams: data that can be piped to stdout, talk to stderr.
#[derive(Debug)]
pub(crate) struct Ui {
    pub(crate) json: bool,
    quiet: bool,
    verbose: bool,
    /// Colours on stderr.
    colour: bool,
    /// Colours on stdout.
    colour_data: bool,
    /// Set once a reader of stdout has gone away.
    closed: Cell<bool>,
    /// The one of several databases that all of it is about; what is said of it is kept.
    target: Option<String>,
    kept: RefCell<Vec<String>>,
}

/// Colours by what they say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tone {
    Good,
    Bad,
    Warn,
    Dim,
    Strong,
}

impl Ui {
    pub(crate) fn new(args: &GlobalArgs) -> Self {
        let wanted = !args.no_color && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        Self {
            json: args.json,
            quiet: args.quiet,
            verbose: args.verbose,
            colour: wanted && std::io::stderr().is_terminal(),
            colour_data: wanted && std::io::stdout().is_terminal(),
            closed: Cell::new(false),
            target: None,
            kept: RefCell::default(),
        }
    }

    /// For one of several databases: JSON names it, and talk is kept for the report.
    pub(crate) fn for_target(&self, name: &str) -> Self {
        Self {
            colour: false,
            colour_data: false,
            closed: Cell::new(false),
            target: Some(name.to_owned()),
            kept: RefCell::default(),
            ..*self
        }
    }

    /// What was said of the one database.
    pub(crate) fn take_kept(&self) -> Vec<String> {
        self.kept.take()
    }

    pub(crate) fn verbose(&self) -> bool {
        self.verbose
    }

    /// Whether a person sits in front of stderr and may be shown what will be overwritten.
    pub(crate) fn live(&self) -> bool {
        self.colour && !self.quiet && !self.json
    }

    /// Writes data, exactly as it is.
    pub(crate) fn data(&self, text: &str) {
        if !self.closed.get() {
            let mut out = std::io::stdout().lock();
            let result = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            self.closed.set(result.is_err());
        }
    }

    /// Writes one JSON value on a line of its own.
    pub(crate) fn json(&self, value: &Value) {
        let mut value = value.clone();
        if let (Some(target), Value::Object(fields)) = (&self.target, &mut value) {
            fields.insert("target".to_owned(), json!(target));
        }
        self.data(&format!("{value}\n"));
    }

    /// Says something that a person wants to know; not with `--quiet`.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.talk(text);
        }
    }

    /// Says something that only `--verbose` asks for.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.talk(text);
        }
    }

    /// Says what has to be said, also with `--quiet`.
    pub(crate) fn tell(&self, text: &str) {
        self.talk(text);
    }

    pub(crate) fn coloured(&self) -> bool {
        self.colour
    }

    pub(crate) fn coloured_data(&self) -> bool {
        self.colour_data
    }

    /// Warns.
    pub(crate) fn warn(&self, text: &str) {
        self.talk(&format!("{}: {text}", self.paint(Tone::Warn, "warning")));
    }

    fn talk(&self, text: &str) {
        if self.target.is_some() {
            self.kept.borrow_mut().push(text.to_owned());
            return;
        }
        let mut out = std::io::stderr().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
    }

    /// Overwrites the current line of the terminal.
    pub(crate) fn flash(&self, text: &str) {
        if self.live() {
            let mut out = std::io::stderr().lock();
            let _ = write!(out, "\r\u{1b}[K{text}").and_then(|()| out.flush());
        }
    }

    /// Tells why the command failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.json {
            self.json(&json!({ "error": {
                "code": failure.code,
                "message": failure.message,
                "notes": failure.notes,
                "help": failure.help,
            }}));
        }
        let head = self.paint(Tone::Bad, &format!("error[{}]", failure.code));
        let mut text = format!("{head}: {}", failure.message);
        for note in &failure.notes {
            text.push_str(&format!("\n  = {}: {note}", self.paint(Tone::Strong, "note")));
        }
        if let Some(help) = &failure.help {
            text.push_str(&format!("\n  = {}: {help}", self.paint(Tone::Good, "help")));
        }
        self.talk(&text);
    }

    /// Text for stderr in a colour, where colours are wanted.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        if self.colour { paint(tone, text) } else { text.to_owned() }
    }

    /// Text for stdout in a colour, where colours are wanted.
    pub(crate) fn paint_data(&self, tone: Tone, text: &str) -> String {
        if self.colour_data { paint(tone, text) } else { text.to_owned() }
    }
}

fn paint(tone: Tone, text: &str) -> String {
    let code = match tone {
        Tone::Good => "32",
        Tone::Bad => "1;31",
        Tone::Warn => "1;33",
        Tone::Dim => "2",
        Tone::Strong => "1",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
