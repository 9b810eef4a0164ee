//! A model brought up to date with a database, from what differs between the two.

use std::collections::BTreeMap;

use super::{Difference, diff, implied_renames};
use crate::{
    kinds::{self, Fate, Merged, News},
    model::Model,
    schema::{Draft, ObjectId, Schema},
};

/// Brings a model that asks for one schema up to date with another; what is the same stays as it
/// was written.
///
/// `strict` says of each file of the model whether it is in Prisma's language. Where all are, the
/// schema asked for should be completed with what the language cannot say. `comments` tell what new
/// blocks leave out.
#[must_use]
pub fn merge(
    (model, draft): (&Model, &Draft),
    asked: &Schema,
    there: &Schema,
    strict: &[bool],
    comments: bool,
) -> Merged {
    let fate = |difference: &Difference| match difference {
        Difference::Created => Fate::Created,
        Difference::Dropped => Fate::Dropped,
        Difference::Altered { .. } => Fate::Altered,
    };
    let changes: BTreeMap<ObjectId, Fate> =
        diff(asked, there).changes.into_iter().map(|c| (c.id, fate(&c.difference))).collect();
    let renames: BTreeMap<ObjectId, ObjectId> = implied_renames(asked, there).into_iter().collect();
    let news = News { asked, there, changes: &changes, renames: &renames, comments };
    kinds::merge(model, draft, &news, strict)
}
