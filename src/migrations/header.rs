//! `migration.toml`: what is known about a migration beside its SQL.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Checksum;

/// The content of `migration.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Header {
    /// Migrations that this one follows; none for the first.
    pub parents: Vec<String>,
    /// SHA-256 of `migration.sql` when it was proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_sha256: Option<Checksum>,
    /// SHA-256 of `down.sql` when it was proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub down_sha256: Option<Checksum>,
    /// Fingerprint of the schema that it starts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Fingerprint of the schema that it leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// `expand`, `migrate` or `contract`, where the change is spread over several deploys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Migrations that are gone and that it stands for: where all of them are applied, it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
    /// Migrations that it builds at once on an empty database, and that are skipped there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
    /// Hazards that were accepted when it was written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hazards: Vec<String>,
    /// Why there is no way back, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub irreversible: Option<String>,
    /// What those that it replaces replaced in their turn.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expands: BTreeMap<String, Vec<String>>,
}

impl Header {
    /// Reads the text of `migration.toml`.
    ///
    /// # Errors
    /// With the parser's message, which names line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())
    }
}

/// Renders `migration.toml`.
#[must_use]
pub fn render_header(header: &Header) -> String {
    toml::to_string(header).expect("a header holds nothing but text and lists of text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_equal() {
        let header = Header {
            parents: vec!["1_a".to_owned(), "2_\"b".to_owned()],
            up_sha256: Some(Checksum("ab".to_owned())),
            hazards: vec!["H0001 drops `users.name`".to_owned()],
            ..Header::default()
        };
        assert_eq!(Header::parse(&render_header(&header)).unwrap(), header);
        assert_eq!(Header::parse(&render_header(&Header::default())).unwrap(), Header::default());
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = Header::parse("parent = 'x'").unwrap_err();
        assert!(error.contains("parent") && error.contains("line 1"), "{error}");
    }
}
