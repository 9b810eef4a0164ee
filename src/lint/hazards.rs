//! The closed catalogue of hazards: code, name, class, default level, and what `explain` shows.

use serde::{Deserialize, Serialize};

use crate::text::{Code, code};

/// One hazard of the catalogue.
#[derive(Debug)]
pub struct Hazard {
    /// Its stable code with what it means.
    pub code: &'static Code,
    /// Its stable name: `index-blocks-writes`.
    pub name: &'static str,
    /// How loudly it is reported unless the configuration says otherwise.
    pub level: Level,
    /// A script that has it.
    pub bad: &'static str,
    /// A script that does the same without it, or nothing of the kind.
    pub good: &'static str,
}

/// How loudly a hazard is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not at all.
    Off,
    /// As a remark.
    Note,
    /// As a finding.
    Warning,
    /// As a finding that is surely wrong.
    Error,
}

/// What kind of harm a hazard does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Others wait for as long as it takes to go through a table.
    Lock,
    /// Others wait for a moment, once the lock is there.
    Brief,
    /// Data is lost.
    Loss,
    /// The statement fails, or may.
    Failure,
    /// Running code breaks or sees something else.
    Compatibility,
    /// Transactions are not what they seem.
    Transaction,
    /// Load, settings, and what is left to do.
    Operation,
    /// Rights and policies.
    Security,
    /// A choice that costs later.
    Style,
}

impl Hazard {
    /// What kind of harm it does.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.code.id.as_bytes()[2] {
            b'1' => Class::Lock,
            b'2' => Class::Brief,
            b'3' => Class::Loss,
            b'4' => Class::Failure,
            b'5' => Class::Compatibility,
            b'6' => Class::Transaction,
            b'7' => Class::Operation,
            b'8' => Class::Security,
            _ => Class::Style,
        }
    }

    /// When it is reported.
    #[must_use]
    pub fn condition(&self) -> &'static str {
        self.paragraph(0)
    }

    /// What happens then.
    #[must_use]
    pub fn effect(&self) -> &'static str {
        self.paragraph(1)
    }

    /// What to do instead.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.paragraph(2)
    }

    fn paragraph(&self, number: usize) -> &'static str {
        self.code.explanation.split("\n\n").nth(number).unwrap_or("")
    }
}

/// Looks a hazard up by its code or its name.
#[must_use]
pub fn find_hazard(text: &str) -> Option<&'static Hazard> {
    let named = |h: &&&Hazard| h.name == text || h.code.id.eq_ignore_ascii_case(text);
    HAZARDS.iter().find(named).copied()
}

/// Defines hazards as constants and the list of them.
macro_rules! hazards {
    ($($constant:ident = $id:ident, $name:literal, $level:ident;)*) => {
        $(
            #[doc = $name]
            pub static $constant: Hazard = Hazard {
                code: &code::$id,
                name: $name,
                level: Level::$level,
                bad: include_str!(concat!("../../fixtures/hazards/", stringify!($id), "/bad.sql")),
                good: include_str!(concat!("../../fixtures/hazards/", stringify!($id), "/good.sql")),
            };
        )*
        /// All hazards, by code.
        pub static HAZARDS: &[&Hazard] = &[$(&$constant),*];
    };
}

hazards! {
    INDEX_BLOCKS_WRITES = H0101, "index-blocks-writes", Warning;
    INDEX_ON_PARTITIONED = H0102, "index-on-partitioned", Warning;
    REINDEX_BLOCKS = H0103, "reindex-blocks", Warning;
    CHECK_SCANS = H0104, "check-scans", Warning;
    FOREIGN_KEY_SCANS = H0105, "foreign-key-scans", Warning;
    UNIQUE_BUILDS_INDEX = H0106, "unique-builds-index", Warning;
    PRIMARY_KEY_BUILDS_INDEX = H0107, "primary-key-builds-index", Warning;
    PRIMARY_KEY_SCANS = H0108, "primary-key-scans", Warning;
    EXCLUSION_BUILDS_INDEX = H0109, "exclusion-builds-index", Warning;
    SET_NOT_NULL_SCANS = H0110, "set-not-null-scans", Warning;
    VALIDATE_UNDER_LOCK = H0111, "validate-under-lock", Warning;
    ENFORCE_SCANS = H0112, "enforce-scans", Warning;
    VOLATILE_DEFAULT = H0113, "volatile-default", Warning;
    SERIAL_COLUMN = H0114, "serial-column", Warning;
    IDENTITY_COLUMN = H0115, "identity-column", Warning;
    STORED_COLUMN = H0116, "stored-column", Warning;
    VIRTUAL_COLUMN_SCANS = H0117, "virtual-column-scans", Warning;
    DOMAIN_COLUMN = H0118, "domain-column", Warning;
    TYPE_REWRITE = H0119, "type-rewrite", Warning;
    TIME_ZONE_TYPE = H0120, "time-zone-type", Warning;
    TYPE_REBUILDS_INDEX = H0121, "type-rebuilds-index", Warning;
    TYPE_VERIFIES_CONSTRAINT = H0122, "type-verifies-constraint", Warning;
    SET_LOGGED = H0123, "set-logged", Warning;
    TABLE_MOVED = H0124, "table-moved", Warning;
    FULL_REWRITE = H0125, "full-rewrite", Warning;
    REFRESH_BLOCKS = H0126, "refresh-blocks", Warning;
    ATTACH_SCANS = H0127, "attach-scans", Warning;
    NEW_PARTITION_SCANS_DEFAULT = H0128, "new-partition-scans-default", Warning;
    DOMAIN_CONSTRAINT_SCANS = H0129, "domain-constraint-scans", Warning;
    WORK_UNDER_LOCK = H0130, "work-under-lock", Warning;
    NO_LOCK_TIMEOUT = H0201, "no-lock-timeout", Warning;
    LOCKS_OTHER_TABLE = H0202, "locks-other-table", Note;
    SEVERAL_TABLES_LOCKED = H0203, "several-tables-locked", Note;
    DROP_INDEX_BLOCKS = H0204, "drop-index-blocks", Warning;
    DETACH_BLOCKS = H0205, "detach-blocks", Warning;
    PARTITION_OF_BLOCKS = H0206, "partition-of-blocks", Note;
    INDEX_PARAMETER_BLOCKS = H0207, "index-parameter-blocks", Note;
    TRIGGER_BLOCKS_WRITES = H0208, "trigger-blocks-writes", Note;
    EXPLICIT_LOCK = H0209, "explicit-lock", Note;
    GUARD_STILL_LOCKS = H0210, "guard-still-locks", Note;
    BRIEF_LOCK = H0211, "brief-lock", Off;
    DROP_TABLE = H0301, "drop-table", Warning;
    DROP_COLUMN = H0302, "drop-column", Warning;
    TRUNCATE = H0303, "truncate", Warning;
    DELETE_ALL = H0304, "delete-all", Warning;
    CASCADE = H0305, "cascade", Warning;
    DROP_SCHEMA = H0306, "drop-schema", Warning;
    NARROWING = H0307, "narrowing", Warning;
    UNLOGGED = H0308, "unlogged", Warning;
    DROP_SEQUENCE = H0309, "drop-sequence", Warning;
    DROP_TYPE = H0310, "drop-type", Warning;
    REQUIRED_COLUMN = H0401, "required-column", Error;
    ROWS_MAY_VIOLATE = H0402, "rows-may-violate", Note;
    DUPLICATES_LEAVE_INVALID_INDEX = H0403, "duplicates-leave-invalid-index", Note;
    NO_CAST = H0404, "no-cast", Error;
    TYPE_HAS_DEPENDENTS = H0405, "type-has-dependents", Error;
    NO_SUCH_OBJECT = H0406, "no-such-object", Error;
    ALREADY_EXISTS = H0407, "already-exists", Error;
    NAME_TOO_LONG = H0408, "name-too-long", Warning;
    NAMED_TWICE = H0409, "named-twice", Error;
    VERSION_LACKS = H0410, "version-lacks", Error;
    UNUSABLE_INDEX = H0411, "unusable-index", Error;
    NOT_ON_PARTITIONED = H0412, "not-on-partitioned", Error;
    BLOCKED_DROP = H0413, "blocked-drop", Error;
    WRONG_BOUND = H0414, "wrong-bound", Error;
    RENAME_TABLE = H0501, "rename-table", Warning;
    RENAME_COLUMN = H0502, "rename-column", Warning;
    MOVED_SCHEMA = H0503, "moved-schema", Warning;
    NOT_VALID_BEFORE_BACKFILL = H0504, "not-valid-before-backfill", Note;
    WRITERS_MUST_CHANGE = H0505, "writers-must-change", Note;
    READERS_SEE_NULL = H0506, "readers-see-null", Note;
    DEFAULT_CHANGED = H0507, "default-changed", Note;
    DEFAULT_FOR_BACKFILL_ONLY = H0508, "default-for-backfill-only", Warning;
    ENUM_VALUE_RENAMED = H0509, "enum-value-renamed", Warning;
    RENAMED = H0510, "renamed", Note;
    REPLACED = H0511, "replaced", Note;
    CONSTRAINT_DROPPED = H0512, "constraint-dropped", Note;
    INDEX_DROPPED = H0513, "index-dropped", Note;
    OBJECT_DROPPED = H0514, "object-dropped", Note;
    JSON_HAS_NO_EQUALITY = H0515, "json-has-no-equality", Warning;
    COLUMN_ADDED = H0516, "column-added", Off;
    COMPOSITE_CHANGED = H0517, "composite-changed", Note;
    REPLICATION_CHANGED = H0518, "replication-changed", Note;
    COLUMN_TYPE_CHANGED = H0519, "column-type-changed", Note;
    REFUSES_TRANSACTION = H0601, "refuses-transaction", Error;
    ENUM_VALUE_TOO_EARLY = H0602, "enum-value-too-early", Error;
    TRANSACTION_CONTROL = H0603, "transaction-control", Error;
    NEVER_COMMITTED = H0604, "never-committed", Error;
    INVALID_INDEX_HIDDEN = H0605, "invalid-index-hidden", Warning;
    TIMEOUT_KILLS_CONCURRENT_WORK = H0606, "timeout-kills-concurrent-work", Warning;
    NOT_FOR_SERVER = H0607, "not-for-server", Error;
    MASS_UPDATE = H0701, "mass-update", Warning;
    OPAQUE = H0702, "opaque", Note;
    UNKNOWN_STATEMENT = H0703, "unknown-statement", Warning;
    USELESS_TIMEOUT = H0704, "useless-timeout", Warning;
    COULD_BE_ONE = H0705, "could-be-one", Note;
    NEVER_VALIDATED = H0706, "never-validated", Note;
    COPIES_TABLE = H0707, "copies-table", Note;
    SEQUENCE_STAYS_SMALL = H0708, "sequence-stays-small", Warning;
    STATISTICS_LOST = H0709, "statistics-lost", Note;
    FOREIGN_KEY_WITHOUT_INDEX = H0710, "foreign-key-without-index", Note;
    AUTOVACUUM_OFF = H0711, "autovacuum-off", Warning;
    EXTENSION_CHANGED = H0712, "extension-changed", Note;
    WAITS_FOR_ADVISORY_LOCK = H0713, "waits-for-advisory-lock", Warning;
    SESSION_SETTING = H0714, "session-setting", Note;
    ALLOWED_WITHOUT_REASON = H0715, "allowed-without-reason", Warning;
    ALLOWS_NOTHING = H0716, "allows-nothing", Note;
    BROAD_GRANT = H0801, "broad-grant", Warning;
    ROW_SECURITY_WEAKENED = H0802, "row-security-weakened", Warning;
    POLICY_CHANGED = H0803, "policy-changed", Note;
    TRIGGER_SWITCHED = H0804, "trigger-switched", Warning;
    ROLE_CHANGED = H0805, "role-changed", Note;
    ROUTINE_OPTIONS = H0806, "routine-options", Note;
    SMALL_KEY = H0901, "small-key", Off;
    CHAR = H0902, "char", Off;
    VARCHAR_LIMIT = H0903, "varchar-limit", Off;
    TIMESTAMP_WITHOUT_ZONE = H0904, "timestamp-without-zone", Off;
    SERIAL = H0905, "serial", Off;
    UNNAMED_CONSTRAINT = H0906, "unnamed-constraint", Off;
    ENUM_VALUE_POSITION = H0907, "enum-value-position", Off;
    UNQUALIFIED_NAME = H0908, "unqualified-name", Off;
    NO_PRIMARY_KEY = H0909, "no-primary-key", Off;
    WIDE_INDEX = H0910, "wide-index", Off;
    NOT_REPEATABLE = H0911, "not-repeatable", Off;
    ENUM_CREATED = H0912, "enum-created", Off;
    MONEY = H0913, "money", Off;
    SMALLINT = H0914, "smallint", Off;
    CONSTRAINED_DOMAIN = H0915, "constrained-domain", Off;
    INTEGER_COLUMN = H0916, "integer-column", Off;
    HASH_INDEX = H0917, "hash-index", Off;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_is_sorted_unique_and_told_in_three_parts() {
        assert!(HAZARDS.windows(2).all(|w| w[0].code.id < w[1].code.id));
        let names: BTreeSet<_> = HAZARDS.iter().map(|h| h.name).collect();
        assert_eq!(names.len(), HAZARDS.len());
        for hazard in HAZARDS {
            assert_eq!(hazard.code.explanation.split("\n\n").count(), 3, "{}", hazard.code.id);
        }
    }
}
