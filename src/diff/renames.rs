//! Objects that are the same under another name.

use std::collections::{BTreeMap, BTreeSet};

use super::facet_changes;
use crate::{
    kinds,
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
