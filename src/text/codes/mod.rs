//! The registry of codes: what each one means, for `explain`.

mod examples;
pub(super) mod hazard;
pub(super) mod lower;
pub(super) mod model;
pub(super) mod operation;

pub use self::examples::{Example, find_example};

/// A stable code with what it means.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `E0101`; `E` model, `H` hazard, `L` lint, `P` operation.
    pub id: &'static str,
    /// What is wrong in a few words.
    pub title: &'static str,
    /// What it means, why it matters and what to do instead.
    pub explanation: &'static str,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// All codes, each list sorted.
pub static CODES: &[&[&Code]] = &[
    model::ALL,
    lower::ALL,
    operation::ALL,
    hazard::lock::ALL,
    hazard::brief::ALL,
    hazard::loss::ALL,
    hazard::failure::ALL,
    hazard::compatibility::ALL,
    hazard::transaction::ALL,
    hazard::operation::ALL,
    hazard::security::ALL,
    hazard::style::ALL,
];

/// Looks a code up, whatever the case of its letter.
#[must_use]
pub fn find_code(id: &str) -> Option<&'static Code> {
    CODES.iter().flat_map(|list| list.iter()).find(|c| c.id.eq_ignore_ascii_case(id)).copied()
}

/// Defines codes as constants and the list of them.
macro_rules! codes {
    ($($id:ident, $title:literal, $explanation:literal;)*) => {
        $(
            #[doc = $title]
            pub static $id: $crate::text::Code = $crate::text::Code {
                id: stringify!($id),
                title: $title,
                explanation: $explanation,
            };
        )*
        /// All of them, sorted.
        pub(in crate::text) static ALL: &[&$crate::text::Code] = &[$(&$id),*];
    };
}
pub(in crate::text) use codes;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CODES;

    /// Every `P` code that the source mentions, by file.
    fn mentioned(directory: &std::path::Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                mentioned(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            found.extend(
                words
                    .filter(|w| w.len() == 5 && w.starts_with('P'))
                    .filter(|w| w[1..].bytes().all(|b| b.is_ascii_digit()))
                    .map(str::to_owned),
            );
        }
    }

    #[test]
    fn every_operation_code_in_the_source_is_registered_and_used() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = BTreeSet::new();
        for room in ["cli", "db", "migrations"] {
            mentioned(&root.join(room), &mut found);
        }
        let registered: BTreeSet<String> = CODES
            .iter()
            .flat_map(|list| list.iter())
            .map(|code| code.id.to_owned())
            .filter(|id| id.starts_with('P'))
            .collect();
        assert_eq!(found, registered);
    }

    #[test]
    fn codes_are_unique() {
        let all: Vec<_> = CODES.iter().flat_map(|list| list.iter()).map(|code| code.id).collect();
        let unique: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), unique.len());
    }
}
