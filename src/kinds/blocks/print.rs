//! From objects to generic blocks.

use serde_json::{Map, Value};

use crate::{
    kinds::{
        self, Part, Syntax, common, names,
        print::{Printing, common_attributes, is_name},
    },
    schema::Object,
    sql::quote_path,
    syntax::ast::{Attribute, Block, Expr},
};

/// Facets that come first, in this order; the others follow in that of the alphabet, texts of
/// several lines last.
const FIRST: &[&str] = &["arguments", "returns", "language", "type", "subtype", "volatility"];

/// Prints an object as a block of its kind.
pub(crate) fn block(printing: &Printing<'_>, object: &Object) -> Block {
    let kind = kinds::of(&object.id);
    let parts = match kind.syntax() {
        Syntax::Block(parts) => parts,
        Syntax::Entry(_) | Syntax::Model => &[],
    };
    let identity = Identity::of(object, parts);
    let name = match kind.name() {
        "view" => printing.names.block(&object.id).to_owned(),
        _ if is_name(&identity.name) => identity.name.clone(),
        _ => names::sanitize(&identity.name),
    };
    let mut block = Block::new(kind.name(), name.as_str());
    for (key, value) in &identity.keys {
        block.push_assignment(*key, value.as_str());
    }
    let (lines, texts): (Vec<_>, Vec<_>) = facets(&object.facets, kind.unwritten())
        .into_iter()
        .partition(|(_, value)| !value.as_str().is_some_and(|text| text.contains('\n')));
    for (key, value) in lines {
        block.push_assignment(key, expr(value));
    }
    for (key, value) in entries(printing, object) {
        block.push_assignment(key, value);
    }
    for (key, value) in texts {
        block.push_assignment(key, expr(value));
    }
    if identity.is_named && name != identity.name {
        block.push_attribute(Attribute::new("map").arg(identity.name.as_str()));
    }
    if let Some(namespace) = identity.namespace.filter(|n| n != "public") {
        block.push_attribute(Attribute::new("schema").arg(namespace.as_str()));
    }
    for attribute in common_attributes(object) {
        block.push_attribute(attribute);
    }
    block
}

/// The facets that a block states, in the order in which it does.
fn facets<'o>(map: &'o Map<String, Value>, unwritten: &[&str]) -> Vec<(&'o str, &'o Value)> {
    const COMMON: &[&str] = &["owner", "comment", "privileges"];
    debug_assert!(COMMON.iter().all(|facet| common::FACETS.contains(facet)));
    let mut out: Vec<(&str, &Value)> = map
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| !COMMON.contains(name) && !unwritten.contains(name))
        .collect();
    let rank = |name: &str| FIRST.iter().position(|f| *f == name).unwrap_or(FIRST.len());
    out.sort_by_key(|(name, _)| (rank(name), *name));
    out
}

/// Parts of a table that its block has no form for: `@@statistics({ name: "…", … })`.
pub(crate) fn part_attributes(printing: &Printing<'_>, object: &Object) -> Vec<Attribute> {
    let mut out = Vec::new();
    for part in printing.all_parts(&object.id) {
        let kind = kinds::of(&part.id);
        let Syntax::Entry(entry) = kind.syntax() else { continue };
        if TABLE_FAMILY.contains(&kind.name()) {
            continue;
        }
        let name = ("name".to_owned(), Expr::from(part.id.name()));
        let map = std::iter::once(name).chain(entry_map(printing, part, kind.unwritten()));
        out.push(Attribute::new(entry.one).arg(object_expr(map)));
    }
    out
}

/// Kinds that `model` blocks have a form for.
pub(crate) const TABLE_FAMILY: &[&str] =
    &["column", "constraint", "default", "index", "index_attachment", "partition"];

/// The objects that are part of this one and have no block of their own.
fn entries(printing: &Printing<'_>, object: &Object) -> Vec<(&'static str, Expr)> {
    let mut out = Vec::new();
    for kind in kinds::ALL {
        let Syntax::Entry(entry) = kind.syntax() else { continue };
        let mut items = Vec::new();
        for part in printing.all_parts(&object.id).iter().filter(|o| o.id.is(kind.name())) {
            let map = entry_map(printing, part, kind.unwritten());
            if part.id.path != object.id.path {
                let name = ("name".to_owned(), Expr::from(part.id.name()));
                items.push(object_expr(std::iter::once(name).chain(map)));
                continue;
            }
            let alone = entry.value.is_some_and(|v| map.len() == 1 && map[0].0 == v);
            let value = match map.into_iter().next() {
                Some((_, value)) if alone => value,
                _ => object_expr(entry_map(printing, part, kind.unwritten())),
            };
            out.push((entry.one, value));
        }
        if !items.is_empty() {
            out.push((entry.many, Expr::lines(items)));
        }
    }
    out
}

fn entry_map(printing: &Printing<'_>, part: &Object, unwritten: &[&str]) -> Vec<(String, Expr)> {
    let own = part.facets.iter().filter(|(name, _)| !unwritten.contains(&name.as_str()));
    let mut map: Vec<(String, Expr)> = own.map(|(n, v)| (n.clone(), expr(v))).collect();
    map.sort_by_key(|(name, _)| name != "type");
    map.extend(entries(printing, part).into_iter().map(|(key, value)| (key.to_owned(), value)));
    map
}

fn object_expr(entries: impl IntoIterator<Item = (String, Expr)>) -> Expr {
    Expr::object(entries.into_iter().map(|(name, value)| (name.into(), value)))
}

/// A value of a facet.
fn expr(value: &Value) -> Expr {
    match value {
        Value::String(text) => Expr::text(text),
        Value::Bool(flag) => Expr::from(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Expr::from(whole),
            (None, Some(real)) => Expr::number(real.to_string()),
            (None, None) => Expr::number(number.to_string()),
        },
        Value::Array(items) => Expr::array(items.iter().map(expr)),
        Value::Object(map) => {
            object_expr(map.iter().map(|(name, value)| (name.clone(), expr(value))))
        }
        Value::Null => Expr::path("null"),
    }
}

/// The identity of an object as its block writes it.
struct Identity {
    namespace: Option<String>,
    name: String,
    /// Whether the name is part of the identity.
    is_named: bool,
    keys: Vec<(&'static str, String)>,
}

impl Identity {
    fn of(object: &Object, parts: &[Part]) -> Self {
        let mut found =
            Self { namespace: None, name: String::new(), is_named: false, keys: Vec::new() };
        let mut path = object.id.path.iter();
        let mut take = || path.next().cloned().unwrap_or_default();
        for part in parts {
            match part {
                Part::Schema => found.namespace = Some(take()),
                Part::Name => {
                    found.name = take();
                    found.is_named = true;
                }
                Part::On => {
                    let (namespace, name) = (take(), take());
                    found.keys.push(("on", quote_path(&[namespace, name])));
                }
                Part::Key(key) => found.keys.push((*key, take())),
                Part::Arguments(_) => drop(take()),
            }
        }
        if !found.is_named {
            found.name = object.id.path.join("_");
        }
        found
    }
}
