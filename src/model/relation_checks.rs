//! Checks of relations, and what they are in the database.

use std::collections::BTreeMap;

use super::{
    Action, FieldType, JoinTable, KeyPart, Relation, RelationMode, TableId, constraint_names,
    context::{Context, list_names},
    relation_pairs::{Pair, name_of, pair_fields},
    relation_reader::{RelationField, read_relation_fields},
};
use crate::text::{Diagnostic, Span, code};

/// Reads, pairs and checks all relations.
pub(super) fn resolve_relations(ctx: &mut Context<'_>) {
    let fields = read_relation_fields(ctx);
    for field in &fields {
        check_ignored(ctx, field);
    }
    for pair in pair_fields(ctx, &fields) {
        match pair {
            Pair::ManyToOne { forward, back } => {
                check_many_to_one(ctx, &fields[forward], &fields[back]);
            }
            Pair::OneToOne { one, other } => check_one_to_one(ctx, &fields[one], &fields[other]),
            Pair::ManyToMany { a, b } => check_many_to_many(ctx, &fields[a], &fields[b]),
            Pair::Alone { forward } => add_relation(ctx, &fields[forward], None),
        }
    }
    check_constraint_names(ctx, &fields);
}

/// How a field is called in messages: `` `Post.author` ``.
fn full_name(ctx: &Context<'_>, field: &RelationField) -> String {
    let table = &ctx.model.tables[field.at.table.0];
    format!("`{}.{}`", table.name, table.fields[field.at.field].name)
}

/// A field that points to an ignored model has to be ignored too.
fn check_ignored(ctx: &mut Context<'_>, field: &RelationField) {
    let (from, to) = (&ctx.model.tables[field.at.table.0], &ctx.model.tables[field.to.0]);
    if to.ignored && !from.ignored && !from.fields[field.at.field].ignored {
        let name = full_name(ctx, field);
        let message = format!("{name} points to `{}`, which is ignored", to.name);
        let found = Diagnostic::error(&code::E0208, field.span, message);
        ctx.push(found.help("ignore the field: `@ignore`"));
    }
}

fn check_many_to_one(ctx: &mut Context<'_>, forward: &RelationField, back: &RelationField) {
    let sound = check_has_arguments(ctx, forward);
    if back.fields.is_some() || back.references.is_some() {
        let message = format!("{} must not have `fields` or `references`", full_name(ctx, back));
        let found = Diagnostic::error(&code::E0404, back.attribute_span, message);
        ctx.push(found.also(forward.span, "the column is on this side"));
        return;
    }
    check_back_actions(ctx, forward, back);
    if sound {
        add_relation(ctx, forward, Some(back));
    }
}

/// `fields` and `references` on the side with the column.
fn check_has_arguments(ctx: &mut Context<'_>, forward: &RelationField) -> bool {
    if forward.broken {
        return false;
    }
    let has = |list: &Option<Vec<usize>>| list.as_ref().is_some_and(|l| !l.is_empty());
    let missing = match (has(&forward.fields), has(&forward.references)) {
        (true, true) => return true,
        (false, false) => "`fields` and `references`",
        (false, true) => "`fields`",
        (true, false) => "`references`",
    };
    let message = format!("{} needs {missing} in `@relation`", full_name(ctx, forward));
    let table = &ctx.model.tables[forward.to.0];
    let key = table.primary_key.as_ref().and_then(|k| match k.columns[..] {
        [ref one] => match one.part {
            KeyPart::Field(field) => Some(table.fields[field].name.clone()),
            KeyPart::Expression(_) => None,
        },
        _ => None,
    });
    let help = key.map(|key| {
        let from = &ctx.model.tables[forward.at.table.0];
        let name = &from.fields[forward.at.field].name;
        format!("write `@relation(fields: [{name}Id], references: [{key}])`")
    });
    let found = Diagnostic::error(&code::E0403, forward.span, message);
    ctx.push(found.maybe_help(help));
    false
}

/// Actions belong to the side with the column.
fn check_back_actions(ctx: &mut Context<'_>, forward: &RelationField, back: &RelationField) {
    let Some((_, span)) = back.on_delete.or(back.on_update) else { return };
    let message = format!("{} must not have `onDelete` or `onUpdate`", full_name(ctx, back));
    let found = Diagnostic::error(&code::E0404, span, message);
    ctx.push(found.also(forward.span, "the column is on this side"));
}

fn check_one_to_one(ctx: &mut Context<'_>, one: &RelationField, other: &RelationField) {
    if one.broken || other.broken {
        return;
    }
    let names = format!("{} and {}", full_name(ctx, one), full_name(ctx, other));
    let has = |list: &Option<Vec<usize>>| list.as_ref().is_some_and(|l| !l.is_empty());
    let fields = (has(&one.fields), has(&other.fields));
    let references = (has(&one.references), has(&other.references));
    let problem = match (fields, references) {
        ((false, false), (false, false)) => Some(("neither", "`fields` and `references`")),
        ((false, false), _) => Some(("neither", "`fields`")),
        (_, (false, false)) => Some(("neither", "`references`")),
        ((true, true), (true, true)) => Some(("both", "`fields` and `references`")),
        ((true, true), _) => Some(("both", "`fields`")),
        (_, (true, true)) => Some(("both", "`references`")),
        ((true, false), (false, true)) | ((false, true), (true, false)) => {
            Some(("apart", "`fields` and `references`"))
        }
        ((true, false), (true, false)) | ((false, true), (false, true)) => None,
    };
    if let Some((how, what)) = problem {
        let (error, message) = match how {
            "neither" => (&code::E0403, format!("neither of {names} has {what}")),
            "both" => (&code::E0404, format!("both of {names} have {what}")),
            _ => (&code::E0404, format!("{what} stand apart on {names}")),
        };
        let found = Diagnostic::error(error, one.attribute_span, message);
        let found = found.also(other.attribute_span, "the opposite field");
        ctx.push(found.help("write `fields` and `references` on the side that has the column"));
        return;
    }
    let (forward, back) = if fields.0 { (one, other) } else { (other, one) };
    check_back_actions(ctx, forward, back);
    if back.arity == crate::syntax::ast::Arity::Required {
        let name = full_name(ctx, back);
        let message = format!("{name} has to be optional: its column is on the other side");
        let to = &ctx.model.tables[back.to.0].name;
        let found = Diagnostic::error(&code::E0408, back.span, message);
        ctx.push(found.also(forward.span, "the column is here").help(format!("write `{to}?`")));
    }
    check_unique_side(ctx, forward);
    add_relation(ctx, forward, Some(back));
}

/// The columns of a one-to-one relation have to be unique.
fn check_unique_side(ctx: &mut Context<'_>, forward: &RelationField) {
    let table = &ctx.model.tables[forward.at.table.0];
    let Some(fields) = &forward.fields else { return };
    let exact = |key: &super::Key| {
        key.columns.len() == fields.len()
            && key.columns.iter().all(|c| fields.iter().any(|f| c.part == KeyPart::Field(*f)))
    };
    if table.primary_key.iter().chain(&table.uniques).any(exact)
        || ctx.broken_keys.contains(&forward.at.table)
    {
        return;
    }
    let names: Vec<_> = fields.iter().map(|f| table.fields[*f].name.as_str()).collect();
    let help = match names[..] {
        [one] => format!("add `@unique` to `{one}`, or make the opposite field a list"),
        _ => format!("add `@@unique([{}])`, or make the opposite field a list", names.join(", ")),
    };
    let message =
        format!("{} is one to one, and its column is not unique", full_name(ctx, forward));
    ctx.push(Diagnostic::error(&code::E0408, forward.attribute_span, message).help(help));
}

/// Adds the foreign key of a relation after checking its columns.
fn add_relation(ctx: &mut Context<'_>, forward: &RelationField, back: Option<&RelationField>) {
    let (Some(fields), Some(references)) = (&forward.fields, &forward.references) else {
        if !forward.broken && back.is_none() {
            check_has_arguments(ctx, forward);
        }
        return;
    };
    if forward.broken || fields.is_empty() || references.is_empty() {
        return;
    }
    let strict = ctx.is_strict(ctx.model.tables[forward.at.table.0].block);
    if fields.len() != references.len() {
        let message = format!(
            "{} has {} `fields` and {} `references`",
            full_name(ctx, forward),
            fields.len(),
            references.len()
        );
        ctx.error(&code::E0406, forward.attribute_span, message);
        return;
    }
    if strict {
        check_referenced_key(ctx, forward, references);
        check_types(ctx, forward, fields, references);
        check_arity(ctx, forward, fields);
        check_index(ctx, forward, fields);
    }
    let table = &ctx.model.tables[forward.at.table.0];
    let any_required = fields.iter().any(|f| table.fields[*f].is_required());
    let on_delete = forward.on_delete.map_or_else(
        || if any_required { Action::Restrict } else { Action::SetNull },
        |(action, _)| action,
    );
    let on_update = forward.on_update.map_or(Action::Cascade, |(action, _)| action);
    check_set_null(ctx, forward, fields);
    let constraint = constraint_of(ctx, forward, fields);
    let Some(attribute) = forward.attribute else { return };
    ctx.model.relations.push(Relation {
        name: name_of(ctx, forward),
        field: forward.at,
        opposite: back.map(|b| b.at),
        attribute,
        fields: fields.clone(),
        referenced: forward.to,
        references: references.clone(),
        on_delete,
        on_update,
        constraint,
    });
}

fn constraint_of(ctx: &Context<'_>, forward: &RelationField, fields: &[usize]) -> Option<String> {
    let (from, to) = (&ctx.model.tables[forward.at.table.0], &ctx.model.tables[forward.to.0]);
    if ctx.relation_mode() == RelationMode::Prisma || from.is_view() || to.is_view() {
        return None;
    }
    let columns: Vec<_> = fields.iter().map(|f| from.fields[*f].column.as_str()).collect();
    let made = || constraint_names::foreign_key(&from.table, &columns, ctx.max_name_bytes());
    Some(forward.map.as_ref().map_or_else(made, |(name, _)| name.clone()))
}

/// What is referenced has to be a key.
fn check_referenced_key(ctx: &mut Context<'_>, forward: &RelationField, references: &[usize]) {
    let table = &ctx.model.tables[forward.to.0];
    if ctx.broken_keys.contains(&forward.to) || ctx.is_damaged(table.block) {
        return;
    }
    let columns = |key: &super::Key| -> Vec<usize> {
        let field = |c: &super::KeyColumn| match c.part {
            KeyPart::Field(field) => Some(field),
            KeyPart::Expression(_) => None,
        };
        key.columns.iter().filter_map(field).collect()
    };
    let keys = || table.primary_key.iter().chain(&table.uniques).filter(|k| k.predicate.is_none());
    let in_order = keys().any(|k| columns(k) == references);
    let same_set = |key: &super::Key| {
        let columns = columns(key);
        columns.len() == references.len() && columns.iter().all(|c| references.contains(c))
    };
    if in_order || (ctx.is_postgres() && keys().any(same_set)) {
        return;
    }
    let names: Vec<_> = references.iter().map(|f| table.fields[*f].name.as_str()).collect();
    let (message, help) = if keys().any(same_set) {
        let message =
            format!("{} of `{}` are a key in another order", list_names(&names), table.name);
        (message, "write `references` in the order of the key".to_owned())
    } else {
        let verb = if names.len() == 1 { "is" } else { "are" };
        let message = format!("{} of `{}` {verb} not a key", list_names(&names), table.name);
        let help = match names[..] {
            [one] => format!("add `@unique` to `{}.{one}`", table.name),
            _ => format!("add `@@unique([{}])` to `{}`", names.join(", "), table.name),
        };
        (message, help)
    };
    let found = Diagnostic::error(&code::E0405, forward.attribute_span, message);
    ctx.push(found.help(help));
}

fn check_types(
    ctx: &mut Context<'_>,
    forward: &RelationField,
    fields: &[usize],
    references: &[usize],
) {
    let (from, to) = (&ctx.model.tables[forward.at.table.0], &ctx.model.tables[forward.to.0]);
    let mut findings = Vec::new();
    for (field, reference) in fields.iter().zip(references) {
        let (one, other) = (&from.fields[*field], &to.fields[*reference]);
        let same = match (&one.kind, &other.kind) {
            (FieldType::Scalar(a, _), FieldType::Scalar(b, _)) => a == b,
            (FieldType::Unknown, _) | (_, FieldType::Unknown) => true,
            (a, b) => a == b,
        };
        if same {
            continue;
        }
        let message = format!(
            "`{}.{}` has not the type of `{}.{}`, which it references",
            from.name, one.name, to.name, other.name
        );
        let here = ctx.field_syntax(forward.at.table, *field).type_ref.span;
        let there = ctx.field_syntax(forward.to, *reference).type_ref.span;
        let found = Diagnostic::error(&code::E0406, forward.attribute_span, message);
        findings.push(found.also(here, "this type").also(there, "and that type"));
    }
    ctx.diagnostics.extend(findings);
}

/// A required relation needs required columns.
fn check_arity(ctx: &mut Context<'_>, forward: &RelationField, fields: &[usize]) {
    let table = &ctx.model.tables[forward.at.table.0];
    if !table.fields[forward.at.field].is_required() {
        return;
    }
    let optional: Vec<_> = fields
        .iter()
        .map(|f| &table.fields[*f])
        .filter(|f| !f.is_required())
        .map(|f| f.name.as_str())
        .collect();
    if optional.is_empty() {
        return;
    }
    let verb = if optional.len() == 1 { "is" } else { "are" };
    let message = format!(
        "{} is required, and {} {verb} not",
        full_name(ctx, forward),
        list_names(&optional)
    );
    let to = &ctx.model.tables[forward.to.0].name;
    let help = format!("write `{to}?`, or make the columns required");
    ctx.push(Diagnostic::error(&code::E0407, forward.span, message).help(help));
}

/// Without foreign keys nobody makes an index on the columns.
fn check_index(ctx: &mut Context<'_>, forward: &RelationField, fields: &[usize]) {
    if ctx.relation_mode() != RelationMode::Prisma {
        return;
    }
    let table = &ctx.model.tables[forward.at.table.0];
    let starts = |key: &super::Key| {
        key.columns.len() >= fields.len()
            && key.columns.iter().zip(fields).all(|(c, f)| c.part == KeyPart::Field(*f))
    };
    if table.primary_key.iter().chain(&table.uniques).chain(&table.indexes).any(starts) {
        return;
    }
    let names: Vec<_> = fields.iter().map(|f| table.fields[*f].name.as_str()).collect();
    let message = format!("{} has no index, and no foreign key makes one", full_name(ctx, forward));
    let help = format!("add `@@index([{}])`", names.join(", "));
    ctx.push(Diagnostic::warning(&code::E0413, forward.attribute_span, message).help(help));
}

/// `SetNull` on a column that cannot be null fails when it is needed.
fn check_set_null(ctx: &mut Context<'_>, forward: &RelationField, fields: &[usize]) {
    let table = &ctx.model.tables[forward.at.table.0];
    let required: Vec<_> = fields
        .iter()
        .filter(|f| table.fields[**f].is_required())
        .map(|f| table.fields[*f].name.clone())
        .collect();
    if required.is_empty() {
        return;
    }
    let fatal = !ctx.is_postgres() || ctx.relation_mode() == RelationMode::Prisma;
    for (argument, action) in [("onDelete", forward.on_delete), ("onUpdate", forward.on_update)] {
        let Some((Action::SetNull, span)) = action else { continue };
        let message = format!("`{argument}: SetNull` cannot null {}", list_names(&required));
        let found = if fatal {
            Diagnostic::error(&code::E0412, span, message)
        } else {
            Diagnostic::warning(&code::E0412, span, message)
        };
        ctx.push(found.help("make the columns optional, or choose another action"));
    }
}

fn check_many_to_many(ctx: &mut Context<'_>, a: &RelationField, b: &RelationField) {
    let names = format!("{} and {}", full_name(ctx, a), full_name(ctx, b));
    if a.broken || b.broken {
        return;
    }
    if a.fields.is_some() || b.fields.is_some() {
        let message = format!("{names} are lists on both sides and have no columns");
        let found = Diagnostic::error(&code::E0410, a.span, message);
        let found = found.also(b.span, "the opposite field");
        ctx.push(found.help("remove `fields` and `references`: a table of its own joins the two"));
        return;
    }
    for field in [a, b] {
        check_joined(ctx, field);
    }
    let (a_key, b_key) = (single_key(ctx, a.at.table), single_key(ctx, b.at.table));
    if let (Some(a_key), Some(b_key)) = (a_key, b_key) {
        add_join_table(ctx, (a, a_key), (b, b_key));
    }
}

fn check_joined(ctx: &mut Context<'_>, field: &RelationField) {
    let name = full_name(ctx, field);
    if field.references.is_some() {
        let message = format!("{name} is many to many and has no `references`");
        let found = Diagnostic::error(&code::E0410, field.attribute_span, message);
        ctx.push(found.help("remove `references`: the primary keys are joined"));
    }
    if let Some((_, span)) = field.on_delete.or(field.on_update) {
        let message = format!("{name} is many to many and has no referential actions");
        let found = Diagnostic::error(&code::E0410, span, message);
        ctx.push(found.help("write a model for the table between, with two relations"));
    }
    let to = &ctx.model.tables[field.to.0];
    if single_key(ctx, field.to).is_none()
        && !ctx.broken_keys.contains(&field.to)
        && !ctx.is_damaged(to.block)
    {
        let message = format!("{name} is many to many, and `{}` has no single `@id`", to.name);
        let found = Diagnostic::error(&code::E0410, field.span, message);
        let there = ctx.block(to.block).name.span;
        ctx.push(
            found
                .also(there, "this model")
                .help("write a model for the table between, with two relations"),
        );
    }
}

/// The one field of a primary key.
fn single_key(ctx: &Context<'_>, id: TableId) -> Option<usize> {
    match &ctx.model.tables[id.0].primary_key.as_ref()?.columns[..] {
        [column] => match column.part {
            KeyPart::Field(field) => Some(field),
            KeyPart::Expression(_) => None,
        },
        _ => None,
    }
}

/// Column `A` stands for the model that comes first in the alphabet.
fn add_join_table(
    ctx: &mut Context<'_>,
    (a, a_key): (&RelationField, usize),
    (b, b_key): (&RelationField, usize),
) {
    let limit = ctx.max_name_bytes();
    let relation = name_of(ctx, a);
    let table = constraint_names::join_table(&relation, limit);
    let keyed = ctx.relation_mode() == RelationMode::ForeignKeys;
    let foreign = |column| keyed.then(|| constraint_names::join_foreign_key(&table, column, limit));
    let found = JoinTable {
        relation,
        namespace: ctx.model.tables[a.at.table.0].namespace.clone(),
        a: a.at,
        b: b.at,
        a_key,
        b_key,
        primary_key: constraint_names::join_key(&table, limit),
        index: constraint_names::join_index(&table, limit),
        a_constraint: foreign("A"),
        b_constraint: foreign("B"),
        table,
    };
    ctx.model.join_tables.push(found);
}

/// Names of foreign keys: not too long, and one within their table.
fn check_constraint_names(ctx: &mut Context<'_>, fields: &[RelationField]) {
    let limit = ctx.max_name_bytes();
    let mut findings = Vec::new();
    for field in fields {
        let Some((name, span)) = &field.map else { continue };
        let strict = ctx.is_strict(ctx.model.tables[field.at.table.0].block);
        if strict && !ctx.is_postgres() {
            let message = "a name of a foreign key without a datasource that has such names";
            findings.push(Diagnostic::error(&code::E0213, *span, message));
        } else if name.len() > limit {
            let message = format!(
                "the name of this foreign key is {} bytes long, of at most {limit}",
                name.len()
            );
            let found = Diagnostic::error(&code::E0210, *span, message);
            findings.push(found.help("choose a shorter name as `map`"));
        }
    }
    if ctx.is_postgres() {
        let mut seen: BTreeMap<(TableId, &str), Span> = BTreeMap::new();
        for (index, table) in ctx.model.tables.iter().enumerate() {
            // To PostgreSQL an index is no constraint: its name may be that of a foreign key too.
            let strict = ctx.is_strict(table.block);
            let keys = table.uniques.iter().chain(&table.indexes).filter(|_| strict);
            for key in table.primary_key.iter().chain(keys) {
                let span = ctx.attribute_span(key.attribute);
                seen.insert((TableId(index), &key.constraint), span);
            }
        }
        for relation in &ctx.model.relations {
            let Some(name) = &relation.constraint else { continue };
            let span = ctx.attribute_span(relation.attribute);
            if let Some(first) = seen.insert((relation.table(), name), span) {
                let message = format!("the name `{name}` is that of two constraints of this table");
                let found = Diagnostic::error(&code::E0211, span, message);
                findings.push(found.also(first, "the other").help("give one another name: `map`"));
            }
        }
    }
    ctx.diagnostics.extend(findings);
}
