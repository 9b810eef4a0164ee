//! Reading `_prisma_migrations`, the ledger of Prisma Migrate.

use super::{Entry, utc};
use crate::db::{Connection, Error};

/// The last attempt at each migration that was not marked as rolled back.
///
/// It lies in the namespace of the URL's `?schema=`, by default `public`.
pub(super) async fn read(connection: &Connection) -> Result<Vec<Entry>, Error> {
    let doing = "reading `_prisma_migrations`";
    let fail = |error: tokio_postgres::Error| Error::statement(doing, &error);
    let schema = connection.target().schema().unwrap_or("public").to_owned();
    let exists = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
         ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = '_prisma_migrations')";
    if !connection.query_one(exists, &[&schema]).await.map_err(fail)?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT DISTINCT ON (migration_name) migration_name, checksum, {}, {}, \
         applied_steps_count::int4, logs FROM {}._prisma_migrations \
         WHERE rolled_back_at IS NULL ORDER BY migration_name, started_at DESC",
        utc("started_at"),
        utc("finished_at"),
        crate::sql::quote_ident(&schema),
    );
    let rows = connection.query(&sql, &[]).await.map_err(fail)?;
    let mut entries: Vec<_> = rows
        .iter()
        .map(|row| {
            let finished_at: Option<String> = row.get(3);
            let logs: Option<String> = row.get(5);
            let error = match finished_at {
                Some(_) => None,
                None => logs.filter(|logs| !logs.is_empty()),
            };
            Entry {
                name: row.get(0),
                up_sha256: row.get(1),
                started_at: row.get(2),
                finished_at,
                steps: row.get(4),
                steps_done: row.get(4),
                error,
                version: "prisma".to_owned(),
                note: Some("applied by Prisma".to_owned()),
                direction: "up".to_owned(),
                ..Entry::default()
            }
        })
        .collect();
    entries.sort_by(|a, b| (&a.started_at, &a.name).cmp(&(&b.started_at, &b.name)));
    Ok(entries)
}
