//! What one index of a table stands for, `REPLICA IDENTITY` and `CLUSTER`, and how that is given up.

use crate::{
    kinds::Context,
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_path},
};

/// What to do where an index, or the key that has it, stops being the replica identity: what the
/// table has instead, unless another index takes over by itself.
pub(crate) fn identity_given_up(object: &Object, cx: &Context<'_>) -> Option<Statement> {
    let table = object.parent.as_ref()?;
    if holder(table, "replica_identity", cx.to).is_some() {
        return None;
    }
    let identity = cx.to.get(table)?.text("replica_identity").unwrap_or("DEFAULT");
    let name = quote_path(&table.path);
    Some(Statement::new(format!("ALTER TABLE ONLY {name} REPLICA IDENTITY {identity}")))
}

/// Likewise for the order in which `CLUSTER` keeps the rows.
pub(crate) fn order_given_up(object: &Object, cx: &Context<'_>) -> Option<Statement> {
    let table = object.parent.as_ref()?;
    let name = quote_path(&table.path);
    let none = holder(table, "clustered", cx.to).is_none();
    none.then(|| Statement::new(format!("ALTER TABLE {name} SET WITHOUT CLUSTER")))
}

/// What a column does before it may hold NULL where the replica identity relies on it.
pub(crate) fn identity_without(column: &Object, cx: &Context<'_>) -> Option<Statement> {
    let holder = holder(column.parent.as_ref()?, "replica_identity", cx.from)?;
    holder.deps.contains(&column.id).then(|| identity_given_up(column, cx)).flatten()
}

/// The index or key of a table that has a flag.
fn holder<'a>(table: &ObjectId, flag: &str, state: &'a Schema) -> Option<&'a Object> {
    let mut keys = state.of_kind("constraint").chain(state.of_kind("index"));
    keys.find(|key| key.flag(flag) && key.parent.as_ref() == Some(table))
}
