//! From two schemas to the statements that lead from one to the other.

mod actions;
mod graph;
mod render;

use std::collections::BTreeMap;

use serde::Serialize;

use self::actions::{Action, Actions};
pub use self::render::render;
pub use crate::kinds::Mode;
use crate::{
    diff,
    kinds::{self, Context, Moment, common, rows::RowCheck},
    schema::{Object, ObjectId, Schema},
    sql::Statement,
};

/// What is to be run, in order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

/// What happens to one object.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// The object, with those that are created in the same statement left unnamed.
    pub object: ObjectId,
    /// What happens to it.
    pub verb: Verb,
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Creates the object.
    Create,
    /// Changes it where it stands.
    Alter,
    /// Drops it.
    Drop,
    /// Gives it another name.
    Rename,
}

/// Dependencies that lead in a circle which no splitting of objects can break.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot order the changes: {} depend on each other", list(.0))]
pub struct Cycle(pub Vec<ObjectId>);

fn list(ids: &[ObjectId]) -> String {
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

impl Plan {
    /// All statements in order.
    #[must_use]
    pub fn statements(&self) -> Vec<&Statement> {
        self.steps.iter().flat_map(|step| &step.statements).collect()
    }
}

/// Plans the way from one schema to another.
///
/// # Errors
/// [`Cycle`] when no order works, which is a defect of driftless and not of the schemas.
pub fn plan(from: &Schema, to: &Schema, mode: Mode) -> Result<Plan, Cycle> {
    plan_filled(from, to, mode, &Fills::new())
}

/// What existing rows get in a column that is new, by column: an expression over the row.
pub type Fills = BTreeMap<ObjectId, String>;

/// Plans the way from one schema to another, where new columns are filled for existing rows.
///
/// # Errors
/// As [`plan`].
pub fn plan_filled(from: &Schema, to: &Schema, mode: Mode, fills: &Fills) -> Result<Plan, Cycle> {
    let renames = diff::implied_renames(from, to);
    let mut steps: Vec<Step> =
        renames.iter().filter_map(|(a, b)| rename_step(from, a, b)).collect();
    let from = &diff::rename(from, &renames);
    let context = Context { from, to, mode };
    let actions = Actions::decide(context);
    let order = graph::order(context, &actions)?;
    for (node, parts) in order {
        let statements = statements(&node, &parts, (&actions, fills), context);
        if statements.is_empty() {
            continue;
        }
        let verb = match node {
            Moment::Create(_) => Verb::Create,
            Moment::Alter(_) => Verb::Alter,
            Moment::Drop(_) => Verb::Drop,
        };
        steps.push(Step { object: node.id().clone(), verb, statements });
    }
    Ok(Plan { steps })
}

/// The step that renames an object.
#[must_use]
pub fn rename_step(schema: &Schema, from: &ObjectId, to: &ObjectId) -> Option<Step> {
    let statements = kinds::of(from).rename(schema.get(from)?, to);
    (!statements.is_empty()).then(|| Step { object: from.clone(), verb: Verb::Rename, statements })
}

fn statements(
    node: &Moment,
    parts: &[ObjectId],
    (actions, fills): (&Actions, &Fills),
    context: Context<'_>,
) -> Vec<Statement> {
    let id = node.id();
    let kind = kinds::of(id);
    match node {
        Moment::Create(_) => {
            let Some(object) = context.to.get(id) else { return Vec::new() };
            let mut out = Vec::new();
            if actions.get(id) == Some(&Action::Swap)
                && let Some(old) = context.from.get(id)
            {
                out.extend(kind.set_aside(old, &set_aside_name(id)));
            }
            let mut parts: Vec<&Object> = parts.iter().filter_map(|p| context.to.get(p)).collect();
            parts.sort_by_key(|p| p.position);
            let filled = fills.get(id).and_then(|e| kind.create_filled(object, e, &context));
            out.extend(filled.unwrap_or_else(|| kind.create(object, &parts, &context)));
            for made in std::iter::once(object).chain(parts.iter().copied()) {
                out.extend(common::alter(kinds::of(&made.id), None, made, &context));
            }
            out
        }
        Moment::Alter(_) => {
            let (Some(from), Some(to)) = (context.from.get(id), context.to.get(id)) else {
                return Vec::new();
            };
            let mut out = actions.altering(id);
            out.extend(common::alter(kind, Some(from), to, &context));
            out
        }
        Moment::Drop(_) => {
            let Some(object) = context.from.get(id) else { return Vec::new() };
            if actions.get(id) == Some(&Action::Swap) {
                let mut aside = object.clone();
                if let Some(last) = aside.id.path.last_mut() {
                    *last = set_aside_name(id);
                }
                return kind.drop(&aside, &context);
            }
            kind.drop(object, &context)
        }
    }
}

/// The name of a type while its columns move to the new one; at most 63 bytes.
fn set_aside_name(id: &ObjectId) -> String {
    let mut name = id.name().to_owned();
    while name.len() > 58 {
        name.pop();
    }
    name + "__old"
}

/// Parts of a node's statement by node.
type Parts = BTreeMap<Moment, Vec<ObjectId>>;

/// What to ask of the rows before a change runs, with the object that it is about.
#[must_use]
pub fn row_checks(from: &Schema, to: &Schema) -> Vec<(ObjectId, RowCheck)> {
    let context = Context { from, to, mode: Mode::Direct };
    let mut out = Vec::new();
    for change in diff::diff(from, to).changes {
        let (old, new) = (from.get(&change.id), to.get(&change.id));
        let checks = kinds::of(&change.id).row_checks(old, new, &context);
        out.extend(checks.into_iter().map(|check| (change.id.clone(), check)));
    }
    out
}
