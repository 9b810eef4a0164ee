//! Attributes of blocks and fields: which there are, and those that are read at once.

use super::{
    AttributeRef, BlockRef, FieldType, IndexKind, Scalar, TableId,
    args::ArgReader,
    context::{Context, did_you_mean, list_names},
    default_reader, key_reader, native,
};
use crate::{
    syntax::ast::{Arity, Attribute, Entry},
    text::{Diagnostic, Span, code},
};

/// Attributes of fields in Prisma.
const FIELD: &[&str] = &["id", "unique", "default", "updatedAt", "map", "relation", "ignore"];
/// Attributes of models in Prisma.
const MODEL: &[&str] =
    &["id", "unique", "index", "fulltext", "map", "schema", "ignore", "shardKey"];
/// Those of them that are keys.
const KEYS: &[&str] = &["id", "unique", "index", "fulltext"];
/// Attributes of enums in Prisma.
const ENUM: &[&str] = &["map", "schema"];

/// Attributes of fields that superset files have besides.
pub(crate) const OWN_FIELD: &[&str] = &[
    "check",
    "collate",
    "comment",
    "compression",
    "fdw",
    "generated",
    "identity",
    "inherited",
    "notNull",
    "options",
    "privileges",
    "sequence",
    "statistics",
    "storage",
    "type",
    "was",
];
/// Attributes of models that superset files have besides.
pub(crate) const OWN_MODEL: &[&str] = &[
    "accessMethod",
    "check",
    "comment",
    "depends",
    "exclude",
    "inherits",
    "labels",
    "notNull",
    "ofType",
    "owner",
    "partitionBy",
    "partitionOf",
    "policy",
    "privileges",
    "replicaIdentity",
    "rowSecurity",
    "rule",
    "statistics",
    "tablespace",
    "trigger",
    "unlogged",
    "was",
    "with",
];
/// Attributes of enums and their values that superset files have besides.
const OWN_ENUM: &[&str] = &["comment", "labels", "owner", "privileges", "was"];

/// The attributes of one block, field or value, in order, with their references.
pub(super) struct Attributes<'a> {
    list: Vec<(AttributeRef, &'a Attribute, bool)>,
    sigil: &'static str,
}

impl<'a> Attributes<'a> {
    /// Those of a block.
    pub(super) fn of_block(ctx: &Context<'a>, at: BlockRef) -> Self {
        let entries = ctx.block(at).entries.iter().enumerate();
        let list = entries.filter_map(|(entry, content)| match content {
            Entry::Attribute(found) => {
                let reference = AttributeRef { block: at, entry, attribute: 0 };
                Some((reference, &found.attribute, false))
            }
            _ => None,
        });
        Self { list: list.collect(), sigil: "@@" }
    }

    /// Those of a field or value.
    pub(super) fn of_entry(ctx: &Context<'a>, at: BlockRef, entry: usize) -> Self {
        let attributes = match &ctx.block(at).entries[entry] {
            Entry::Field(field) => &field.attributes[..],
            Entry::Value(value) => &value.attributes[..],
            _ => &[],
        };
        let list = attributes
            .iter()
            .enumerate()
            .map(|(attribute, found)| (AttributeRef { block: at, entry, attribute }, found, false));
        Self { list: list.collect(), sigil: "@" }
    }

    /// The one attribute of a name; several are reported and none is returned.
    pub(super) fn single(
        &mut self,
        ctx: &mut Context<'_>,
        name: &str,
    ) -> Option<(AttributeRef, ArgReader<'a>)> {
        let all = self.take_all(name);
        if let [(_, first), (_, second), ..] = all[..] {
            let message = format!("`{}{name}` is given twice", self.sigil);
            let found = Diagnostic::error(&code::E0202, second.span, message);
            ctx.push(found.also(first.span, "first given here"));
            return None;
        }
        let (reference, attribute) = *all.first()?;
        Some((reference, ArgReader::open(ctx, attribute, self.sigil)?))
    }

    /// All attributes of a name.
    pub(super) fn repeated(
        &mut self,
        ctx: &mut Context<'_>,
        name: &str,
    ) -> Vec<(AttributeRef, ArgReader<'a>)> {
        let all = self.take_all(name);
        let open = |(r, a)| Some((r, ArgReader::open(ctx, a, self.sigil)?));
        all.into_iter().filter_map(open).collect()
    }

    /// Attributes that name a datasource: `@db.Text`.
    pub(super) fn scoped(&mut self) -> Vec<(AttributeRef, &'a Attribute)> {
        self.take(|name| name.contains('.'))
    }

    /// Reports what was not taken.
    pub(super) fn finish(self, ctx: &mut Context<'_>, strict: bool, known: &[&str], own: &[&str]) {
        for (_, attribute, taken) in self.list {
            let name = attribute.path.text.as_str();
            if taken || (!strict && own.contains(&name)) {
                continue;
            }
            let message = format!("unknown attribute `{}{name}`", self.sigil);
            let found = Diagnostic::error(&code::E0201, attribute.path.span, message);
            let mine = if strict { &[][..] } else { own };
            let near = did_you_mean(name, known.iter().chain(mine).copied());
            let near = near.map(|n| n.replacen('`', &format!("`{}", self.sigil), 1));
            let help = near.or_else(|| {
                let elsewhere = strict && own.contains(&name);
                elsewhere.then(|| "Prisma does not know it; it is for `.model` files".to_owned())
            });
            ctx.push(found.maybe_help(help));
        }
    }

    fn take_all(&mut self, name: &str) -> Vec<(AttributeRef, &'a Attribute)> {
        self.take(|n| n == name)
    }

    fn take(&mut self, is: impl Fn(&str) -> bool) -> Vec<(AttributeRef, &'a Attribute)> {
        let mut found = Vec::new();
        for (reference, attribute, taken) in &mut self.list {
            if is(&attribute.path.text) {
                *taken = true;
                found.push((*reference, *attribute));
            }
        }
        found
    }
}

/// Reads the attributes of all enums and tables.
pub(super) fn resolve_attributes(ctx: &mut Context<'_>) {
    for id in 0..ctx.model.enums.len() {
        resolve_enum(ctx, id);
    }
    for id in 0..ctx.model.tables.len() {
        resolve_model_names(ctx, TableId(id));
    }
    for id in 0..ctx.model.tables.len() {
        resolve_fields(ctx, TableId(id));
        resolve_model(ctx, TableId(id));
    }
}

fn resolve_enum(ctx: &mut Context<'_>, id: usize) {
    let at = ctx.model.enums[id].block;
    let strict = ctx.is_strict(at);
    let mut attributes = Attributes::of_block(ctx, at);
    if let Some((_, args)) = attributes.single(ctx, "map")
        && let Some(name) = read_map(ctx, args, strict)
    {
        ctx.model.enums[id].type_name = name;
    }
    if let Some((_, args)) = attributes.single(ctx, "schema") {
        ctx.model.enums[id].namespace = read_map(ctx, args, strict);
    }
    attributes.finish(ctx, strict, ENUM, OWN_ENUM);
    for index in 0..ctx.model.enums[id].values.len() {
        let entry = ctx.model.enums[id].values[index].entry;
        let mut attributes = Attributes::of_entry(ctx, at, entry);
        if let Some((_, args)) = attributes.single(ctx, "map")
            && let Some(label) = read_label(ctx, args, strict)
        {
            ctx.model.enums[id].values[index].label = label;
        }
        attributes.finish(ctx, strict, &["map"], OWN_ENUM);
    }
}

/// `@map("label")` of an enum value; a label may be empty.
fn read_label(ctx: &mut Context<'_>, mut args: ArgReader<'_>, strict: bool) -> Option<String> {
    let value = args.expect_default(ctx, "name");
    args.finish(ctx, strict, &["name"], &[]);
    ctx.string(value?)
}

/// `@map("name")`, `@@map("name")`, `@@schema("name")`.
fn read_map(ctx: &mut Context<'_>, mut args: ArgReader<'_>, strict: bool) -> Option<String> {
    let argument = if args.label == "@@schema" { "map" } else { "name" };
    let value = args.expect_default(ctx, argument);
    let label = args.label.clone();
    args.finish(ctx, strict, &[argument], &[]);
    let value = value?;
    let name = ctx.string(value)?;
    if name.is_empty() {
        let message = format!("the name in `{label}` is empty");
        ctx.error(&code::E0209, value.span, message);
        return None;
    }
    Some(name)
}

/// `@@map`, `@@schema` and `@@ignore`, which attributes of other blocks look at.
fn resolve_model_names(ctx: &mut Context<'_>, id: TableId) {
    let at = ctx.model.tables[id.0].block;
    let strict = ctx.is_strict(at);
    let mut attributes = Attributes::of_block(ctx, at);
    if let Some((_, args)) = attributes.single(ctx, "map")
        && let Some(name) = read_map(ctx, args, strict)
    {
        ctx.model.tables[id.0].table = name;
    }
    if let Some((_, args)) = attributes.single(ctx, "schema") {
        ctx.model.tables[id.0].namespace = read_map(ctx, args, strict);
    }
    if let Some((_, args)) = attributes.single(ctx, "ignore") {
        args.finish(ctx, strict, &[], &[]);
        ctx.model.tables[id.0].ignored = true;
    }
}

fn resolve_model(ctx: &mut Context<'_>, id: TableId) {
    let at = ctx.model.tables[id.0].block;
    let strict = ctx.is_strict(at);
    let mut attributes = Attributes::of_block(ctx, at);
    for name in ["map", "schema", "ignore"] {
        attributes.take_all(name);
    }
    refuse_shard_keys(ctx, &mut attributes);
    let keys = attributes.list.iter().filter(|(_, a, _)| KEYS.contains(&a.path.text.as_str()));
    let (given, mut read) = (keys.count(), 0);
    if let Some((reference, args)) = attributes.single(ctx, "id") {
        key_reader::read_block_key(ctx, id, reference, args, IndexKind::Primary);
        read += 1;
    }
    let kinds = [
        ("unique", IndexKind::Unique),
        ("index", IndexKind::Normal),
        ("fulltext", IndexKind::Fulltext),
    ];
    for (name, kind) in kinds {
        for (reference, args) in attributes.repeated(ctx, name) {
            key_reader::read_block_key(ctx, id, reference, args, kind);
            read += 1;
        }
    }
    if read < given {
        ctx.broken_keys.insert(id);
    }
    attributes.finish(ctx, strict, MODEL, OWN_MODEL);
}

fn resolve_fields(ctx: &mut Context<'_>, id: TableId) {
    for field in 0..ctx.model.tables[id.0].fields.len() {
        let kind = ctx.model.tables[id.0].fields[field].kind.clone();
        match kind {
            FieldType::Relation(_) => resolve_relation_field(ctx, id, field),
            FieldType::Unknown => {}
            _ => resolve_scalar_field(ctx, id, field),
        }
    }
    check_columns(ctx, id);
}

/// Two fields of a table cannot be one column.
fn check_columns(ctx: &mut Context<'_>, id: TableId) {
    let table = &ctx.model.tables[id.0];
    let mut repeated = Vec::new();
    let mut seen = std::collections::BTreeMap::new();
    for (index, field) in table.columns() {
        if let Some(first) = seen.insert(field.column.as_str(), index) {
            repeated.push((first, index));
        }
    }
    for (first, second) in repeated {
        let one = ctx.field_syntax(id, first);
        let two = ctx.field_syntax(id, second);
        // The mapped one of the two is the one to point at.
        let mapped = ctx.model.tables[id.0].fields[second].column != two.name.text;
        let (at, other) = if mapped { (two, one) } else { (one, two) };
        let column = &ctx.model.tables[id.0].fields[second].column;
        let message =
            format!("column `{column}` is defined twice in `{}`", { &ctx.model.tables[id.0].name });
        let found = Diagnostic::error(&code::E0110, at.span, message);
        ctx.push(found.also(other.name.span, "also defined here"));
    }
}

fn resolve_scalar_field(ctx: &mut Context<'_>, id: TableId, field: usize) {
    let at = ctx.model.tables[id.0].block;
    let strict = ctx.is_strict(at);
    let entry = ctx.model.tables[id.0].fields[field].entry;
    let mut attributes = Attributes::of_entry(ctx, at, entry);
    if let Some((_, args)) = attributes.single(ctx, "map")
        && let Some(name) = read_map(ctx, args, strict)
    {
        ctx.model.tables[id.0].fields[field].column = name;
    }
    if let Some((_, args)) = attributes.single(ctx, "ignore") {
        read_ignore(ctx, id, field, args, strict);
    }
    if let Some((_, args)) = attributes.single(ctx, "relation") {
        let message = "`@relation` is for fields whose type is a model";
        ctx.error(&code::E0208, args.span(), message);
    }
    for (name, kind) in [("id", IndexKind::Primary), ("unique", IndexKind::Unique)] {
        let given = attributes.list.iter().any(|(_, a, _)| a.path.text == name);
        match attributes.single(ctx, name) {
            Some((reference, args)) => {
                key_reader::read_field_key(ctx, (id, field), reference, args, kind);
            }
            None if given => {
                ctx.broken_keys.insert(id);
            }
            None => {}
        }
    }
    if let Some((_, args)) = attributes.single(ctx, "updatedAt") {
        read_updated_at(ctx, id, field, args, strict);
    }
    let scoped = attributes.scoped();
    native::read_native_type(ctx, (id, field), &scoped, strict);
    if let Some((_, args)) = attributes.single(ctx, "default") {
        let kind = ctx.model.tables[id.0].fields[field].kind.clone();
        let arity = ctx.model.tables[id.0].fields[field].arity;
        let default = default_reader::read_default(ctx, args, &kind, arity, strict);
        ctx.model.tables[id.0].fields[field].default = default;
    }
    refuse_shard_keys(ctx, &mut attributes);
    attributes.finish(ctx, strict, FIELD, OWN_FIELD);
}

/// `@shardKey` and `@@shardKey` are for one vendor of MySQL.
fn refuse_shard_keys(ctx: &mut Context<'_>, attributes: &mut Attributes<'_>) {
    for (_, attribute) in attributes.take_all("shardKey") {
        ctx.error(&code::E0213, attribute.span, "PostgreSQL has no shard keys");
    }
}

fn read_ignore(
    ctx: &mut Context<'_>,
    id: TableId,
    field: usize,
    args: ArgReader<'_>,
    strict: bool,
) {
    let span = args.span();
    args.finish(ctx, strict, &[], &[]);
    ctx.model.tables[id.0].fields[field].ignored = true;
    if ctx.model.tables[id.0].ignored {
        let message = "`@ignore` on a field of a model that is ignored as a whole";
        ctx.push(Diagnostic::error(&code::E0208, span, message).help("remove it"));
    }
}

fn read_updated_at(
    ctx: &mut Context<'_>,
    id: TableId,
    field: usize,
    args: ArgReader<'_>,
    strict: bool,
) {
    let span = args.span();
    args.finish(ctx, strict, &[], &[]);
    let found = &mut ctx.model.tables[id.0].fields[field];
    found.updated_at = true;
    let (is_date, is_list) =
        (matches!(found.kind, FieldType::Scalar(Scalar::DateTime, _)), found.arity == Arity::List);
    if !is_date {
        ctx.error(&code::E0508, span, "`@updatedAt` is for fields of type `DateTime`");
    }
    if is_list {
        ctx.error(&code::E0508, span, "a list cannot be `@updatedAt`");
    }
}

/// What a relation field cannot have, `@ignore`; `@relation` is read when relations are.
fn resolve_relation_field(ctx: &mut Context<'_>, id: TableId, field: usize) {
    let at = ctx.model.tables[id.0].block;
    let strict = ctx.is_strict(at);
    let entry = ctx.model.tables[id.0].fields[field].entry;
    let mut attributes = Attributes::of_entry(ctx, at, entry);
    if let Some((_, args)) = attributes.single(ctx, "ignore") {
        read_ignore(ctx, id, field, args, strict);
    }
    attributes.take_all("relation");
    for name in ["default", "map", "id", "unique", "updatedAt"] {
        let Some((_, attribute)) = attributes.take_all(name).first().copied() else { continue };
        let message = format!("`@{name}` cannot be on a relation field: it has no column");
        let syntax = ctx.field_syntax(id, field);
        let fields = referencing_names(&syntax.attributes);
        let help = (!fields.is_empty()).then(|| match &fields[..] {
            [one] if name != "map" => format!("put it on `{one}`"),
            many if name != "map" => {
                format!("write `@@{name}([{}])` for its columns", many.join(", "))
            }
            many => format!("put it on {}", list_names(many)),
        });
        ctx.push(Diagnostic::error(&code::E0208, attribute.span, message).maybe_help(help));
    }
    attributes.finish(ctx, strict, &["relation", "ignore"], &["was"]);
}

/// The names in `fields: […]` of `@relation`.
pub(super) fn referencing_names(attributes: &[Attribute]) -> Vec<String> {
    use crate::syntax::ast::ExprKind;
    let relation = attributes.iter().find(|a| a.path.text == "relation");
    let args = relation.and_then(|a| a.args.as_ref()).map_or(&[][..], |a| &a.list);
    let fields = args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.text == "fields"));
    let items = fields.and_then(|a| a.value.as_ref()).map_or(&[][..], super::context::as_list);
    let name = |e: &crate::syntax::ast::Expr| match &e.kind {
        ExprKind::Path(name) => Some(name.clone()),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}

/// The place of an attribute of a block.
pub(super) fn block_attribute_span(ctx: &Context<'_>, at: BlockRef, name: &str) -> Option<Span> {
    ctx.block(at).entries.iter().find_map(|e| match e {
        Entry::Attribute(found) if found.attribute.path.text == name => Some(found.attribute.span),
        _ => None,
    })
}
