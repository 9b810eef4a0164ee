//! What the passes of validation share: the trees, what is known so far, the findings.

use std::collections::{BTreeMap, BTreeSet};

use super::{AttributeRef, BlockRef, EnumId, Model, RelationMode, TableId};
use crate::{
    syntax::ast::{self, Block, Entry, Expr, ExprKind, Item},
    text::{Code, Diagnostic, Span, code},
};

/// What a name at the top of a model stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Top {
    Table(TableId),
    Enum(EnumId),
    /// A composite type: known, so that its uses are not reported as unknown, and refused.
    Composite(BlockRef),
}

/// Which database a model is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Provider {
    #[default]
    Postgres,
    /// Strict files without a datasource: Prisma allows only what every database can.
    Neutral,
}

/// The state of validation. The trees live longer, so that results can point into them.
pub(super) struct Context<'a> {
    pub(super) files: &'a [ast::File],
    /// Whether each file is held to Prisma's rules.
    pub(super) strict: Vec<bool>,
    pub(super) provider: Provider,
    /// Preview features that generators name.
    pub(super) features: BTreeSet<String>,
    pub(super) tops: BTreeMap<&'a str, Top>,
    pub(super) model: Model,
    /// Tables with a key that could not be read, so that what follows from it is not reported.
    pub(super) broken_keys: BTreeSet<TableId>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'a> Context<'a> {
    pub(super) fn new(files: &'a [ast::File], strict: Vec<bool>) -> Self {
        Self {
            files,
            strict,
            provider: Provider::default(),
            features: BTreeSet::new(),
            tops: BTreeMap::new(),
            model: Model::default(),
            broken_keys: BTreeSet::new(),
            diagnostics: Vec::new(),
        }
    }

    pub(super) fn block(&self, at: BlockRef) -> &'a Block {
        match &self.files[at.file].items[at.item] {
            Item::Block(block) => block,
            _ => unreachable!("references are made of blocks"),
        }
    }

    /// The blocks of all files with their references.
    pub(super) fn blocks(&self) -> Vec<(BlockRef, &'a Block)> {
        let mut found = Vec::new();
        for (file, tree) in self.files.iter().enumerate() {
            for (item, content) in tree.items.iter().enumerate() {
                if let Item::Block(block) = content {
                    found.push((BlockRef { file, item }, block));
                }
            }
        }
        found
    }

    /// The tree of a field of a table.
    pub(super) fn field_syntax(&self, table: TableId, field: usize) -> &'a ast::Field {
        let table = &self.model.tables[table.0];
        match &self.block(table.block).entries[table.fields[field].entry] {
            Entry::Field(field) => field,
            _ => unreachable!("fields are made of field entries"),
        }
    }

    /// The place of an attribute.
    pub(super) fn attribute_span(&self, at: AttributeRef) -> Span {
        match &self.block(at.block).entries[at.entry] {
            Entry::Attribute(found) => found.attribute.span,
            Entry::Field(field) => field.attributes[at.attribute].span,
            Entry::Value(value) => value.attributes[at.attribute].span,
            _ => Span::NONE,
        }
    }

    /// Whether a block holds text that could not be read: what is missing in it may be there.
    pub(super) fn is_damaged(&self, at: BlockRef) -> bool {
        self.block(at).entries.iter().any(|e| matches!(e, Entry::Junk(_)))
    }

    pub(super) fn is_strict(&self, at: BlockRef) -> bool {
        self.strict[at.file]
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.provider == Provider::Postgres
    }

    pub(super) fn relation_mode(&self) -> RelationMode {
        self.model.datasource.as_ref().map(|d| d.relation_mode).unwrap_or_default()
    }

    /// The longest name in the database, in bytes.
    pub(super) fn max_name_bytes(&self) -> usize {
        if self.is_postgres() { 63 } else { usize::MAX }
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn error(&mut self, code: &'static Code, span: Span, message: impl Into<String>) {
        self.push(Diagnostic::error(code, span, message));
    }

    /// Reads a string; reports anything else.
    pub(super) fn string(&mut self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::String(text) => Some(text.value().into_owned()),
            ExprKind::TextBlock(text) => {
                if self.strict.get(expr.span.source.0 as usize) == Some(&true) {
                    let message = "Prisma has no text blocks";
                    let found = Diagnostic::error(&code::E0207, expr.span, message);
                    self.push(found.help("write a string in quotes, `\\n` for a new line"));
                }
                Some(text.clone())
            }
            _ => self.unexpected(expr, "a string"),
        }
    }

    /// Reads a name; reports anything else.
    pub(super) fn name<'e>(&mut self, expr: &'e Expr) -> Option<&'e str> {
        match &expr.kind {
            ExprKind::Path(name) => Some(name),
            ExprKind::String(text) => {
                let found = describe(expr);
                let message = format!("expected a name without quotes, found {found}");
                let help = format!("remove the quotes: `{}`", text.raw);
                self.push(Diagnostic::error(&code::E0207, expr.span, message).help(help));
                None
            }
            _ => self.unexpected(expr, "a name"),
        }
    }

    /// Reads `true` or `false`; reports anything else.
    pub(super) fn boolean(&mut self, expr: &Expr) -> Option<bool> {
        match &expr.kind {
            ExprKind::Path(name) if name == "true" => Some(true),
            ExprKind::Path(name) if name == "false" => Some(false),
            _ => self.unexpected(expr, "`true` or `false`"),
        }
    }

    fn unexpected<T>(&mut self, expr: &Expr, expected: &str) -> Option<T> {
        let message = format!("expected {expected}, found {}", describe(expr));
        self.error(&code::E0207, expr.span, message);
        None
    }
}

/// The items of an array; a value that is no array counts as an array of one.
pub(crate) fn as_list(expr: &Expr) -> &[Expr] {
    match &expr.kind {
        ExprKind::Array(array) => &array.items,
        _ => std::slice::from_ref(expr),
    }
}

/// What a value is, for people: "the number `3`".
pub(crate) fn describe(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::String(text) => format!("the string `\"{}\"`", text.raw),
        ExprKind::TextBlock(_) => "a text block".to_owned(),
        ExprKind::Number(text) => format!("the number `{text}`"),
        ExprKind::Path(text) => format!("`{text}`"),
        ExprKind::Array(_) => "an array".to_owned(),
        ExprKind::Call(call) => format!("the function `{}(…)`", call.path.text),
        ExprKind::Object(_) => "an object".to_owned(),
    }
}

/// `` `a`, `b` and `c` ``
pub(crate) fn list_names<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<_> = names.iter().map(|n| format!("`{}`", n.as_ref())).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}

/// ``did you mean `x`?`` where one of the known names is near enough.
pub(crate) fn did_you_mean<'n>(
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Option<String> {
    let lower = name.to_lowercase();
    let near = known
        .into_iter()
        .filter(|k| *k != name)
        .map(|k| (strsim::damerau_levenshtein(&lower, &k.to_lowercase()), k))
        .filter(|(distance, k)| *distance <= (k.len().min(name.len()) / 3).max(1));
    let best = near.min_by_key(|(distance, _)| *distance)?;
    Some(format!("did you mean `{}`?", best.1))
}
