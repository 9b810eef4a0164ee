//! Finding the machine's PostgreSQL server programs.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use crate::db::ServerVersion;

/// One directory that holds `initdb` and `postgres`.
#[derive(Clone, Debug)]
pub(super) struct Installation {
    pub(super) bindir: PathBuf,
    pub(super) version: ServerVersion,
}

/// Directories in which distributions keep the programs; `*` stands for any text.
const USUAL: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/lib/postgresql*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
];

/// The installations found, the wanted major version first, then the newest, and where was looked.
///
/// A directory that the user named is the only one looked at.
pub(super) fn find_installations(
    named: Option<&Path>,
    wanted_major: Option<u32>,
) -> (Vec<Installation>, Vec<PathBuf>) {
    let directories = match named {
        Some(directory) => vec![directory.to_owned()],
        None => search_directories(),
    };
    let mut seen = BTreeSet::new();
    let mut found: Vec<_> = directories
        .iter()
        .filter_map(|directory| installation(directory))
        .filter(|installation| seen.insert(installation.bindir.clone()))
        .collect();
    found.sort_by_key(|installation| {
        let fits = wanted_major == Some(installation.version.major());
        (!fits, std::cmp::Reverse(installation.version.number))
    });
    (found, directories)
}

fn search_directories() -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    directories.retain(|directory| directory.join("postgres").exists());
    directories.extend(asked_of_pg_config());
    for pattern in USUAL {
        directories.extend(expand(pattern));
    }
    directories
}

fn asked_of_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(text.trim()))
}

/// Expands the one `*` of a pattern.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (directory, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .map(|name| PathBuf::from(format!("{directory}/{name}{after}")))
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn installation(directory: &Path) -> Option<Installation> {
    let postgres = std::fs::canonicalize(directory.join("postgres")).ok()?;
    let bindir = postgres.parent()?.to_owned();
    if !bindir.join("initdb").exists() {
        return None;
    }
    let output = Command::new(&postgres).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = ServerVersion::parse(text.trim().strip_prefix("postgres (PostgreSQL) ")?);
    (version.major() >= crate::db::OLDEST_MAJOR).then_some(Installation { bindir, version })
}
