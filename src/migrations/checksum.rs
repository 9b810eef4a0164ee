//! SHA-256 of a migration file, the same whatever line ends a checkout gave it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checksum(pub String);

impl Checksum {
    /// Whether a text has this checksum, with whatever line ends: Prisma hashes the file as it
    /// lies on the disk of the one who applied it.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let unix = text.replace("\r\n", "\n");
        hash(text) == self.0 || hash(&unix) == self.0 || hash(&unix.replace('\n', "\r\n")) == self.0
    }

    /// The first digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The checksum of a text with its line ends as git keeps them: LF.
#[must_use]
pub fn checksum_of(text: &str) -> Checksum {
    if text.contains("\r\n") {
        Checksum(hash(&text.replace("\r\n", "\n")))
    } else {
        Checksum(hash(text))
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_matter() {
        let sum = checksum_of("SELECT 1;\nSELECT 2;\n");
        assert_eq!(sum, checksum_of("SELECT 1;\r\nSELECT 2;\r\n"));
        assert!(Checksum(hash("SELECT 1;\r\n")).fits("SELECT 1;\n"));
        assert!(!sum.fits("SELECT 1;\n"));
    }
}
