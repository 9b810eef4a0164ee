//! Schemas that a scratch server has already spelled, kept by what they were made from.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest as _, Sha256};

use crate::schema::{Fingerprint, Schema};

/// How many files are kept, two for each schema.
const KEPT: usize = 400;

/// A directory of schemas by content.
#[derive(Clone, Debug)]
pub struct SchemaCache {
    directory: PathBuf,
}

/// What a schema was made from, hashed.
#[derive(Clone, Debug)]
pub struct CacheKey(String);

impl CacheKey {
    /// Hashes the version of the server that spells it and the texts that it is made from.
    #[must_use]
    pub fn of<'t>(server_version: u32, texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut hash = Sha256::new();
        hash.update(program().as_bytes());
        hash.update(server_version.to_be_bytes());
        for text in texts {
            hash.update(text.len().to_be_bytes());
            hash.update(text.as_bytes());
        }
        Self(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// What tells one build of the program from another: what it reads may differ.
fn program() -> String {
    let build = std::env::current_exe()
        .and_then(fs::metadata)
        .map(|metadata| (metadata.len(), metadata.modified().ok()))
        .ok();
    format!("{} {build:?}", env!("CARGO_PKG_VERSION"))
}

impl SchemaCache {
    /// The cache in a directory that need not be there.
    #[must_use]
    pub fn in_directory(cache: &Path) -> Self {
        Self { directory: cache.join("schemas") }
    }

    fn file(&self, key: &CacheKey) -> PathBuf {
        self.directory.join(format!("{}.json", key.0))
    }

    /// What is kept under the key. A file that cannot be read counts as absent.
    #[must_use]
    pub fn get(&self, key: &CacheKey) -> Option<Schema> {
        let file = self.file(key);
        let schema = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        // What is used stays.
        if let Ok(file) = fs::File::options().append(true).open(&file) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(schema)
    }

    /// The fingerprint of what is kept under the key: much less to read.
    #[must_use]
    pub fn fingerprint(&self, key: &CacheKey) -> Option<Fingerprint> {
        fs::read_to_string(self.fingerprint_file(key)).ok().map(Fingerprint)
    }

    fn fingerprint_file(&self, key: &CacheKey) -> PathBuf {
        self.directory.join(format!("{}.sha256", key.0))
    }

    /// Keeps a schema; a cache that cannot be written is no failure.
    pub fn put(&self, key: &CacheKey, schema: &Schema) {
        let Ok(text) = serde_json::to_string(schema) else { return };
        if fs::create_dir_all(&self.directory).is_ok() {
            let _ = crate::migrations::rename_into_place(&self.file(key), &text);
            let fingerprint = schema.fingerprint().0;
            let _ = crate::migrations::rename_into_place(&self.fingerprint_file(key), &fingerprint);
            self.forget_oldest();
        }
    }

    fn forget_oldest(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        let mut files: Vec<_> = entries
            .flatten()
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        files.sort();
        let surplus = files.len().saturating_sub(KEPT);
        for (_, file) in files.drain(..surplus) {
            let _ = fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_a_broken_file_counts_as_absent() {
        let dir = tempfile::tempdir().unwrap();
        let cache = SchemaCache::in_directory(dir.path());
        let key = CacheKey::of(150_000, ["a", "b"]);
        assert!(cache.get(&key).is_none());
        cache.put(&key, &Schema::of_empty_database());
        assert_eq!(cache.get(&key), Some(Schema::of_empty_database()));
        let fingerprint = Schema::of_empty_database().fingerprint();
        assert_eq!(cache.fingerprint(&key), Some(fingerprint));
        assert!(cache.get(&CacheKey::of(150_000, ["ab", ""])).is_none());
        fs::write(cache.file(&key), "{").unwrap();
        assert!(cache.get(&key).is_none());
    }
}
