//! Keeping the ledgers' own tables out of what is compared.

use std::collections::BTreeSet;

use super::LedgerName;
use crate::schema::{ObjectId, Schema};

/// Removes the ledger's tables, Prisma's, and the namespace that holds nothing else.
pub fn hide(schema: &mut Schema, name: &LedgerName) {
    let mut tables: Vec<Vec<String>> =
        name.tables().into_iter().map(|table| vec![name.schema.clone(), table]).collect();
    let prisma = |path: &[String]| path.len() == 2 && path[1] == "_prisma_migrations";
    tables.extend(schema.objects.keys().filter(|id| prisma(&id.path)).map(|id| id.path.clone()));
    let mut hidden: BTreeSet<ObjectId> =
        schema.objects.keys().filter(|id| tables.contains(&id.path)).cloned().collect();
    if hidden.is_empty() {
        return;
    }
    // Parts of parts: a default is part of a column, which is part of a table.
    loop {
        let parts: Vec<_> = schema
            .objects
            .values()
            .filter(|object| object.parent.as_ref().is_some_and(|parent| hidden.contains(parent)))
            .map(|object| object.id.clone())
            .filter(|id| !hidden.contains(id))
            .collect();
        if parts.is_empty() {
            break;
        }
        hidden.extend(parts);
    }
    schema.objects.retain(|id, _| !hidden.contains(id));
    let own = vec![name.schema.clone()];
    let inhabited = schema.objects.keys().any(|id| id.path.len() > 1 && id.path[0] == name.schema);
    if name.schema != "public" && !inhabited {
        schema.objects.retain(|id, _| id.path != own);
    }
}
