//! Pairs relation fields with their opposites and says what each pair is.

use std::collections::BTreeMap;

use super::{
    TableId,
    context::{Context, list_names},
    relation_reader::RelationField,
};
use crate::text::{Diagnostic, code};

/// What one or two relation fields make; indexes in the list of relation fields.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pair {
    /// Many to one: the field with the key, and the list.
    ManyToOne { forward: usize, back: usize },
    /// One to one, the key on either side.
    OneToOne { one: usize, other: usize },
    /// Lists on both sides.
    ManyToMany { a: usize, b: usize },
    /// A field with a key and no opposite, in a superset file.
    Alone { forward: usize },
}

/// The name of a relation that is not named: the models in the order of the alphabet.
pub(super) fn made_name(ctx: &Context<'_>, field: &RelationField) -> String {
    let tables = &ctx.model.tables;
    let (a, b) = (&tables[field.at.table.0].name, &tables[field.to.0].name);
    if a <= b { format!("{a}To{b}") } else { format!("{b}To{a}") }
}

/// The name of a relation, written or made.
pub(super) fn name_of(ctx: &Context<'_>, field: &RelationField) -> String {
    field.name.clone().unwrap_or_else(|| made_name(ctx, field))
}

/// Pairs all fields; reports the ambiguous and those without an opposite.
pub(super) fn pair_fields(ctx: &mut Context<'_>, fields: &[RelationField]) -> Vec<Pair> {
    let groups = group_fields(ctx, fields);
    let mut ambiguous = vec![false; fields.len()];
    for ((from, to, name), group) in &groups {
        // The other side of what was reported says the same.
        let mirror = groups.get(&(*to, *from, name.clone()));
        if from != to && mirror.is_some_and(|m| m.iter().any(|i| ambiguous[*i])) {
            group.iter().for_each(|i| ambiguous[*i] = true);
            continue;
        }
        mark_ambiguous(ctx, fields, group, &mut ambiguous);
    }
    let mut pairs = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        if ambiguous[index] {
            continue;
        }
        let strict = ctx.is_strict(ctx.model.tables[field.at.table.0].block);
        let opposite = find_opposite(ctx, fields, &groups, index, strict);
        if let Some(pair) = make_pair(ctx, fields, index, opposite) {
            pairs.push(pair);
        } else if opposite.is_none() && !opposite_is_ambiguous(fields, &ambiguous, field) {
            if !strict && field.fields.is_some() {
                pairs.push(Pair::Alone { forward: index });
            } else {
                report_alone(ctx, field);
            }
        }
    }
    pairs
}

/// Pairs all fields without reporting anything; a field without an opposite stands alone.
pub(super) fn pair_for_filling(ctx: &Context<'_>, fields: &[RelationField]) -> Vec<Pair> {
    let groups = group_fields(ctx, fields);
    let mut pairs = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let opposite = find_opposite(ctx, fields, &groups, index, true);
        let group = groups.get(&(field.at.table, field.to, name_of(ctx, field)));
        let alone = group.is_none_or(|g| g.len() == 1);
        match make_pair(ctx, fields, index, opposite) {
            Some(pair) => pairs.push(pair),
            None if opposite.is_none() && alone => pairs.push(Pair::Alone { forward: index }),
            None => {}
        }
    }
    pairs
}

type Groups = BTreeMap<(TableId, TableId, String), Vec<usize>>;

/// The fields by where they stand, where they point to and what their relation is called.
fn group_fields(ctx: &Context<'_>, fields: &[RelationField]) -> Groups {
    let mut groups = Groups::new();
    for (index, field) in fields.iter().enumerate() {
        let key = (field.at.table, field.to, name_of(ctx, field));
        groups.entry(key).or_default().push(index);
    }
    groups
}

fn find_opposite(
    ctx: &Context<'_>,
    fields: &[RelationField],
    groups: &Groups,
    index: usize,
    strict: bool,
) -> Option<usize> {
    let field = &fields[index];
    let name = name_of(ctx, field);
    let group = groups.get(&(field.to, field.at.table, name))?;
    let fits = |other: &&usize| {
        let candidate = &fields[**other];
        **other != index
            && if strict {
                candidate.name == field.name
            } else {
                // Two fields that both hold a key are two relations.
                candidate.fields.is_none() || field.fields.is_none()
            }
    };
    group.iter().find(fits).copied()
}

fn make_pair(
    ctx: &Context<'_>,
    fields: &[RelationField],
    index: usize,
    opposite: Option<usize>,
) -> Option<Pair> {
    let other = opposite?;
    match (fields[index].is_list(), fields[other].is_list()) {
        (true, true) => {
            let rank = |i: usize| {
                let field = &fields[i];
                let table = &ctx.model.tables[field.at.table.0];
                (table.name.as_str(), table.fields[field.at.field].name.as_str())
            };
            (rank(index) <= rank(other)).then_some(Pair::ManyToMany { a: index, b: other })
        }
        (false, true) => Some(Pair::ManyToOne { forward: index, back: other }),
        (true, false) => None,
        (false, false) => (index < other).then_some(Pair::OneToOne { one: index, other }),
    }
}

fn opposite_is_ambiguous(
    fields: &[RelationField],
    ambiguous: &[bool],
    field: &RelationField,
) -> bool {
    fields
        .iter()
        .zip(ambiguous)
        .any(|(f, a)| *a && f.at.table == field.to && f.to == field.at.table)
}

/// Several fields of one model that could be the same end of one relation.
fn mark_ambiguous(
    ctx: &mut Context<'_>,
    fields: &[RelationField],
    group: &[usize],
    ambiguous: &mut [bool],
) {
    let first = &fields[group[0]];
    let table = &ctx.model.tables[first.at.table.0];
    let to_itself = first.is_to_itself();
    let named = group.iter().all(|i| fields[*i].name.is_some());
    let allowed = if to_itself && named { 2 } else { 1 };
    if group.len() <= allowed {
        return;
    }
    if !ctx.is_strict(table.block) {
        let keyed = group.iter().filter(|i| fields[**i].fields.is_some()).count();
        let back = group.len() - keyed;
        let opposites = fields
            .iter()
            .filter(|f| f.at.table == first.to && f.to == first.at.table && f.fields.is_none());
        let distinct = if to_itself {
            back == 0 || (keyed <= 1 && back <= 1)
        } else {
            back == 0 && opposites.count() == 0
        };
        if distinct {
            return;
        }
    }
    let names: Vec<_> =
        group.iter().map(|i| table.fields[fields[*i].at.field].name.as_str()).collect();
    let listed = list_names(&names);
    let message = match (to_itself, named) {
        (true, true) => {
            format!("more than two fields make one relation of `{}`: {listed}", table.name)
        }
        (true, false) => format!(
            "the fields {listed} of `{}` both point to `{}` without saying whether they are one \
             relation",
            table.name, table.name
        ),
        (false, true) => {
            format!("the fields {listed} of `{}` have the same relation name", table.name)
        }
        (false, false) => format!(
            "the fields {listed} of `{}` all point to `{}` without relation names",
            table.name, ctx.model.tables[first.to.0].name
        ),
    };
    let mut found = Diagnostic::error(&code::E0402, first.span, message);
    for other in &group[1..] {
        found = found.also(fields[*other].span, "also here");
    }
    ctx.push(found.help("name each relation on both sides: `@relation(\"name\")`"));
    for index in group {
        ambiguous[*index] = true;
    }
}

fn report_alone(ctx: &mut Context<'_>, field: &RelationField) {
    let tables = &ctx.model.tables;
    let (from, to) = (&tables[field.at.table.0], &tables[field.to.0]);
    if ctx.is_damaged(to.block) {
        return;
    }
    let name = &from.fields[field.at.field].name;
    let message = format!("`{name}` has no opposite field in `{}`", to.name);
    let block = ctx.block(to.block);
    let argument = field.name.as_ref().map(|n| format!(" @relation(\"{n}\")"));
    let list = if field.is_list() { "?" } else { "[]" };
    let help = format!(
        "add one to `{}`: `{} {}{list}{}`",
        to.name,
        lower_first(&from.name),
        from.name,
        argument.unwrap_or_default()
    );
    let found = Diagnostic::error(&code::E0401, field.span, message);
    ctx.push(found.also(block.name.span, "the opposite model").help(help));
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
