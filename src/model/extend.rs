//! `extend Name { … }`: adds to a block of another file what its language cannot say.

use crate::{
    syntax::ast::{Attribute, Block, Entry, Expr, ExprKind, File, Item},
    syntax::attribute_text,
    text::{Diagnostic, code},
};

/// The keyword.
const EXTEND: &str = "extend";

/// Whether some block extends another.
pub(super) fn extends(files: &[File]) -> bool {
    files.iter().flat_map(File::blocks).any(|block| block.keyword.text == EXTEND)
}

/// The files without the blocks that extend others.
pub(super) fn without(files: &[File]) -> Vec<File> {
    let mut files = files.to_vec();
    for item in files.iter_mut().flat_map(|file| &mut file.items) {
        if matches!(item, Item::Block(block) if block.keyword.text == EXTEND) {
            *item = Item::Blank;
        }
    }
    files
}

/// Puts what the blocks say into those that they extend; says what there is no place for.
pub(super) fn extend(files: &[File]) -> (Vec<File>, Vec<Diagnostic>) {
    let mut out = without(files);
    let mut findings = Vec::new();
    for block in files.iter().flat_map(File::blocks).filter(|b| b.keyword.text == EXTEND) {
        let found = out.iter_mut().flat_map(|file| &mut file.items).find_map(|item| match item {
            Item::Block(other) if is_extended(other, block) => Some(other),
            _ => None,
        });
        match found {
            Some(whole) => add(whole, block, &mut findings),
            None => {
                let message = format!("`{}` is no model or enum", block.name.text);
                findings.push(Diagnostic::error(&code::E0112, block.name.span, message));
            }
        }
    }
    (out, findings)
}

fn is_extended(block: &Block, by: &Block) -> bool {
    matches!(block.keyword.text.as_str(), "model" | "view" | "enum" | "datasource")
        && block.name.text == by.name.text
}

fn add(whole: &mut Block, more: &Block, findings: &mut Vec<Diagnostic>) {
    for entry in &more.entries {
        match entry {
            Entry::Attribute(item) => {
                let same = |entry: &Entry| match entry {
                    Entry::Attribute(old) => says_more(&item.attribute, &old.attribute),
                    _ => false,
                };
                match whole.entries.iter_mut().find(|entry| same(entry)) {
                    Some(old) => *old = entry.clone(),
                    None => whole.entries.push(entry.clone()),
                }
            }
            Entry::Value(value) => {
                let name = &value.name.text;
                let attributes = whole.entries.iter_mut().find_map(|entry| match entry {
                    Entry::Field(field) if field.name.text == *name => Some(&mut field.attributes),
                    Entry::Value(old) if old.name.text == *name => Some(&mut old.attributes),
                    _ => None,
                });
                let Some(attributes) = attributes else {
                    let message = format!("`{}` has no `{name}`", whole.name.text);
                    findings.push(Diagnostic::error(&code::E0112, value.name.span, message));
                    continue;
                };
                for attribute in &value.attributes {
                    add_to_field(attributes, attribute);
                }
            }
            Entry::Field(field) => {
                let message = format!("`{}` cannot be given fields here", whole.name.text);
                let found = Diagnostic::error(&code::E0112, field.span, message);
                findings.push(found.help("write the attributes of a field without its type"));
            }
            Entry::Assignment(assignment) if whole.keyword.text == "datasource" => {
                whole.entries.retain(|entry| {
                    !matches!(entry, Entry::Assignment(a) if a.key.text == assignment.key.text)
                });
                whole.entries.push(entry.clone());
            }
            Entry::Assignment(assignment) => {
                let message = format!("`{}` has no assignments", whole.name.text);
                findings.push(Diagnostic::error(&code::E0112, assignment.key.span, message));
            }
            Entry::Comment(_) | Entry::Blank | Entry::Junk(_) => {}
        }
    }
}

fn add_to_field(attributes: &mut Vec<Attribute>, attribute: &Attribute) {
    let name = attribute.path.text.as_str();
    // They say where the values come from; Prisma's language has `autoincrement()` and
    // `dbgenerated()` for that.
    if matches!(name, "identity" | "generated") {
        attributes.retain(|old| old.path.text != "default");
    }
    attributes.retain(|old| old.path.text != name || name == "check");
    attributes.push(attribute.clone());
}

/// Whether an attribute stands for one that says less: a key of the same name, or else over the
/// same fields.
fn says_more(new: &Attribute, old: &Attribute) -> bool {
    let word = new.path.text.as_str();
    if word != old.path.text || !matches!(word, "id" | "unique" | "index") {
        return false;
    }
    let map = |attribute: &Attribute| {
        let args = attribute.args.as_ref()?;
        let arg = args.list.iter().find(|a| a.name.as_ref().is_some_and(|n| n.text == "map"))?;
        Some(attribute_text(&Attribute::new("map").arg(arg.value.clone()?)))
    };
    map(new) == map(old) && fields(new) == fields(old)
}

/// The names of the fields of a key.
fn fields(attribute: &Attribute) -> Vec<String> {
    let first = attribute.args.as_ref().and_then(|args| args.list.first()?.value.as_ref());
    let name = |key: &Expr| match &key.kind {
        ExprKind::Path(name) => name.clone(),
        ExprKind::Call(call) if call.path.text != "raw" => call.path.text.clone(),
        _ => attribute_text(&Attribute::new("").arg(key.clone())),
    };
    first.map(|list| super::context::as_list(list).iter().map(name).collect()).unwrap_or_default()
}
