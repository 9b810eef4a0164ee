//! Objects that are the same under another name.

use std::collections::{BTreeMap, BTreeSet};

use super::facet_changes;
use crate::{
    kinds::{self, Context, Mode},
    schema::{Object, ObjectId, Schema},
};

/// Identity before, identity after.
pub type Rename = (ObjectId, ObjectId);

/// Renames that nobody has to be asked about: an index or constraint that is the same but for its
/// name, where there is only one to choose.
#[must_use]
pub fn implied_renames(from: &Schema, to: &Schema) -> Vec<Rename> {
    let taken: BTreeSet<Vec<String>> =
        from.objects.values().flat_map(|o| kinds::of(&o.id).relation_names(o)).collect();
    let gone = candidates(from, to);
    let mut fresh = candidates(to, from);
    let mut out = Vec::new();
    for (place, old) in gone {
        let Some(new) = fresh.get_mut(&place) else { continue };
        for before in &old {
            let same = |after: &&&Object| facet_changes(before, after).is_empty();
            let matching: Vec<&&Object> = new.iter().filter(same).collect();
            let [after] = matching.as_slice() else { continue };
            let rivals = old.iter().filter(|o| facet_changes(o, after).is_empty()).count();
            let free =
                kinds::of(&after.id).relation_names(after).iter().all(|name| !taken.contains(name));
            if rivals == 1 && free {
                out.push((before.id.clone(), after.id.clone()));
            }
        }
    }
    out
}

/// The objects that only the first schema has and that may be renamed freely, by kind and parent.
fn candidates<'a>(
    here: &'a Schema,
    there: &Schema,
) -> BTreeMap<(&'a str, &'a ObjectId), Vec<&'a Object>> {
    let mut out: BTreeMap<_, Vec<&Object>> = BTreeMap::new();
    for object in here.objects.values() {
        let kind = kinds::of(&object.id);
        let Some(parent) = object.parent.as_ref() else { continue };
        if kind.renamed_freely()
            && there.get(&object.id).is_none()
            && there.get(parent).is_some()
            && kind.implied_by(object, here).is_empty()
        {
            out.entry((object.id.kind.as_ref(), parent)).or_default().push(object);
        }
    }
    out
}

/// The schema after renames that no expression mentions.
#[must_use]
pub fn rename(schema: &Schema, renames: &[Rename]) -> Schema {
    let names: BTreeMap<&ObjectId, &ObjectId> = renames.iter().map(|(a, b)| (a, b)).collect();
    let new = |id: &ObjectId| names.get(id).map_or_else(|| id.clone(), |to| (*to).clone());
    let mut out = schema.clone();
    if renames.is_empty() {
        return out;
    }
    out.objects.clear();
    for object in schema.objects.values() {
        let mut object = object.clone();
        object.id = new(&object.id);
        object.parent = object.parent.as_ref().map(new);
        object.deps = object.deps.iter().map(new).collect();
        out.insert(object);
    }
    out
}

/// An object that is gone and whose rows would be lost, and the new ones that it may have become.
#[derive(Clone, Debug)]
pub struct Question {
    /// The object that only the first schema has.
    pub gone: ObjectId,
    /// Objects of the same kind that only the second schema has, the likeliest first.
    pub candidates: Vec<ObjectId>,
}

/// Drops that may be renames: something that holds rows is gone, and something like it is new.
#[must_use]
pub fn questions(from: &Schema, to: &Schema) -> Vec<Question> {
    let context = Context { from, to, mode: Mode::Direct };
    let mut out = Vec::new();
    for object in from.objects.values().filter(|o| to.get(&o.id).is_none()) {
        let loses = !kinds::of(&object.id).row_checks(Some(object), None, &context).is_empty();
        if !loses {
            continue;
        }
        let mut candidates: Vec<(i64, &ObjectId)> = to
            .of_kind(&object.id.kind)
            .filter(|new| from.get(&new.id).is_none() && new.parent == object.parent)
            .filter_map(|new| likeness(object, new, from, to).map(|l| (-l, &new.id)))
            .collect();
        candidates.sort();
        if !candidates.is_empty() {
            let candidates = candidates.into_iter().map(|(_, id)| id.clone()).collect();
            out.push(Question { gone: object.id.clone(), candidates });
        }
    }
    out
}

/// How much two objects have in common, in percent, if enough to be taken for one another: the
/// parts of a whole, the type of a part.
fn likeness(old: &Object, new: &Object, from: &Schema, to: &Schema) -> Option<i64> {
    if old.parent.is_some() {
        let (before, after) = (old.text("type"), new.text("type"));
        if before == after {
            return Some(i64::from(facet_changes(old, new).is_empty()) * 50 + 50);
        }
        // Renamed and made longer in one go is still renamed.
        return (family(before?) == family(after?)).then_some(25);
    }
    let parts = |schema: &Schema, whole: &Object| -> BTreeSet<(String, String)> {
        schema
            .objects
            .values()
            .filter(|o| o.parent.as_ref() == Some(&whole.id) && o.facets.contains_key("type"))
            .filter(|o| !kinds::of(&o.id).renamed_freely())
            .map(|o| (o.id.name().to_owned(), o.text("type").unwrap_or_default().to_owned()))
            .collect()
    };
    let (before, after) = (parts(from, old), parts(to, new));
    let common = before.intersection(&after).count();
    let all = before.union(&after).count();
    let percent = i64::try_from(common * 100 / all.max(1)).unwrap_or(0);
    (percent >= 50).then_some(percent)
}

/// What stands for a type with another length, precision or range.
fn family(name: &str) -> &str {
    let base = name.split('(').next().unwrap_or(name).trim_end();
    match base {
        "smallint" | "integer" | "bigint" => "integer",
        "text" | "character varying" | "character" => "text",
        "real" | "double precision" => "float",
        other => other,
    }
}

/// Renames of what goes along with something else: the sequence of a serial column whose table or
/// column has another name now. Expressions mention such names, so that a server has to rename.
#[must_use]
pub fn carried_renames(from: &Schema, to: &Schema) -> Vec<Rename> {
    let hosts = |here: &Schema, there: &Schema| -> BTreeMap<(String, ObjectId), ObjectId> {
        here.objects
            .values()
            .filter(|o| o.parent.is_none() && there.get(&o.id).is_none())
            .filter_map(|o| {
                let host = kinds::of(&o.id).implied_by(o, here).into_iter().next()?;
                Some(((o.id.kind.to_string(), host), o.id.clone()))
            })
            .collect()
    };
    let (old, new) = (hosts(from, to), hosts(to, from));
    old.into_iter().filter_map(|(host, id)| Some((id, new.get(&host)?.clone()))).collect()
}
