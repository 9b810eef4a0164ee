//! Default values of fields.

/// `@default(…)`
#[derive(Clone, Debug, PartialEq)]
pub enum DefaultValue {
    /// `autoincrement()`: a sequence.
    Autoincrement,
    /// `now()`: `CURRENT_TIMESTAMP`.
    Now,
    /// `dbgenerated("…")`: SQL as written; `dbgenerated()` says that the database has a default
    /// without saying which.
    DbGenerated(Option<String>),
    /// `uuid()`, `cuid()`, …: made by the client, no default in the database.
    Client(ClientFunction),
    /// One value.
    Literal(Literal),
    /// A list of values.
    List(Vec<Literal>),
}

/// A function that clients run for a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFunction {
    /// `uuid`, `cuid`, `nanoid`, `ulid`.
    pub name: String,
    /// Its argument: the version, or the length.
    pub argument: Option<u32>,
}

/// One value as a default.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text; also of JSON, dates and decimals, as written.
    Text(String),
    /// Digits as written.
    Number(String),
    /// `true`, `false`
    Boolean(bool),
    /// A value of an enum: its label in the database.
    EnumLabel(String),
    /// Bytes, written in base64.
    Bytes(Vec<u8>),
}
