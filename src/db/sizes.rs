//! How large the tables of a database are, and the settings that decide what statements do.

use tokio_postgres::Client;

use crate::lint::{Live, Size};

/// Reads sizes from the statistics that the server keeps; only a table that was never analyzed is
/// asked for its files.
///
/// # Errors
/// Whatever the server or the connection reports.
pub async fn read_sizes(client: &Client) -> Result<Live, tokio_postgres::Error> {
    let (sizes, settings) = tokio::try_join!(
        client.query(include_str!("sizes.sql"), &[]),
        client
            .query_one("SELECT current_setting('TimeZone'), current_schemas(false)::text[]", &[],),
    )?;
    let size = |bytes: i64| u64::try_from(bytes).unwrap_or_default();
    let sizes = sizes.iter().map(|row| {
        let rows: Option<i64> = row.get(2);
        let size = Size { rows: rows.map(size), bytes: size(row.get(3)) };
        ((row.get(0), row.get(1)), size)
    });
    Ok(Live {
        sizes: sizes.collect(),
        time_zone: Some(settings.get(0)),
        search_path: settings.get(1),
    })
}
