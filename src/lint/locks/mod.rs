//! The lock advisor: which relations a statement locks, how, and what it does while it holds them.
//!
//! The modes are those of PostgreSQL 11 to 18 as `pg_locks` showed them; a test runs each statement
//! of its table on a live server and compares.

mod alter;
mod alter_type;
mod attach;
mod columns;
mod constraints;
mod create;
mod objects;

use crate::{
    lint::known::{Index, Known, Rel, Relation},
    sql::{
        LockMode,
        lex::Span,
        tree::{Name, Tree},
    },
};

/// Something a statement does to one relation.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    pub(crate) relation: Rel,
    pub(crate) mode: LockMode,
    /// What takes longer the more rows there are.
    pub(crate) work: Option<Work>,
    pub(crate) cause: Cause,
    pub(crate) span: Span,
    /// False where it depends on something that is not known.
    pub(crate) certain: bool,
}

/// Work whose duration grows with the relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// Every row is read.
    Scan,
    /// Every row is read and an index is built.
    IndexBuild,
    /// Files are copied as they are.
    Copy,
    /// Every row and index is written anew.
    Rewrite,
}

/// Why a statement does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Only the lock: constant work.
    Brief,
    /// `CREATE INDEX`.
    Index,
    /// `CREATE INDEX CONCURRENTLY` and its like, which stop nobody.
    Concurrent,
    Reindex,
    Check,
    ColumnCheck {
        column: String,
    },
    ForeignKey,
    ColumnForeignKey {
        column: String,
    },
    Unique,
    ColumnUnique {
        column: String,
    },
    PrimaryKey,
    PrimaryKeyUsingIndex {
        column: String,
    },
    Exclude,
    SetNotNull {
        column: String,
    },
    NotNullConstraint {
        column: String,
    },
    Validate {
        constraint: String,
    },
    Enforce {
        constraint: String,
    },
    VolatileDefault {
        column: String,
        function: String,
        known: bool,
    },
    Serial {
        column: String,
    },
    Identity {
        column: String,
    },
    Stored {
        column: String,
    },
    VirtualChecked {
        column: String,
    },
    DomainColumn {
        column: String,
        domain: String,
    },
    SetExpression {
        column: String,
    },
    Type {
        column: String,
        from: Option<String>,
        to: String,
    },
    TypeInUtc {
        column: String,
        from: String,
        to: String,
    },
    TypeIndex {
        column: String,
        index: String,
    },
    TypeCheck {
        column: String,
        constraint: String,
    },
    TypeForeignKey {
        column: String,
        constraint: String,
    },
    SetLogged {
        logged: bool,
    },
    SetTablespace,
    SetAccessMethod,
    VacuumFull,
    Cluster,
    Refresh,
    Attach,
    AttachDefault,
    AttachIndex,
    PartitionOfDefault,
    DomainConstraint {
        domain: String,
    },
    /// Rows read or written by the statement itself.
    Rows,
}

/// Collects the effects of one statement.
pub(super) struct Advisor<'k> {
    known: &'k Known,
    span: Span,
    effects: Vec<Effect>,
}

/// What a statement does to which relations, given what is known before it.
pub(crate) fn advise(known: &Known, tree: &Tree, span: &Span) -> Vec<Effect> {
    let mut advisor = Advisor { known, span: span.clone(), effects: Vec::new() };
    advisor.statement(tree);
    advisor.effects
}

impl Advisor<'_> {
    fn version(&self) -> u32 {
        self.known.version
    }

    fn relation(&self, rel: &Rel) -> Option<&Relation> {
        self.known.relation(rel)
    }

    fn resolve(&self, name: &Name) -> Rel {
        self.known.resolve(name)
    }

    /// Whether it is known that there is no such relation.
    fn missing(&self, rel: &Rel) -> bool {
        self.known.complete && self.relation(rel).is_none()
    }

    /// Whether everything about the relation is known.
    fn complete(&self, rel: &Rel) -> bool {
        self.relation(rel).is_some_and(|r| r.complete)
    }

    /// Takes a lock for constant work.
    fn lock(&mut self, relation: &Rel, mode: LockMode) {
        self.effect(relation, mode, None, Cause::Brief, true);
    }

    /// Does work under a lock.
    fn work(&mut self, relation: &Rel, mode: LockMode, work: Work, cause: Cause, certain: bool) {
        self.effect(relation, mode, Some(work), cause, certain);
    }

    fn effect(
        &mut self,
        relation: &Rel,
        mode: LockMode,
        work: Option<Work>,
        cause: Cause,
        certain: bool,
    ) {
        let span = self.span.clone();
        let relation = relation.clone();
        self.effects.push(Effect { relation, mode, work, cause, span, certain });
    }

    fn lock_all(&mut self, relations: &[Rel], mode: LockMode) {
        for relation in relations {
            self.lock(relation, mode);
        }
    }

    /// The relation and, unless `only`, its partitions and children.
    fn tree(&self, rel: &Rel, only: bool) -> Vec<Rel> {
        if only { vec![rel.clone()] } else { self.known.tree(rel) }
    }

    /// Those of the relations that hold rows: not partitioned tables.
    fn stored(&self, relations: &[Rel]) -> Vec<Rel> {
        let stores = |rel: &&Rel| self.relation(rel).is_none_or(Relation::has_storage);
        relations.iter().filter(stores).cloned().collect()
    }

    fn indexes(&self, table: &Rel) -> Vec<(Rel, Index)> {
        let found = self.known.indexes(table).into_iter();
        found.map(|(rel, index)| (rel.clone(), index.clone())).collect()
    }

    fn lock_indexes(&mut self, table: &Rel, mode: LockMode) {
        for (index, _) in self.indexes(table) {
            self.lock(&index, mode);
        }
    }

    fn sequences(&self, table: &Rel) -> Vec<Rel> {
        let columns = self.relation(table).map(|r| r.columns.as_slice()).unwrap_or_default();
        columns.iter().filter_map(|c| c.sequence.clone()).collect()
    }

    /// Writes a table anew, with its indexes.
    fn rewrite(&mut self, table: &Rel, cause: Cause, certain: bool) {
        self.work(table, LockMode::AccessExclusive, Work::Rewrite, cause, certain);
        self.lock_indexes(table, LockMode::AccessExclusive);
    }
}
