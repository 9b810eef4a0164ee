//! Hazards of class `transaction`: what may and may not share a transaction.

use super::{Case, Findings};
use crate::{
    lint::{
        hazards as h,
        known::{Born, Known, Rel, Type},
        session::Misstep,
    },
    sql::{
        lex::{Span, TokenKind, tokens},
        tree::{ActionKind, Detach, Tree, TypeBody},
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    if case.refused {
        let finding = out.report(
            &h::REFUSES_TRANSACTION,
            case.span(),
            "this statement refuses to run inside a transaction",
        );
        if let Some(begun) = case.session.explicit() {
            finding.also(begun, "the transaction begins here");
        }
    }
    enum_value(case, out);
    if let Tree::CreateIndex(made) = case.tree()
        && made.concurrently
        && made.if_not_exists
    {
        let name = made.name.as_ref().map_or("the index", |name| name.last());
        let message =
            format!("an invalid `{name}` left by a failed build would pass for a finished one");
        out.report(&h::INVALID_INDEX_HIDDEN, case.span(), message);
    }
    timeout(case, out);
}

/// A value added by the open transaction and named by a literal of a later statement in it.
fn enum_value(case: &Case<'_>, out: &mut Findings) {
    if matches!(
        case.tree(),
        Tree::AlterType { .. } | Tree::CreateType { .. } | Tree::Comment { .. }
    ) {
        return;
    }
    if case.session.open.is_none() {
        return;
    }
    for (rel, defined) in &case.known().types {
        let Type::Enum { born, values } = defined else { continue };
        for (value, added) in values {
            let came = came_with_type(case, rel, value);
            if *added != case.session.born() || !too_early(case.known(), *born, (came, *added)) {
                continue;
            }
            let literal = tokens(&case.statement.text)
                .into_iter()
                .find(|t| t.kind == TokenKind::Text && t.value().is_some_and(|v| v == *value));
            if let Some(literal) = literal
                && touches_type(case, rel)
            {
                let start = case.span().start + literal.start;
                out.report(
                    &h::ENUM_VALUE_TOO_EARLY,
                    &(start..start + literal.text.len()),
                    format!("`{value}` of `{rel}` cannot be used before its transaction is over"),
                );
            }
        }
    }
}

/// Whether a value may not be used yet: a value that came with its type always may, one added to a
/// type that is as new as itself from 17 on.
fn too_early(known: &Known, born: Born, (came, added): (bool, Born)) -> bool {
    !came && (born != added || (12..17).contains(&known.version))
}

/// Whether the script's own `CREATE TYPE` lists the value.
fn came_with_type(case: &Case<'_>, rel: &Rel, value: &str) -> bool {
    case.all[..case.at].iter().any(|statement| match &statement.tree {
        Tree::CreateType { name, body: TypeBody::Enum(values) } => {
            case.known().place(name) == *rel && values.iter().any(|v| v == value)
        }
        _ => false,
    })
}

/// Whether the statement has to do with the type: names it, or a table that has a column of it.
fn touches_type(case: &Case<'_>, rel: &Rel) -> bool {
    let names = tokens(&case.statement.text);
    let named = |name: &str| names.iter().any(|t| t.name().is_some_and(|n| n == name));
    let users = case.known().users_of_type(rel);
    named(&rel.name)
        || users.iter().any(|(table, _)| named(&table.name))
        || users.is_empty() && !case.known().complete
}

fn timeout(case: &Case<'_>, out: &mut Findings) {
    let concurrent = match case.tree() {
        Tree::CreateIndex(made) => made.concurrently,
        Tree::Drop(dropped) => dropped.concurrently,
        Tree::Reindex { concurrently, .. } => *concurrently,
        Tree::AlterRelation(altered) => altered.actions.iter().any(|a| {
            matches!(
                a.kind,
                ActionKind::ValidateConstraint { .. }
                    | ActionKind::DetachPartition { mode: Detach::Concurrently, .. }
            )
        }),
        _ => false,
    };
    let timeouts = case.session.timeouts;
    let short = |value: Option<u64>| value.filter(|ms| (1..=60_000).contains(ms));
    let (name, ms) = match (short(timeouts.lock), short(timeouts.statement)) {
        (Some(ms), _) => ("lock_timeout", ms),
        (None, Some(ms)) => ("statement_timeout", ms),
        (None, None) => return,
    };
    if concurrent {
        let message = format!("a `{name}` of {ms} ms may cut this off half way");
        out.report(&h::TIMEOUT_KILLS_CONCURRENT_WORK, case.span(), message);
    }
}

/// Reports transaction control that is only half honoured.
pub(crate) fn misstep(misstep: Misstep, span: &Span, out: &mut Findings) {
    let message = match misstep {
        Misstep::BeginInside => "`BEGIN` inside a transaction begins nothing",
        Misstep::EndWithoutBegin => "this ends a transaction that the script has not begun",
        Misstep::EndOfRunners => "this ends the transaction that the runner has begun",
        Misstep::Rollback => "`ROLLBACK` undoes what the runner records as done",
    };
    out.report(&h::TRANSACTION_CONTROL, span, message);
}

/// Reports a transaction that is open at the end.
pub(crate) fn never_committed(begun: &Span, out: &mut Findings) {
    out.report(&h::NEVER_COMMITTED, begun, "the transaction that begins here is never committed");
}
