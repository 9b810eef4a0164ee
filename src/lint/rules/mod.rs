//! The rules: one file per class of hazard. Each looks at one statement with everything that is
//! known before it, and reports what it finds.

mod brief;
mod compatibility;
mod failure;
mod lock;
mod loss;
mod names;
mod operation;
mod security;
mod style;
pub(crate) mod transaction;

use super::{
    hazards::Hazard,
    known::{Known, Rel, Relation},
    locks::Effect,
    report::Finding,
    session::Session,
};
use crate::sql::{
    lex::Span,
    tree::{Action, ActionKind, AlterRelation, Name, Tree},
};

/// A statement of the script, recognised.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub(crate) tree: Tree,
    pub(crate) text: String,
    pub(crate) span: Span,
    /// Whether it may run in a transaction.
    pub(crate) transactional: bool,
    /// Whether what it makes can be used only after its transaction.
    pub(crate) commits: bool,
    /// Whether it stands in a `DO` block, where conditions decide whether it runs.
    pub(crate) conditional: bool,
    /// Whether it is run in ranges, each a transaction of its own.
    pub(crate) batched: bool,
    /// Number of the piece that it stands in.
    pub(crate) piece: usize,
}

/// One statement as the rules see it.
pub(crate) struct Case<'a> {
    pub(crate) statement: &'a Parsed,
    pub(crate) effects: &'a [Effect],
    pub(crate) session: &'a Session,
    /// All statements of the script and which of them this is.
    pub(crate) all: &'a [Parsed],
    pub(crate) at: usize,
    /// Whether it runs inside a transaction that it refuses.
    pub(crate) refused: bool,
}

/// Collects findings.
#[derive(Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    /// Reports a hazard at a place.
    pub(crate) fn report(
        &mut self,
        hazard: &'static Hazard,
        span: &Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.0.push(Finding {
            hazard,
            level: hazard.level,
            statement: None,
            span: span.clone(),
            message: message.into(),
            also: Vec::new(),
            notes: Vec::new(),
            help: as_help(hazard.remedy()),
            relation: None,
            certain: true,
            allowed: None,
        });
        let last = self.0.len() - 1;
        &mut self.0[last]
    }
}

/// A remedy as the help of a finding: lower case, without the last full stop.
fn as_help(remedy: &str) -> String {
    let mut chars = remedy.trim_end_matches('.').chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}

impl Finding {
    pub(crate) fn also(&mut self, span: &Span, text: impl Into<String>) -> &mut Self {
        self.also.push((span.clone(), text.into()));
        self
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) -> &mut Self {
        self.notes.push(text.into());
        self
    }

    pub(crate) fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help = text.into();
        self
    }

    pub(crate) fn about(&mut self, rel: &Rel) -> &mut Self {
        self.relation = Some(rel.to_string());
        self
    }

    pub(crate) fn maybe(&mut self, certain: bool) -> &mut Self {
        self.certain = certain;
        self
    }
}

impl<'a> Case<'a> {
    pub(crate) fn tree(&self) -> &'a Tree {
        &self.statement.tree
    }

    pub(crate) fn span(&self) -> &'a Span {
        &self.statement.span
    }

    pub(crate) fn known(&self) -> &'a Known {
        &self.session.known
    }

    pub(crate) fn resolve(&self, name: &Name) -> Rel {
        self.known().resolve(name)
    }

    pub(crate) fn relation(&self, name: &Name) -> Option<&'a Relation> {
        self.known().relation(&self.resolve(name))
    }

    /// Whether it is known that no such relation exists.
    pub(crate) fn missing(&self, name: &Name) -> bool {
        self.known().complete && self.relation(name).is_none()
    }

    /// Whether the relation was there before the script.
    pub(crate) fn in_use(&self, name: &Name) -> bool {
        !self.missing(name) && self.session.in_use(&self.resolve(name))
    }

    /// The `ALTER TABLE` that it is, with its actions.
    pub(crate) fn altered(&self) -> Option<(&'a AlterRelation, &'a [Action])> {
        match self.tree() {
            Tree::AlterRelation(altered) => Some((altered, &altered.actions)),
            _ => None,
        }
    }

    /// The statements after it.
    pub(crate) fn later(&self) -> &'a [Parsed] {
        &self.all[self.at + 1..]
    }

    /// The actions of later `ALTER TABLE`s of the same relation.
    pub(crate) fn later_actions(&self, rel: &Rel) -> Vec<&'a ActionKind> {
        let mut found = Vec::new();
        for statement in self.later() {
            if let Tree::AlterRelation(altered) = &statement.tree
                && self.resolve(&altered.name) == *rel
            {
                found.extend(altered.actions.iter().map(|a| &a.kind));
            }
        }
        found
    }

    /// `5,000,000 rows: 4 to 16 s`, where the number of rows is known.
    pub(crate) fn estimate(&self, effect: &Effect) -> Option<String> {
        let rows = self.known().relation(&effect.relation)?.rows?;
        let (from, to) = super::check::kind_of(effect.work?).seconds(rows);
        Some(format!("about {} rows: {} to {}", grouped(rows), duration(from), duration(to)))
    }
}

/// Looks at one statement with every rule.
pub(crate) fn run(case: &Case<'_>, out: &mut Findings) {
    for rule in [
        lock::check,
        brief::check,
        loss::check,
        failure::check,
        compatibility::check,
        transaction::check,
        operation::check,
        security::check,
        style::check,
    ] {
        rule(case, out);
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `0.4 s`, `12 s`, `3 min`.
fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0} min", seconds / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_for_people() {
        assert_eq!(grouped(5_000_000), "5,000,000");
        assert_eq!(grouped(100), "100");
        assert_eq!(duration(0.42), "0.4 s");
        assert_eq!(duration(300.0), "5 min");
    }
}
