//! The registry of codes: what each one means, for `explain`.

pub(super) mod lower;
pub(super) mod model;

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
pub static CODES: &[&[&Code]] = &[model::ALL, lower::ALL];

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
