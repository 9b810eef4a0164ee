//! SHA-256 of a schema, independent of the order in which it was read.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Schema;

/// 64 hexadecimal digits that two equal schemas share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(pub String);

impl Fingerprint {
    pub(super) fn of(schema: &Schema) -> Self {
        let mut hash = Sha256::new();
        for object in schema.objects.values() {
            let sorted: std::collections::BTreeMap<_, _> = object.facets.iter().collect();
            let line = serde_json::to_vec(&(&object.id, sorted))
                .expect("identities and facets are plain JSON");
            hash.update(&line);
            hash.update(b"\n");
        }
        Self(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
