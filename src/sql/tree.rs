//! What a statement is: the shape of PostgreSQL's statements as far as locks and hazards need it.

use std::fmt;

use super::{ident::quote_ident, lex::Span};

/// A name with its qualifiers, folded or unquoted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) parts: Vec<String>,
    pub(crate) span: Span,
}

impl Name {
    /// The last part.
    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// The part before the last.
    pub(crate) fn schema(&self) -> Option<&str> {
        self.parts.len().checked_sub(2).map(|at| self.parts[at].as_str())
    }
}

/// An expression as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expr {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A type as written, its name resolved to the one in `pg_type` where it is built in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TypeName {
    /// `None` for built-in types and for names without qualifier.
    pub(crate) schema: Option<String>,
    /// `int4`, `varchar`, `timestamptz`; `serial4` and its like stand for themselves.
    pub(crate) name: String,
    /// Modifiers: `["10", "2"]`; the fields of an interval are one of them.
    pub(crate) modifiers: Vec<String>,
    pub(crate) array: bool,
    pub(crate) span: Span,
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quote_ident(schema))?;
        }
        f.write_str(match self.name.as_str() {
            "int4" => "integer",
            "int8" => "bigint",
            "int2" => "smallint",
            "bool" => "boolean",
            "float8" => "double precision",
            "float4" => "real",
            "bpchar" => "char",
            other => other,
        })?;
        if !self.modifiers.is_empty() {
            write!(f, "({})", self.modifiers.join(","))?;
        }
        f.write_str(if self.array { "[]" } else { "" })
    }
}

/// A column of `CREATE TABLE` or `ADD COLUMN`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnDef {
    pub(crate) name: String,
    pub(crate) type_name: TypeName,
    pub(crate) collation: Option<Name>,
    pub(crate) default: Option<Expr>,
    pub(crate) not_null: bool,
    pub(crate) identity: bool,
    pub(crate) generated: Option<Generated>,
    /// Constraints written at the column: keys, checks, references.
    pub(crate) constraints: Vec<ConstraintDef>,
    pub(crate) span: Span,
}

/// `GENERATED ALWAYS AS (…)`.
#[derive(Clone, Debug)]
pub(crate) struct Generated {
    pub(crate) expression: Expr,
    /// `STORED`, `VIRTUAL`, or neither, which means virtual from 18 on and an error before.
    pub(crate) stored: Option<bool>,
}

/// A constraint of a table, column or domain.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConstraintDef {
    pub(crate) name: Option<String>,
    pub(crate) kind: ConstraintKind,
    pub(crate) not_valid: bool,
    pub(crate) not_enforced: bool,
    pub(crate) no_inherit: bool,
    pub(crate) deferrable: bool,
    pub(crate) span: Span,
}

/// The kinds of constraint.
#[derive(Clone, Debug)]
pub(crate) enum ConstraintKind {
    Check(Expr),
    NotNull(String),
    Unique(Key),
    PrimaryKey(Key),
    ForeignKey(ForeignKey),
    /// The elements of `EXCLUDE USING gist (…)`.
    Exclude(Expr),
}

impl Default for ConstraintKind {
    fn default() -> Self {
        Self::Check(Expr::default())
    }
}

/// A unique or primary key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Key {
    pub(crate) columns: Vec<String>,
    pub(crate) using_index: Option<Name>,
}

/// A foreign key.
#[derive(Clone, Debug, Default)]
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<String>,
    pub(crate) references: Name,
    pub(crate) referenced: Vec<String>,
}

/// Persistence of a new relation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Persistence {
    #[default]
    Permanent,
    Unlogged,
    Temporary,
}

/// `CREATE TABLE` with columns, `CREATE FOREIGN TABLE`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CreateTable {
    pub(crate) name: Name,
    pub(crate) foreign: bool,
    pub(crate) persistence: Persistence,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<ColumnDef>,
    pub(crate) constraints: Vec<ConstraintDef>,
    pub(crate) like: Vec<Like>,
    pub(crate) inherits: Vec<Name>,
    pub(crate) partition_of: Option<(Name, Bound)>,
    pub(crate) partition_by: Option<PartitionBy>,
    pub(crate) of_type: Option<Name>,
}

/// `LIKE table INCLUDING …`.
#[derive(Clone, Debug)]
pub(crate) struct Like {
    pub(crate) name: Name,
    /// What is included, in lower case: `all`, `indexes`, `constraints`, ….
    pub(crate) including: Vec<String>,
}

/// `PARTITION BY RANGE (…)`.
#[derive(Clone, Debug, Default)]
pub(crate) struct PartitionBy {
    /// `range`, `list`, `hash`.
    pub(crate) strategy: String,
    pub(crate) keys: Expr,
}

/// The bound of a partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bound {
    /// `range`, `list`, `hash`, `default`.
    pub(crate) strategy: String,
    pub(crate) text: Expr,
}

/// `CREATE TABLE … AS`, `SELECT … INTO`, `CREATE MATERIALIZED VIEW`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CreateTableAs {
    pub(crate) name: Name,
    pub(crate) materialized_view: bool,
    pub(crate) persistence: Persistence,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<String>,
    pub(crate) query: Query,
    pub(crate) no_data: bool,
}

/// What a query touches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    /// Relations that it reads.
    pub(crate) reads: Vec<Name>,
    /// Relations that parts of its `WITH` write.
    pub(crate) writes: Vec<Name>,
    /// Whether it locks rows: `FOR UPDATE`.
    pub(crate) row_locks: bool,
    /// Sequences that it names in `nextval('…')` and its like.
    pub(crate) sequences: Vec<Name>,
    /// Whether it reads from something, be it a function.
    pub(crate) from: bool,
    /// Whether nothing limits the rows that it reads: neither a condition nor a number.
    pub(crate) wide: bool,
    /// Names of its output columns, where each could be told.
    pub(crate) outputs: Option<Vec<String>>,
}

/// `CREATE INDEX`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CreateIndex {
    pub(crate) name: Option<Name>,
    pub(crate) table: Name,
    pub(crate) only: bool,
    pub(crate) unique: bool,
    pub(crate) concurrently: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) method: String,
    pub(crate) keys: Vec<IndexKey>,
    pub(crate) include: Vec<String>,
    pub(crate) predicate: Option<Expr>,
}

/// A key of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexKey {
    /// The column; or else `expression`.
    pub(crate) column: Option<String>,
    pub(crate) expression: Option<Expr>,
    pub(crate) collation: Option<String>,
    pub(crate) opclass: Option<String>,
}

/// The kinds of object that `ALTER`, `DROP`, `COMMENT` and `GRANT` name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ObjectKind {
    #[default]
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Index,
    Sequence,
    Column,
    Constraint,
    Type,
    Domain,
    Function,
    Procedure,
    Routine,
    Aggregate,
    Trigger,
    Rule,
    Policy,
    Schema,
    Database,
    Extension,
    Role,
    Tablespace,
    Statistics,
    EventTrigger,
    Publication,
    Subscription,
    Server,
    UserMapping,
    ForeignDataWrapper,
    Collation,
    Conversion,
    Operator,
    OperatorClass,
    OperatorFamily,
    TextSearch,
    Cast,
    Language,
    AccessMethod,
    Transform,
    LargeObject,
    System,
}

/// `ALTER TABLE` and its like for the other relations.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlterRelation {
    pub(crate) kind: ObjectKind,
    pub(crate) name: Name,
    pub(crate) only: bool,
    pub(crate) if_exists: bool,
    pub(crate) actions: Vec<Action>,
}

/// One action of `ALTER TABLE`.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) kind: ActionKind,
    pub(crate) span: Span,
}

/// The actions of `ALTER TABLE`, `ALTER INDEX`, `ALTER VIEW`, ….
#[derive(Clone, Debug)]
pub(crate) enum ActionKind {
    AddColumn {
        column: Box<ColumnDef>,
        if_not_exists: bool,
    },
    DropColumn {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    AlterType {
        column: String,
        type_name: TypeName,
        collation: Option<Name>,
        using: Option<Expr>,
    },
    SetDefault {
        column: String,
        expression: Expr,
    },
    DropDefault {
        column: String,
    },
    SetNotNull {
        column: String,
    },
    DropNotNull {
        column: String,
    },
    SetStatistics,
    SetColumnOptions,
    SetStorage,
    SetCompression,
    AddIdentity {
        column: String,
    },
    AlterIdentity {
        column: String,
    },
    DropIdentity {
        column: String,
    },
    SetExpression {
        column: String,
        expression: Expr,
    },
    DropExpression {
        column: String,
    },
    AddConstraint(Box<ConstraintDef>),
    AlterConstraint {
        name: String,
        enforced: Option<bool>,
    },
    ValidateConstraint {
        name: String,
    },
    DropConstraint {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    /// `ENABLE TRIGGER x`, `DISABLE TRIGGER ALL`, `ENABLE ALWAYS TRIGGER`.
    Trigger,
    /// The same for rules.
    Rule,
    RowSecurity {
        enable: Option<bool>,
        force: Option<bool>,
    },
    ClusterOn {
        index: String,
    },
    SetWithoutCluster,
    SetWithoutOids,
    SetLogged {
        logged: bool,
    },
    SetTablespace {
        name: String,
    },
    SetAccessMethod {
        name: String,
    },
    /// `SET (…)` and `RESET (…)`: the names of the parameters.
    Parameters {
        names: Vec<String>,
        disables_autovacuum: bool,
    },
    Inherit {
        parent: Name,
        on: bool,
    },
    OfType,
    OwnerTo,
    ReplicaIdentity {
        index: Option<String>,
    },
    AttachPartition {
        partition: Name,
        bound: Bound,
    },
    DetachPartition {
        partition: Name,
        mode: Detach,
    },
    /// `ALTER INDEX … ATTACH PARTITION`.
    AttachIndex {
        index: Name,
    },
    DependsOnExtension,
    ForeignOptions,
    RenameTo {
        name: String,
    },
    RenameColumn {
        from: String,
        to: String,
    },
    RenameConstraint {
        from: String,
        to: String,
    },
    SetSchema {
        name: String,
    },
    /// Options of a sequence: `AS`, `RESTART`, `OWNED BY`, …; the word that it starts with.
    Sequence {
        option: String,
        owner: Option<Name>,
    },
    /// Something that was not recognised.
    Unknown,
}

/// How a partition is detached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detach {
    Plain,
    Concurrently,
    Finalize,
}

/// `DROP`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drop {
    pub(crate) kind: ObjectKind,
    pub(crate) names: Vec<Name>,
    pub(crate) if_exists: bool,
    pub(crate) concurrently: bool,
    pub(crate) cascade: bool,
    /// The table of a trigger, rule or policy.
    pub(crate) on: Option<Name>,
}

/// Something that happens to an object that is no relation.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    RenameTo(String),
    SetSchema(String),
    OwnerTo,
    /// Anything else.
    Other,
}

/// `ALTER DOMAIN`.
#[derive(Clone, Debug)]
pub(crate) enum DomainChange {
    AddConstraint(Box<ConstraintDef>),
    ValidateConstraint,
    DropConstraint,
    RenameConstraint,
    SetNotNull,
    DropNotNull,
    Default,
    General(Change),
}

/// `ALTER TYPE`.
#[derive(Clone, Debug)]
pub(crate) enum TypeChange {
    AddValue {
        value: String,
        positioned: bool,
    },
    RenameValue {
        from: String,
        to: String,
    },
    /// Attributes of a composite type.
    Attributes,
    General(Change),
}

/// What `CREATE TYPE` makes.
#[derive(Clone, Debug, Default)]
pub(crate) enum TypeBody {
    Enum(Vec<String>),
    Composite,
    #[default]
    Other,
}

/// `CREATE FUNCTION`, `CREATE PROCEDURE`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CreateRoutine {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) language: String,
    pub(crate) volatility: Volatility,
    pub(crate) body: String,
}

/// What happens to the tables of a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicationVerb {
    Create,
    Add,
    Set,
    Drop,
}

/// Volatility of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Volatility {
    Immutable,
    Stable,
    #[default]
    Volatile,
}

/// `INSERT`, `UPDATE`, `DELETE`, `MERGE`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Write {
    pub(crate) verb: Verb,
    pub(crate) table: Name,
    /// Condition of `UPDATE` and `DELETE`.
    pub(crate) condition: Option<Expr>,
    /// `INSERT … SELECT`.
    pub(crate) from_query: bool,
    pub(crate) reads: Vec<Name>,
    /// Relations that parts of its `WITH` write.
    pub(crate) writes: Vec<Name>,
    pub(crate) row_locks: bool,
    /// Columns assigned by `UPDATE … SET`.
    pub(crate) assigned: Vec<String>,
}

/// What a data-changing statement does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verb {
    #[default]
    Insert,
    Update,
    Delete,
    Merge,
}

/// `GRANT`, `REVOKE`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grant {
    pub(crate) revoke: bool,
    pub(crate) all: bool,
    pub(crate) to_public: bool,
    pub(crate) with_grant_option: bool,
}

/// A statement, recognised.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// Transaction control; the piece says which.
    Control,
    Set {
        name: String,
        value: Option<String>,
        local: bool,
    },
    CreateTable(Box<CreateTable>),
    CreateTableAs(Box<CreateTableAs>),
    CreateView {
        name: Name,
        or_replace: bool,
        columns: Vec<String>,
        query: Query,
    },
    CreateIndex(Box<CreateIndex>),
    CreateSequence {
        name: Name,
        if_not_exists: bool,
        owned_by: Option<Name>,
    },
    CreateTrigger {
        name: String,
        table: Name,
        or_replace: bool,
    },
    CreateRule {
        table: Name,
        or_replace: bool,
    },
    CreatePolicy {
        table: Name,
        restrictive: bool,
    },
    AlterPolicy {
        table: Name,
        rename: bool,
    },
    /// `ALTER TRIGGER`, `ALTER RULE`.
    AlterAttached {
        table: Name,
        rename: bool,
    },
    CreateType {
        name: Name,
        body: TypeBody,
    },
    CreateDomain {
        name: Name,
        base: TypeName,
        not_null: bool,
        constrained: bool,
        default: Option<Expr>,
    },
    CreateRoutine(Box<CreateRoutine>),
    CreateSchema {
        name: Option<Name>,
        elements: Vec<Tree>,
    },
    CreateExtension {
        name: String,
    },
    CreateStatistics {
        name: Option<Name>,
        table: Option<Name>,
    },
    CreateOther {
        name: Option<Name>,
        or_replace: bool,
    },
    Publication {
        name: String,
        tables: Vec<Name>,
        verb: PublicationVerb,
    },
    AlterRelation(Box<AlterRelation>),
    /// `ALTER TABLE ALL IN TABLESPACE`.
    AlterAll {
        kind: ObjectKind,
    },
    AlterType {
        name: Name,
        change: TypeChange,
    },
    AlterDomain {
        name: Name,
        change: DomainChange,
    },
    AlterOther {
        kind: ObjectKind,
        name: Name,
        change: Change,
    },
    AlterDefaultPrivileges,
    Drop(Box<Drop>),
    DropOwned {
        reassign: bool,
    },
    Grant(Grant),
    /// `COMMENT ON`, `SECURITY LABEL ON`; for a column, trigger, policy or constraint the table.
    Comment {
        kind: ObjectKind,
        name: Name,
    },
    Reindex {
        kind: ObjectKind,
        name: Option<Name>,
        concurrently: bool,
    },
    Vacuum {
        full: bool,
        analyze: bool,
        tables: Vec<Name>,
    },
    Analyze {
        tables: Vec<Name>,
    },
    Cluster {
        table: Option<Name>,
    },
    Truncate {
        tables: Vec<Name>,
        only: bool,
        cascade: bool,
    },
    Lock {
        tables: Vec<Name>,
        only: bool,
        mode: String,
    },
    Refresh {
        name: Name,
        concurrently: bool,
        no_data: bool,
    },
    Copy {
        table: Option<Name>,
        from: bool,
        reads: Vec<Name>,
    },
    Select(Query),
    Write(Box<Write>),
    /// `DO`: the body, unless it is a placeholder.
    Do {
        body: String,
        /// Where the body starts, if it stands there as it is: in dollar quotes.
        at: Option<usize>,
    },
    Call,
    /// `EXECUTE` of a prepared statement.
    Execute,
    /// `EXPLAIN` and `PREPARE`: the statement inside, and whether it is run.
    Wrapped {
        inner: Box<Tree>,
        runs: bool,
    },
    /// Statements that touch no relation and change no schema: `SHOW`, `LISTEN`, `DISCARD`, ….
    Quiet,
    ImportForeignSchema,
    /// A statement that was not recognised.
    Unknown,
}
