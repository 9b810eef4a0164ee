//! There and back over other people's schemas: what comes back is what was.

use std::collections::BTreeMap;

use driftless::{
    db::{ScratchDb, introspect, replay::run_script},
    diff::diff,
    plan,
    schema::{ObjectId, Schema},
};
use serde_json::Value;

use crate::{
    corpus::{files, folder},
    support::{block_on, server},
};

async fn schema(database: &ScratchDb) -> Schema {
    introspect::read(database.client()).await.unwrap()
}

/// Puts rows into every table that takes them: all columns filled if that is possible, else those
/// that have to be.
const FILL: &str = "
DO $fill$
DECLARE t record; part record; filled boolean;
BEGIN
  FOR round IN 1..3 LOOP
    FOR t IN SELECT c.oid, c.oid::regclass::text AS name FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
             ORDER BY c.oid LOOP
      filled := false;
      FOR part IN
        SELECT string_agg(quote_ident(v.attname), ', ') AS columns,
               string_agg(v.value, ', ') AS values
        FROM (VALUES (false), (true)) AS k (required) LEFT JOIN LATERAL (
          SELECT a.attname, CASE ty.typcategory
            WHEN 'N' THEN round::text WHEN 'B' THEN 'true' WHEN 'S' THEN quote_literal('a' || round)
            WHEN 'D' THEN quote_literal('2020-01-01 12:00:00+00') WHEN 'T' THEN quote_literal('1 s')
            WHEN 'A' THEN quote_literal('{}')
            WHEN 'E' THEN (SELECT quote_literal(enumlabel) FROM pg_enum
                           WHERE enumtypid = ty.oid ORDER BY enumsortorder LIMIT 1)
            ELSE CASE ty.typname
              WHEN 'uuid' THEN quote_literal('00000000-0000-0000-0000-00000000000' || round)
              WHEN 'json' THEN quote_literal('{}') WHEN 'jsonb' THEN quote_literal('{}')
              WHEN 'bytea' THEN quote_literal('a') ELSE 'NULL' END END AS value
          FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid
          WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attgenerated = '' AND a.attidentity = '' AND NOT a.atthasdef
            AND (a.attnotnull OR NOT k.required)) AS v ON true
        GROUP BY k.required ORDER BY k.required LOOP
        CONTINUE WHEN filled;
        BEGIN
          IF part.columns IS NULL THEN
            EXECUTE format('INSERT INTO %s DEFAULT VALUES', t.name);
          ELSE
            EXECUTE format('INSERT INTO %s (%s) VALUES (%s)', t.name, part.columns, part.values);
          END IF;
          filled := true;
        EXCEPTION WHEN others THEN NULL;
        END;
      END LOOP;
    END LOOP;
  END LOOP;
END $fill$";

/// The rows of each table, each as its columns by name.
type Rows = BTreeMap<Vec<String>, Vec<BTreeMap<String, Value>>>;

/// Reads the rows of the tables of one schema, with those columns alone that another one has too
/// and with the same type.
async fn rows(database: &ScratchDb, of: &Schema, beside: &Schema) -> Rows {
    let mut out = Rows::new();
    for table in of.of_kind("table").filter(|table| beside.get(&table.id).is_some()) {
        let path: Vec<String> =
            table.id.path.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
        let sql = format!("SELECT to_jsonb(t)::text FROM ONLY {} AS t ORDER BY 1", path.join("."));
        let Ok(found) = database.query(&sql, &[]).await else { continue };
        let kept = |name: &str| {
            let mut path = table.id.path.clone();
            path.push(name.to_owned());
            let id = ObjectId::new("column", path);
            let facet = |schema: &Schema| schema.get(&id).map(|o| o.facets.get("type").cloned());
            facet(beside).is_some_and(|there| Some(there) == facet(of))
                && !of.get(&id).is_some_and(|o| o.facets.contains_key("generated"))
        };
        let mut list: Vec<BTreeMap<String, Value>> =
            found.iter().map(|row| serde_json::from_str(row.get(0)).unwrap()).collect();
        for row in &mut list {
            row.retain(|name, _| kept(name));
        }
        list.sort_by_key(|row| serde_json::to_string(row).unwrap());
        out.insert(table.id.path.clone(), list);
    }
    out
}

/// What became of one pair with rows.
enum Outcome {
    /// The rows came back as they were; how many those are.
    Same(usize),
    /// The rows that are there do not allow one of the ways, and the checks name that.
    Named,
}

/// Whether a change says beforehand that rows may make it fail.
fn may_fail(from: &Schema, to: &Schema) -> bool {
    plan::row_checks(from, to).iter().any(|(_, check)| check.fails)
}

async fn with_rows(a: &str, b: &str) -> Result<Outcome, String> {
    let (from, to) = (server().database().await.unwrap(), server().database().await.unwrap());
    for (database, text) in [(&from, a), (&to, b)] {
        database.batch_execute(text).await.map_err(|error| format!("case: {error}"))?;
        database.batch_execute("RESET ALL").await.unwrap();
    }
    let (before, after) = (schema(&from).await, schema(&to).await);
    to.drop_database().await.unwrap();
    from.batch_execute(FILL).await.map_err(|error| format!("filling: {error}"))?;
    let were = rows(&from, &before, &after).await;
    let ways = [("up", &before, &after), ("down", &after, &before)];
    for (way, from_schema, to_schema) in ways {
        let plan = plan::plan(from_schema, to_schema, plan::Mode::Online)
            .map_err(|cycle| cycle.to_string())?;
        if let Err(error) = run_script(&from, way, &plan::render(&plan)).await {
            if may_fail(from_schema, to_schema) {
                return Ok(Outcome::Named);
            }
            return Err(error.to_string());
        }
    }
    let are = rows(&from, &before, &after).await;
    from.drop_database().await.unwrap();
    let count = were.values().map(Vec::len).sum();
    for (table, list) in &were {
        if are.get(table) != Some(list) {
            return Err(format!("the rows of {} are others", table.join(".")));
        }
    }
    Ok(Outcome::Same(count))
}

/// Loads both states, goes there and back, and says what is not as it was.
async fn there_and_back(a: &str, b: &str) -> Result<(), String> {
    let (from, to) = (server().database().await.unwrap(), server().database().await.unwrap());
    for (database, text) in [(&from, a), (&to, b)] {
        database.batch_execute(text).await.map_err(|error| format!("case: {error}"))?;
        database.batch_execute("RESET ALL").await.unwrap();
    }
    let (before, after) = (schema(&from).await, schema(&to).await);
    to.drop_database().await.unwrap();
    let script = |from: &Schema, to: &Schema| {
        plan::plan(from, to, plan::Mode::Online)
            .map(|plan| plan::render(&plan))
            .map_err(|cycle| cycle.to_string())
    };
    let (up, down) = (script(&before, &after)?, script(&after, &before)?);
    run_script(&from, "up", &up).await.map_err(|error| error.to_string())?;
    let left = diff(&schema(&from).await, &after);
    if let Some(change) = left.changes.first() {
        return Err(format!("up leaves {change}"));
    }
    run_script(&from, "down", &down).await.map_err(|error| error.to_string())?;
    let left = diff(&schema(&from).await, &before);
    from.drop_database().await.unwrap();
    left.changes.first().map_or(Ok(()), |change| Err(format!("down leaves {change}")))
}

#[test]
fn corpus_pairs_come_back_after_up_and_down() {
    let Some(folder) = folder("pairs") else { return };
    // Started outside of the runtime that it is used in.
    let _ = server();
    let mut wrong = Vec::new();
    let mut count = 0;
    for a in files(&folder, "a.sql") {
        let b = a.with_file_name("b.sql");
        let texts = [&a, &b].map(|path| std::fs::read_to_string(path).unwrap());
        count += 1;
        if let Err(error) = block_on(there_and_back(&texts[0], &texts[1])) {
            wrong.push(format!("{}: {error}", a.parent().unwrap().display()));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}: {wrong:#?}", wrong.len());
    #[allow(clippy::print_stderr, reason = "the measure of the corpus")]
    {
        eprintln!("{count} pairs there and back");
    }
}

#[test]
fn rows_of_corpus_pairs_come_back_after_up_and_down() {
    let Some(folder) = folder("pairs") else { return };
    let _ = server();
    let mut wrong = Vec::new();
    let (mut same, mut named, mut total) = (0, 0, 0);
    for a in files(&folder, "a.sql") {
        let b = a.with_file_name("b.sql");
        let texts = [&a, &b].map(|path| std::fs::read_to_string(path).unwrap());
        match block_on(with_rows(&texts[0], &texts[1])) {
            Ok(Outcome::Same(rows)) => (same, total) = (same + 1, total + rows),
            Ok(Outcome::Named) => named += 1,
            Err(error) => wrong.push(format!("{}: {error}", a.parent().unwrap().display())),
        }
    }
    #[allow(clippy::print_stderr, reason = "the measure of the corpus")]
    {
        eprintln!("{same} pairs with {total} rows there and back, {named} refused by their rows");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
