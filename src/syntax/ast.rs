//! The abstract syntax tree of model text: everything that was written, comments included.

use std::borrow::Cow;

use super::strings;
use crate::text::Span;

/// One file of a model.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// What stands in it, in order.
    pub items: Vec<Item>,
}

impl File {
    /// The blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.items.iter().filter_map(|i| match i {
            Item::Block(block) => Some(block),
            _ => None,
        })
    }

    /// Adds a block with a blank line before it.
    pub fn push(&mut self, block: Block) {
        if !self.items.is_empty() {
            self.items.push(Item::Blank);
        }
        self.items.push(Item::Block(block));
    }
}

/// Something that stands in a file by itself.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "most items are blocks")]
pub enum Item {
    /// `keyword Name { … }`
    Block(Block),
    /// A comment that belongs to no block.
    Comment(Comment),
    /// An empty line.
    Blank,
    /// Text that is no part of the language, kept as it stands.
    Junk(Junk),
}

/// A block: `keyword Name { … }`.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// `model`, `enum`, `datasource`, `function`, …
    pub keyword: Ident,
    /// Its name; empty where it is missing.
    pub name: Ident,
    /// What stands in it, in order.
    pub entries: Vec<Entry>,
    /// Comments right before it and behind its closing brace.
    pub comments: Comments,
    /// A comment behind its opening brace.
    pub opening: Option<Comment>,
    /// Its closing brace is missing in the text.
    pub unclosed: bool,
    /// Text that is no comment behind its closing brace.
    pub junk: Option<Junk>,
    /// From the keyword to the closing brace.
    pub span: Span,
}

/// Something that stands in a block on a line of its own.
#[derive(Clone, Debug)]
pub enum Entry {
    /// `name Type @attribute`
    Field(Field),
    /// `NAME @attribute`: a name without a type.
    Value(EnumValue),
    /// `key = value`
    Assignment(Assignment),
    /// `@@attribute(…)`
    Attribute(BlockAttribute),
    /// A comment that belongs to no entry.
    Comment(Comment),
    /// An empty line.
    Blank,
    /// Text that is no part of the language, kept as it stands.
    Junk(Junk),
}

/// `name Type @attribute`
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub type_ref: TypeRef,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
    /// Comments right before it and behind it.
    pub comments: Comments,
    /// From its name to its last attribute.
    pub span: Span,
}

/// The type of a field: `Type(args)?`.
#[derive(Clone, Debug, Default)]
pub struct TypeRef {
    /// Its name, with dots.
    pub path: Ident,
    /// `Unsupported("…")`
    pub args: Option<Args>,
    /// How many values it holds.
    pub arity: Arity,
    /// As written, where it is written in a way that no longer exists: `Int!`, `[Int]`, `Int[]?`.
    pub legacy: Option<String>,
    /// From its name to the mark of its arity.
    pub span: Span,
}

/// How many values a field holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arity {
    /// One.
    #[default]
    Required,
    /// One or none: `?`.
    Optional,
    /// Any number: `[]`.
    List,
}

/// A name of an enum's list, or a field whose type is missing.
#[derive(Clone, Debug, Default)]
pub struct EnumValue {
    /// Its name.
    pub name: Ident,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
    /// Comments right before it and behind it.
    pub comments: Comments,
    /// From its name to its last attribute.
    pub span: Span,
}

/// `key = value`
#[derive(Clone, Debug, Default)]
pub struct Assignment {
    /// What is given a value.
    pub key: Ident,
    /// The value; none where it is missing.
    pub value: Option<Expr>,
    /// Comments right before it and behind it.
    pub comments: Comments,
    /// From the key to the end of the value.
    pub span: Span,
}

/// `@@attribute(…)`
#[derive(Clone, Debug, Default)]
pub struct BlockAttribute {
    /// The attribute.
    pub attribute: Attribute,
    /// Comments right before it and behind it.
    pub comments: Comments,
}

/// An attribute of a field, value or block, without its `@` or `@@`.
#[derive(Clone, Debug, Default)]
pub struct Attribute {
    /// Its name, with dots: `db.VarChar`.
    pub path: Ident,
    /// Its arguments, where it has parentheses.
    pub args: Option<Args>,
    /// From its name (behind the `@`) to the closing parenthesis.
    pub span: Span,
}

/// Arguments in parentheses.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// The arguments, in order.
    pub list: Vec<Arg>,
    /// Whether they stand one on a line.
    pub multiline: bool,
    /// A comma behind the last one.
    pub trailing_comma: Option<Span>,
    /// From `(` to `)`.
    pub span: Span,
}

/// One argument: `value` or `name: value`.
#[derive(Clone, Debug, Default)]
pub struct Arg {
    /// Its name, where it has one.
    pub name: Option<Ident>,
    /// Its value; none where it is missing behind the name.
    pub value: Option<Expr>,
    /// From the name to the end of the value.
    pub span: Span,
}

/// A value as written.
#[derive(Clone, Debug, Default)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `"…"`, escapes as written.
    String(StringText),
    /// `"""…"""`, without its indentation.
    TextBlock(String),
    /// `-1.5`, as written.
    Number(String),
    /// A name, with dots: `true`, `Cascade`.
    Path(String),
    /// `[…]`
    Array(Array),
    /// `name(…)`
    Call(Call),
    /// `{ name: value }`
    Object(Vec<(Ident, Expr)>),
}

/// `[…]`
#[derive(Clone, Debug, Default)]
pub struct Array {
    /// What stands in it.
    pub items: Vec<Expr>,
    /// Whether the items stand one on a line.
    pub multiline: bool,
    /// A comma behind the last one.
    pub trailing_comma: Option<Span>,
}

/// `name(…)`
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The function's name, with dots.
    pub path: Ident,
    /// Its arguments.
    pub args: Args,
}

/// The text between two quotes, escapes as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringText {
    /// As written.
    pub raw: String,
}

impl StringText {
    /// The text that it stands for.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        strings::unescape(&self.raw)
    }
}

/// A name with its place.
#[derive(Clone, Debug, Default)]
pub struct Ident {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// The comments that belong to something.
#[derive(Clone, Debug, Default)]
pub struct Comments {
    /// On the lines right before it.
    pub leading: Vec<Comment>,
    /// Behind it on its last line.
    pub trailing: Option<Comment>,
}

impl Comments {
    /// The text of its `///` comments, one line each, the one behind it last.
    #[must_use]
    pub fn docs(&self) -> Option<String> {
        let all = self.leading.iter().chain(&self.trailing);
        let docs: Vec<_> = all.filter(|c| c.kind == CommentKind::Doc).map(Comment::text).collect();
        (!docs.is_empty()).then(|| docs.join("\n"))
    }
}

/// A comment, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Which of the three kinds.
    pub kind: CommentKind,
    /// As written, with its marks.
    pub raw: String,
    /// Where it stands.
    pub span: Span,
}

impl Comment {
    /// What it says, without its marks.
    #[must_use]
    pub fn text(&self) -> &str {
        match self.kind {
            CommentKind::Doc => self.raw.trim_start_matches('/').trim(),
            CommentKind::Line => self.raw.trim_start_matches('/').trim(),
            CommentKind::Block => self.raw.trim_start_matches("/*").trim_end_matches("*/").trim(),
        }
    }
}

/// The kinds of comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `/// …`
    Doc,
    /// `// …`
    Line,
    /// `/* … */`
    Block,
}

/// Text that is no part of the language.
#[derive(Clone, Debug)]
pub struct Junk {
    /// As written, without white space around it.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}
