//! Constructors for trees that are made by hand rather than read from text.

use super::{
    ast::{
        Arg, Args, Arity, Array, Assignment, Attribute, Block, BlockAttribute, Call, Comment,
        CommentKind, Comments, Entry, EnumValue, Expr, ExprKind, Field, Ident, StringText, TypeRef,
    },
    strings,
};
use crate::text::Span;

impl From<&str> for Ident {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), span: Span::NONE }
    }
}

impl From<String> for Ident {
    fn from(text: String) -> Self {
        Self { text, span: Span::NONE }
    }
}

impl Block {
    /// An empty block.
    #[must_use]
    pub fn new(keyword: impl Into<Ident>, name: impl Into<Ident>) -> Self {
        Self { keyword: keyword.into(), name: name.into(), ..Self::default() }
    }

    /// Puts `///` lines before it.
    #[must_use]
    pub fn docs(mut self, text: &str) -> Self {
        self.comments = self.comments.docs_before(text);
        self
    }

    /// Adds a field.
    pub fn push_field(&mut self, field: Field) {
        self.entries.push(Entry::Field(field));
    }

    /// Adds an enum value.
    pub fn push_value(&mut self, value: EnumValue) {
        self.entries.push(Entry::Value(value));
    }

    /// Adds `key = value`.
    pub fn push_assignment(&mut self, key: impl Into<Ident>, value: impl Into<Expr>) {
        let assignment = Assignment {
            key: key.into(),
            value: Some(value.into()),
            comments: Comments::default(),
            span: Span::NONE,
        };
        self.entries.push(Entry::Assignment(assignment));
    }

    /// Adds `@@attribute`.
    pub fn push_attribute(&mut self, attribute: Attribute) {
        let comments = Comments::default();
        self.entries.push(Entry::Attribute(BlockAttribute { attribute, comments }));
    }

    /// Adds an empty line.
    pub fn push_blank(&mut self) {
        self.entries.push(Entry::Blank);
    }

    /// Adds a `//` comment on lines of its own.
    pub fn push_comment(&mut self, text: &str) {
        self.entries.extend(Comment::lines(CommentKind::Line, text).map(Entry::Comment));
    }
}

impl Field {
    /// A required field of a type without arguments.
    #[must_use]
    pub fn new(name: impl Into<Ident>, type_ref: impl Into<TypeRef>) -> Self {
        Self { name: name.into(), type_ref: type_ref.into(), ..Self::default() }
    }

    /// Sets how many values it holds.
    #[must_use]
    pub fn arity(mut self, arity: Arity) -> Self {
        self.type_ref.arity = arity;
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, attribute: Attribute) -> Self {
        self.attributes.push(attribute);
        self
    }

    /// Puts `///` lines before it.
    #[must_use]
    pub fn docs(mut self, text: &str) -> Self {
        self.comments = self.comments.docs_before(text);
        self
    }
}

impl<T: Into<Ident>> From<T> for TypeRef {
    fn from(path: T) -> Self {
        Self { path: path.into(), ..Self::default() }
    }
}

impl TypeRef {
    /// `Unsupported("…")`
    #[must_use]
    pub fn unsupported(sql: &str) -> Self {
        let args = Args::new([Arg::from(Expr::string(sql))]);
        Self { path: "Unsupported".into(), args: Some(args), ..Self::default() }
    }
}

impl EnumValue {
    /// A value without attributes.
    #[must_use]
    pub fn new(name: impl Into<Ident>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, attribute: Attribute) -> Self {
        self.attributes.push(attribute);
        self
    }
}

impl Attribute {
    /// An attribute without parentheses.
    #[must_use]
    pub fn new(path: impl Into<Ident>) -> Self {
        Self { path: path.into(), args: None, span: Span::NONE }
    }

    /// Adds an argument without a name.
    #[must_use]
    pub fn arg(mut self, value: impl Into<Expr>) -> Self {
        self.args.get_or_insert_default().list.push(Arg::from(value.into()));
        self
    }

    /// Adds `name: value`.
    #[must_use]
    pub fn named(mut self, name: impl Into<Ident>, value: impl Into<Expr>) -> Self {
        let value = Some(value.into());
        let arg = Arg { name: Some(name.into()), value, span: Span::NONE };
        self.args.get_or_insert_default().list.push(arg);
        self
    }
}

impl Args {
    /// Arguments on one line.
    pub fn new(list: impl IntoIterator<Item = Arg>) -> Self {
        Self { list: list.into_iter().collect(), ..Self::default() }
    }
}

impl From<Expr> for Arg {
    fn from(value: Expr) -> Self {
        Self { name: None, value: Some(value), span: Span::NONE }
    }
}

impl Default for ExprKind {
    fn default() -> Self {
        Self::String(StringText::default())
    }
}

impl From<ExprKind> for Expr {
    fn from(kind: ExprKind) -> Self {
        Self { kind, span: Span::NONE }
    }
}

impl From<&str> for Expr {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Expr {
    fn from(text: String) -> Self {
        Self::string(&text)
    }
}

impl From<bool> for Expr {
    fn from(value: bool) -> Self {
        Self::path(if value { "true" } else { "false" })
    }
}

impl From<i64> for Expr {
    fn from(value: i64) -> Self {
        Self::number(value.to_string())
    }
}

impl From<Vec<Expr>> for Expr {
    fn from(items: Vec<Expr>) -> Self {
        Self::array(items)
    }
}

impl Expr {
    /// `"…"`
    #[must_use]
    pub fn string(text: &str) -> Self {
        ExprKind::String(StringText { raw: strings::escape(text) }).into()
    }

    /// `"""…"""` for a text of several lines that can stand in one, a string otherwise.
    #[must_use]
    pub fn text(text: &str) -> Self {
        if text.contains('\n') && strings::fits_text_block(text) {
            ExprKind::TextBlock(text.to_owned()).into()
        } else {
            Self::string(text)
        }
    }

    /// A number as it is to be written.
    #[must_use]
    pub fn number(text: impl Into<String>) -> Self {
        ExprKind::Number(text.into()).into()
    }

    /// A name: `true`, `Cascade`, `users.id`.
    #[must_use]
    pub fn path(text: impl Into<String>) -> Self {
        ExprKind::Path(text.into()).into()
    }

    /// `[…]` on one line.
    #[must_use]
    pub fn array(items: impl IntoIterator<Item = Self>) -> Self {
        let items = items.into_iter().collect();
        ExprKind::Array(Array { items, ..Array::default() }).into()
    }

    /// `[…]`, one item on a line.
    #[must_use]
    pub fn lines(items: impl IntoIterator<Item = Self>) -> Self {
        let items = items.into_iter().collect();
        ExprKind::Array(Array { items, multiline: true, trailing_comma: None }).into()
    }

    /// `name(args)`
    #[must_use]
    pub fn call(path: impl Into<Ident>, args: impl IntoIterator<Item = Arg>) -> Self {
        ExprKind::Call(Call { path: path.into(), args: Args::new(args) }).into()
    }

    /// `{ name: value }`
    #[must_use]
    pub fn object(entries: impl IntoIterator<Item = (Ident, Self)>) -> Self {
        ExprKind::Object(entries.into_iter().collect()).into()
    }
}

impl Comments {
    fn docs_before(mut self, text: &str) -> Self {
        self.leading.extend(Comment::lines(CommentKind::Doc, text));
        self
    }
}

impl Comment {
    /// One comment for each line of a text; block comments are not made this way.
    pub fn lines(kind: CommentKind, text: &str) -> impl Iterator<Item = Self> {
        let mark = if kind == CommentKind::Doc { "///" } else { "//" };
        text.lines().map(move |line| {
            let raw = format!("{mark} {line}").trim_end().to_owned();
            Self { kind, raw, span: Span::NONE }
        })
    }
}
