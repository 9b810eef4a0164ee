//! What a kind of object has to know: the table of behaviour that generic code works with.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{common, rows::RowCheck};
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

    /// How `GRANT … ON` names it, where that is not its address.
    fn grant_target(&self, object: &Object) -> String {
        self.address(object)
    }

    /// Statements that create it together with `parts`, without comments, owners and privileges.
    fn create(&self, object: &Object, parts: &[&Object], context: &Context<'_>) -> Vec<Statement>;

    /// Statements that create it in a relation that is in use and give the rows that are there
    /// the value of an expression; `None` where it has no values in rows.
    fn create_filled(
        &self,
        _object: &Object,
        _expression: &str,
        _context: &Context<'_>,
    ) -> Option<Vec<Statement>> {
        None
    }

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
    fn drop(&self, object: &Object, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    /// Whether `CREATE` and `DROP` of its parent bring and take it along.
    fn inline(&self, _object: &Object, _state: &Schema) -> Inline {
        Inline::Never
    }

    /// Facets that are derived from others and never compared.
    fn derived(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether it has to be dropped and created again when what it depends on is altered by
    /// [`Alteration::Rebuild`]: PostgreSQL refuses to retype a column under a view, yet rebuilds
    /// its indexes by itself.
    fn blocks_rebuild(&self, _object: &Object) -> bool {
        false
    }

    /// Its privileges, if it has any.
    fn privileges(&self) -> Option<Privileges> {
        None
    }

    /// Names in the namespace of relations (`pg_class.relname`) that it takes besides its own.
    fn relation_names(&self, _object: &Object) -> Vec<Vec<String>> {
        Vec::new()
    }

    /// Objects whose creation or drop brings or takes this one along, in the state that has it:
    /// the column of the parent table behind an inherited one.
    fn implied_by(&self, _object: &Object, _state: &Schema) -> Vec<ObjectId> {
        Vec::new()
    }

    /// The object whose drop, while this one stays, frees it from what would take it along: the
    /// attachment of a partition for that partition's indexes.
    fn freed_by(&self, _object: &Object, _state: &Schema) -> Option<ObjectId> {
        None
    }

    /// Order that does not follow from dependencies, for an object that is created, altered or
    /// dropped; a moment that does not come about is ignored.
    fn order(&self, _object: &Object, _context: &Context<'_>) -> Vec<Order> {
        Vec::new()
    }

    /// Whether it changes what later creations give, as default privileges do.
    fn acts_on_creations(&self) -> bool {
        false
    }

    /// Session settings that its statements need, as `name = value`.
    fn settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// For a type: how to put it aside under another name while its columns move to its successor.
    fn set_aside(&self, _object: &Object, _name: &str) -> Vec<Statement> {
        Vec::new()
    }

    /// What a change means for the rows that are there: an object created (`from` absent), dropped
    /// (`to` absent) or altered.
    fn row_checks(
        &self,
        _from: Option<&Object>,
        _to: Option<&Object>,
        _context: &Context<'_>,
    ) -> Vec<RowCheck> {
        Vec::new()
    }

    /// Statements that give it the name, and the namespace, of another identity; none if it has no
    /// name of its own.
    fn rename(&self, object: &Object, to: &ObjectId) -> Vec<Statement> {
        common::rename(&self.address(object), &object.id, to)
    }

    /// Whether only its name says which one it is, so that an equal one under another name is
    /// taken for the same: nobody asks for an index by name.
    fn renamed_freely(&self) -> bool {
        false
    }

    /// Whether it holds rows, so that it outlives a change of what one of its parts refers to.
    fn holds_rows(&self) -> bool {
        false
    }

    /// How the model writes it.
    fn syntax(&self) -> Syntax {
        Syntax::Block(&[Part::Schema, Part::Name])
    }

    /// Facets that the model does not write, since what it writes implies them.
    fn unwritten(&self) -> &'static [&'static str] {
        self.derived()
    }

    /// Says what is wrong with a facet that a person wrote.
    ///
    /// # Errors
    /// [`Misfit`] when the kind has no such facet, or the value is not one of its values.
    fn check(&self, _name: &str, _value: &Value) -> Result<(), Misfit> {
        Ok(())
    }

    /// The roles that its own facets name, besides owner and grantees.
    fn roles(&self, _object: &Object) -> Vec<String> {
        Vec::new()
    }

    /// For a column: how it moves to the successor of its type.
    fn retype(&self, _from: &Object, _to: &Object, _context: &Context<'_>) -> Vec<Statement> {
        Vec::new()
    }
}

/// When something happens to an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// It is dropped.
    Drop(ObjectId),
    /// It is changed where it stands.
    Alter(ObjectId),
    /// It is created.
    Create(ObjectId),
}

impl Moment {
    /// The object.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Drop(id) | Self::Alter(id) | Self::Create(id) => id,
        }
    }
}

/// One moment before another.
pub type Order = (Moment, Moment);

/// Whether an object can be part of its parent's `CREATE` statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Created by a statement of its own.
    Never,
    /// Part of it wherever its dependencies allow.
    May,
    /// Always part of it.
    Must,
}

/// Privileges of a kind (manual, "Privileges", table 5.2).
#[derive(Clone, Copy, Debug)]
pub struct Privileges {
    /// All that can be granted.
    pub all: &'static [&'static str],
    /// What PUBLIC has by default.
    pub public: &'static [&'static str],
    /// `pg_default_acl.defaclobjtype`, if `ALTER DEFAULT PRIVILEGES` knows the kind.
    pub default_type: Option<char>,
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
    /// A type whose columns keep their rows: put aside, created anew, columns moved, old dropped.
    Swap,
}

/// The two states between which a plan moves, and how.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The state before.
    pub from: &'a Schema,
    /// The state after.
    pub to: &'a Schema,
    /// How to treat what is in use.
    pub mode: Mode,
}

/// How a plan treats relations that are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The short form: one statement a change, whatever it locks.
    Direct,
    /// The long form for a relation that is there already: indexes are built concurrently,
    /// constraints are added without looking at the rows and validated after.
    Online,
}

impl Context<'_> {
    /// `server_version_num` of the server that the plan is for.
    #[must_use]
    pub fn server_version(&self) -> u32 {
        self.from.server_version.max(self.to.server_version)
    }

    /// Whether a relation is there already and may be in use while the plan runs.
    #[must_use]
    pub fn in_use(&self, relation: Option<&ObjectId>) -> bool {
        self.mode == Mode::Online
            && relation.is_some_and(|id| self.from.get(id).is_some() && self.to.get(id).is_some())
    }

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

/// How the model writes objects of a kind.
#[derive(Clone, Copy, Debug)]
pub enum Syntax {
    /// `keyword name { facet = value }`, the keyword being the name of the kind; the parts make up
    /// the identity, in order.
    Block(&'static [Part]),
    /// An entry of the block of its parent.
    Entry(Entry),
    /// Blocks of the model language that have a form of their own: `model`, `enum`.
    Model,
}

/// A part of an identity as a block writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `@@schema("…")`, by default `public`.
    Schema,
    /// `@@map("…")`, by default the name of the block.
    Name,
    /// `on = "schema.relation"`: two parts, and the parent.
    On,
    /// The argument types of a routine, derived from the facet of that name.
    Arguments(&'static str),
    /// `key = "…"`
    Key(&'static str),
}

/// How an entry of a block writes objects that are part of another one.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Key of the only one, which has the name of its parent: `default: { … }`.
    pub one: &'static str,
    /// Key of a list: `columns = [{ name: "…", … }]`.
    pub many: &'static str,
    /// The facet that stands for all of the only one: `default: "now()"`.
    pub value: Option<&'static str>,
    /// Whether its name stands beside that of its parent in the namespace, as those of indexes do.
    pub sibling: bool,
}

/// Why a facet does not fit its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// There is no such facet; these are there.
    Unknown(Vec<String>),
    /// The value is of the wrong type: what was expected.
    Type(String),
}
