//! What a kind of object has to know: the table of behaviour that generic code works with.

use std::collections::BTreeSet;

use crate::{
    schema::{Object, ObjectId, Schema},
    sql::Statement,
};

/// One kind of object.
pub trait Kind: Sync {
    /// Name in identities: `table`, `foreign_server`.
    fn name(&self) -> &'static str;

    /// Catalog queries. Each returns, per object, the columns
    /// `class oid, id oid, sub int4, kind text, path text[], parent_kind text, parent_path text[],
    /// position int4, facets jsonb`; `kind` and `parent_kind` may name another kind of the table.
    /// `{{15+ a | b}}` stands for `a` from server version 15 on and for `b` before.
    fn catalog(&self) -> &'static [&'static str];

    /// How `COMMENT ON`, `ALTER`, `DROP` and `GRANT` address it: `TABLE public.users`.
    fn address(&self, object: &Object) -> String;

    /// Statements that create it, without comment, owner and privileges.
    fn create(&self, object: &Object, context: &Context<'_>) -> Vec<Statement>;

    /// How to get from one state to another of the same identity; `changed` names the facets of
    /// the kind itself that differ, never the common ones.
    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        context: &Context<'_>,
    ) -> Alteration;

    /// Statements that drop it.
    fn drop(&self, object: &Object, context: &Context<'_>) -> Vec<Statement>;
}

/// What it takes to change an object.
#[derive(Debug)]
pub enum Alteration {
    /// Statements that change it where it stands.
    InPlace(Vec<Statement>),
    /// As above, but what depends on it has to be dropped before and created again after.
    Rebuild(Vec<Statement>),
    /// It has to be dropped and created again, and so has what depends on it.
    Replace,
}

/// The two states between which a plan moves.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The state before.
    pub from: &'a Schema,
    /// The state after.
    pub to: &'a Schema,
}

impl Context<'_> {
    /// The children of an object in the state after, by position.
    #[must_use]
    pub fn children<'s>(&'s self, of: &'s ObjectId, kind: &'s str) -> Vec<&'s Object> {
        let mut found: Vec<_> = self
            .to
            .of_kind_under(kind, &of.path)
            .filter(|o| o.parent.as_ref() == Some(of))
            .collect();
        found.sort_by_key(|o| o.position);
        found
    }
}
