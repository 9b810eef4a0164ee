//! What to say about text that is no part of the language.

use pest::{Parser, error::InputLocation};

use super::{
    ast::{Block, Junk, TypeRef},
    parse::{ModelParser, Rule},
};
use crate::text::{Diagnostic, Span, code};

/// A line in a block that is neither of what may stand there.
pub(super) fn in_block(junk: &Junk, keyword: &str) -> Diagnostic {
    let what = match keyword {
        "enum" => "enum value",
        "datasource" | "generator" => "assignment of a configuration block",
        _ => "field, attribute or assignment",
    };
    let span = narrow(junk);
    let message = format!("this line is not a valid {what}");
    let found = first_char(junk, span);
    let diagnostic = Diagnostic::error(&code::E0001, span, message);
    if unclosed_string(&junk.text) {
        return diagnostic.labelled("this string is not closed").help("close it with `\"`");
    }
    match found {
        Some(c) => diagnostic.labelled(format!("unexpected `{c}`")),
        None => diagnostic.labelled("unexpected end of line"),
    }
}

/// A line outside of all blocks.
pub(super) fn outside_block(junk: &Junk) -> Diagnostic {
    let help = match junk.text.chars().next() {
        Some('#') => "write comments as `// …`",
        Some('}') => "remove the `}`: no block is open here",
        _ => "write a block, `model Name { … }`, whose `{` ends its line",
    };
    Diagnostic::error(&code::E0002, junk.span, "this line stands in no block").help(help)
}

/// Something with braces that does not start as a block does.
pub(super) fn broken_block(junk: &Junk) -> Diagnostic {
    let first = junk.text.lines().next().unwrap_or("").trim_end_matches(['{', ' ', '\t']);
    let span = Span { end: junk.span.start + u32::try_from(first.len()).unwrap_or(0), ..junk.span };
    Diagnostic::error(&code::E0002, span, format!("`{first}` does not start a block"))
        .help("a block starts with a keyword and one name: `model Name {`")
}

/// `type X = Int`.
pub(super) fn type_alias(junk: &Junk) -> Diagnostic {
    Diagnostic::error(&code::E0007, junk.span, "type aliases are not supported")
        .help("write the type and its attributes at each field")
}

/// A block whose closing brace is missing.
pub(super) fn unclosed(block: &Block) -> Diagnostic {
    let span = block.keyword.span.to(block.name.span);
    let name = &block.name.text;
    Diagnostic::error(&code::E0003, span, format!("the block `{name}` is not closed"))
        .help("end it with `}` on a line of its own")
}

/// A text block whose closing quotes are missing.
pub(super) fn unclosed_text(junk: &Junk) -> Diagnostic {
    let quotes = junk.text.find("\"\"\"").unwrap_or(0);
    let start = junk.span.start + u32::try_from(quotes).unwrap_or(0);
    let span = Span { start, end: start + 3, ..junk.span };
    Diagnostic::error(&code::E0004, span, "this text block is not closed")
        .help("close it with `\"\"\"`")
}

/// Text behind the closing brace.
pub(super) fn after_block(span: Span) -> Diagnostic {
    Diagnostic::error(&code::E0001, span, "nothing but a comment may follow the `}` of a block")
        .help("move this to a line of its own")
}

/// `name: Type`.
pub(super) fn legacy_colon(span: Span) -> Diagnostic {
    Diagnostic::error(&code::E0005, span, "a field has no `:` between its name and its type")
        .help("remove the `:`")
}

/// `Int!`, `[Int]`, `Int[]?`.
pub(super) fn legacy_type(written: &str, span: Span, type_ref: &TypeRef) -> Diagnostic {
    let name = &type_ref.path.text;
    let (message, help) = match written {
        "!" => ("fields are required without a `!`", "remove the `!`".to_owned()),
        "[]?" => ("a list cannot be optional", format!("write `{name}[]`")),
        _ => ("a list is written behind its type", format!("write `{name}[]`")),
    };
    Diagnostic::error(&code::E0005, span, message).help(help)
}

/// Where reading the line stopped.
fn narrow(junk: &Junk) -> Span {
    let stop = match ModelParser::parse(Rule::probe, &junk.text) {
        Err(error) => match error.location {
            InputLocation::Pos(at) => at,
            InputLocation::Span((at, _)) => at,
        },
        Ok(_) => 0,
    };
    let length = junk.text.get(stop..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
    let start = junk.span.start + u32::try_from(stop).unwrap_or(0);
    Span { start, end: start + u32::try_from(length).unwrap_or(0), ..junk.span }
}

fn first_char(junk: &Junk, span: Span) -> Option<char> {
    junk.text.get((span.start - junk.span.start) as usize..)?.chars().next()
}

/// Whether a line has an odd number of quotes.
fn unclosed_string(line: &str) -> bool {
    let (mut inside, mut escaped) = (false, false);
    for c in line.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
    }
    inside
}
