//! Migrations that stand for others: a squash for those that it replaces, a checkpoint for all that
//! it builds at once.

use std::collections::BTreeSet;

use super::{Entry, Ledger, State};
use crate::{
    db::Error,
    migrations::{Header, History, Migration},
    sql::quote_literal,
};

/// What the entries of a ledger mean for a history: a squash counts as applied where all that it
/// replaces is, a checkpoint where all that it builds is, and all that it builds where it is.
///
/// Entries that nobody wrote carry no version.
#[must_use]
pub fn settled(history: &History, mut entries: Vec<Entry>) -> Vec<Entry> {
    for (migration, header) in standing(history) {
        if !header.replaces.is_empty() && applied_as(&entries, header) {
            let old = names(header);
            let at = entries.iter().rposition(|e| old.contains(e.name.as_str()));
            let entry = entry(migration, history, at.map(|at| &entries[at]));
            if let Some(at) = at {
                entries[at] = entry;
            }
            entries.retain(|e| !old.contains(e.name.as_str()) || e.name == migration.name);
        }
    }
    for (migration, header) in standing(history).filter(|(_, header)| !header.covers.is_empty()) {
        let known = |name: &str| entries.iter().any(|e| e.name == name);
        if is_applied(&entries, &migration.name) {
            let missing = header.covers.iter().filter(|name| !known(name));
            let earlier: Vec<Entry> =
                missing.filter_map(|name| Some(entry(history.get(name)?, history, None))).collect();
            entries.splice(0..0, earlier);
        } else if header.covers.iter().all(|name| is_applied(&entries, name)) {
            let last = |e: &Entry| header.covers.contains(&e.name);
            let at = entries.iter().rposition(last).map_or(0, |at| at + 1);
            entries.insert(at, entry(migration, history, None));
        }
    }
    entries
}

fn standing(history: &History) -> impl Iterator<Item = (&Migration, &Header)> {
    history.iter().filter_map(|migration| Some((migration, migration.header.as_ref()?)))
}

fn is_applied(entries: &[Entry], name: &str) -> bool {
    entries.iter().any(|e| e.name == name && e.direction == "up" && e.state() == State::Applied)
}

/// Everything that a squash replaces, and what that replaced in its turn.
fn names(header: &Header) -> BTreeSet<&str> {
    header.replaces.iter().chain(header.expands.values().flatten()).map(String::as_str).collect()
}

/// Whether all that a squash replaces is applied, itself or as what it replaced in its turn.
fn applied_as(entries: &[Entry], header: &Header) -> bool {
    fn one(entries: &[Entry], header: &Header, name: &str) -> bool {
        is_applied(entries, name)
            || header
                .expands
                .get(name)
                .is_some_and(|older| older.iter().all(|name| one(entries, header, name)))
    }
    header.replaces.iter().all(|name| one(entries, header, name))
}

fn entry(migration: &Migration, history: &History, of: Option<&Entry>) -> Entry {
    let now = of.map_or_else(String::new, |e| e.started_at.clone());
    Entry {
        name: migration.name.clone(),
        up_sha256: migration.up_sha256().0,
        started_at: now.clone(),
        finished_at: Some(of.and_then(|e| e.finished_at.clone()).unwrap_or(now)),
        applied_by: of.map_or_else(String::new, |e| e.applied_by.clone()),
        note: Some("what it stands for is applied".to_owned()),
        parents: history.parents(&migration.name).to_vec(),
        direction: "up".to_owned(),
        ..Entry::default()
    }
}

impl Ledger<'_> {
    /// Writes down which squashes are applied by what they replace, and reads what there is then.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn settle(&self, history: &History) -> Result<Vec<Entry>, Error> {
        let entries = self.read().await?;
        for (migration, header) in standing(history) {
            let replaced = !header.replaces.is_empty() && applied_as(&entries, header);
            if !replaced || self.name.shared || is_applied(&entries, &migration.name) {
                continue;
            }
            let old = names(header);
            let Some(last) = entries.iter().rfind(|e| old.contains(e.name.as_str())) else {
                continue;
            };
            let sql = self.replace_sql(migration, history.parents(&migration.name), &old, last);
            self.connection.run("writing the ledger", &sql).await?;
        }
        Ok(settled(history, self.read().await?))
    }

    /// The row of the last one replaced becomes that of the squash, so that its place in the order
    /// of events stays.
    fn replace_sql(
        &self,
        migration: &Migration,
        parents: &[String],
        old: &BTreeSet<&str>,
        last: &Entry,
    ) -> String {
        let list = |names: &mut dyn Iterator<Item = &str>| {
            names.map(quote_literal).collect::<Vec<_>>().join(", ")
        };
        let (name, main) = (quote_literal(&migration.name), self.name.main());
        let all = list(&mut old.iter().copied());
        let note = format!("replaces {} migrations", old.len());
        format!(
            "BEGIN;\nDELETE FROM {} WHERE migration IN ({all});\n\
             DELETE FROM {main} WHERE name IN ({all}) AND name <> {};\n\
             UPDATE {main} SET name = {name}, up_sha256 = '{}', down_sha256 = {}, \
             parents = ARRAY[{}]::pg_catalog.text[], steps = 0, steps_done = 0, note = {} \
             WHERE name = {};\n{}COMMIT;",
            self.name.steps(),
            quote_literal(&last.name),
            migration.up_sha256(),
            migration.down_sha256().map_or("NULL".to_owned(), |sum| format!("'{sum}'")),
            list(&mut parents.iter().map(String::as_str)),
            quote_literal(&note),
            quote_literal(&last.name),
            self.log_sql("squashed", &name, &quote_literal(&note)),
        )
    }
}
