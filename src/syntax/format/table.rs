//! Columns of one section of a block, with whole lines between the rows.

/// Rows whose columns are aligned with each other.
#[derive(Debug, Default)]
pub(super) struct Table {
    lines: Vec<Line>,
}

#[derive(Debug)]
enum Line {
    Row { columns: Vec<String>, suffix: String },
    Whole { text: String, suffix: String },
}

impl Table {
    /// Adds a row; trailing empty columns are not printed.
    pub(super) fn row(&mut self, columns: Vec<String>) {
        self.lines.push(Line::Row { columns, suffix: String::new() });
    }

    /// Adds a line that takes no part in the columns.
    pub(super) fn interleave(&mut self, text: String) {
        self.lines.push(Line::Whole { text, suffix: String::new() });
    }

    /// Adds a comment behind the last line.
    pub(super) fn suffix(&mut self, text: &str) {
        if let Some(Line::Row { suffix, .. } | Line::Whole { suffix, .. }) = self.lines.last_mut() {
            text.clone_into(suffix);
        }
    }

    /// Prints the lines, and starts anew.
    pub(super) fn render(&mut self, out: &mut String) {
        let widths = self.widths();
        for line in self.lines.drain(..) {
            out.push_str("  ");
            let suffix = match line {
                Line::Row { columns, suffix } => {
                    let last = columns.iter().rposition(|c| !c.is_empty()).unwrap_or(0);
                    for (index, column) in columns.iter().enumerate().take(last + 1) {
                        out.push_str(column);
                        if index < last {
                            let pad = widths[index] - column.chars().count() + 1;
                            out.push_str(&" ".repeat(pad));
                        }
                    }
                    suffix
                }
                Line::Whole { text, suffix } => {
                    out.push_str(&text);
                    suffix
                }
            };
            if !suffix.is_empty() {
                out.push(' ');
                out.push_str(&suffix);
            }
            out.push('\n');
        }
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for line in &self.lines {
            let Line::Row { columns, .. } = line else { continue };
            for (index, column) in columns.iter().enumerate() {
                let width = column.chars().count();
                match widths.get_mut(index) {
                    Some(known) => *known = width.max(*known),
                    None => widths.push(width),
                }
            }
        }
        widths
    }
}
