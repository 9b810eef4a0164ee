//! Where other people's schemas and cases are found, when they are there.

use std::path::PathBuf;

/// The corpus folder, or none with a word about what is skipped.
#[allow(clippy::print_stderr, reason = "a skipped suite says so")]
pub(crate) fn folder(suite: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("DRIFTLESS_CORPUS").map(PathBuf::from).map(|f| f.join(suite));
    match folder {
        Some(folder) if folder.is_dir() => Some(folder),
        _ => {
            eprintln!("skipped: {suite} (DRIFTLESS_CORPUS is not set or does not hold it)");
            None
        }
    }
}

/// All files under a folder with a suffix, sorted.
pub(crate) fn files(folder: &std::path::Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is readable").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(suffix) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
