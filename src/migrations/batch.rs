//! Statements that are run in ranges of a key: `-- driftless: batch key=id size=5000 pause=50ms`.

use std::time::Duration;

use crate::{
    sql::{Ranged, split::Piece, unquote_ident},
    text::parse_duration,
};

/// How a statement is run in ranges, each a transaction of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The statement, ready to be limited to a range.
    pub statement: Ranged,
    /// What the ranges are of.
    pub key: BatchKey,
    /// How many rows the first range has, or how many pages.
    pub size: u64,
    /// How long to rest between two ranges.
    pub pause: Duration,
    /// How long a range should take; its size follows.
    pub target: Duration,
}

/// What the ranges are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchKey {
    /// Columns that an index leads with.
    Columns(Vec<String>),
    /// Pages of the table: `key=ctid`.
    Pages,
}

impl Batch {
    /// Reads what follows `batch` in a directive, for the statement that it stands before.
    ///
    /// # Errors
    /// With what is wrong, and what to do about it.
    pub(super) fn parse(arguments: &str, piece: &Piece<'_>) -> Result<Self, (String, String)> {
        const HELP: &str = "it reads `batch key=id size=5000 pause=50ms target=500ms`";
        let wrong = |reason: String| (reason, HELP.to_owned());
        let statement = Ranged::of(piece)
            .map_err(|reason| wrong(format!("`batch` before a statement: {reason}")))?;
        let (mut key, mut size) = (None, None);
        let (mut pause, mut target) = (Duration::from_millis(50), Duration::from_millis(500));
        for argument in arguments.split_whitespace() {
            let Some((name, value)) = argument.split_once('=') else {
                return Err(wrong(format!("`{argument}` of `batch` has no value")));
            };
            match name {
                "key" if value.eq_ignore_ascii_case("ctid") => key = Some(BatchKey::Pages),
                "key" => {
                    let columns = value.split(',').map(unquote_ident).collect::<Option<Vec<_>>>();
                    let columns = columns.filter(|c| c.iter().all(|name| !name.is_empty()));
                    let columns =
                        columns.ok_or_else(|| wrong(format!("`{value}` is no column")))?;
                    key = Some(BatchKey::Columns(columns));
                }
                "size" => {
                    let number = value.parse().ok().filter(|n| (1..=10_000_000).contains(n));
                    let number =
                        number.ok_or_else(|| wrong(format!("`{value}` is no size of a batch")))?;
                    size = Some(number);
                }
                "pause" => pause = parse_duration(value).map_err(wrong)?,
                "target" => target = parse_duration(value).map_err(wrong)?,
                _ => return Err(wrong(format!("`batch` has no `{name}`"))),
            }
        }
        let Some(key) = key else {
            return Err(wrong("`batch` does not say by which key".to_owned()));
        };
        match &key {
            BatchKey::Columns(columns) => {
                if let Some(column) = columns.iter().find(|c| statement.assigns(c)) {
                    let reason = format!("the statement changes `{column}`, its own key");
                    return Err((reason, "take another key, or `key=ctid`".to_owned()));
                }
            }
            BatchKey::Pages if !statement.is_conditional() => {
                let reason = "by `ctid` the same row may be met twice".to_owned();
                let help = "write a `WHERE` that leaves out the rows that are done";
                return Err((reason, help.to_owned()));
            }
            BatchKey::Pages => {}
        }
        let default = if key == BatchKey::Pages { 128 } else { 5000 };
        Ok(Self { statement, key, size: size.unwrap_or(default), pause, target })
    }
}
