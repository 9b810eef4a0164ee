//! Reads `@id`, `@unique`, `@@id`, `@@unique`, `@@index`, `@@fulltext`.

use super::{
    AttributeRef, FieldType, IndexAlgorithm, IndexKind, Key, KeyColumn, KeyPart, OpClass,
    SortOrder, TableId,
    args::ArgReader,
    attributes::referencing_names,
    context::{Context, Top, as_list, describe, did_you_mean, list_names},
    opclass,
    predicate_reader::{read_predicate, read_raw},
};
use crate::{
    syntax::ast::{Arg, Call, Expr, ExprKind},
    text::{Diagnostic, Span, code},
};

/// Arguments of keys that superset files have besides.
const OWN: &[&str] = &[
    "attach",
    "bounds",
    "clustered",
    "comment",
    "concurrently",
    "constraint",
    "deferrable",
    "include",
    "nullsNotDistinct",
    "only",
    "options",
    "period",
    "replicaIdentity",
    "statistics",
    "tablespace",
    "type",
    "where",
    "with",
    "withoutOverlaps",
    "was",
    "ops",
    "name",
];

/// Arguments of the parts of keys that superset files have besides.
const OWN_PART: &[&str] = &["collate", "nulls", "opclassOptions", "opsWith", "with"];

/// `@id` or `@unique` on a field.
pub(super) fn read_field_key(
    ctx: &mut Context<'_>,
    (id, field): (TableId, usize),
    attribute: AttributeRef,
    mut args: ArgReader<'_>,
    kind: IndexKind,
) {
    let strict = ctx.is_strict(attribute.block);
    let named = read_name(ctx, &mut args, "map", true);
    let sort = args.named("sort").and_then(|s| read_sort(ctx, s));
    let span = args.span();
    if sort.is_some() && kind == IndexKind::Primary && ctx.is_postgres() {
        unsupported(ctx, span, "`sort` in a primary key");
    }
    read_length(ctx, &mut args);
    read_clustered(ctx, &mut args, strict);
    let predicate = match kind {
        IndexKind::Unique => read_predicate(ctx, id, &mut args, strict),
        _ => None,
    };
    args.finish(ctx, strict, &["map", "sort", "where"], OWN);
    let column = KeyColumn { part: KeyPart::Field(field), sort, ops: None, args: Vec::new() };
    let key = Key {
        attribute,
        kind,
        client_name: None,
        constraint: named.clone().unwrap_or_default(),
        named: named.is_some(),
        columns: vec![column],
        algorithm: None,
        predicate,
    };
    let table = &mut ctx.model.tables[id.0];
    if kind == IndexKind::Unique {
        table.uniques.push(key);
    } else if let Some(first) = &table.primary_key {
        let first = first.attribute;
        let message = format!("model `{}` has two fields with `@id`", table.name);
        let block = ctx.block(attribute.block);
        let header = block.keyword.span.to(block.name.span);
        let other = ctx.attribute_span(first);
        let found = Diagnostic::error(&code::E0305, header, message);
        let found = found.also(other, "the first one").also(span, "the second one");
        ctx.push(found.help("write one key over both: `@@id([…])`"));
    } else {
        table.primary_key = Some(key);
    }
}

/// `@@id`, `@@unique`, `@@index`, `@@fulltext` on a block.
pub(super) fn read_block_key(
    ctx: &mut Context<'_>,
    id: TableId,
    attribute: AttributeRef,
    mut args: ArgReader<'_>,
    kind: IndexKind,
) {
    let strict = ctx.is_strict(attribute.block);
    if kind == IndexKind::Fulltext && strict {
        let message = "PostgreSQL has no `@@fulltext` indexes";
        let found = Diagnostic::error(&code::E0213, args.span(), message);
        ctx.push(found.help("index a `tsvector` column: `@@index([column], type: Gin)`"));
    }
    let Some(list) = args.expect_default(ctx, "fields") else {
        ctx.broken_keys.insert(id);
        return;
    };
    let reader = KeyFields { id, kind, strict, span: args.span() };
    let columns = reader.read(ctx, list);
    let mut named = read_name(ctx, &mut args, "map", true);
    let mut client_name = None;
    match kind {
        IndexKind::Normal => {
            // An old spelling of `map`.
            let span = args.named("name").map(|v| v.span);
            let old = read_name(ctx, &mut args, "name", true);
            if let (Some(_), Some(span), Some(_)) = (&named, span, &old) {
                let message = "`name` of `@@index` means `map`, and both are given";
                let found = Diagnostic::error(&code::E0204, span, message);
                ctx.push(found.help("keep `map`"));
            }
            named = named.or(old);
        }
        IndexKind::Fulltext => {}
        IndexKind::Primary | IndexKind::Unique => {
            client_name = read_name(ctx, &mut args, "name", false);
        }
    }
    read_clustered(ctx, &mut args, strict);
    let algorithm = match kind {
        IndexKind::Normal => args.named("type").and_then(|t| read_algorithm(ctx, t, strict)),
        _ => None,
    };
    let predicate = match kind {
        IndexKind::Unique | IndexKind::Normal => read_predicate(ctx, id, &mut args, strict),
        _ => None,
    };
    let span = args.span();
    let known: &[&str] = match kind {
        IndexKind::Primary => &["fields", "name", "map"],
        IndexKind::Unique => &["fields", "name", "map", "where"],
        IndexKind::Normal => &["fields", "name", "map", "type", "where"],
        IndexKind::Fulltext => &["fields", "map"],
    };
    args.finish(ctx, strict, known, OWN);
    let Some(columns) = columns else {
        ctx.broken_keys.insert(id);
        return;
    };
    let key = Key {
        attribute,
        kind,
        client_name,
        constraint: named.clone().unwrap_or_default(),
        named: named.is_some(),
        columns,
        algorithm,
        predicate,
    };
    store(ctx, id, key, span);
}

fn store(ctx: &mut Context<'_>, id: TableId, key: Key, span: Span) {
    let table = &mut ctx.model.tables[id.0];
    match key.kind {
        IndexKind::Unique => table.uniques.push(key),
        IndexKind::Normal | IndexKind::Fulltext => table.indexes.push(key),
        IndexKind::Primary => match &table.primary_key {
            None => table.primary_key = Some(key),
            Some(first) => {
                let first = first.attribute;
                let message = format!("model `{}` has both `@id` and `@@id`", table.name);
                let block = ctx.block(key.attribute.block);
                let header = block.keyword.span.to(block.name.span);
                let other = ctx.attribute_span(first);
                let found = Diagnostic::error(&code::E0305, header, message);
                ctx.push(found.also(other, "one").also(span, "the other").help("keep one"));
            }
        },
    }
}

/// A name that may not be empty; one for clients only of letters, digits and `_`.
fn read_name(
    ctx: &mut Context<'_>,
    args: &mut ArgReader<'_>,
    argument: &str,
    in_database: bool,
) -> Option<String> {
    let value = args.named(argument)?;
    let name = ctx.string(value)?;
    let problem = if name.is_empty() {
        format!("argument `{argument}` of `{}` is empty", args.label)
    } else if !in_database && !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        format!("`{argument}` of `{}` holds more than letters, digits and `_`", args.label)
    } else {
        return Some(name);
    };
    let found = Diagnostic::error(&code::E0209, value.span, problem);
    let help = (!in_database && !name.is_empty())
        .then(|| "it is a name for clients; write the name in the database as `map`".to_owned());
    ctx.push(found.maybe_help(help));
    None
}

fn read_sort(ctx: &mut Context<'_>, value: &Expr) -> Option<SortOrder> {
    match ctx.name(value)? {
        "Asc" => Some(SortOrder::Asc),
        "Desc" => Some(SortOrder::Desc),
        other => {
            let message = format!("unknown sort order `{other}`");
            let found = Diagnostic::error(&code::E0207, value.span, message);
            ctx.push(found.help("write `Asc` or `Desc`"));
            None
        }
    }
}

fn unsupported(ctx: &mut Context<'_>, span: Span, what: &str) {
    ctx.error(&code::E0213, span, format!("PostgreSQL has no {what}"));
}

fn read_length(ctx: &mut Context<'_>, args: &mut ArgReader<'_>) {
    if let Some(value) = args.named("length") {
        unsupported(ctx, value.span, "prefix lengths in keys (`length`)");
    }
}

fn read_clustered(ctx: &mut Context<'_>, args: &mut ArgReader<'_>, strict: bool) {
    if let Some(value) = args.named("clustered")
        && ctx.boolean(value).is_some()
        && strict
    {
        unsupported(ctx, value.span, "clustered keys as Prisma means them");
    }
}

fn read_algorithm(ctx: &mut Context<'_>, value: &Expr, strict: bool) -> Option<IndexAlgorithm> {
    if !strict && matches!(value.kind, ExprKind::String(_)) {
        return None;
    }
    let name = ctx.name(value)?;
    let found = IndexAlgorithm::parse(name);
    match found {
        None => {
            let message = format!("unknown index type `{name}`");
            let known = IndexAlgorithm::ALL.map(IndexAlgorithm::name);
            let near = did_you_mean(name, known)
                .unwrap_or_else(|| format!("write one of {}", list_names(&known)));
            ctx.push(Diagnostic::error(&code::E0308, value.span, message).help(near));
        }
        Some(_) if !ctx.is_postgres() => {
            let message = format!("index type `{name}` without a datasource that has it");
            ctx.error(&code::E0308, value.span, message);
        }
        Some(_) => {}
    }
    found
}

/// The list of fields of a key.
struct KeyFields {
    id: TableId,
    kind: IndexKind,
    strict: bool,
    span: Span,
}

impl KeyFields {
    fn what(&self) -> &'static str {
        match self.kind {
            IndexKind::Primary => "primary key",
            IndexKind::Unique => "unique",
            IndexKind::Normal | IndexKind::Fulltext => "index",
        }
    }

    /// The columns; none, reported, where one of them is wrong.
    fn read(&self, ctx: &mut Context<'_>, list: &Expr) -> Option<Vec<KeyColumn>> {
        let items = as_list(list);
        if items.is_empty() {
            let message = format!("the list of fields of this {} is empty", self.what());
            let found = Diagnostic::error(&code::E0311, self.span, message);
            ctx.push(found.help("name at least one field"));
            return None;
        }
        let mut columns: Vec<KeyColumn> = Vec::new();
        let mut relations = Vec::new();
        let mut complete = true;
        for item in items {
            match self.read_item(ctx, item, &mut relations) {
                Some(column) => {
                    let repeated = columns.iter().any(|c| c.part == column.part);
                    if repeated && matches!(column.part, KeyPart::Field(_)) && self.strict {
                        let message = format!("a field stands twice in this {}", self.what());
                        ctx.error(&code::E0303, item.span, message);
                        complete = false;
                    }
                    columns.push(column);
                }
                None => complete = false,
            }
        }
        if !relations.is_empty() {
            self.report_relations(ctx, list, &relations);
        }
        complete.then_some(columns)
    }

    fn read_item(
        &self,
        ctx: &mut Context<'_>,
        item: &Expr,
        relations: &mut Vec<usize>,
    ) -> Option<KeyColumn> {
        let (name, args, span) = match &item.kind {
            ExprKind::Path(name) => (name.as_str(), &[][..], item.span),
            ExprKind::Call(call) if call.path.text == "raw" && !self.strict => {
                let part = KeyPart::Expression(self.read_expression(ctx, item, call)?);
                let args = call.args.list.get(1..).unwrap_or_default();
                return Some(self.column(ctx, part, args));
            }
            ExprKind::Call(call) => (call.path.text.as_str(), &call.args.list[..], call.path.span),
            _ => {
                ctx.name(item);
                return None;
            }
        };
        let table = &ctx.model.tables[self.id.0];
        match table.field_named(name) {
            Some(field) if table.fields[field].is_relation() => {
                relations.push(field);
                None
            }
            Some(field) => Some(self.column(ctx, KeyPart::Field(field), args)),
            None => {
                self.report_unknown(ctx, name, span);
                None
            }
        }
    }

    fn read_expression(&self, ctx: &mut Context<'_>, item: &Expr, call: &Call) -> Option<String> {
        match call.args.list.first() {
            Some(Arg { name: None, value: Some(text), .. }) => ctx.string(text),
            _ => read_raw(ctx, item, call),
        }
    }

    fn report_unknown(&self, ctx: &mut Context<'_>, name: &str, span: Span) {
        let table = &ctx.model.tables[self.id.0];
        // A path into a composite type, which is refused as a whole elsewhere.
        if let Some((first, rest)) = name.split_once('.')
            && let Some(field) = table.field_named(first)
            && table.fields[field].kind == FieldType::Unknown
        {
            let syntax = ctx.field_syntax(self.id, field);
            let top = ctx.tops.get(syntax.type_ref.path.text.as_str());
            let known = match top {
                Some(Top::Composite(at)) => {
                    let mut names = ctx.block(*at).entries.iter();
                    names.any(
                        |e| matches!(e, crate::syntax::ast::Entry::Field(f) if f.name.text == rest),
                    )
                }
                _ => false,
            };
            if known && self.kind != IndexKind::Primary {
                return;
            }
        }
        if ctx.is_damaged(table.block) {
            return;
        }
        let message = format!("`{}` has no field `{name}`", table.name);
        let near = did_you_mean(name, table.columns().map(|(_, f)| f.name.as_str()));
        let mapped = table.columns().find(|(_, f)| f.column == name);
        let help = mapped.map(|(_, f)| format!("write the name in the model: `{}`", f.name));
        let found = Diagnostic::error(&code::E0301, span, message);
        ctx.push(found.maybe_help(help.or(near)));
    }

    fn report_relations(&self, ctx: &mut Context<'_>, list: &Expr, relations: &[usize]) {
        let table = &ctx.model.tables[self.id.0];
        let names: Vec<_> = relations.iter().map(|f| table.fields[*f].name.as_str()).collect();
        let message = match names[..] {
            [one] => format!("`{one}` is a relation field: it has no column to key"),
            _ => format!("{} are relation fields: they have no column to key", list_names(&names)),
        };
        let columns: Vec<_> = relations
            .iter()
            .flat_map(|f| referencing_names(&ctx.field_syntax(self.id, *f).attributes))
            .collect();
        let help = (!columns.is_empty())
            .then(|| format!("name the fields that hold it: `[{}]`", columns.join(", ")));
        let found = Diagnostic::error(&code::E0302, list.span, message);
        ctx.push(found.maybe_help(help));
    }

    fn column(&self, ctx: &mut Context<'_>, part: KeyPart, args: &[Arg]) -> KeyColumn {
        let mut column = KeyColumn { part, sort: None, ops: None, args: args.to_vec() };
        for arg in args {
            let (Some(name), Some(value)) = (&arg.name, &arg.value) else {
                let message = "the arguments of a field in a key have names";
                let found = Diagnostic::warning(&code::E0203, arg.span, message);
                ctx.push(found.help("write `sort: Desc` or `ops: …`"));
                continue;
            };
            match name.text.as_str() {
                "sort" => {
                    column.sort = read_sort(ctx, value);
                    if self.kind == IndexKind::Primary && column.sort.is_some() {
                        unsupported(ctx, value.span, "`sort` in a primary key");
                    }
                }
                "length" => unsupported(ctx, value.span, "prefix lengths in keys (`length`)"),
                "ops" if self.kind == IndexKind::Normal || !self.strict => {
                    column.ops = read_ops(ctx, value, self.strict);
                }
                own if !self.strict && OWN_PART.contains(&own) => {}
                other => {
                    let message = format!("a field in a key has no argument `{other}`");
                    let near = did_you_mean(other, ["sort", "ops", "length"]);
                    // Prisma reads over it.
                    let found = Diagnostic::warning(&code::E0203, arg.span, message);
                    ctx.push(found.maybe_help(near));
                }
            }
        }
        column
    }
}

fn read_ops(ctx: &mut Context<'_>, value: &Expr, strict: bool) -> Option<OpClass> {
    match &value.kind {
        ExprKind::Call(call) if call.path.text == "raw" => {
            read_raw(ctx, value, call).map(OpClass::Raw)
        }
        ExprKind::Path(name) => match opclass::find(name) {
            Some(info) => Some(OpClass::Known { name: info.name, sql: info.sql }),
            None => {
                let message = format!("unknown operator class `{name}`");
                let near = did_you_mean(name, opclass::names());
                let help = near.unwrap_or_else(|| format!("write `raw(\"{name}\")`"));
                ctx.push(Diagnostic::error(&code::E0308, value.span, message).help(help));
                None
            }
        },
        ExprKind::String(_) if !strict => ctx.string(value).map(OpClass::Raw),
        _ => {
            let message = format!("expected an operator class, found {}", describe(value));
            ctx.error(&code::E0207, value.span, message);
            None
        }
    }
}
