//! Reads `@relation(…)` of all relation fields.

use super::{
    Action, AttributeRef, FieldRef, RelationMode, TableId,
    args::ArgReader,
    attributes::Attributes,
    context::{Context, as_list, did_you_mean, list_names},
};
use crate::{
    syntax::ast::{Arity, Expr},
    text::{Diagnostic, Span, code},
};

/// Arguments of `@relation` that superset files have besides.
const OWN: &[&str] = &[
    "comment",
    "deferrable",
    "match",
    "notEnforced",
    "notValid",
    "onDeleteColumns",
    "period",
    "was",
];

/// A relation field with what its attribute says.
#[derive(Clone, Debug)]
pub(super) struct RelationField {
    pub(super) at: FieldRef,
    /// The model it points to.
    pub(super) to: TableId,
    pub(super) arity: Arity,
    pub(super) attribute: Option<AttributeRef>,
    pub(super) name: Option<String>,
    pub(super) fields: Option<Vec<usize>>,
    pub(super) references: Option<Vec<usize>>,
    pub(super) on_delete: Option<(Action, Span)>,
    pub(super) on_update: Option<(Action, Span)>,
    pub(super) map: Option<(String, Span)>,
    /// Something in its attribute was reported, so that what follows from it is not.
    pub(super) broken: bool,
    /// The field with its type.
    pub(super) span: Span,
    /// The attribute, or else the field.
    pub(super) attribute_span: Span,
}

impl RelationField {
    pub(super) fn is_list(&self) -> bool {
        self.arity == Arity::List
    }

    /// Whether both models are the same.
    pub(super) fn is_to_itself(&self) -> bool {
        self.at.table == self.to
    }
}

/// Reads the relation fields of all tables, in the order of the text.
pub(super) fn read_relation_fields(ctx: &mut Context<'_>) -> Vec<RelationField> {
    let mut found = Vec::new();
    for id in (0..ctx.model.tables.len()).map(TableId) {
        for field in 0..ctx.model.tables[id.0].fields.len() {
            if let super::FieldType::Relation(to) = ctx.model.tables[id.0].fields[field].kind {
                found.push(read_one(ctx, FieldRef { table: id, field }, to));
            }
        }
    }
    found
}

fn read_one(ctx: &mut Context<'_>, at: FieldRef, to: TableId) -> RelationField {
    let syntax = ctx.field_syntax(at.table, at.field);
    let table = &ctx.model.tables[at.table.0];
    let (block, entry) = (table.block, table.fields[at.field].entry);
    let mut found = RelationField {
        at,
        to,
        arity: syntax.type_ref.arity,
        attribute: None,
        name: None,
        fields: None,
        references: None,
        on_delete: None,
        on_update: None,
        map: None,
        broken: false,
        span: syntax.name.span.to(syntax.type_ref.span),
        attribute_span: syntax.name.span.to(syntax.type_ref.span),
    };
    let mut attributes = Attributes::of_entry(ctx, block, entry);
    let written = syntax.attributes.iter().any(|a| a.path.text == "relation");
    match attributes.single(ctx, "relation") {
        Some((reference, args)) => {
            found.attribute = Some(reference);
            found.attribute_span = args.span();
            let before = ctx.diagnostics.len();
            read_args(ctx, &mut found, args);
            found.broken = ctx.diagnostics.len() > before;
        }
        None => found.broken = written,
    }
    found
}

fn read_args(ctx: &mut Context<'_>, found: &mut RelationField, mut args: ArgReader<'_>) {
    let strict = ctx.is_strict(ctx.model.tables[found.at.table.0].block);
    if let Some(value) = args.default(ctx, "name") {
        found.name = ctx.string(value);
        if found.name.as_deref() == Some("") {
            ctx.error(&code::E0209, value.span, "the name of this relation is empty");
        }
    }
    if let Some(list) = args.named("fields") {
        found.fields = Some(resolve(ctx, found.at.table, list, "fields"));
    }
    if let Some(list) = args.named("references") {
        found.references = Some(resolve(ctx, found.to, list, "references"));
    }
    found.on_delete = read_action(ctx, &mut args, "onDelete");
    found.on_update = read_action(ctx, &mut args, "onUpdate");
    if let Some(value) = args.named("map")
        && let Some(name) = ctx.string(value)
    {
        if name.is_empty() {
            ctx.error(&code::E0209, value.span, "the name in `map` is empty");
        } else {
            found.map = Some((name, value.span));
        }
    }
    let known = ["name", "fields", "references", "onDelete", "onUpdate", "map"];
    args.finish(ctx, strict, &known, OWN);
}

/// Fields by their names; those that are unknown or relations are reported.
fn resolve(ctx: &mut Context<'_>, id: TableId, list: &Expr, argument: &str) -> Vec<usize> {
    let (mut found, mut relations) = (Vec::new(), Vec::new());
    for item in as_list(list) {
        let Some(name) = ctx.name(item) else { continue };
        let table = &ctx.model.tables[id.0];
        match table.field_named(name) {
            Some(field) if table.fields[field].is_relation() => relations.push(name),
            Some(field) if found.contains(&field) => {
                let message = format!("`{name}` stands twice in `{argument}`");
                ctx.error(&code::E0411, item.span, message);
            }
            Some(field) => found.push(field),
            None if ctx.is_damaged(table.block) => {}
            None => {
                let message = format!("`{}` has no field `{name}`", table.name);
                let near = did_you_mean(name, table.columns().map(|(_, f)| f.name.as_str()));
                let unknown = Diagnostic::error(&code::E0411, item.span, message);
                ctx.push(unknown.maybe_help(near));
            }
        }
    }
    if !relations.is_empty() {
        let message = format!("{} in `{argument}` has no column", list_names(&relations));
        let wrong = Diagnostic::error(&code::E0411, list.span, message);
        ctx.push(wrong.help("name fields that are columns"));
    }
    found
}

fn read_action(
    ctx: &mut Context<'_>,
    args: &mut ArgReader<'_>,
    argument: &str,
) -> Option<(Action, Span)> {
    let value = args.named(argument)?;
    let name = ctx.name(value)?;
    let emulated = ctx.relation_mode() == RelationMode::Prisma;
    let allowed: Vec<Action> = Action::ALL
        .into_iter()
        .filter(|a| !emulated || !matches!(a, Action::NoAction | Action::SetDefault))
        .collect();
    let action = Action::parse(name);
    if let Some(action) = action
        && allowed.contains(&action)
    {
        return Some((action, value.span));
    }
    let names: Vec<_> = allowed.iter().map(|a| a.name()).collect();
    let message = match action {
        Some(_) => format!("`{name}` is not possible under `relationMode = \"prisma\"`"),
        None => format!("unknown referential action `{name}`"),
    };
    let near = did_you_mean(name, names.iter().copied());
    let help = near.unwrap_or_else(|| format!("write one of {}", list_names(&names)));
    ctx.push(Diagnostic::error(&code::E0409, value.span, message).help(help));
    None
}
