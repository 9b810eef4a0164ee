//! What of a printed block Prisma's language can say, and the rest as blocks that extend it.

use crate::{
    model,
    syntax::{
        ast::{
            Arg, Arity, Attribute, Block, Comment, CommentKind, Entry, EnumValue, Expr, ExprKind,
        },
        attribute_text,
    },
};

/// The keyword of a block that adds to one of another file.
pub(crate) const EXTEND: &str = "extend";

/// A block taken apart.
#[derive(Debug, Default)]
pub(crate) struct Split {
    /// What the language can say of it.
    pub(crate) said: Option<Block>,
    /// The rest: a block of another kind, or one that extends the first.
    pub(crate) rest: Option<Block>,
}

/// Takes a block apart.
pub(crate) fn split(block: Block) -> Split {
    if block.name.text.is_empty() || !matches!(block.keyword.text.as_str(), "model" | "enum") {
        return Split { said: None, rest: Some(block) };
    }
    let mut rest = Block::new(EXTEND, block.name.clone());
    let mut said = Block { entries: Vec::new(), ..block.clone() };
    for entry in block.entries {
        match entry {
            Entry::Field(mut field) => {
                let (mine, others) = split_all(std::mem::take(&mut field.attributes));
                if !others.is_empty() {
                    let mut more = EnumValue::new(field.name.text.as_str());
                    more.attributes = others;
                    rest.push_value(more);
                }
                field.attributes = mine;
                said.entries.push(Entry::Field(field));
            }
            Entry::Attribute(mut item) => {
                let (mine, others) = split_attribute(item.attribute);
                if let Some(other) = others {
                    rest.push_attribute(other);
                }
                if let Some(mine) = mine {
                    item.attribute = mine;
                    said.entries.push(Entry::Attribute(item));
                }
            }
            other => said.entries.push(other),
        }
    }
    if said.keyword.text == "model" && !said.entries.iter().any(|e| matches!(e, Entry::Field(_))) {
        // A table without columns.
        said.entries.clear();
        return Split { said: None, rest: Some(said) };
    }
    complete(&mut said);
    Split { said: Some(said), rest: (!rest.entries.is_empty()).then_some(rest) }
}

/// The attributes of a field that the language has, and the others.
pub(crate) fn split_all(attributes: Vec<Attribute>) -> (Vec<Attribute>, Vec<Attribute>) {
    let mut said: Vec<Attribute> = Vec::new();
    let mut rest = Vec::new();
    for attribute in attributes {
        let (mine, others) = split_attribute(attribute);
        said.extend(mine);
        rest.extend(others);
    }
    (said, rest)
}

fn split_attribute(attribute: Attribute) -> (Option<Attribute>, Option<Attribute>) {
    let known: &[&str] = match attribute.path.text.as_str() {
        "id" => &["fields", "map", "name", "sort"],
        "unique" | "index" => &["fields", "map", "name", "sort", "type", "ops"],
        "relation" => &["name", "fields", "references", "onDelete", "onUpdate", "map"],
        "default" | "map" | "updatedAt" | "ignore" | "schema" | "fulltext" => {
            return (Some(attribute), None);
        }
        path if path.contains('.') => return (Some(attribute), None),
        "identity" => {
            let call = Expr::call("autoincrement", []);
            return (Some(Attribute::new("default").arg(call)), Some(attribute));
        }
        "generated" => {
            let call = Expr::call("dbgenerated", []);
            return (Some(Attribute::new("default").arg(call)), Some(attribute));
        }
        _ => return (None, Some(attribute)),
    };
    let mut mine = attribute.clone();
    let Some(args) = &mut mine.args else { return (Some(mine), None) };
    let named = |arg: &Arg, name: &str| arg.name.as_ref().is_some_and(|n| n.text == name);
    let over_expressions = args.list.iter().filter_map(|arg| arg.value.as_ref()).any(|value| {
        model::context::as_list(value)
            .iter()
            .any(|key| matches!(&key.kind, ExprKind::Call(call) if call.path.text == "raw"))
    });
    if over_expressions || args.list.iter().any(|arg| named(arg, "where")) {
        return (None, Some(attribute));
    }
    let before = attribute_text(&mine);
    let args = mine.args.as_mut().expect("it was there above");
    args.list.retain(|arg| arg.name.as_ref().is_none_or(|n| known.contains(&n.text.as_str())));
    args.list.iter_mut().filter_map(|arg| arg.value.as_mut()).for_each(plain_keys);
    if args.list.is_empty() {
        mine.args = None;
    }
    let differs = attribute_text(&mine) != before;
    (Some(mine), differs.then_some(attribute))
}

/// Leaves of the parts of a key what the language has: `name(sort: Desc, nulls: First)`.
fn plain_keys(value: &mut Expr) {
    let ExprKind::Array(array) = &mut value.kind else { return };
    for item in &mut array.items {
        let ExprKind::Call(call) = &mut item.kind else { continue };
        call.args.list.retain(|arg| {
            arg.name.as_ref().is_some_and(|n| matches!(n.text.as_str(), "sort" | "ops" | "length"))
        });
        if call.args.list.is_empty() {
            *item = Expr::path(call.path.text.clone());
        }
    }
}

/// A model without a key that clients could use is hidden from them.
fn complete(block: &mut Block) {
    if block.keyword.text != "model" {
        return;
    }
    let required: Vec<&str> = block
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Field(f) if f.type_ref.arity == Arity::Required => {
                (f.type_ref.path.text != "Unsupported").then_some(f.name.text.as_str())
            }
            _ => None,
        })
        .collect();
    let is_key = |a: &Attribute| matches!(a.path.text.as_str(), "id" | "unique");
    let usable = block.entries.iter().any(|entry| match entry {
        Entry::Field(f) => {
            required.contains(&f.name.text.as_str()) && f.attributes.iter().any(is_key)
        }
        Entry::Attribute(item) if is_key(&item.attribute) => {
            let fields = item.attribute.args.as_ref().and_then(|a| a.list.first()?.value.as_ref());
            fields.is_some_and(|value| {
                model::context::as_list(value).iter().all(|key| match &key.kind {
                    ExprKind::Path(name) => required.contains(&name.as_str()),
                    ExprKind::Call(call) => required.contains(&call.path.text.as_str()),
                    _ => false,
                })
            })
        }
        _ => false,
    });
    let has = |name: &str| {
        block
            .entries
            .iter()
            .any(|e| matches!(e, Entry::Attribute(item) if item.attribute.path.text == name))
    };
    if !usable && !has("ignore") {
        block.push_attribute(Attribute::new("ignore"));
    }
}

/// Says in comments before a block what it leaves out.
pub(crate) fn annotate(said: &mut Block, rest: &Block) {
    let lines = describe(rest).join("\n");
    let text = lines.replace(&format!(" of {}", rest.name.text), "");
    said.comments.leading.extend(Comment::lines(CommentKind::Doc, &text).map(|mut comment| {
        comment.raw = comment.raw.replacen("///", "/// not in Prisma's language:", 1);
        comment
    }));
}

/// What a rest holds, one line each, for people.
pub(crate) fn describe(rest: &Block) -> Vec<String> {
    let name = &rest.name.text;
    if rest.keyword.text != EXTEND {
        return vec![format!("{} {name}", rest.keyword.text)];
    }
    let mut out = Vec::new();
    for entry in &rest.entries {
        match entry {
            Entry::Value(value) => out.extend(value.attributes.iter().map(|attribute| {
                let text = attribute_text(attribute);
                format!("@{text} of {name}.{}", value.name.text)
            })),
            Entry::Attribute(item) => {
                let text = attribute_text(&item.attribute);
                out.push(format!("@@{text} of {name}"));
            }
            _ => {}
        }
    }
    out.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}
