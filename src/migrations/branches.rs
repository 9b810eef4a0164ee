//! Two branches of a history: what each has and the other does not.

use std::collections::BTreeSet;

use super::{History, Migration};

/// Two heads, and what is below each of them alone.
#[derive(Clone, Debug)]
pub struct Branches<'h> {
    /// What both follow, in order.
    pub common: Vec<&'h Migration>,
    /// The one branch and then the other.
    pub sides: [Branch<'h>; 2],
}

/// One branch since it left the other.
#[derive(Clone, Debug)]
pub struct Branch<'h> {
    /// Its last migration.
    pub head: &'h str,
    /// What only it has, in order.
    pub own: Vec<&'h Migration>,
}

impl History {
    /// Where two migrations part.
    #[must_use]
    pub fn branches<'h>(&'h self, a: &'h str, b: &'h str) -> Branches<'h> {
        let (all_a, all_b) = (self.upto(a), self.upto(b));
        let names = |list: &[&'h Migration]| -> BTreeSet<&'h str> {
            list.iter().map(|migration| migration.name.as_str()).collect()
        };
        let (in_a, in_b) = (names(&all_a), names(&all_b));
        let without = |list: &[&'h Migration], other: &BTreeSet<&str>| -> Vec<&'h Migration> {
            list.iter().copied().filter(|m| !other.contains(m.name.as_str())).collect()
        };
        let common = all_a.iter().copied().filter(|m| in_b.contains(m.name.as_str())).collect();
        let sides = [
            Branch { head: a, own: without(&all_a, &in_b) },
            Branch { head: b, own: without(&all_b, &in_a) },
        ];
        Branches { common, sides }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::{Directory, Header};

    #[test]
    fn branches_part_after_what_both_follow() {
        let parents: [(&str, &[&str]); 5] =
            [("1", &[]), ("2", &["1"]), ("3", &["2"]), ("4", &["2"]), ("5", &["4"])];
        let migrations = parents.iter().map(|(name, parents)| {
            let parents = parents.iter().map(|p| (*p).to_owned()).collect();
            let header = Some(Header { parents, ..Header::default() });
            let (name, path) = ((*name).to_owned(), (*name).into());
            (name.clone(), Migration { name, path, up: String::new(), down: None, header })
        });
        let directory = Directory { path: "m".into(), migrations: migrations.collect() };
        let history = History::of(directory).unwrap();
        let branches = history.branches("3", "5");
        let names = |list: &[&Migration]| {
            list.iter().map(|migration| migration.name.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&branches.common), "1 2");
        assert_eq!(names(&branches.sides[0].own), "3");
        assert_eq!(names(&branches.sides[1].own), "4 5");
    }
}
