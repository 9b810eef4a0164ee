//! Two branches tried in both orders on scratch databases: what each did, and whether it stays.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Failure, Session, Ui, state::read, workbench::Workbench};
use crate::{
    db::replay::{ReplayError, replay},
    diff::{ChangeSet, Difference, diff, facet_changes},
    lint::{Known, Options, check_and_learn},
    migrations::{Branches, Migration},
    schema::{ObjectId, Schema},
    sql::LockMode,
};

/// What came of trying.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) base: Schema,
    /// What each branch leads to by itself.
    pub(crate) alone: [Schema; 2],
    /// The first branch and then the second, and the other way round; or why that does not run.
    pub(crate) both: [Result<Schema, String>; 2],
}

/// Why two branches do not simply go together; empty where they do.
#[derive(Debug, Default)]
pub(crate) struct Conflict {
    /// What is wrong, one sentence each.
    pub(crate) reasons: Vec<String>,
    /// What each branch did to wholes that both have to do with.
    groups: BTreeMap<ObjectId, [ChangeSet; 2]>,
}

/// Runs both orders.
pub(crate) async fn attempt(
    branches: &Branches<'_>,
    workbench: &mut Workbench<'_>,
) -> Result<Tried, Failure> {
    let (base, first, ab) = order(branches, 0, workbench).await?;
    let (_, second, ba) = order(branches, 1, workbench).await?;
    Ok(Tried { base, alone: [first, second], both: [ab, ba] })
}

/// The state that both started from, that of the branch that goes first, and that of both.
async fn order(
    branches: &Branches<'_>,
    first: usize,
    workbench: &mut Workbench<'_>,
) -> Result<(Schema, Schema, Result<Schema, String>), Failure> {
    let session = workbench.session();
    let database = workbench.database().await?;
    replay(&database, branches.common.iter().copied()).await?;
    let base = read(&database, session).await?;
    replay(&database, branches.sides[first].own.iter().copied()).await?;
    let alone = read(&database, session).await?;
    let both = match replay(&database, branches.sides[1 - first].own.iter().copied()).await {
        Ok(()) => Ok(read(&database, session).await?),
        Err(error @ ReplayError::Database(_)) => return Err(error.into()),
        Err(error) => Err(error.to_string()),
    };
    database.drop_database().await?;
    Ok((base, alone, both))
}

impl Tried {
    /// What keeps the branches from going together.
    pub(crate) fn conflict(&self, branches: &Branches<'_>) -> Conflict {
        let mut conflict = Conflict::default();
        let heads = [branches.sides[0].head, branches.sides[1].head];
        let mut objects = BTreeSet::new();
        for (first, both) in self.both.iter().enumerate() {
            if let Err(error) = both {
                let (before, after) = (heads[first], heads[1 - first]);
                let text =
                    format!("after `{before}` the branch of `{after}` does not run: {error}");
                conflict.reasons.push(text);
            }
        }
        if let [Ok(ab), Ok(ba)] = &self.both {
            let differs = diff(ab, ba);
            if !differs.is_empty() {
                let text = "the order in which they run makes a difference".to_owned();
                conflict.reasons.push(text);
                objects.extend(differs.changes.into_iter().map(|change| change.id));
            }
            for (side, head) in heads.iter().enumerate() {
                let lost = lost(&self.base, &self.alone[side], ab);
                if !lost.is_empty() {
                    conflict.reasons.push(format!("what `{head}` did does not stay"));
                    objects.extend(lost);
                }
            }
        }
        if !conflict.reasons.is_empty() {
            conflict.groups = self.groups(&objects);
        }
        conflict
    }

    /// What each branch did, by the whole that it did it to: the wholes of the objects given and
    /// those that both changed; all of them where there is none such.
    fn groups(&self, objects: &BTreeSet<ObjectId>) -> BTreeMap<ObjectId, [ChangeSet; 2]> {
        let mut groups = BTreeMap::<ObjectId, [ChangeSet; 2]>::new();
        for (side, schema) in self.alone.iter().enumerate() {
            for change in diff(&self.base, schema).changes {
                let whole = self.whole(&change.id);
                groups.entry(whole).or_default()[side].changes.push(change);
            }
        }
        let wanted: BTreeSet<ObjectId> = objects.iter().map(|id| self.whole(id)).collect();
        let shared = |whole: &ObjectId, sides: &[ChangeSet; 2]| {
            wanted.contains(whole) || sides.iter().all(|changes| !changes.is_empty())
        };
        if groups.iter().any(|(whole, sides)| shared(whole, sides)) {
            groups.retain(|whole, sides| shared(whole, sides));
        }
        groups
    }

    /// The outermost object that it is part of, in whichever state has it.
    fn whole(&self, id: &ObjectId) -> ObjectId {
        let states = [&self.base, &self.alone[0], &self.alone[1]];
        let mut at = id.clone();
        while let Some(parent) = states.iter().find_map(|s| s.get(&at)?.parent.clone()) {
            at = parent;
        }
        at
    }
}

/// What a branch did that is not so in the end.
fn lost(base: &Schema, alone: &Schema, end: &Schema) -> Vec<ObjectId> {
    let changes = diff(base, alone).changes.into_iter();
    let lost = changes.filter(|change| match &change.difference {
        Difference::Dropped => end.get(&change.id).is_some(),
        Difference::Created => match (alone.get(&change.id), end.get(&change.id)) {
            (Some(own), Some(there)) => !facet_changes(own, there).is_empty(),
            _ => true,
        },
        Difference::Altered { facets } => match end.get(&change.id) {
            Some(there) => {
                facets.iter().any(|facet| there.facets.get(&facet.facet) != facet.to.as_ref())
            }
            None => true,
        },
    });
    lost.map(|change| change.id).collect()
}

impl Conflict {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// Object by object what each branch did.
    pub(crate) fn render(&self, branches: &Branches<'_>, ui: &Ui) -> String {
        let mut out = String::new();
        for (whole, sides) in &self.groups {
            out.push_str(&format!("{whole}\n"));
            for (branch, changes) in branches.sides.iter().zip(sides) {
                if changes.is_empty() {
                    continue;
                }
                out.push_str(&format!("  {}\n", branch.head));
                let text = super::drift::render(changes, ui);
                out.extend(text.lines().map(|line| format!("    {line}\n")));
            }
        }
        out
    }

    pub(crate) fn json(&self, branches: &Branches<'_>) -> Value {
        let groups = self.groups.iter().map(|(whole, sides)| {
            let sides: serde_json::Map<String, Value> = branches
                .sides
                .iter()
                .zip(sides)
                .map(|(branch, changes)| (branch.head.to_owned(), json!(changes.changes)))
                .collect();
            json!({ "object": whole, "branches": sides })
        });
        json!({ "reasons": self.reasons, "objects": groups.collect::<Vec<_>>() })
    }
}

/// The tables whose rows both branches write: on an empty database nothing shows which went first.
pub(crate) fn written_by_both(branches: &Branches<'_>) -> Vec<String> {
    let [a, b] = branches.sides.each_ref().map(|side| written(&branches.common, &side.own));
    a.intersection(&b).cloned().collect()
}

/// The tables, made before, whose rows migrations write.
pub(crate) fn written(before: &[&Migration], own: &[&Migration]) -> BTreeSet<String> {
    // The version matters little: what is looked for is who writes rows.
    let mut known = Known::empty(17);
    for migration in before {
        known.learn(&migration.up);
    }
    let mut tables = BTreeSet::new();
    for migration in own {
        let report = check_and_learn(&migration.up, &mut known, &Options::default());
        let locks = report.statements.iter().flat_map(|statement| &statement.locks);
        let rows = locks.filter(|lock| lock.mode == LockMode::RowExclusive && !lock.new);
        tables.extend(rows.map(|lock| lock.relation.clone()));
    }
    tables
}

/// Whose a migration is, where git knows.
pub(crate) fn author(migration: &Migration) -> Option<String> {
    let directory = migration.path.parent()?;
    let output = std::process::Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["log", "-1", "--format=%an", "--", &migration.name])
        .stderr(std::process::Stdio::null())
        .output()
        .ok()?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}

/// Tells the heads, and whose they are.
pub(crate) fn describe(names: &[String], session: &Session<'_>) -> Vec<String> {
    let history = session.history().ok();
    let one = |name: &String| {
        let migration = history.as_ref().and_then(|history| history.get(name));
        match migration.and_then(author) {
            Some(author) => format!("`{name}` is by {author}"),
            None => format!("`{name}`"),
        }
    };
    names.iter().map(one).collect()
}
