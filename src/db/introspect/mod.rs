//! Reads a live catalog into a [`Schema`]: a fixed number of queries, pipelined, in one snapshot.

mod dependencies;
mod template;

use std::collections::BTreeMap;

use futures_util::{TryStreamExt as _, future::try_join_all};
use serde_json::Value;
use tokio_postgres::{Client, Row, types::Type};

use self::dependencies::{Address, Dependencies};
use super::{Connection, connect};
use crate::{
    kinds,
    schema::{Object, ObjectId, Schema, Unmodelled},
    sql::quote_literal,
};

/// Reads everything that the connected role's database defines outside PostgreSQL's own schemas.
///
/// Runs in a transaction of its own, `REPEATABLE READ READ ONLY`, with an empty search path so
/// that every name in an expression comes back qualified, and with settings under which literals
/// are spelled alike everywhere. Ownership by the connected role is not a
/// facet: it is what a script run by the same role gives.
///
/// # Errors
/// Whatever the server or the connection reports.
pub async fn read(client: &Client) -> Result<Schema, tokio_postgres::Error> {
    begin(client).await?;
    let result = read_snapshot(client, client).await;
    client.batch_execute("ROLLBACK").await?;
    result
}

/// As [`read`]; a large catalog is read by two sessions in the same snapshot, where the server
/// lets us have another one.
///
/// # Errors
/// Whatever the server or the connection reports.
pub async fn read_large(connection: &Connection) -> Result<Schema, tokio_postgres::Error> {
    let client = connection.client();
    begin(client).await?;
    let helper = helper(connection).await?;
    let other = helper.as_ref().map_or(client, Connection::client);
    let result = read_snapshot(client, other).await;
    client.batch_execute("ROLLBACK").await?;
    result
}

/// Relations from which on a second session is worth its start.
const LARGE: i64 = 1000;

/// Another session in the snapshot of the connection's transaction.
async fn helper(connection: &Connection) -> Result<Option<Connection>, tokio_postgres::Error> {
    if connection.is_pooled() {
        return Ok(None);
    }
    let sql = "SELECT CASE WHEN count(*) >= $1 THEN pg_catalog.pg_export_snapshot() END \
               FROM pg_catalog.pg_class WHERE oid >= 16384";
    let row = connection.client().query_one(sql, &[&LARGE]).await?;
    let Some(snapshot) = row.get::<_, Option<String>>(0) else { return Ok(None) };
    let Ok(helper) = connect(connection.target()).await else { return Ok(None) };
    begin(helper.client()).await?;
    let sql = format!("SET TRANSACTION SNAPSHOT {}", quote_literal(&snapshot));
    // Through a pooler it may be another server that answers.
    Ok(helper.client().batch_execute(&sql).await.is_ok().then_some(helper))
}

async fn begin(client: &Client) -> Result<(), tokio_postgres::Error> {
    client
        .batch_execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = '';
             SET LOCAL quote_all_identifiers = off; SET LOCAL extra_float_digits = 3;
             SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, MDY';
             SET LOCAL intervalstyle = 'postgres'; SET LOCAL bytea_output = 'hex';
             SET LOCAL jit = off",
        )
        .await
}

/// Kinds whose queries take about half of the time.
const HEAVY: &[&str] = &["constraint", "default", "index"];

async fn read_snapshot(client: &Client, other: &Client) -> Result<Schema, tokio_postgres::Error> {
    let row = client
        .query_typed_one(
            "SELECT current_setting('server_version_num')::int4, current_user::text",
            &[],
        )
        .await?;
    let version = u32::try_from(row.get::<_, i32>(0)).unwrap_or_default();
    let role: String = row.get(1);

    let queries: Vec<(&Client, String)> = kinds::ALL
        .iter()
        .flat_map(|kind| kind.catalog().iter().map(|sql| (kind.name(), *sql)))
        .map(|(kind, sql)| {
            let client = if HEAVY.contains(&kind) { other } else { client };
            (client, template::expand(sql, version / 10_000))
        })
        .collect();
    // Rows are decoded while the server works on the queries that follow.
    let objects = try_join_all(queries.iter().map(async |(client, sql)| {
        let rows = client.query_typed_raw::<i32, _>(sql.as_str(), []).await?;
        rows.map_ok(|row| decode(&row, &role)).try_collect::<Vec<_>>().await
    }));
    let (objects, depends, comments, labels, sweep) = tokio::try_join!(
        objects,
        client.query_typed(include_str!("depend.sql"), &[]),
        client.query_typed(include_str!("comments.sql"), &[]),
        client.query_typed(include_str!("labels.sql"), &[]),
        client.query_typed(include_str!("sweep.sql"), &[]),
    )?;

    let mut schema = Schema { server_version: version, ..Schema::default() };
    let mut addresses: BTreeMap<Address, ObjectId> = BTreeMap::new();
    let mut references: Vec<(ObjectId, Vec<Address>)> = Vec::new();
    for (address, object, refs) in objects.into_iter().flatten() {
        addresses.insert(address, object.id.clone());
        if !refs.is_empty() {
            references.push((object.id.clone(), refs));
        }
        schema.insert(object);
    }
    let dependencies = Dependencies::read(&depends);
    for (id, refs) in references {
        let deps: Vec<_> =
            refs.iter().filter_map(|r| dependencies.resolve(r, &addresses).cloned()).collect();
        if let Some(object) = schema.objects.get_mut(&id) {
            object.deps.extend(deps);
        }
    }
    dependencies.apply(&mut schema, &addresses);
    apply_comments(&mut schema, &comments, &addresses);
    apply_labels(&mut schema, &labels, &addresses);
    schema.unmodelled = unclaimed(client, &sweep, &addresses).await?;
    Ok(schema)
}

/// One row of a catalog query as an object; see [`kinds::Kind::catalog`] for the columns.
fn decode(row: &Row, role: &str) -> (Address, Object, Vec<Address>) {
    let kind: String = row.get("kind");
    let mut object = Object::new(ObjectId::new(kind, row.get::<_, Vec<String>>("path")));
    object.position = row.get("position");
    if let Some(parent) = row.get::<_, Option<String>>("parent_kind") {
        let id = ObjectId::new(parent, row.get::<_, Vec<String>>("parent_path"));
        object.deps.insert(id.clone());
        object.parent = Some(id);
    }
    if let Value::Object(facets) = row.get::<_, Value>("facets") {
        object.facets = facets;
    }
    if object.text("owner") == Some(role) {
        object.facets.remove("owner");
    }
    let refs = match row.get::<_, Option<Value>>("refs") {
        Some(Value::Array(list)) => list.iter().filter_map(Address::from_json).collect(),
        _ => Vec::new(),
    };
    (Address::of(row), object, refs)
}

fn apply_comments(schema: &mut Schema, rows: &[Row], addresses: &BTreeMap<Address, ObjectId>) {
    for row in rows {
        let address = Address::of(row);
        let text: String = row.get("description");
        if let Some(id) = addresses.get(&address) {
            if id.is("namespace") && id.name() == "public" && text == "standard public schema" {
                continue;
            }
            if let Some(object) = schema.objects.get_mut(id) {
                object.facets.insert("comment".into(), text.into());
            }
        } else if let Some(id) = addresses.get(&Address { sub: 0, ..address })
            && let Some(object) = schema.objects.get_mut(id)
            && let Some(column) = row.get::<_, Option<String>>("column_name")
        {
            // Columns of views are not objects: their comments are a facet of the view.
            let list = object
                .facets
                .entry("column_comments")
                .or_insert_with(|| Value::Object(serde_json::Map::new()));
            if let Value::Object(map) = list {
                map.insert(column, text.into());
            }
        }
    }
}

fn apply_labels(schema: &mut Schema, rows: &[Row], addresses: &BTreeMap<Address, ObjectId>) {
    for row in rows {
        if let Some(id) = addresses.get(&Address::of(row))
            && let Some(object) = schema.objects.get_mut(id)
        {
            object.facets.insert("labels".into(), row.get("labels"));
        }
    }
}

/// Names the user objects that no kind claimed.
async fn unclaimed(
    client: &Client,
    sweep: &[Row],
    addresses: &BTreeMap<Address, ObjectId>,
) -> Result<Vec<Unmodelled>, tokio_postgres::Error> {
    let left: Vec<Address> =
        sweep.iter().map(Address::of).filter(|a| !addresses.contains_key(a)).collect();
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let classes: Vec<u32> = left.iter().map(|a| a.class).collect();
    let ids: Vec<u32> = left.iter().map(|a| a.id).collect();
    let rows = client
        .query_typed(
            "SELECT i.type, i.identity FROM unnest($1::oid[], $2::oid[]) AS u(class, id),
                    LATERAL pg_identify_object(u.class, u.id, 0) AS i ORDER BY 1, 2",
            &[(&classes, Type::OID_ARRAY), (&ids, Type::OID_ARRAY)],
        )
        .await?;
    Ok(rows.iter().map(|r| Unmodelled { kind: r.get(0), name: r.get(1) }).collect())
}
