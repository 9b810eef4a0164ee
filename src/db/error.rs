//! What can go wrong with a database, each with its code and what to do about it.

use std::path::PathBuf;

use tokio_postgres::error::{DbError, SqlState};

/// A failure of a connection, a statement, or the scratch server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A connection string that cannot be read.
    #[error("invalid connection URL `{url}`: {reason}")]
    Url {
        /// The text, without its password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A service that no service file defines.
    #[error("no service file defines the service `{name}`")]
    Service {
        /// Its name.
        name: String,
    },
    /// Nobody answered.
    #[error("cannot reach the server of `{target}`: {reason}")]
    Unreachable {
        /// Where, without the password.
        target: String,
        /// What the operating system said, host by host.
        reason: String,
    },
    /// The server refused the login.
    #[error("the server of `{target}` refused the login: {reason}")]
    Authentication {
        /// Where, without the password.
        target: String,
        /// What it said.
        reason: String,
    },
    /// The database named does not exist.
    #[error("the server of `{target}` has no database `{database}`")]
    NoDatabase {
        /// Where, without the password.
        target: String,
        /// Its name.
        database: String,
    },
    /// TLS could not be agreed upon.
    #[error("no TLS connection to `{target}`: {reason}")]
    Tls {
        /// Where, without the password.
        target: String,
        /// What failed.
        reason: String,
    },
    /// The server is older than what driftless reads.
    #[error("`{target}` runs PostgreSQL {found}, expected {oldest} or later")]
    TooOld {
        /// Where, without the password.
        target: String,
        /// Its version as it names it.
        found: String,
        /// The oldest major version that works.
        oldest: u32,
    },
    /// The server is there but takes no connection now.
    #[error("the server of `{target}` takes no connection now: {reason}")]
    Unavailable {
        /// Where, without the password.
        target: String,
        /// What it said.
        reason: String,
    },
    /// No server has the role that `target_session_attrs` asks for, or a standby was to be written.
    #[error("`{target}` is read-only: {reason}")]
    ReadOnly {
        /// Where, without the password.
        target: String,
        /// How that was noticed.
        reason: String,
    },
    /// A statement failed.
    #[error("{doing}: {message}")]
    Statement {
        /// What was being done.
        doing: String,
        /// The server's message with detail and hint.
        message: String,
        /// SQLSTATE.
        sqlstate: String,
        /// 1-based character position in the statement.
        position: Option<u32>,
    },
    /// The connection broke.
    #[error("{doing}: the connection was lost: {reason}")]
    Lost {
        /// What was being done.
        doing: String,
        /// What the operating system said.
        reason: String,
    },
    /// The role may not create the temporary databases that the server was named for.
    #[error("role `{role}` may not create databases on the server of `{target}`")]
    NoCreateDatabase {
        /// Where, without the password.
        target: String,
        /// The role.
        role: String,
    },
    /// The machine has no PostgreSQL programs for a private server.
    #[error(
        "no PostgreSQL server programs found for a private scratch server (looked in {searched})"
    )]
    NoBinaries {
        /// The directories that were looked at.
        searched: String,
    },
    /// The private server did not start.
    #[error("the private scratch server did not start: {reason}")]
    Server {
        /// Last lines of its log.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    Io {
        /// The verb.
        doing: &'static str,
        /// What file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    /// Wraps the failure of a statement.
    #[must_use]
    pub fn statement(doing: impl Into<String>, error: &tokio_postgres::Error) -> Self {
        let doing = doing.into();
        match error.as_db_error() {
            Some(db) => Self::Statement {
                doing,
                message: describe(db),
                sqlstate: db.code().code().to_owned(),
                position: match db.position() {
                    Some(tokio_postgres::error::ErrorPosition::Original(at)) => Some(*at),
                    _ => None,
                },
            },
            None => Self::Lost { doing, reason: chain(error) },
        }
    }

    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } | Self::Service { .. } => "P0001",
            Self::Unreachable { .. } => "P0002",
            Self::Authentication { .. } => "P0003",
            Self::NoDatabase { .. } => "P0004",
            Self::Tls { .. } => "P0005",
            Self::TooOld { .. } => "P0006",
            Self::Statement { .. } if self.is(&SqlState::INSUFFICIENT_PRIVILEGE) => "P0007",
            Self::Statement { .. } if self.is(&SqlState::READ_ONLY_SQL_TRANSACTION) => "P0008",
            Self::ReadOnly { .. } => "P0008",
            Self::Unavailable { .. } => "P0009",
            Self::Lost { .. } => "P0010",
            Self::NoBinaries { .. } => "P0011",
            Self::Server { .. } => "P0013",
            Self::NoCreateDatabase { .. } => "P0014",
            Self::Io { .. } => "P0016",
            Self::Statement { .. } => "P0015",
        }
    }

    /// What the reader can do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Url { .. } => "a URL reads `postgres://user@host:5432/database`".to_owned(),
            Self::Service { .. } => "check `PGSERVICE` and `~/.pg_service.conf`".to_owned(),
            Self::Unreachable { .. } => {
                "check that the server runs, and the host and port of the URL".to_owned()
            }
            Self::Authentication { .. } => {
                "give the password in the URL, `PGPASSWORD` or `~/.pgpass`".to_owned()
            }
            Self::NoDatabase { database, .. } => format!("create it with `createdb {database}`"),
            Self::Tls { .. } => "check `sslmode` and `sslrootcert`".to_owned(),
            Self::NoBinaries { .. } => "install the PostgreSQL server package, name its directory \
                 with `--pg-bindir`, or name a server with `--scratch-url`"
                .to_owned(),
            Self::NoCreateDatabase { role, .. } => {
                format!("`ALTER ROLE {role} CREATEDB`, or name another server")
            }
            Self::ReadOnly { .. } => "connect to the primary server".to_owned(),
            Self::Statement { .. } if self.is(&SqlState::READ_ONLY_SQL_TRANSACTION) => {
                "connect to the primary server, as a role that may write".to_owned()
            }
            Self::Statement { .. } if self.is(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                "connect as a role that has this privilege".to_owned()
            }
            _ => return None,
        })
    }

    /// The first line of what the server said about a statement.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Statement { message, .. } => message.lines().next().unwrap_or_default(),
            _ => "",
        }
    }

    /// Whether a statement failed with that SQLSTATE.
    #[must_use]
    pub fn is(&self, state: &SqlState) -> bool {
        matches!(self, Self::Statement { sqlstate, .. } if sqlstate == state.code())
    }
}

/// The server's message with detail, hint and context on lines of their own.
#[must_use]
pub fn describe(db: &DbError) -> String {
    let mut text = db.message().to_owned();
    for (label, part) in [("detail", db.detail()), ("hint", db.hint()), ("context", db.where_())] {
        if let Some(part) = part {
            text.push_str(&format!("\n  {label}: {}", part.replace('\n', "\n    ")));
        }
    }
    text
}

/// An error and its causes in one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
