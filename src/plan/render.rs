//! A plan as a script for `psql`: headings, statements, transactions.

use std::collections::BTreeSet;

use super::{Plan, Step, Verb};
use crate::kinds;

/// Renders a plan as one script; an empty plan is an empty text.
///
/// Statements stand in transactions, marked by `BEGIN` and `COMMIT`; one that cannot run in a
/// transaction, or whose effect can be used only after its end, closes the transaction before.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let mut out = String::new();
    let mut open = false;
    let mut settle = false;
    let settings: BTreeSet<&str> = plan
        .steps
        .iter()
        .filter_map(|s| kinds::named(&s.object.kind))
        .flat_map(|k| k.settings())
        .copied()
        .collect();
    for setting in settings {
        out += &format!("SET {setting};\n\n");
    }
    for step in &plan.steps {
        let mut heading = Some(heading(step));
        for statement in &step.statements {
            if open && (!statement.transactional || settle && !statement.needs_commit) {
                out += "COMMIT;\n\n";
                open = false;
            }
            settle = statement.needs_commit;
            if !open && statement.transactional {
                out += "BEGIN;\n\n";
                open = true;
            }
            out += &heading.take().unwrap_or_default();
            out += &format!("{};\n\n", statement.sql);
        }
    }
    if open {
        out += "COMMIT;\n";
    }
    out
}

fn heading(step: &Step) -> String {
    let verb = match step.verb {
        Verb::Create => "create",
        Verb::Alter => "alter",
        Verb::Drop => "drop",
        Verb::Rename => "rename",
    };
    format!("-- {verb} {}\n", step.object.to_string().replace(['\n', '\r'], " "))
}
