//! What can be wrong with a migrations directory.

use std::path::PathBuf;

/// One thing that is wrong, with the path where it is.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The directory is not there.
    #[error("there is no migrations directory `{}`", path.display())]
    NoDirectory {
        /// Where it was expected.
        path: PathBuf,
    },
    /// A file that is not part of any migration.
    #[error("stray file `{}`: a migration is a folder that holds `migration.sql`", path.display())]
    StrayFile {
        /// The file.
        path: PathBuf,
    },
    /// A file inside a migration that looks as if it ought to run and never would.
    #[error("stray file `{}`: of a migration only `migration.sql` and `down.sql` are run", path.display())]
    StrayInside {
        /// The file.
        path: PathBuf,
    },
    /// A folder without the one file that makes it a migration.
    #[error("`{}` has no `migration.sql`", path.display())]
    NoScript {
        /// The folder.
        path: PathBuf,
    },
    /// A folder whose name cannot be kept in the ledger.
    #[error("`{}` is not a name for a migration: {reason}", path.display())]
    Name {
        /// The folder.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// A header that cannot be read.
    #[error("cannot read the header `{}`: {reason}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        reason: String,
    },
    /// A file with the marks of an unfinished merge.
    #[error("`{}`, line {line}, holds the mark of a merge conflict", path.display())]
    Conflict {
        /// The file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
    },
    /// A file that is not text.
    #[error("`{}` is not UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// `migration_lock.toml` names another database system.
    #[error("`{}` says that the migrations are for `{provider}`, not PostgreSQL", path.display())]
    Provider {
        /// The file.
        path: PathBuf,
        /// What it names.
        provider: String,
    },
    /// A file could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Problem {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "P0016",
            _ => "P0017",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoDirectory { .. } => {
                "run `driftless init`, or name it with `--migrations`".to_owned()
            }
            Self::StrayFile { .. } | Self::StrayInside { .. } => {
                "move it elsewhere, or delete it".to_owned()
            }
            Self::NoScript { path } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                format!("restore the file, or remove the folder `{name}` that a checkout left")
            }
            Self::Conflict { .. } => "resolve the conflict as git shows it".to_owned(),
            _ => return None,
        })
    }
}
