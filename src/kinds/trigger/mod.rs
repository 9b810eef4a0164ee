//! Triggers of tables and views.

use super::defined::Defined;

/// The kind `trigger`; its definition is what `pg_get_triggerdef` prints.
pub const TRIGGER: Defined =
    Defined { name: "trigger", word: "TRIGGER", catalog: &[include_str!("catalog.sql")] };
