//! Answers questions about the rows of a database, each within a limit of time and of rows.

use std::time::Duration;

use serde::Serialize;
use tokio_postgres::error::SqlState;

use super::{Connection, Error};
use crate::{
    lint::{Ask, Question, question_of_constraint},
    sql::quote_literal,
};

/// So many rows are counted, no more.
const MOST: usize = 1000;

/// What was found in the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowFinding {
    /// Code of the hazard.
    pub hazard: &'static str,
    /// What was found, with the number of rows.
    pub message: String,
    /// Keys or values of a few of them.
    pub examples: Vec<String>,
    /// 1-based line of the statement that would fail.
    pub line: usize,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is nothing of the kind.
    Nothing,
    /// There is.
    Found(RowFinding),
    /// It took too long, or what it asks for is not there yet.
    Unknown {
        /// Whether the time was not enough.
        timed_out: bool,
    },
}

/// Asks questions, each for at most `limit`; nothing is changed and nobody is held up.
///
/// # Errors
/// When the connection fails.
pub async fn ask_rows(
    connection: &Connection,
    questions: &[Question],
    limit: Duration,
) -> Result<Vec<Answer>, Error> {
    let doing = "looking at the rows";
    let begin = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}",
        limit.as_millis(),
        limit.as_millis().min(1000),
    );
    connection.run(doing, &begin).await?;
    let mut out = Vec::with_capacity(questions.len());
    for question in questions {
        connection.run(doing, "SAVEPOINT question").await?;
        let answer = match look(connection, &question.ask).await {
            Ok(found) if found.is_empty() => Answer::Nothing,
            Ok(found) => Answer::Found(finding(question, &found)),
            Err(error) => of_error(question, &error)?,
        };
        connection.run(doing, "ROLLBACK TO SAVEPOINT question").await?;
        out.push(answer);
    }
    connection.run(doing, "ROLLBACK").await?;
    Ok(out)
}

fn finding(question: &Question, found: &[Option<String>]) -> RowFinding {
    let count = match found.len() {
        n if n > MOST => "more than 1,000".to_owned(),
        n => n.to_string(),
    };
    RowFinding {
        hazard: question.hazard,
        message: question.message.replace("{n}", &count),
        examples: found.iter().flatten().take(3).map(|text| shortened(text)).collect(),
        line: question.line,
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A question that fails on a value is an answer; one about what is not there yet is none.
fn of_error(question: &Question, error: &tokio_postgres::Error) -> Result<Answer, Error> {
    let Some(db) = error.as_db_error() else {
        return Err(Error::statement("looking at the rows", error));
    };
    // Class 22 is data exceptions.
    if db.code().code().starts_with("22") {
        return Ok(Answer::Found(RowFinding {
            hazard: question.hazard,
            message: question.message.replace("{n} ", ""),
            examples: vec![db.message().to_owned()],
            line: question.line,
        }));
    }
    let slow = [&SqlState::QUERY_CANCELED, &SqlState::LOCK_NOT_AVAILABLE];
    Ok(Answer::Unknown { timed_out: slow.contains(&db.code()) })
}

async fn look(
    connection: &Connection,
    ask: &Ask,
) -> Result<Vec<Option<String>>, tokio_postgres::Error> {
    let sql = match ask {
        Ask::Rows { table, condition } => {
            let key = key(connection, table).await?;
            format!("SELECT {key} FROM {table} WHERE {condition}")
        }
        Ask::Duplicates { table, keys, condition } => {
            let list = keys.join(", ");
            let set: Vec<_> = keys.iter().map(|key| format!("{key} IS NOT NULL")).collect();
            let condition = condition.as_ref().map_or_else(String::new, |c| format!("({c}) AND "));
            format!(
                "SELECT pg_catalog.concat_ws(', ', {list}) FROM {table} WHERE {condition}{} \
                 GROUP BY {list} HAVING pg_catalog.count(*) > 1",
                set.join(" AND ")
            )
        }
        Ask::Orphans { table, columns, references, referenced } => {
            let own = match referenced.is_empty() {
                true => primary_key(connection, references).await?,
                false => referenced.clone(),
            };
            orphans(&key(connection, table).await?, table, columns, references, &own)
        }
        Ask::Values { table, expression } => {
            let sql = format!("SELECT pg_catalog.count({expression}) FROM {table}");
            connection.query_one(&sql, &[]).await?;
            return Ok(Vec::new());
        }
        Ask::Constraint { table, name } => {
            let sql = "SELECT pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint \
                 WHERE conrelid = pg_catalog.to_regclass($1) AND conname = $2 AND NOT convalidated";
            let Some(row) = connection.query_opt(sql, &[table, name]).await? else {
                return Ok(Vec::new());
            };
            let definition: String = row.get(0);
            return match question_of_constraint(table, &definition) {
                Some(ask) => Box::pin(look(connection, &ask)).await,
                None => Ok(Vec::new()),
            };
        }
    };
    let rows = connection.query(&format!("{sql} LIMIT {}", MOST + 1), &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn orphans(
    key: &str,
    table: &str,
    columns: &[String],
    references: &str,
    referenced: &[String],
) -> String {
    let (set, equal): (Vec<_>, Vec<_>) = columns
        .iter()
        .zip(referenced)
        .map(|(own, other)| (format!("t.{own} IS NOT NULL"), format!("r.{other} = t.{own}")))
        .unzip();
    format!(
        "SELECT {key} FROM {table} AS t WHERE {} \
         AND NOT EXISTS (SELECT FROM {references} AS r WHERE {})",
        set.join(" AND "),
        equal.join(" AND ")
    )
}

/// The columns of the primary key, quoted.
async fn primary_key(
    connection: &Connection,
    table: &str,
) -> Result<Vec<String>, tokio_postgres::Error> {
    let sql = "SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_constraint c, \
         LATERAL pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k (number, place) \
         JOIN pg_catalog.pg_attribute a ON a.attnum = k.number \
         WHERE c.contype = 'p' AND c.conrelid = pg_catalog.to_regclass($1) \
           AND a.attrelid = c.conrelid ORDER BY k.place";
    let rows = connection.query(sql, &[&table]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// What a row is shown as: its primary key, or else where it lies.
async fn key(connection: &Connection, table: &str) -> Result<String, tokio_postgres::Error> {
    let columns = primary_key(connection, table).await?;
    if columns.is_empty() {
        return Ok("NULL::pg_catalog.text".to_owned());
    }
    let parts: Vec<_> = columns
        .iter()
        .map(|c| format!("{} || {c}::pg_catalog.text", quote_literal(&format!("{c} = "))))
        .collect();
    Ok(format!("pg_catalog.concat_ws(', ', {})", parts.join(", ")))
}
