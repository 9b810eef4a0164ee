//! The graph that migrations form by their parents, and its order.

use std::collections::{BTreeMap, BTreeSet};

use super::{Directory, Migration};

/// Migrations in an order in which each follows its parents.
#[derive(Clone, Debug, Default)]
pub struct History {
    migrations: BTreeMap<String, Migration>,
    parents: BTreeMap<String, Vec<String>>,
    order: Vec<String>,
}

/// A graph that has no order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// A header names a migration that is not in the directory.
    #[error("migration `{child}` follows `{parent}`, which is not in the directory")]
    MissingParent {
        /// The migration whose header it is.
        child: String,
        /// What it names.
        parent: String,
    },
    /// Migrations follow each other in a circle.
    #[error("migrations follow each other in a circle: {}", names.join(", "))]
    Circle {
        /// Those in it.
        names: Vec<String>,
    },
}

impl HistoryError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "P0018"
    }
}

impl History {
    /// Orders the migrations of a directory.
    ///
    /// A migration without a header follows all that come before it by name, as Prisma has it.
    ///
    /// # Errors
    /// When a parent is missing or the graph has a circle.
    pub fn of(directory: Directory) -> Result<Self, HistoryError> {
        let migrations = directory.migrations;
        let mut parents = BTreeMap::<String, Vec<String>>::new();
        let mut heads = BTreeSet::<String>::new();
        for (name, migration) in &migrations {
            let own = match &migration.header {
                Some(header) => header.parents.clone(),
                None => heads.iter().cloned().collect(),
            };
            for parent in &own {
                if !migrations.contains_key(parent) {
                    let (child, parent) = (name.clone(), parent.clone());
                    return Err(HistoryError::MissingParent { child, parent });
                }
                heads.remove(parent);
            }
            heads.insert(name.clone());
            parents.insert(name.clone(), own);
        }
        let order = sort(&parents)?;
        Ok(Self { migrations, parents, order })
    }

    /// The migrations, parents first, otherwise by name.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Migration> {
        self.order.iter().map(|name| &self.migrations[name])
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// A migration by its full name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Migration> {
        self.migrations.get(name)
    }

    /// The parents of a migration.
    #[must_use]
    pub fn parents(&self, name: &str) -> &[String] {
        self.parents.get(name).map_or(&[], Vec::as_slice)
    }

    /// The migrations that no other follows.
    #[must_use]
    pub fn heads(&self) -> Vec<&str> {
        let followed: BTreeSet<&str> =
            self.parents.values().flatten().map(String::as_str).collect();
        self.order.iter().map(String::as_str).filter(|name| !followed.contains(name)).collect()
    }

    /// A migration and everything that it follows, in order.
    #[must_use]
    pub fn upto(&self, name: &str) -> Vec<&Migration> {
        let mut wanted = BTreeSet::new();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            if wanted.insert(name) {
                open.extend(self.parents(name).iter().map(String::as_str));
            }
        }
        self.iter().filter(|migration| wanted.contains(migration.name.as_str())).collect()
    }

    /// The migrations whose name is the text, starts with it, or has it as its slug.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<&Migration> {
        if let Some(exact) = self.get(text) {
            return vec![exact];
        }
        let slug = |name: &str| name.split_once('_').map_or("", |(_, slug)| slug).to_owned();
        self.iter().filter(|m| m.name.starts_with(text) || slug(&m.name) == text).collect()
    }
}

/// Of migrations to be run on an empty database: from the latest checkpoint on, without what it
/// builds by itself.
#[must_use]
pub fn from_checkpoint(list: Vec<&Migration>) -> Vec<&Migration> {
    let names: BTreeSet<&str> = list.iter().map(|m| m.name.as_str()).collect();
    let covers = |m: &Migration| m.header.as_ref().map(|header| header.covers.clone());
    let checkpoint = list.iter().rposition(|m| {
        covers(m).is_some_and(|c| !c.is_empty() && c.iter().all(|name| names.contains(&**name)))
    });
    let Some(at) = checkpoint else { return without_checkpoints(list) };
    let covered = covers(list[at]).unwrap_or_default();
    let rest = list.iter().enumerate().filter(|(i, m)| *i != at && !covered.contains(&m.name));
    let rest: Vec<&Migration> = rest.map(|(_, m)| *m).collect();
    std::iter::once(list[at]).chain(without_checkpoints(rest)).collect()
}

/// Of migrations to be run where there is something already: those that are no checkpoints.
#[must_use]
pub fn without_checkpoints(mut list: Vec<&Migration>) -> Vec<&Migration> {
    list.retain(|m| m.header.as_ref().is_none_or(|header| header.covers.is_empty()));
    list
}

/// Parents first; among those that may come next, the smallest name.
fn sort(parents: &BTreeMap<String, Vec<String>>) -> Result<Vec<String>, HistoryError> {
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = parents
        .iter()
        .map(|(name, own)| (name.as_str(), own.iter().map(String::as_str).collect()))
        .collect();
    let mut children = BTreeMap::<&str, Vec<&str>>::new();
    for (name, own) in parents {
        for parent in own {
            children.entry(parent).or_default().push(name);
        }
    }
    let mut ready: BTreeSet<&str> =
        missing.iter().filter(|(_, own)| own.is_empty()).map(|(name, _)| *name).collect();
    let mut order = Vec::with_capacity(parents.len());
    while let Some(name) = ready.pop_first() {
        order.push(name.to_owned());
        missing.remove(name);
        for child in children.get(name).into_iter().flatten() {
            if let Some(own) = missing.get_mut(child) {
                own.remove(name);
                if own.is_empty() {
                    ready.insert(child);
                }
            }
        }
    }
    if missing.is_empty() {
        return Ok(order);
    }
    Err(HistoryError::Circle { names: missing.keys().map(|name| (*name).to_owned()).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::Header;

    fn history(of: &[(&str, Option<&[&str]>)]) -> Result<History, HistoryError> {
        let migrations = of.iter().map(|(name, parents)| {
            let header = parents.map(|parents| Header {
                parents: parents.iter().map(|p| (*p).to_owned()).collect(),
                ..Header::default()
            });
            let name = (*name).to_owned();
            let (path, up, down) = (name.clone().into(), String::new(), None);
            (name.clone(), Migration { name, path, up, down, header })
        });
        History::of(Directory { path: "m".into(), migrations: migrations.collect() })
    }

    fn order(history: &History) -> Vec<&str> {
        history.iter().map(|m| m.name.as_str()).collect()
    }

    #[test]
    fn without_headers_the_order_is_by_name_in_one_line() {
        let history = history(&[("2_b", None), ("1_a", None), ("3_c", None)]).unwrap();
        assert_eq!(order(&history), ["1_a", "2_b", "3_c"]);
        assert_eq!(history.heads(), ["3_c"]);
        assert_eq!(history.parents("2_b"), ["1_a"]);
    }

    #[test]
    fn branches_have_two_heads_and_parents_come_first_whatever_their_names() {
        let history = history(&[
            ("1_a", Some(&[])),
            ("2_child", Some(&["9_late"])),
            ("3_b", Some(&["1_a"])),
            ("9_late", Some(&["1_a"])),
        ])
        .unwrap();
        assert_eq!(order(&history), ["1_a", "3_b", "9_late", "2_child"]);
        assert_eq!(history.heads(), ["3_b", "2_child"]);
        let names: Vec<_> = history.upto("2_child").iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names, ["1_a", "9_late", "2_child"]);
    }

    #[test]
    fn a_circle_and_a_missing_parent_are_named() {
        let circle = history(&[("1", Some(&["2"])), ("2", Some(&["1"]))]).unwrap_err();
        assert!(circle.to_string().contains("1, 2"));
        let missing = history(&[("1", Some(&["0"]))]).unwrap_err();
        assert!(missing.to_string().contains("`1` follows `0`"));
    }
}
