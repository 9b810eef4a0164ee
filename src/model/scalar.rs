//! Built-in types and the native types that they may be stored as.

/// A built-in type of the model language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// `INTEGER`
    Int,
    /// `BIGINT`
    BigInt,
    /// `DOUBLE PRECISION`
    Float,
    /// `DECIMAL(65,30)`
    Decimal,
    /// `BOOLEAN`
    Boolean,
    /// `TEXT`
    String,
    /// `TIMESTAMP(3)`
    DateTime,
    /// `JSONB`
    Json,
    /// `BYTEA`
    Bytes,
}

impl Scalar {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Int,
        Self::BigInt,
        Self::Float,
        Self::Decimal,
        Self::Boolean,
        Self::String,
        Self::DateTime,
        Self::Json,
        Self::Bytes,
    ];

    /// As the model spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "Int",
            Self::BigInt => "BigInt",
            Self::Float => "Float",
            Self::Decimal => "Decimal",
            Self::Boolean => "Boolean",
            Self::String => "String",
            Self::DateTime => "DateTime",
            Self::Json => "Json",
            Self::Bytes => "Bytes",
        }
    }

    /// The SQL type where no native type is written.
    #[must_use]
    pub fn default_sql(self) -> &'static str {
        match self {
            Self::Int => "integer",
            Self::BigInt => "bigint",
            Self::Float => "double precision",
            Self::Decimal => "decimal(65,30)",
            Self::Boolean => "boolean",
            Self::String => "text",
            Self::DateTime => "timestamp(3)",
            Self::Json => "jsonb",
            Self::Bytes => "bytea",
        }
    }

    /// Reads the model's spelling.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// A native type with its arguments: `@db.VarChar(10)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeType {
    /// As the model spells it.
    pub name: &'static str,
    /// Its arguments.
    pub args: Vec<u32>,
}

/// What is known about a native type.
#[derive(Debug)]
pub(super) struct NativeInfo {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    pub(super) scalar: Scalar,
    /// How many arguments it may have; all are optional.
    pub(super) max_args: usize,
}

const fn native(
    name: &'static str,
    sql: &'static str,
    scalar: Scalar,
    max_args: usize,
) -> NativeInfo {
    NativeInfo { name, sql, scalar, max_args }
}

/// The native types of PostgreSQL that Prisma knows.
pub(super) const NATIVE_TYPES: &[NativeInfo] = &[
    native("SmallInt", "smallint", Scalar::Int, 0),
    native("Integer", "integer", Scalar::Int, 0),
    native("BigInt", "bigint", Scalar::BigInt, 0),
    native("Decimal", "decimal", Scalar::Decimal, 2),
    native("Money", "money", Scalar::Decimal, 0),
    native("Inet", "inet", Scalar::String, 0),
    native("Oid", "oid", Scalar::Int, 0),
    native("Citext", "citext", Scalar::String, 0),
    native("Real", "real", Scalar::Float, 0),
    native("DoublePrecision", "double precision", Scalar::Float, 0),
    native("VarChar", "varchar", Scalar::String, 1),
    native("Char", "char", Scalar::String, 1),
    native("Text", "text", Scalar::String, 0),
    native("ByteA", "bytea", Scalar::Bytes, 0),
    native("Timestamp", "timestamp", Scalar::DateTime, 1),
    native("Timestamptz", "timestamptz", Scalar::DateTime, 1),
    native("Date", "date", Scalar::DateTime, 0),
    native("Time", "time", Scalar::DateTime, 1),
    native("Timetz", "timetz", Scalar::DateTime, 1),
    native("Boolean", "boolean", Scalar::Boolean, 0),
    native("Bit", "bit", Scalar::String, 1),
    native("VarBit", "varbit", Scalar::String, 1),
    native("Uuid", "uuid", Scalar::String, 0),
    native("Xml", "xml", Scalar::String, 0),
    native("Json", "json", Scalar::Json, 0),
    native("JsonB", "jsonb", Scalar::Json, 0),
];

impl NativeType {
    /// As SQL spells it, with its arguments.
    #[must_use]
    pub fn sql(&self) -> String {
        let sql = NATIVE_TYPES.iter().find(|t| t.name == self.name).map_or("", |t| t.sql);
        if self.args.is_empty() {
            return sql.to_owned();
        }
        let args: Vec<_> = self.args.iter().map(u32::to_string).collect();
        format!("{sql}({})", args.join(","))
    }
}
