//! Source texts and spans in them.

use std::{fmt, sync::OnceLock};

use serde::Serialize;

/// A named text: one file of a model, one SQL script.
#[derive(Debug, Default)]
pub struct Source {
    /// Name to show to people, usually a path.
    pub name: String,
    /// The text.
    pub text: String,
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// A text under a name.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// Line and column of a byte offset.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset).max(1) - 1;
        let start = starts[line] as usize;
        let end = self.floor_boundary(offset as usize);
        let column = self.text.get(start..end).map_or(0, |t| t.chars().count());
        Position { line: line + 1, column: column + 1 }
    }

    /// The text of a line, counted from 1, without its line end.
    #[must_use]
    pub fn line(&self, number: usize) -> &str {
        let starts = self.line_starts();
        let Some(&start) = number.checked_sub(1).and_then(|n| starts.get(n)) else { return "" };
        let end = starts.get(number).map_or(self.text.len(), |&e| e as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// The text that a span covers; empty for a span of another source.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|&(_, b)| b == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| to_offset(at + 1))).collect()
        })
    }

    fn floor_boundary(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

impl Clone for Source {
    fn clone(&self) -> Self {
        Self::new(self.name.clone(), self.text.clone())
    }
}

/// Where a character stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Which of the sources that are looked at together: an index into their slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SourceId(pub u32);

impl SourceId {
    /// The source of text that no file holds.
    pub const NONE: Self = Self(u32::MAX);
}

/// A range of bytes in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of something that was made by hand and stands in no text.
    pub const NONE: Self = Self { source: SourceId::NONE, start: 0, end: 0 };

    /// A range of bytes in a source.
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Self { source, start: to_offset(start), end: to_offset(end) }
    }

    /// Whether it stands in no text.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.source == SourceId::NONE
    }

    /// The span from the start of this one to the end of the other.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.is_none() { other } else { Self { end: self.end.max(other.end), ..self } }
    }

    /// The empty span at the end of this one.
    #[must_use]
    pub fn at_end(self) -> Self {
        Self { start: self.end, ..self }
    }
}

impl Default for Span {
    fn default() -> Self {
        Self::NONE
    }
}

/// Offsets are 32 bits wide; a text beyond 4 GiB is pointed into at its end.
fn to_offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
