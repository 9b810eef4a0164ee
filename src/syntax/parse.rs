//! Builds the syntax tree from what the grammar matched. Never fails: what is no part of the
//! language becomes junk in the tree and a diagnostic beside it.

use pest::{Parser, iterators::Pair};

use super::{
    ast::{
        Arg, Args, Arity, Array, Assignment, Attribute, Block, BlockAttribute, Call, Comment,
        CommentKind, Comments, Entry, EnumValue, Expr, ExprKind, Field, File, Ident, Item, Junk,
        StringText, TypeRef,
    },
    junk,
    strings::{self, BadEscape},
};
use crate::text::{Diagnostic, Source, SourceId, Span, code};

/// The parser that pest makes of the grammar.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/model.pest"]
pub(super) struct ModelParser;

/// A tree, and what is wrong with the text that it was made of.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The tree.
    pub file: File,
    /// The findings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a text. Never fails.
#[must_use]
pub fn parse_source(source: &Source, id: SourceId) -> Parsed {
    let mut builder = Builder { id, text: &source.text, diagnostics: Vec::new() };
    let file = match ModelParser::parse(Rule::file, &source.text) {
        Ok(mut pairs) => pairs.next().map(|p| builder.file(p)).unwrap_or_default(),
        Err(error) => builder.nothing(&error),
    };
    builder.diagnostics.sort_by_key(|d| d.span().start);
    Parsed { file, diagnostics: builder.diagnostics }
}

/// The quotes of text blocks.
const TEXT: &str = "\"\"\"";

type Node<'i> = Pair<'i, Rule>;

pub(super) struct Builder<'i> {
    pub(super) id: SourceId,
    pub(super) text: &'i str,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'i> Builder<'i> {
    /// The grammar matches every text; should it ever not, the whole text is junk.
    fn nothing(&mut self, error: &pest::error::Error<Rule>) -> File {
        let (start, end) = match error.location {
            pest::error::InputLocation::Pos(at) => (at, at),
            pest::error::InputLocation::Span(span) => span,
        };
        let span = Span::new(self.id, start, end);
        self.diagnostics.push(Diagnostic::error(&code::E0001, span, "this text is not a model"));
        let text = self.text.trim().to_owned();
        File {
            items: vec![Item::Junk(Junk { text, span: Span::new(self.id, 0, self.text.len()) })],
        }
    }

    fn file(&mut self, node: Node<'i>) -> File {
        let mut items = Vec::new();
        let mut leading = Vec::new();
        for inner in node.into_inner() {
            match inner.as_rule() {
                Rule::doc | Rule::line_comment | Rule::block_comment => {
                    leading.push(self.comment(&inner));
                }
                Rule::block => {
                    let mut block = self.block(inner);
                    block.comments.leading = std::mem::take(&mut leading);
                    items.push(Item::Block(block));
                }
                other => {
                    items.extend(leading.drain(..).map(Item::Comment));
                    match other {
                        Rule::blank => items.push(Item::Blank),
                        Rule::EOI => {}
                        _ => items.push(Item::Junk(self.junk_item(&inner))),
                    }
                }
            }
        }
        items.extend(leading.into_iter().map(Item::Comment));
        File { items }
    }

    fn junk_item(&mut self, node: &Node<'i>) -> Junk {
        let junk = self.junk(node);
        let diagnostic = match node.as_rule() {
            Rule::alias => junk::type_alias(&junk),
            Rule::junk_block => junk::broken_block(&junk),
            _ => junk::outside_block(&junk),
        };
        self.diagnostics.push(diagnostic);
        junk
    }

    fn junk(&self, node: &Node<'i>) -> Junk {
        Junk { text: node.as_str().trim().to_owned(), span: self.trimmed(node) }
    }

    fn block(&mut self, node: Node<'i>) -> Block {
        let mut block = Block { span: self.trimmed(&node), ..Block::default() };
        let mut leading = Vec::new();
        let (mut named, mut closed) = (0, false);
        for inner in node.into_inner() {
            match inner.as_rule() {
                Rule::ident if named == 0 => (block.keyword, named) = (self.ident(&inner), 1),
                Rule::ident => block.name = self.ident(&inner),
                Rule::trailing if closed => block.comments.trailing = self.trailing(inner),
                Rule::trailing => block.opening = self.trailing(inner),
                Rule::block_end => (block.span.end, closed) = (self.span(&inner).end, true),
                Rule::unclosed => {
                    block.unclosed = true;
                    // A text block that is not closed swallowed the brace.
                    let swallowed =
                        |e: &Entry| matches!(e, Entry::Junk(j) if j.text.contains(TEXT));
                    if !block.entries.last().is_some_and(swallowed) {
                        self.diagnostics.push(junk::unclosed(&block));
                    }
                }
                Rule::junk_rest => {
                    let rest = self.junk(&inner);
                    self.diagnostics.push(junk::after_block(rest.span));
                    block.junk = Some(rest);
                }
                Rule::doc | Rule::line_comment | Rule::block_comment => {
                    leading.push(self.comment(&inner));
                }
                other => {
                    let entry = self.entry(inner, &block.keyword.text);
                    if matches!(other, Rule::blank | Rule::junk_entry | Rule::junk_text) {
                        block.entries.extend(leading.drain(..).map(Entry::Comment));
                    }
                    block.entries.push(with_leading(entry, std::mem::take(&mut leading)));
                }
            }
        }
        block.entries.extend(leading.into_iter().map(Entry::Comment));
        block
    }

    fn entry(&mut self, node: Node<'i>, keyword: &str) -> Entry {
        match node.as_rule() {
            Rule::blank => Entry::Blank,
            Rule::block_attribute => self.block_attribute(node),
            Rule::named => self.named(node),
            rule => {
                let junk = self.junk(&node);
                self.diagnostics.push(match rule {
                    Rule::junk_text => junk::unclosed_text(&junk),
                    _ => junk::in_block(&junk, keyword),
                });
                Entry::Junk(junk)
            }
        }
    }

    fn block_attribute(&mut self, node: Node<'i>) -> Entry {
        let mut found = BlockAttribute::default();
        for inner in node.into_inner() {
            match inner.as_rule() {
                Rule::trailing => found.comments.trailing = self.trailing(inner),
                _ => self.attribute_part(inner, &mut found.attribute),
            }
        }
        Entry::Attribute(found)
    }

    fn named(&mut self, node: Node<'i>) -> Entry {
        let mut inner = node.into_inner();
        let name = inner.next().map(|n| self.ident(&n)).unwrap_or_default();
        let mut comments = Comments::default();
        let (mut attributes, mut type_ref, mut assigned) = (Vec::new(), None, None);
        let mut span = name.span;
        for part in inner {
            let place = self.span(&part);
            match part.as_rule() {
                Rule::trailing => {
                    comments.trailing = self.trailing(part);
                    continue;
                }
                Rule::assignment => assigned = Some(part.into_inner().next()),
                Rule::type_ref => type_ref = Some(self.type_ref(part)),
                Rule::legacy_colon => self.diagnostics.push(junk::legacy_colon(place)),
                _ => attributes.push(self.attribute(part)),
            }
            span = span.to(place);
        }
        if let Some(value) = assigned {
            let value = value.map(|v| self.expr(v));
            return Entry::Assignment(Assignment { key: name, value, comments, span });
        }
        match type_ref {
            Some(type_ref) => Entry::Field(Field { name, type_ref, attributes, comments, span }),
            None => Entry::Value(EnumValue { name, attributes, comments, span }),
        }
    }

    fn type_ref(&mut self, node: Node<'i>) -> TypeRef {
        let mut found = TypeRef { span: self.span(&node), ..TypeRef::default() };
        let text = node.as_str();
        for inner in node.into_inner() {
            match inner.as_rule() {
                Rule::path => found.path = self.ident(&inner),
                Rule::args => found.args = Some(self.args(inner)),
                Rule::arity if inner.as_str() == "[]" => found.arity = Arity::List,
                Rule::arity if inner.as_str() == "?" => found.arity = Arity::Optional,
                _ => {
                    let required = inner.as_str() == "!";
                    found.arity = if required { Arity::Required } else { Arity::List };
                    found.legacy = Some(text.to_owned());
                    let (span, written) = (self.span(&inner), inner.as_str());
                    if let Some(path) = inner.into_inner().next() {
                        found.path = self.ident(&path);
                    }
                    self.diagnostics.push(junk::legacy_type(written, span, &found));
                }
            }
        }
        found
    }

    fn attribute(&mut self, node: Node<'i>) -> Attribute {
        let mut found = Attribute::default();
        for inner in node.into_inner() {
            self.attribute_part(inner, &mut found);
        }
        found
    }

    fn attribute_part(&mut self, node: Node<'i>, attribute: &mut Attribute) {
        attribute.span = attribute.span.to(self.span(&node));
        match node.as_rule() {
            Rule::args => attribute.args = Some(self.args(node)),
            _ => attribute.path = self.ident(&node),
        }
    }

    fn args(&mut self, node: Node<'i>) -> Args {
        let mut args = Args { span: self.span(&node), ..Args::default() };
        args.multiline = opens_line(node.as_str());
        for inner in node.into_inner() {
            match inner.as_rule() {
                Rule::trailing_comma => args.trailing_comma = Some(self.span(&inner)),
                _ => args.list.push(self.arg(inner)),
            }
        }
        args
    }

    fn arg(&mut self, node: Node<'i>) -> Arg {
        let mut arg = Arg { span: self.span(&node), ..Arg::default() };
        // A name, until a colon or parentheses behind it say what it is.
        let mut word = None;
        for inner in node.into_inner() {
            match inner.as_rule() {
                Rule::path => word = Some(self.ident(&inner)),
                Rule::colon => arg.name = word.take(),
                Rule::args => {
                    let path = word.take().unwrap_or_default();
                    let span = path.span.to(self.span(&inner));
                    let kind = ExprKind::Call(Call { path, args: self.args(inner) });
                    arg.value = Some(Expr { kind, span });
                }
                _ => arg.value = Some(self.expr(inner)),
            }
        }
        if let Some(Ident { text, span }) = word {
            arg.value = Some(Expr { kind: ExprKind::Path(text), span });
        }
        arg
    }

    fn expr(&mut self, node: Node<'i>) -> Expr {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::string => ExprKind::String(self.string(node)),
            Rule::text_block => {
                let text = node.into_inner().next().map_or("", |t| t.as_str());
                ExprKind::TextBlock(strings::dedent(text))
            }
            Rule::number => ExprKind::Number(node.as_str().to_owned()),
            Rule::array => ExprKind::Array(self.array(node)),
            Rule::object => ExprKind::Object(self.object(node)),
            _ => {
                let mut inner = node.into_inner();
                let path = inner.next().map(|p| self.ident(&p)).unwrap_or_default();
                match inner.next() {
                    Some(args) => ExprKind::Call(Call { path, args: self.args(args) }),
                    None => ExprKind::Path(path.text),
                }
            }
        };
        Expr { kind, span }
    }

    fn string(&mut self, node: Node<'i>) -> StringText {
        let at = node.as_span().start() + 1;
        let raw = node.into_inner().next().map_or("", |t| t.as_str());
        if raw.contains('\\') {
            for (offset, length, why) in strings::bad_escapes(raw) {
                let span = Span::new(self.id, at + offset, at + offset + length);
                self.diagnostics.push(bad_escape(why, &raw[offset..offset + length], span));
            }
        }
        StringText { raw: raw.to_owned() }
    }

    fn array(&mut self, node: Node<'i>) -> Array {
        let mut array = Array { multiline: opens_line(node.as_str()), ..Array::default() };
        for inner in node.into_inner() {
            match inner.as_rule() {
                Rule::trailing_comma => array.trailing_comma = Some(self.span(&inner)),
                _ => array.items.push(self.expr(inner)),
            }
        }
        array
    }

    fn object(&mut self, node: Node<'i>) -> Vec<(Ident, Expr)> {
        let mut entries = Vec::new();
        for inner in node.into_inner().filter(|i| i.as_rule() == Rule::pair) {
            let mut parts = inner.into_inner();
            if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                entries.push((self.key(name), self.expr(value)));
            }
        }
        entries
    }

    /// A name, or any text in quotes.
    fn key(&mut self, node: Node<'i>) -> Ident {
        let span = self.span(&node);
        if node.as_rule() != Rule::string {
            return self.ident(&node);
        }
        match self.expr(node).kind {
            ExprKind::String(text) => Ident { text: text.value().into_owned(), span },
            _ => Ident { span, ..Ident::default() },
        }
    }

    fn ident(&self, node: &Node<'i>) -> Ident {
        Ident { text: node.as_str().to_owned(), span: self.span(node) }
    }

    fn trailing(&self, node: Node<'i>) -> Option<Comment> {
        node.into_inner().next().map(|c| self.comment(&c))
    }

    fn comment(&self, node: &Node<'i>) -> Comment {
        let kind = match node.as_rule() {
            Rule::doc => CommentKind::Doc,
            Rule::line_comment => CommentKind::Line,
            _ => CommentKind::Block,
        };
        let raw = node.as_str().to_owned();
        Comment { kind, raw, span: self.span(node) }
    }

    fn span(&self, node: &Node<'i>) -> Span {
        let span = node.as_span();
        Span::new(self.id, span.start(), span.end())
    }

    /// The place of a node without white space around it.
    fn trimmed(&self, node: &Node<'i>) -> Span {
        let (text, at) = (node.as_str(), node.as_span().start());
        let start = at + text.len() - text.trim_start().len();
        Span::new(self.id, start, at + text.trim_end().len())
    }
}

/// Whether the text behind an opening bracket starts on the next line.
fn opens_line(text: &str) -> bool {
    text[1..].trim_start_matches([' ', '\t', '\r']).starts_with('\n')
}

fn with_leading(mut entry: Entry, leading: Vec<Comment>) -> Entry {
    let comments = match &mut entry {
        Entry::Field(e) => &mut e.comments,
        Entry::Value(e) => &mut e.comments,
        Entry::Assignment(e) => &mut e.comments,
        Entry::Attribute(e) => &mut e.comments,
        Entry::Comment(_) | Entry::Blank | Entry::Junk(_) => return entry,
    };
    comments.leading = leading;
    entry
}

fn bad_escape(why: BadEscape, written: &str, span: Span) -> Diagnostic {
    match why {
        BadEscape::Unicode => {
            Diagnostic::error(&code::E0006, span, format!("`{written}` is not a unicode escape"))
                .help("write four hexadecimal digits, `\\u00e9`; two of them for a surrogate pair")
        }
        BadEscape::Unknown => {
            Diagnostic::error(&code::E0006, span, format!("unknown escape `{written}` in a string"))
                .help("write `\\\\` for a backslash")
        }
    }
}
