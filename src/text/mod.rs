//! Positions in text, the one diagnostic type, its renderings and the registry of codes.

mod codes;
mod diagnostic;
mod duration;
mod render;
mod source;

pub use self::{
    codes::{CODES, Code, Example, find_code, find_example},
    diagnostic::{Diagnostic, Label, Severity},
    duration::parse_duration,
    render::{Style, render_diagnostics, render_diagnostics_json, render_summary},
    source::{Position, Source, SourceId, Span},
};

/// The registered codes by name, for code that reports them: `codes::E0101`.
pub mod code {
    pub use super::codes::{
        hazard::{
            brief::*, compatibility::*, failure::*, lock::*, loss::*, operation::*, security::*,
            style::*, transaction::*,
        },
        lower::*,
        model::*,
        operation::*,
    };
}
