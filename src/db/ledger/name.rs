//! Where the ledger is.

use crate::sql::quote_ident;

/// Where the ledger is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerName {
    /// Its namespace.
    pub schema: String,
    /// Its main table; the others have this name with an ending.
    pub table: String,
    /// Whether Prisma's ledger is kept as well, as Prisma keeps it, and is the one that counts.
    pub shared: bool,
}

impl Default for LedgerName {
    fn default() -> Self {
        Self { schema: "driftless".to_owned(), table: "migrations".to_owned(), shared: false }
    }
}

impl LedgerName {
    pub(super) fn main(&self) -> String {
        format!("{}.{}", quote_ident(&self.schema), quote_ident(&self.table))
    }

    pub(in crate::db) fn steps(&self) -> String {
        let table = format!("{}_steps", self.table);
        format!("{}.{}", quote_ident(&self.schema), quote_ident(&table))
    }

    pub(super) fn log(&self) -> String {
        let table = format!("{}_log", self.table);
        format!("{}.{}", quote_ident(&self.schema), quote_ident(&table))
    }

    /// The table whose row keeps executions apart that go through a pooler.
    pub(super) fn lock(&self) -> String {
        format!("{}_lock", self.table)
    }

    pub(in crate::db) fn lock_table(&self) -> String {
        format!("{}.{}", quote_ident(&self.schema), quote_ident(&self.lock()))
    }

    /// The names of its tables, unquoted.
    #[must_use]
    pub fn tables(&self) -> [String; 4] {
        let of = |end: &str| format!("{}_{end}", self.table);
        [self.table.clone(), of("steps"), of("log"), self.lock()]
    }

    /// The key of the advisory lock of each transaction that goes through a pooler.
    #[must_use]
    pub fn work_key(&self) -> i64 {
        self.lock_key() ^ 1
    }

    /// The key of the advisory lock that guards it.
    #[must_use]
    pub fn lock_key(&self) -> i64 {
        use sha2::{Digest as _, Sha256};
        let digest = Sha256::digest(format!("driftless ledger {}", self.main()));
        let bytes = digest[..8].try_into().expect("a digest has 32 bytes");
        i64::from_be_bytes(bytes)
    }

    /// The keys of all locks to take: Prisma's as well, where its ledger is kept as well.
    #[must_use]
    pub fn lock_keys(&self) -> Vec<i64> {
        let mut keys = vec![self.lock_key()];
        keys.extend(self.shared.then_some(super::prisma::LOCK_KEY));
        keys
    }
}
