//! Writing a migration so that it is there whole or not at all.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{Header, checksum_of, render_header};

/// What a new migration holds.
#[derive(Clone, Debug, Default)]
pub struct NewMigration {
    /// The name of the folder.
    pub name: String,
    /// The text of `migration.sql`.
    pub up: String,
    /// The text of `down.sql`.
    pub down: Option<String>,
    /// The header; its checksums are filled in where `proved`.
    pub header: Header,
    /// Whether the scripts were proved, so that later edits are noticed.
    pub proved: bool,
}

/// Writes a migration into the directory and returns its folder.
///
/// The folder is filled under another name and then renamed, so a crash leaves no half of it.
///
/// # Errors
/// When a file cannot be written or the folder is there already.
pub fn write_migration(directory: &Path, new: &NewMigration) -> std::io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    let path = directory.join(&new.name);
    if path.exists() {
        return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "it exists already"));
    }
    let mut header = new.header.clone();
    if new.proved {
        header.up_sha256 = Some(checksum_of(&new.up));
        header.down_sha256 = new.down.as_deref().map(checksum_of);
    }
    let partial = tempfile::Builder::new().prefix(".partial-").tempdir_in(directory)?;
    write_file(&partial.path().join("migration.sql"), &new.up)?;
    if let Some(down) = &new.down {
        write_file(&partial.path().join("down.sql"), down)?;
    }
    write_file(&partial.path().join("migration.toml"), &render_header(&header))?;
    let partial = partial.keep();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Temporary directories are for their owner alone; this one is not.
        fs::set_permissions(&partial, fs::Permissions::from_mode(0o755))?;
    }
    fs::rename(&partial, &path).inspect_err(|_| {
        let _ = fs::remove_dir_all(&partial);
    })?;
    Ok(path)
}

/// Replaces a file by a text so that a crash leaves the one or the other.
///
/// # Errors
/// When it cannot be written.
pub fn rename_into_place(path: &Path, text: &str) -> std::io::Result<()> {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".partial-").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn write_file(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The time now as folder names start with it: UTC, `yyyymmddhhmmss`.
#[must_use]
pub fn timestamp_now() -> String {
    jiff::Timestamp::now().strftime("%Y%m%d%H%M%S").to_string()
}

/// The part of a folder's name that people choose: lower case, words joined by `_`.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        if character.is_alphanumeric() {
            slug.extend(character.to_lowercase());
        } else if !slug.ends_with('_') && !slug.is_empty() {
            slug.push('_');
        }
    }
    // File systems allow 255 bytes; the time and an underscore take 15.
    let mut end = slug.len().min(200);
    while !slug.is_char_boundary(end) {
        end -= 1;
    }
    slug[..end].trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::read_directory;

    #[test]
    fn a_written_migration_reads_back_and_notices_edits() {
        let dir = tempfile::tempdir().unwrap();
        let new = NewMigration {
            name: "1_a".to_owned(),
            up: "SELECT 1;\n".to_owned(),
            down: Some("SELECT 2;\n".to_owned()),
            proved: true,
            ..NewMigration::default()
        };
        let path = write_migration(dir.path(), &new).unwrap();
        assert!(write_migration(dir.path(), &new).is_err());
        let read = read_directory(dir.path()).unwrap();
        assert!(!read.migrations["1_a"].edited_since_proof());
        rename_into_place(&path.join("down.sql"), "SELECT 3;\n").unwrap();
        let read = read_directory(dir.path()).unwrap();
        assert!(read.migrations["1_a"].edited_since_proof());
    }

    #[test]
    fn slugs_are_file_names() {
        assert_eq!(slug("Add  User's e-mail!"), "add_user_s_e_mail");
        assert_eq!(slug("../../etc"), "etc");
    }
}
