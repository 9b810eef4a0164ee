//! Rules of tables and views.

use super::defined::Defined;

/// The kind `rule`; its definition is what `pg_get_ruledef` prints.
pub const RULE: Defined =
    Defined { name: "rule", word: "RULE", catalog: &[include_str!("catalog.sql")] };
