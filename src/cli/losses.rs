//! What a change would lose, or trip over, of the rows that are there.

use std::io::{BufRead as _, IsTerminal as _};

use serde::Serialize;

use super::{Failure, Session, renames::Renamed};
use crate::{
    db::Connection,
    kinds::rows::RowCheck,
    plan::{Fills, row_checks},
    schema::Schema,
    sql::render_script,
};

/// One thing that was found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Finding {
    /// Code of the hazard.
    pub(crate) hazard: &'static str,
    /// What was found, with numbers.
    pub(crate) message: String,
    /// A row that it was found in.
    pub(crate) example: Option<String>,
    /// Whether the change would fail; otherwise it loses what is there.
    pub(crate) fails: bool,
}

impl Finding {
    fn line(&self) -> String {
        match &self.example {
            Some(example) => format!("{} {}, for example {example}", self.hazard, self.message),
            None => format!("{} {}", self.hazard, self.message),
        }
    }
}

/// Looks at the rows of a database before a change from one schema to another.
pub(crate) async fn look(
    connection: &Connection,
    from: &Renamed,
    to: &Schema,
    fills: &Fills,
) -> Result<Vec<Finding>, Failure> {
    let mut checks = row_checks(&from.schema, to);
    // Of these columns it is known what the rows get.
    checks.retain(|(id, _)| !fills.contains_key(id));
    if checks.is_empty() {
        return Ok(Vec::new());
    }
    // The questions use the new names; nothing of this stays.
    let doing = "looking at the rows";
    connection.run(doing, "BEGIN; SET LOCAL lock_timeout = '5s'").await?;
    let mut out = Vec::new();
    let result = async {
        if !from.up.is_empty() {
            connection.run(doing, &render_script(&from.up)).await?;
        }
        for (_, check) in checks {
            connection.run(doing, "SAVEPOINT question").await?;
            out.extend(answer(connection, &check).await);
            connection.run(doing, "ROLLBACK TO SAVEPOINT question").await?;
        }
        Ok::<_, Failure>(())
    }
    .await;
    connection.run(doing, "ROLLBACK").await?;
    result.map(|()| out)
}

/// Tells what was found.
pub(crate) fn tell(findings: &[Finding], session: &Session<'_>) {
    for finding in findings {
        session.ui.warn(&finding.line());
    }
}

/// Asks one question; a question that itself fails on a value is an answer.
async fn answer(connection: &Connection, check: &RowCheck) -> Option<Finding> {
    let finding =
        |message: String, example, fails| Finding { hazard: check.hazard, message, example, fails };
    match connection.client().query_one(&check.count, &[]).await {
        Ok(row) => {
            let count: i64 = row.get(0);
            if count == 0 {
                return None;
            }
            let example = match &check.example {
                Some(sql) => connection.client().query_opt(sql, &[]).await.ok().flatten(),
                None => None,
            };
            let example =
                example.and_then(|row| row.try_get::<_, Option<String>>(0).ok().flatten());
            Some(finding(check.message.replace("{n}", &grouped(count)), example, check.fails))
        }
        Err(error) => {
            let db = error.as_db_error()?;
            // Class 22 is data exceptions: a value that the new type refuses.
            let data = db.code().code().starts_with("22");
            data.then(|| {
                let message = check.message.replace("{n} ", "");
                finding(format!("{message}: {}", db.message()), None, true)
            })
        }
    }
}

/// `1,204`
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Refuses what fails, and what loses rows unless that is accepted; tells of what is accepted.
pub(crate) fn judge(
    findings: &[Finding],
    accept: bool,
    session: &Session<'_>,
) -> Result<(), Failure> {
    let (failing, losing): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|f| f.fails);
    if !failing.is_empty() {
        let mut failure =
            Failure::refused("P0062", "the rows that are there do not allow the change");
        failure.notes = failing.iter().map(|f| f.line()).collect();
        if failing.iter().all(|finding| finding.hazard == "H0401") {
            return Err(failure.help(
                "say what existing rows get, as in `--fill table.column=SQL`, or give the column a \
                 default",
            ));
        }
        return Err(failure.help(
            "correct the rows first, or write the migration with `--create-only` and correct them in it",
        ));
    }
    if losing.is_empty() {
        return Ok(());
    }
    if accept {
        tell(findings, session);
        return Ok(());
    }
    if std::io::stdin().is_terminal() && !session.ui.json {
        tell(findings, session);
        session.ui.tell("Lose it? [y/N] ");
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        if read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes") {
            return Ok(());
        }
    }
    let mut failure = Failure::refused("P0061", "the change would lose data");
    failure.notes = losing.iter().map(|f| f.line()).collect();
    Err(failure.help("`--accept-data-loss` lets it"))
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1204), "1,204");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
