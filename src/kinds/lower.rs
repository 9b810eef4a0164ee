//! From a resolved model to a draft: what the model asks for, as objects of each kind.

use std::collections::{BTreeMap, BTreeSet};

use super::{blocks, constraint, enum_type, extension, partition, table, values};
use crate::{
    model::{Model, TableId},
    schema::{Draft, DraftObject, Object, ObjectId, WHOLE},
    sql::unquote_path,
    syntax::ast::{Attribute, Expr, ExprKind},
    text::{Diagnostic, Span, code},
};

/// Says what a model asks for, and what is wrong with it that only the kinds know.
///
/// The model has to be free of errors. Client-side defaults give nothing in the database.
#[must_use]
pub fn lower(model: &Model) -> (Draft, Vec<Diagnostic>) {
    let mut lowering = Lowering::new(model);
    lowering.namespaces();
    extension::lower::lower(&mut lowering);
    enum_type::lower::lower(&mut lowering);
    table::lower::lower(&mut lowering);
    blocks::lower(&mut lowering);
    partition::lower::complete(&mut lowering);
    constraint::lower::connect(&mut lowering);
    lowering.missing_namespaces();
    let listed = model.datasource.as_ref().and_then(|source| source.namespaces.as_ref());
    lowering.draft.namespaces = match listed {
        Some(list) => list.iter().map(|(name, _)| name.clone()).collect(),
        None => BTreeSet::from(["public".to_owned()]),
    };
    (lowering.draft, lowering.findings)
}

/// A draft in the making.
pub(crate) struct Lowering<'a> {
    pub(crate) model: &'a Model,
    pub(crate) draft: Draft,
    pub(crate) findings: Vec<Diagnostic>,
    /// Where in the draft an object is.
    index: BTreeMap<ObjectId, usize>,
    /// Indexes of partitioned tables that partitions do not take over: `only: true`.
    pub(crate) alone: BTreeSet<ObjectId>,
    /// Namespaces that are listed and in which nothing stands yet.
    pub(crate) idle: BTreeSet<String>,
    /// Names in the namespace of relations that are taken.
    pub(crate) relations: BTreeSet<Vec<String>>,
}

impl<'a> Lowering<'a> {
    fn new(model: &'a Model) -> Self {
        Self {
            model,
            draft: Draft::default(),
            findings: Vec::new(),
            index: BTreeMap::new(),
            idle: BTreeSet::new(),
            alone: BTreeSet::new(),
            relations: BTreeSet::new(),
        }
    }

    /// The namespace that a block names, or else `public`.
    pub(crate) fn namespace(name: Option<&String>) -> String {
        name.map_or_else(|| "public".to_owned(), Clone::clone)
    }

    /// The path of the table of a `model` block.
    pub(crate) fn path(&self, id: TableId) -> Vec<String> {
        let table = self.model.table(id);
        vec![Self::namespace(table.namespace.as_ref()), table.table.clone()]
    }

    /// A name of a relation that is still free, which then is taken: attempts are numbered.
    pub(crate) fn free_name(&mut self, namespace: &str, name: impl Fn(u32) -> String) -> String {
        for attempt in 0.. {
            let path = vec![namespace.to_owned(), name(attempt)];
            if self.relations.insert(path.clone()) {
                return path[1].clone();
            }
        }
        unreachable!("some number is free")
    }

    pub(crate) fn error(
        &mut self,
        code: &'static crate::text::Code,
        span: Span,
        message: impl Into<String>,
    ) {
        self.findings.push(Diagnostic::error(code, span, message));
    }

    /// Adds an object.
    pub(crate) fn push(&mut self, object: Object, span: Span) {
        self.index.entry(object.id.clone()).or_insert(self.draft.objects.len());
        self.draft.push(object, span);
    }

    /// Adds an object that is part of another.
    pub(crate) fn push_part(&mut self, mut object: Object, parent: &ObjectId, span: Span) {
        object.parent = Some(parent.clone());
        self.push(object, span);
    }

    /// An object that was added already.
    pub(crate) fn find(&self, id: &ObjectId) -> Option<&Object> {
        self.index.get(id).map(|at| &self.draft.objects[*at].object)
    }

    /// The database path of what an expression names: a block by its name in the model, or a
    /// string with the name in the database.
    pub(crate) fn resolve_relation(&mut self, expr: &Expr) -> Option<Vec<String>> {
        if let ExprKind::Path(name) = &expr.kind
            && let Some((id, _)) = self.model.tables_with_id().find(|(_, t)| t.name == *name)
        {
            return Some(self.path(id));
        }
        let text = self.word(expr)?;
        match unquote_path(&text).unwrap_or_default().as_slice() {
            [name] => Some(vec!["public".to_owned(), name.clone()]),
            [namespace, name] => Some(vec![namespace.clone(), name.clone()]),
            _ => {
                let message = format!("`{text}` names no relation");
                self.error(&code::E0807, expr.span, message);
                None
            }
        }
    }

    /// `@@comment`, `@@owner`, `@@privileges`, `@was`: what every kind may have. Says whether the
    /// attribute was one of these.
    pub(crate) fn common(&mut self, object: &mut Object, attribute: &Attribute) -> bool {
        let name = attribute.path.text.as_str();
        let value = values::unnamed(attribute, 0);
        match (name, value) {
            ("comment" | "owner", Some(value)) => {
                if let Some(text) = self.word(value) {
                    object.facets.insert(name.to_owned(), text.into());
                }
            }
            ("privileges", Some(value)) => {
                let list = self.words(value);
                object.facets.insert(name.to_owned(), list.into());
            }
            ("was", Some(value)) => self.renamed(&object.id, value),
            ("comment" | "owner" | "privileges" | "was", None) => {
                let message = format!("`{name}` needs a value");
                self.error(&code::E0808, attribute.span, message);
            }
            _ => return false,
        }
        true
    }

    fn renamed(&mut self, now: &ObjectId, value: &Expr) {
        let Some(text) = self.word(value) else { return };
        let names = unquote_path(&text).unwrap_or_else(|| vec![text.clone()]);
        let mut was = now.clone();
        match (names.as_slice(), was.path.as_mut_slice()) {
            ([namespace, name], [old_namespace, old_name]) => {
                old_namespace.clone_from(namespace);
                old_name.clone_from(name);
            }
            (_, [.., last]) => *last = text,
            _ => {}
        }
        self.draft.renames.push((was, now.clone()));
    }

    /// The namespaces that the datasource lists; `public` is there in every database. As with
    /// Prisma, one in which nothing stands is neither created nor dropped.
    fn namespaces(&mut self) {
        let source = self.model.datasource.as_ref();
        let listed = source.and_then(|d| d.namespaces.clone()).unwrap_or_default();
        let public = ("public".to_owned(), Span::NONE);
        for (name, span) in std::iter::once(public).chain(listed) {
            let id = ObjectId::new("namespace", [name.as_str()]);
            if self.find(&id).is_none() {
                self.push(Object::new(id), span);
                self.idle.insert(name);
            }
        }
    }

    /// The namespaces that something stands in although nothing lists them.
    fn missing_namespaces(&mut self) {
        let there: BTreeSet<String> = self
            .draft
            .objects
            .iter()
            .filter(|d| d.object.id.is("namespace"))
            .map(|d| d.object.id.name().to_owned())
            .collect();
        let mut wanted: BTreeMap<String, Span> = BTreeMap::new();
        let mut idle = std::mem::take(&mut self.idle);
        idle.remove("public");
        for DraftObject { object, span } in &self.draft.objects {
            let name = match object.text("schema") {
                Some(name) => name,
                None if super::is_in_namespace(&object.id) => &object.id.path[0],
                None => continue,
            };
            idle.remove(name);
            if !there.contains(name) && !name.starts_with("pg_") && name != "information_schema" {
                wanted.entry(name.to_owned()).or_insert(*span);
            }
        }
        for item in &mut self.draft.objects {
            let object = &mut item.object;
            if object.id.is("namespace") && idle.contains(object.id.name()) {
                object.open.insert(WHOLE.to_owned());
            }
        }
        for (name, span) in wanted {
            self.push(Object::new(ObjectId::new("namespace", [name])), span);
        }
    }
}
