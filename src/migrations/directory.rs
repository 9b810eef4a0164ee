//! Reading the migrations directory.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{Checksum, Header, Problem, checksum_of};

/// One migration as it lies on the disk.
#[derive(Clone, Debug)]
pub struct Migration {
    /// The name of its folder: what the ledger records.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// The text of `migration.sql`.
    pub up: String,
    /// The text of `down.sql`, where there is a way back.
    pub down: Option<String>,
    /// What `migration.toml` says; `None` in Prisma's layout.
    pub header: Option<Header>,
}

impl Migration {
    /// SHA-256 of `migration.sql`.
    #[must_use]
    pub fn up_sha256(&self) -> Checksum {
        checksum_of(&self.up)
    }

    /// SHA-256 of `down.sql`.
    #[must_use]
    pub fn down_sha256(&self) -> Option<Checksum> {
        self.down.as_deref().map(checksum_of)
    }

    /// Whether one of its files differs from what was proved when the header was written.
    #[must_use]
    pub fn edited_since_proof(&self) -> bool {
        let differs = |recorded: &Option<Checksum>, text: Option<&str>| matches!((recorded, text), (Some(sum), Some(text)) if !sum.fits(text));
        self.header.as_ref().is_some_and(|header| {
            differs(&header.up_sha256, Some(&self.up))
                || differs(&header.down_sha256, self.down.as_deref())
        })
    }
}

/// All migrations of one directory.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Where it is.
    pub path: PathBuf,
    /// The migrations by name, which is the order in which Prisma applies them.
    pub migrations: BTreeMap<String, Migration>,
}

/// Reads a directory and reports everything that is wrong with it at once.
///
/// # Errors
/// With at least one problem.
pub fn read_directory(path: &Path) -> Result<Directory, Vec<Problem>> {
    let mut directory = Directory { path: path.to_owned(), migrations: BTreeMap::new() };
    let mut problems = Vec::new();
    if !path.is_dir() {
        return Err(vec![Problem::NoDirectory { path: path.to_owned() }]);
    }
    for entry in sorted_entries(path).map_err(|problem| vec![problem])? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let result = if entry.is_dir() {
            if name.starts_with('.') {
                continue;
            }
            read_migration(&entry, &name).map(|migration| {
                directory.migrations.insert(name, migration);
            })
        } else {
            check_file(&entry, &name).map_err(|problem| vec![problem])
        };
        if let Err(found) = result {
            problems.extend(found);
        }
    }
    if problems.is_empty() { Ok(directory) } else { Err(problems) }
}

fn sorted_entries(path: &Path) -> Result<Vec<PathBuf>, Problem> {
    let wrap = |source| Problem::Io { path: path.to_owned(), source };
    let mut entries = fs::read_dir(path)
        .map_err(wrap)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(wrap)?;
    entries.sort();
    Ok(entries)
}

/// A file beside the migrations: Prisma's lock file, a document, or a stray.
fn check_file(path: &Path, name: &str) -> Result<(), Problem> {
    if name == "migration_lock.toml" {
        let text = read_text(path)?;
        let provider = toml::from_str::<toml::Table>(&text)
            .ok()
            .and_then(|table| table.get("provider")?.as_str().map(str::to_owned));
        return match provider {
            Some(provider) if !["postgresql", "postgres", "cockroachdb"].contains(&&*provider) => {
                Err(Problem::Provider { path: path.to_owned(), provider })
            }
            _ => Ok(()),
        };
    }
    let extension = path.extension().unwrap_or_default();
    if name.starts_with('.') || extension == "md" {
        return Ok(());
    }
    Err(Problem::StrayFile { path: path.to_owned() })
}

fn read_migration(path: &Path, name: &str) -> Result<Migration, Vec<Problem>> {
    let mut problems = Vec::new();
    if let Err(problem) = check_name(path, name) {
        problems.push(problem);
    }
    let mut migration = Migration {
        name: name.to_owned(),
        path: path.to_owned(),
        up: String::new(),
        down: None,
        header: None,
    };
    let mut has_script = false;
    for file in sorted_entries(path).map_err(|problem| vec![problem])? {
        let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let result = match file_name.as_str() {
            "migration.sql" => {
                has_script = true;
                read_text(&file).map(|text| migration.up = text)
            }
            "down.sql" => read_text(&file).map(|text| migration.down = Some(text)),
            "migration.toml" => read_header(&file).map(|header| migration.header = Some(header)),
            _ if looks_run(&file_name) => Err(Problem::StrayInside { path: file }),
            _ => Ok(()),
        };
        if let Err(problem) = result {
            problems.push(problem);
        }
    }
    if !has_script {
        problems.push(Problem::NoScript { path: path.to_owned() });
    }
    if problems.is_empty() { Ok(migration) } else { Err(problems) }
}

/// Whether a file would be expected to run: another script, or what a merge left.
fn looks_run(name: &str) -> bool {
    [".sql", ".orig", ".rej"].iter().any(|end| name.ends_with(end)) && !name.starts_with('.')
}

fn check_name(path: &Path, name: &str) -> Result<(), Problem> {
    let reason = if name.chars().any(char::is_control) {
        "it holds a control character"
    } else if name.contains(char::REPLACEMENT_CHARACTER) {
        "it is not UTF-8"
    } else {
        return Ok(());
    };
    Err(Problem::Name { path: path.to_owned(), reason })
}

fn read_header(path: &Path) -> Result<Header, Problem> {
    let text = read_text(path)?;
    Header::parse(&text).map_err(|reason| Problem::Header { path: path.to_owned(), reason })
}

fn read_text(path: &Path) -> Result<String, Problem> {
    let bytes = fs::read(path).map_err(|source| Problem::Io { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| Problem::NotText { path: path.to_owned() })?;
    let marked = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    match text.lines().position(marked) {
        Some(at) => Err(Problem::Conflict { path: path.to_owned(), line: at + 1 }),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn prismas_layout_is_a_directory() {
        let dir = tree(&[
            ("migration_lock.toml", "provider = \"postgresql\""),
            ("20240101000000_init/migration.sql", "SELECT 1;"),
            ("0_base/migration.sql", "SELECT 0;"),
            ("README.md", "words"),
            (".keep", ""),
        ]);
        let read = read_directory(dir.path()).unwrap();
        let names: Vec<_> = read.migrations.keys().map(String::as_str).collect();
        assert_eq!(names, ["0_base", "20240101000000_init"]);
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let dir = tree(&[
            ("notes.sql", "SELECT 1;"),
            ("1_a/migration.sql", "<<<<<<< ours\n"),
            ("2_b/down.sql", ""),
            ("3_c/migration.sql", ""),
            ("3_c/migration.sql.orig", ""),
            ("4_d/migration.sql", ""),
            ("4_d/migration.toml", "parents = 1"),
            ("5\te/migration.sql", ""),
        ]);
        let problems = read_directory(dir.path()).unwrap_err();
        let codes: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 6, "{codes:#?}");
        assert!(codes[0].contains("line 1"), "{codes:#?}");
    }
}
