//! Prints a syntax tree: two spaces, columns aligned within a section, one blank line at most.

mod table;

use std::fmt::Write as _;

use self::table::Table;
use super::{
    ast::{
        Args, Arity, Assignment, Attribute, Block, BlockAttribute, Comment, Comments, Entry,
        EnumValue, Expr, ExprKind, File, Item, TypeRef,
    },
    parse::parse_source,
    strings,
};
use crate::text::{Source, SourceId};

const INDENT: usize = 2;

/// Attributes of a field in the order in which they are printed; others follow as they came.
const FIELD_ORDER: &[&str] = &["id", "unique", "default", "updatedAt", "map", "relation"];
/// Attributes of a block in the order in which they are printed; others follow as they came.
const BLOCK_ORDER: &[&str] = &["id", "unique", "index", "fulltext", "map"];

/// Formats a text. Text that is no part of the language stays as it stands.
#[must_use]
pub fn format_source(source: &Source) -> String {
    format_file(&parse_source(source, SourceId(0)).file)
}

/// Prints a tree.
#[must_use]
pub fn format_file(file: &File) -> String {
    let mut out = String::new();
    let mut blank = false;
    let mut after_block = false;
    for item in &file.items {
        if matches!(item, Item::Blank) {
            blank = true;
            continue;
        }
        if !out.is_empty() && (blank || (after_block && matches!(item, Item::Block(_)))) {
            out.push('\n');
        }
        blank = false;
        after_block = matches!(item, Item::Block(_));
        match item {
            Item::Block(block) => print_block(&mut out, block),
            Item::Comment(comment) => push_line(&mut out, &comment.raw),
            Item::Junk(junk) => push_line(&mut out, &junk.text),
            Item::Blank => {}
        }
    }
    out
}

fn push_line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn print_block(out: &mut String, block: &Block) {
    for comment in &block.comments.leading {
        push_line(out, &comment.raw);
    }
    out.push_str(&block.keyword.text);
    if !block.name.text.is_empty() {
        let _ = write!(out, " {}", block.name.text);
    }
    out.push_str(" {");
    push_suffix(out, block.opening.as_ref());
    out.push('\n');
    let has_body = print_body(out, &block.entries);
    print_block_attributes(out, &block.entries, has_body);
    if block.unclosed {
        return;
    }
    out.push('}');
    if let Some(junk) = &block.junk {
        let _ = write!(out, " {}", junk.text);
    }
    push_suffix(out, block.comments.trailing.as_ref());
    out.push('\n');
}

fn push_suffix(out: &mut String, comment: Option<&Comment>) {
    if let Some(comment) = comment {
        let _ = write!(out, " {}", comment.raw);
    }
}

/// Prints everything but the block attributes, which come last; says whether there was anything.
fn print_body(out: &mut String, entries: &[Entry]) -> bool {
    let start = out.len();
    let mut table = Table::default();
    let mut blank = false;
    for entry in entries {
        if matches!(entry, Entry::Attribute(_)) {
            continue;
        }
        if matches!(entry, Entry::Blank) {
            blank = true;
            continue;
        }
        if blank {
            table.render(out);
            if out.len() > start {
                out.push('\n');
            }
            blank = false;
        }
        print_entry(out, &mut table, entry);
    }
    table.render(out);
    out.len() > start
}

fn print_entry(out: &mut String, table: &mut Table, entry: &Entry) {
    match entry {
        Entry::Field(field) => {
            interleave(table, &field.comments);
            table.row(vec![
                field.name.text.clone(),
                type_text(&field.type_ref),
                attributes_text(&field.attributes),
            ]);
            suffix(table, &field.comments);
        }
        Entry::Value(EnumValue { name, attributes, comments, .. }) => {
            interleave(table, comments);
            table.row(vec![name.text.clone(), attributes_text(attributes)]);
            suffix(table, comments);
        }
        Entry::Assignment(assignment) => print_assignment(out, table, assignment),
        Entry::Comment(comment) => table.interleave(comment.raw.clone()),
        Entry::Junk(junk) => table.interleave(junk.text.clone()),
        Entry::Attribute(_) | Entry::Blank => {}
    }
}

/// A value of several lines stands outside of the columns, and ends them.
fn print_assignment(out: &mut String, table: &mut Table, assignment: &Assignment) {
    interleave(table, &assignment.comments);
    let key = assignment.key.text.clone();
    let value = assignment.value.as_ref().map(|v| expr_text(v, INDENT)).unwrap_or_default();
    if value.contains('\n') {
        table.interleave(format!("{key} = {value}"));
        suffix(table, &assignment.comments);
        table.render(out);
    } else {
        table.row(vec![key, format!("= {value}").trim_end().to_owned()]);
        suffix(table, &assignment.comments);
    }
}

fn interleave(table: &mut Table, comments: &Comments) {
    for comment in &comments.leading {
        table.interleave(comment.raw.clone());
    }
}

fn suffix(table: &mut Table, comments: &Comments) {
    if let Some(comment) = &comments.trailing {
        table.suffix(&comment.raw);
    }
}

fn print_block_attributes(out: &mut String, entries: &[Entry], has_body: bool) {
    let mut attributes: Vec<&BlockAttribute> = entries
        .iter()
        .filter_map(|e| if let Entry::Attribute(a) = e { Some(a) } else { None })
        .collect();
    attributes.sort_by_key(|a| rank(&a.attribute, BLOCK_ORDER));
    if has_body && !attributes.is_empty() {
        out.push('\n');
    }
    let mut table = Table::default();
    for BlockAttribute { attribute, comments } in attributes {
        interleave(&mut table, comments);
        table.interleave(format!("@@{}", attribute_text(attribute)));
        suffix(&mut table, comments);
    }
    table.render(out);
}

fn rank(attribute: &Attribute, order: &[&str]) -> usize {
    let name = attribute.path.text.as_str();
    order.iter().position(|known| name == *known).unwrap_or(order.len())
}

fn type_text(type_ref: &TypeRef) -> String {
    if let Some(legacy) = &type_ref.legacy {
        return legacy.clone();
    }
    let args = type_ref.args.as_ref().map(|a| args_text(a, INDENT)).unwrap_or_default();
    let arity = match type_ref.arity {
        Arity::Required => "",
        Arity::Optional => "?",
        Arity::List => "[]",
    };
    format!("{}{args}{arity}", type_ref.path.text)
}

fn attributes_text(attributes: &[Attribute]) -> String {
    let mut sorted: Vec<_> = attributes.iter().collect();
    sorted.sort_by_key(|a| rank(a, FIELD_ORDER));
    let each = sorted.into_iter().map(|a| format!("@{}", attribute_text(a)));
    each.collect::<Vec<_>>().join(" ")
}

/// An attribute without its sign.
pub(crate) fn attribute_text(attribute: &Attribute) -> String {
    let args = attribute.args.as_ref().map(|a| args_text(a, INDENT)).unwrap_or_default();
    format!("{}{args}", attribute.path.text)
}

fn args_text(args: &Args, indent: usize) -> String {
    let multiline = args.multiline && !args.list.is_empty();
    let deeper = if multiline { indent + INDENT } else { indent };
    let items = args.list.iter().map(|arg| {
        let value = arg.value.as_ref().map(|v| expr_text(v, deeper)).unwrap_or_default();
        match &arg.name {
            Some(name) => format!("{}: {value}", name.text),
            None => value,
        }
    });
    let comma = args.trailing_comma.is_some() && !multiline;
    enclose(['(', ')'], items.collect(), multiline, comma, indent)
}

/// Prints a value whose line is indented by so much.
fn expr_text(expr: &Expr, indent: usize) -> String {
    match &expr.kind {
        ExprKind::String(text) => format!("\"{}\"", text.raw),
        ExprKind::TextBlock(text) if strings::fits_text_block(text) => {
            strings::indent(text, indent)
        }
        ExprKind::TextBlock(text) => format!("\"{}\"", strings::escape(text)),
        ExprKind::Number(text) | ExprKind::Path(text) => text.clone(),
        ExprKind::Array(array) => {
            let multiline = array.multiline && !array.items.is_empty();
            let deeper = if multiline { indent + INDENT } else { indent };
            let items = array.items.iter().map(|i| expr_text(i, deeper)).collect();
            let comma = array.trailing_comma.is_some() && !multiline;
            enclose(['[', ']'], items, multiline, comma, indent)
        }
        ExprKind::Call(call) => format!("{}{}", call.path.text, args_text(&call.args, indent)),
        ExprKind::Object(entries) if entries.is_empty() => "{}".to_owned(),
        ExprKind::Object(entries) => {
            let each =
                entries.iter().map(|(k, v)| format!("{}: {}", key(&k.text), expr_text(v, indent)));
            format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A key that is no name stands in quotes.
fn key(text: &str) -> String {
    let plain = text.split('.').all(|part| {
        part.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    });
    if plain { text.to_owned() } else { format!("\"{}\"", strings::escape(text)) }
}

fn enclose(
    [open, close]: [char; 2],
    items: Vec<String>,
    multiline: bool,
    comma: bool,
    indent: usize,
) -> String {
    if multiline {
        let pad = " ".repeat(indent + INDENT);
        let lines = items.join(&format!(",\n{pad}"));
        format!("{open}\n{pad}{lines}\n{}{close}", " ".repeat(indent))
    } else {
        let comma = if comma { "," } else { "" };
        format!("{open}{}{comma}{close}", items.join(", "))
    }
}
