//! Finds the sequences that `autoincrement()` stands for.

use std::collections::BTreeMap;

use super::names::object_name;
use crate::{
    kinds::sequence_owner,
    schema::{Object, ObjectId, Schema},
    sql::{quote_literal, quote_path},
};

/// The sequences that are exactly what `SERIAL` makes, by name, type, default and owner, each with
/// its column.
pub(crate) fn serials(schema: &Schema) -> BTreeMap<ObjectId, ObjectId> {
    let owners = schema.of_kind(sequence_owner::KIND);
    owners
        .filter(|owner| is_serial(schema, owner))
        .filter_map(|owner| Some((owner.parent.clone()?, sequence_owner::column(owner))))
        .collect()
}

/// The default of a column whose values a sequence gives.
fn nextval(sequence: &[String]) -> String {
    format!("nextval({}::regclass)", quote_literal(&quote_path(sequence)))
}

fn is_serial(schema: &Schema, owner: &Object) -> bool {
    let column = sequence_owner::column(owner);
    let [namespace, table, name] = column.path.as_slice() else { return false };
    let made = [namespace.clone(), object_name(table, name, "seq", 0)];
    let sequence = schema.get(&ObjectId::new("sequence", owner.id.path.clone()));
    let default = schema.get(&ObjectId::new("default", column.path.clone()));
    let whole = schema.get(&ObjectId::new("table", column.path[..2].to_vec()));
    let (Some(sequence), Some(default), Some(whole)) = (sequence, default, whole) else {
        return false;
    };
    let Some(column) = schema.get(&column) else { return false };
    let type_name = sequence.text("type").unwrap_or("bigint");
    let only = |facets: &[&str]| sequence.facets.keys().all(|f| facets.contains(&f.as_str()));
    owner.id.path == made
        && column.text("type") == Some(type_name)
        && matches!(type_name, "smallint" | "integer" | "bigint")
        && only(&["type", "owner"])
        && sequence.text("owner") == whole.text("owner")
        && default.text("expression") == Some(&nextval(&made))
}
