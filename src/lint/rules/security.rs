//! Hazards of class `security`: rights, policies, and what guards rows.

use super::{Case, Findings};
use crate::{
    lint::hazards as h,
    sql::{
        lex::tokens,
        tree::{ActionKind, Change, ObjectKind, Tree},
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    match case.tree() {
        Tree::Grant(grant) if grant.revoke => {
            out.report(&h::ROLE_CHANGED, case.span(), "rights are taken away that may be in use");
        }
        Tree::Grant(grant) => {
            let what = if grant.to_public {
                "rights are given to everybody"
            } else if grant.all {
                "all rights are given at once"
            } else if grant.with_grant_option {
                "rights are given with the right to give them on"
            } else {
                return;
            };
            out.report(&h::BROAD_GRANT, case.span(), what);
        }
        Tree::AlterDefaultPrivileges => {
            let text = tokens(&case.statement.text);
            let public = text.windows(2).any(|w| w[0].is("to") && w[1].is("public"));
            if public {
                let message = "everybody gets rights on what is made later";
                out.report(&h::BROAD_GRANT, case.span(), message);
            } else {
                let message = "rights on what is made later change";
                out.report(&h::ROLE_CHANGED, case.span(), message);
            }
        }
        Tree::CreatePolicy { table, restrictive } if case.in_use(table) => {
            let rel = case.resolve(table);
            let how = if *restrictive { "takes rows of" } else { "gives rows of" };
            let message = format!("the new policy {how} `{rel}` to running code");
            out.report(&h::POLICY_CHANGED, case.span(), message).about(&rel);
        }
        Tree::AlterPolicy { table, rename: false } => {
            let rel = case.resolve(table);
            let message = format!("running code sees other rows of `{rel}`");
            out.report(&h::POLICY_CHANGED, case.span(), message).about(&rel);
        }
        Tree::Drop(dropped) if dropped.kind == ObjectKind::Policy => {
            let table = dropped.on.as_ref().map(|t| case.resolve(t).to_string());
            let message =
                format!("running code sees other rows of `{}`", table.unwrap_or_default());
            out.report(&h::POLICY_CHANGED, case.span(), message);
        }
        Tree::Drop(dropped) if dropped.kind == ObjectKind::Role => {
            out.report(&h::ROLE_CHANGED, case.span(), "a role is dropped that may be in use");
        }
        Tree::AlterRelation(_) => alter(case, out),
        Tree::AlterOther { kind, name, change } => other(case, *kind, name.last(), change, out),
        _ => {}
    }
}

fn alter(case: &Case<'_>, out: &mut Findings) {
    let Some((altered, actions)) = case.altered() else { return };
    let rel = case.resolve(&altered.name);
    if case.missing(&altered.name) || !case.session.in_use(&rel) {
        return;
    }
    for action in actions {
        match &action.kind {
            ActionKind::RowSecurity { enable, force } => {
                let weaker = *enable == Some(false) || *force == Some(false);
                let hazard = if weaker { &h::ROW_SECURITY_WEAKENED } else { &h::POLICY_CHANGED };
                let message = if weaker {
                    format!("rows of `{rel}` are shown that its policies hide")
                } else {
                    format!("rows of `{rel}` that no policy shows disappear for running code")
                };
                out.report(hazard, &action.span, message).about(&rel);
            }
            ActionKind::Trigger | ActionKind::Rule => {
                let message = format!("what a trigger or rule of `{rel}` does is switched");
                out.report(&h::TRIGGER_SWITCHED, &action.span, message).about(&rel);
            }
            ActionKind::OwnerTo => {
                let message = format!("`{rel}` gets another owner");
                out.report(&h::ROLE_CHANGED, &action.span, message).about(&rel);
            }
            _ => {}
        }
    }
}

fn other(case: &Case<'_>, kind: ObjectKind, name: &str, change: &Change, out: &mut Findings) {
    let routine = matches!(
        kind,
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate
    );
    match change {
        Change::Other if routine => {
            let message = format!("`{name}` runs in another way from now on");
            out.report(&h::ROUTINE_OPTIONS, case.span(), message);
        }
        Change::Other if kind == ObjectKind::Role => {
            out.report(&h::ROLE_CHANGED, case.span(), format!("the role `{name}` changes"));
        }
        Change::OwnerTo => {
            out.report(&h::ROLE_CHANGED, case.span(), format!("`{name}` gets another owner"));
        }
        _ => {}
    }
}
