//! From generic blocks to objects.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    kinds::{
        self, Entry, Kind, Misfit, Part, Syntax, blocks::print::TABLE_FAMILY, lower::Lowering,
        values,
    },
    model::context::did_you_mean,
    schema::{Object, ObjectId},
    sql::{lex::tokens, quote_ident, unquote_path},
    syntax::ast::{self, Assignment, Attribute, Block},
    text::{Diagnostic, Span, code},
};

/// Lowers all blocks that are neither `model` nor `enum`.
pub(crate) fn lower(lowering: &mut Lowering<'_>) {
    let model = lowering.model;
    // A view of Prisma has fields and no definition: the database has it from elsewhere.
    let defined = |block: &Block| {
        let key =
            |e: &ast::Entry| matches!(e, ast::Entry::Assignment(a) if a.key.text == "definition");
        block.entries.iter().any(key)
    };
    let views = model.tables.iter().filter(|t| t.is_view()).map(|t| t.block);
    let views = views.filter(|at| defined(model.block(*at)));
    let mut waiting = Vec::new();
    for at in model.others.iter().copied().chain(views) {
        let block = model.block(at);
        match kinds::named(&block.keyword.text) {
            Some(kind) => match kind.syntax() {
                Syntax::Block(parts) => waiting.extend(lower_block(lowering, block, kind, parts)),
                _ => unknown_keyword(lowering, block),
            },
            None => unknown_keyword(lowering, block),
        }
    }
    adopt(lowering, waiting);
}

fn unknown_keyword(lowering: &mut Lowering<'_>, block: &Block) {
    let known = kinds::ALL.iter().filter(|k| matches!(k.syntax(), Syntax::Block(_)));
    let known = known.map(|k| k.name()).chain(["model", "enum", "datasource", "generator"]);
    let keyword = &block.keyword;
    let message = format!("`{}` is no kind of block", keyword.text);
    let finding = Diagnostic::error(&code::E0803, keyword.span, message);
    lowering.findings.push(finding.maybe_help(did_you_mean(&keyword.text, known)));
}

/// An object of a relation that may stand further down: where in the draft, whose, and the place.
struct Waiting {
    object: usize,
    of: Vec<String>,
    span: Span,
}

fn lower_block(
    lowering: &mut Lowering<'_>,
    block: &Block,
    kind: &'static dyn Kind,
    parts: &[Part],
) -> Option<Waiting> {
    let mut reader = Reader { kind, facets: Map::new(), entries: Vec::new() };
    let mut keys: BTreeMap<&str, &Assignment> = BTreeMap::new();
    let mut attributes = Vec::new();
    for entry in &block.entries {
        match entry {
            ast::Entry::Assignment(item) => {
                let key = item.key.text.as_str();
                let is_part = parts.iter().any(|part| match part {
                    Part::Key(name) => *name == key,
                    Part::On => key == "on",
                    _ => false,
                });
                if is_part {
                    keys.insert(key, item);
                } else {
                    reader.assignment(lowering, item);
                }
            }
            ast::Entry::Attribute(item) => attributes.push(&item.attribute),
            ast::Entry::Field(item) if block.keyword.text != "view" => {
                misplaced(lowering, block, item.span);
            }
            ast::Entry::Value(item) => misplaced(lowering, block, item.span),
            _ => {}
        }
    }
    let identity = Identity { block, attributes: &attributes, keys: &keys, facets: &reader.facets };
    let (path, on) = identity.path(lowering, parts)?;
    let mut object = Object::new(ObjectId::new(kind.name(), path));
    object.facets = std::mem::take(&mut reader.facets);
    if kind.name() == "extension" && !object.facets.contains_key("version") {
        object.open.insert("version".to_owned());
    }
    for attribute in attributes {
        let name = attribute.path.text.as_str();
        if !lowering.common(&mut object, attribute) && !matches!(name, "map" | "schema") {
            let message = format!("a `{}` has no attribute `@@{name}`", kind.name());
            lowering.error(&code::E0803, attribute.span, message);
        }
    }
    let span = block.keyword.span.to(block.name.span);
    let index = add(lowering, object, span);
    let id = lowering.draft.objects[index].object.id.clone();
    for (entry, value, span) in std::mem::take(&mut reader.entries) {
        add_entries(lowering, &id, entry, value, span);
    }
    on.map(|(of, span)| Waiting { object: index, of, span })
}

/// Adds an object, or completes one that is there already: `namespace public { … }`.
fn add(lowering: &mut Lowering<'_>, object: Object, span: Span) -> usize {
    let implied = lowering.draft.objects.iter().position(|d| {
        d.object.id == object.id && d.object.facets.is_empty() && object.id.is("namespace")
    });
    if let Some(index) = implied {
        lowering.idle.remove(object.id.name());
        lowering.draft.objects[index].object = object;
        lowering.draft.objects[index].span = span;
        return index;
    }
    lowering.push(object, span);
    lowering.draft.objects.len() - 1
}

fn misplaced(lowering: &mut Lowering<'_>, block: &Block, span: Span) {
    let message = format!("a `{}` holds `key = value` and attributes", block.keyword.text);
    lowering.error(&code::E0803, span, message);
}

/// Reads the assignments of one block.
struct Reader {
    kind: &'static dyn Kind,
    facets: Map<String, Value>,
    entries: Vec<(&'static dyn Kind, Value, Span)>,
}

impl Reader {
    fn assignment(&mut self, lowering: &mut Lowering<'_>, item: &Assignment) {
        let key = item.key.text.as_str();
        let Some(expr) = &item.value else {
            let message = format!("`{key}` has no value");
            return lowering.error(&code::E0808, item.span, message);
        };
        let Some(value) = values::json(expr) else {
            let message = format!("the value of `{key}` is no text, number, list or map");
            return lowering.error(&code::E0804, expr.span, message);
        };
        match self.kind.check(key, &value) {
            Ok(()) => drop(self.facets.insert(key.to_owned(), value)),
            Err(Misfit::Type(message)) => {
                let message = format!("`{key}` does not fit: {message}");
                lowering.error(&code::E0804, expr.span, message);
            }
            Err(Misfit::Unknown(known)) => match entry_named(key, self.kind.name()) {
                Some(kind) => self.entries.push((kind, value, expr.span)),
                None => {
                    let message = format!("a `{}` has no `{key}`", self.kind.name());
                    let near = did_you_mean(key, known.iter().map(String::as_str));
                    let finding = Diagnostic::error(&code::E0803, item.key.span, message);
                    lowering.findings.push(finding.maybe_help(near));
                }
            },
        }
    }
}

/// The kind whose objects are written under a key of their parent's block. Where there are
/// several, that of the parent's kind comes first: `domain_constraint` for a `domain`.
fn entry_named(key: &str, parent: &str) -> Option<&'static dyn Kind> {
    let mut found = kinds::ALL.iter().copied().filter_map(|kind| match kind.syntax() {
        Syntax::Entry(entry) if entry.one == key || entry.many == key => Some((kind, entry)),
        _ => None,
    });
    let all: Vec<_> = found.by_ref().collect();
    let own = |kind: &dyn Kind| {
        kind.name().strip_prefix(parent).is_some_and(|rest| rest.starts_with('_'))
    };
    let fits = all.iter().find(|(kind, _)| own(*kind));
    let fits = fits.or_else(|| all.iter().find(|(kind, entry)| kind.name() == entry.one));
    fits.or(all.first()).map(|(kind, _)| *kind)
}

/// Adds the objects of an entry: one, or a list of them.
fn add_entries(
    lowering: &mut Lowering<'_>,
    parent: &ObjectId,
    kind: &'static dyn Kind,
    value: Value,
    span: Span,
) {
    let Syntax::Entry(entry) = kind.syntax() else { return };
    match value {
        Value::Array(items) if entry.value.is_none() || items.iter().all(Value::is_object) => {
            for (position, item) in (1..).zip(items) {
                let Value::Object(mut map) = item else {
                    let message = format!("`{}` is a list of `{{ name: \"…\" }}`", entry.many);
                    lowering.error(&code::E0804, span, message);
                    continue;
                };
                let Some(Value::String(name)) = map.remove("name") else {
                    let message = format!("each of `{}` needs a `name`", entry.many);
                    lowering.error(&code::E0808, span, message);
                    continue;
                };
                let path = child_path(parent, entry, &name);
                add_entry(lowering, parent, kind, (path, position), map, span);
            }
        }
        Value::Object(map) => {
            add_entry(lowering, parent, kind, (parent.path.clone(), 0), map, span);
        }
        value => {
            let Some(facet) = entry.value else { return };
            let map = [(facet.to_owned(), value)].into_iter().collect();
            add_entry(lowering, parent, kind, (parent.path.clone(), 0), map, span);
        }
    }
}

/// Adds a part of a table that its block has no form for: `@@statistics({ name: "…", … })`.
pub(crate) fn part_attribute(lowering: &mut Lowering<'_>, table: &ObjectId, attribute: &Attribute) {
    let Some(kind) = entry_named(&attribute.path.text, "table") else { return };
    if TABLE_FAMILY.contains(&kind.name()) {
        return;
    }
    // Other attributes have the names of entries too: `@@schema("…")`.
    if let Some(map @ Value::Object(_)) = values::unnamed(attribute, 0).and_then(values::json) {
        add_entries(lowering, table, kind, Value::Array(vec![map]), attribute.span);
    }
}

fn child_path(parent: &ObjectId, entry: Entry, name: &str) -> Vec<String> {
    let stem = if entry.sibling { &parent.path[..1] } else { &parent.path[..] };
    stem.iter().map(String::as_str).chain([name]).map(str::to_owned).collect()
}

fn add_entry(
    lowering: &mut Lowering<'_>,
    parent: &ObjectId,
    kind: &'static dyn Kind,
    (path, position): (Vec<String>, i32),
    map: Map<String, Value>,
    span: Span,
) {
    let mut object = Object::new(ObjectId::new(kind.name(), path));
    object.position = position;
    let id = object.id.clone();
    let mut deeper = Vec::new();
    for (key, value) in map {
        match kind.check(&key, &value) {
            Ok(()) => drop(object.facets.insert(key, value)),
            Err(Misfit::Type(message)) => {
                lowering.error(&code::E0804, span, format!("`{key}` does not fit: {message}"));
            }
            Err(Misfit::Unknown(known)) => match entry_named(&key, kind.name()) {
                Some(inner) => deeper.push((inner, value)),
                None => {
                    let message = format!("a `{}` has no `{key}`", kind.name());
                    let near = did_you_mean(&key, known.iter().map(String::as_str));
                    let finding = Diagnostic::error(&code::E0803, span, message);
                    lowering.findings.push(finding.maybe_help(near));
                }
            },
        }
    }
    if object.id.is("sequence_owner") {
        object.deps.insert(kinds::sequence_owner::column(&object));
    }
    lowering.push_part(object, parent, span);
    for (inner, value) in deeper {
        add_entries(lowering, &id, inner, value, span);
    }
}

/// What the identity of a block is read from.
struct Identity<'a> {
    block: &'a Block,
    attributes: &'a [&'a Attribute],
    keys: &'a BTreeMap<&'a str, &'a Assignment>,
    facets: &'a Map<String, Value>,
}

/// Where `on` points to, and where it stands.
type On = (Vec<String>, Span);

impl Identity<'_> {
    fn path(
        &self,
        lowering: &mut Lowering<'_>,
        parts: &[Part],
    ) -> Option<(Vec<String>, Option<On>)> {
        let mut path = Vec::new();
        let mut on = None;
        for part in parts {
            match part {
                Part::Schema => {
                    path.push(self.attribute(lowering, "schema").unwrap_or("public".into()));
                }
                Part::Name => {
                    let name = self.attribute(lowering, "map");
                    path.push(name.unwrap_or_else(|| self.block.name.text.clone()));
                }
                Part::On => {
                    let value = self.key(lowering, "on")?;
                    let of = lowering.resolve_relation(value)?;
                    path.extend(of.iter().cloned());
                    on = Some((of, value.span));
                }
                Part::Key(key) => {
                    let value = self.key(lowering, key)?;
                    path.push(lowering.word(value)?);
                }
                Part::Arguments(facet) => {
                    let text = self.facets.get(*facet).and_then(Value::as_str);
                    path.push(argument_types(text.unwrap_or_default()));
                }
            }
        }
        Some((path, on))
    }

    fn attribute(&self, lowering: &mut Lowering<'_>, name: &str) -> Option<String> {
        let attribute = self.attributes.iter().find(|a| a.path.text == name)?;
        lowering.word(values::unnamed(attribute, 0)?)
    }

    fn key(&self, lowering: &mut Lowering<'_>, key: &str) -> Option<&ast::Expr> {
        let found = self.keys.get(key).and_then(|item| item.value.as_ref());
        if found.is_none() {
            let keyword = &self.block.keyword.text;
            let message = format!("this `{keyword}` needs `{key}`");
            let span = self.block.keyword.span.to(self.block.name.span);
            lowering.error(&code::E0808, span, message);
        }
        found
    }
}

/// The arguments of a routine without their defaults: enough to address it.
fn argument_types(text: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut skipping) = (0_i32, false);
    let mut end = 0;
    for token in tokens(text) {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 0 => skipping = false,
            _ => {}
        }
        if depth == 0 && (token.is("default") || token.text == "=" || token.text == ":=") {
            skipping = true;
        }
        if !skipping {
            if end > 0 && token.start > end && !out.is_empty() {
                out.push(' ');
            }
            out.push_str(token.text);
        }
        end = token.end();
    }
    out
}

/// Connects objects with the relations that they are on, wherever those stand.
fn adopt(lowering: &mut Lowering<'_>, waiting: Vec<Waiting>) {
    let mut by_path: BTreeMap<&[String], &ObjectId> = BTreeMap::new();
    for item in &lowering.draft.objects {
        let id = &item.object.id;
        if item.object.parent.is_none() && kinds::is_in_namespace(id) && id.path.len() == 2 {
            by_path.entry(&id.path).or_insert(id);
        }
    }
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for item in waiting {
        match by_path.get(item.of.as_slice()) {
            Some(id) => found.push((item.object, (*id).clone())),
            None => missing.push(item),
        }
    }
    for (index, id) in found {
        lowering.draft.objects[index].object.parent = Some(id);
    }
    for item in missing {
        let names: Vec<_> = item.of.iter().map(|name| quote_ident(name)).collect();
        let message = format!("nothing in the model is called `{}`", names.join("."));
        lowering.error(&code::E0807, item.span, message);
    }
    debug_assert!(unquote_path("a.b").is_some());
}
