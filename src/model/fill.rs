//! Fills in what relations lack: the opposite field, the arguments of `@relation`, and the fields
//! that they name, as Prisma's formatter does.

use super::{
    BlockRef, FieldType, KeyPart, TableId, attributes, config,
    context::Context,
    names,
    relation_pairs::{Pair, name_of, pair_for_filling},
    relation_reader::{RelationField, read_relation_fields},
};
use crate::{
    syntax::ast::{self, Arg, Arity, Attribute, Entry, Expr, File, Ident, Item, TypeRef},
    text::Span,
};

/// One thing to add to a tree.
enum Edit {
    /// A field at the end of a block.
    Field(BlockRef, Box<ast::Field>),
    /// Arguments of `@relation` on a field, by entry.
    Arguments(BlockRef, usize, Vec<Arg>),
}

/// Adds what relations lack to the trees of one model.
pub fn fill_relations(files: &mut [File]) {
    let edits = {
        let mut ctx = Context::new(files, vec![true; files.len()]);
        names::resolve_blocks(&mut ctx);
        config::resolve_config(&mut ctx);
        names::resolve_entries(&mut ctx);
        attributes::resolve_attributes(&mut ctx);
        let fields = read_relation_fields(&mut ctx);
        let mut filler = Filler { ctx: &ctx, edits: Vec::new() };
        for pair in pair_for_filling(&ctx, &fields) {
            filler.fill(&fields, pair);
        }
        filler.edits
    };
    for edit in edits {
        apply(files, edit);
    }
}

fn apply(files: &mut [File], edit: Edit) {
    let (Edit::Field(at, _) | Edit::Arguments(at, ..)) = &edit;
    let Some(Item::Block(block)) = files[at.file].items.get_mut(at.item) else { return };
    match edit {
        Edit::Field(_, field) => block.entries.push(Entry::Field(*field)),
        Edit::Arguments(_, entry, args) => {
            let Some(Entry::Field(field)) = block.entries.get_mut(entry) else { return };
            if let Some(found) = field.attributes.iter_mut().find(|a| a.path.text == "relation") {
                found.args.get_or_insert_default().list.extend(args);
            } else {
                let mut relation = Attribute::new("relation");
                relation.args.get_or_insert_default().list = args;
                field.attributes.push(relation);
            }
        }
    }
}

struct Filler<'c, 'a> {
    ctx: &'c Context<'a>,
    edits: Vec<Edit>,
}

impl Filler<'_, '_> {
    fn fill(&mut self, fields: &[RelationField], pair: Pair) {
        match pair {
            Pair::ManyToOne { forward, .. } => self.fill_forward(&fields[forward]),
            Pair::OneToOne { one, other } => {
                self.fill_forward(self.one_with_column(&fields[one], &fields[other]));
            }
            Pair::ManyToMany { .. } => {}
            Pair::Alone { forward } if fields[forward].broken => {}
            Pair::Alone { forward } if fields[forward].is_list() => {
                self.add_forward(&fields[forward]);
            }
            Pair::Alone { forward } => {
                self.fill_forward(&fields[forward]);
                self.add_back(&fields[forward]);
            }
        }
    }

    /// The side of a one-to-one relation that gets the column: the required one, or else the one
    /// that has one, or else the first in the alphabet.
    fn one_with_column<'f>(
        &self,
        one: &'f RelationField,
        other: &'f RelationField,
    ) -> &'f RelationField {
        let name = |field: &RelationField| {
            let table = &self.ctx.model.tables[field.at.table.0];
            (table.name.clone(), table.fields[field.at.field].name.clone())
        };
        match (one.arity, other.arity) {
            (Arity::Required, Arity::Optional) => one,
            (Arity::Optional, Arity::Required) => other,
            _ if one.fields.is_some() => one,
            _ if other.fields.is_some() || name(other) < name(one) => other,
            _ => one,
        }
    }

    /// Adds the arguments that the side with the column lacks, and the columns.
    fn fill_forward(&mut self, forward: &RelationField) {
        let table = &self.ctx.model.tables[forward.at.table.0];
        let field = &table.fields[forward.at.field];
        if forward.broken {
            return;
        }
        let references = match &forward.references {
            Some(references) => references.clone(),
            None => self.key_of(forward.to),
        };
        let names = self.column_names(&field.name, forward.to, &references);
        let mut args = Vec::new();
        if forward.fields.is_none() {
            args.push(list_arg("fields", &names));
            self.add_columns((forward.at.table, &names), forward.to, &references, field.arity);
        }
        if forward.references.is_none() {
            args.push(list_arg("references", &self.field_names(forward.to, &references)));
        }
        if !args.is_empty() {
            self.edits.push(Edit::Arguments(table.block, field.entry, args));
        }
    }

    /// Adds the side with the column opposite a list.
    fn add_forward(&mut self, back: &RelationField) {
        let (from, to) = (back.to, back.at.table);
        let references = self.key_of(to);
        let model = &self.ctx.model.tables[to.0].name;
        let name = lower_first(model);
        let names = self.column_names(&name, to, &references);
        let table = &self.ctx.model.tables[from.0];
        let required = !names.is_empty()
            && names
                .iter()
                .all(|n| table.field_named(n).is_some_and(|f| table.fields[f].is_required()));
        let arity = if required { Arity::Required } else { Arity::Optional };
        let mut relation = Attribute::new("relation");
        if let Some(name) = &back.name {
            relation = relation.arg(name.as_str());
        }
        let args = relation.args.get_or_insert_default();
        args.list.push(list_arg("fields", &names));
        args.list.push(list_arg("references", &self.field_names(to, &references)));
        let field = ast::Field::new(self.free_name(from, &name, back), model.clone())
            .arity(arity)
            .with(relation);
        self.edits.push(Edit::Field(table.block, Box::new(field)));
        self.add_columns((from, &names), to, &references, arity);
    }

    /// Adds the list opposite a field with a column.
    fn add_back(&mut self, forward: &RelationField) {
        let tables = &self.ctx.model.tables;
        let (from, to) = (&tables[forward.at.table.0], &tables[forward.to.0]);
        let name = self.free_name(forward.to, &format!("{}s", lower_first(&from.name)), forward);
        let mut field = ast::Field::new(name, from.name.clone()).arity(Arity::List);
        if let Some(name) = &forward.name {
            field = field.with(Attribute::new("relation").arg(name.as_str()));
        }
        if from.ignored {
            field = field.with(Attribute::new("ignore"));
        }
        self.edits.push(Edit::Field(to.block, Box::new(field)));
    }

    /// A name that the table does not have yet.
    fn free_name(&self, table: TableId, name: &str, of: &RelationField) -> String {
        let taken = |name: &str| {
            let block = self.ctx.model.tables[table.0].block;
            self.ctx.model.tables[table.0].field_named(name).is_some()
                || self
                    .edits
                    .iter()
                    .any(|e| matches!(e, Edit::Field(at, f) if *at == block && f.name.text == name))
        };
        if taken(name) { format!("{name}_{}", name_of(self.ctx, of)) } else { name.to_owned() }
    }

    /// Adds the columns that do not exist.
    fn add_columns(
        &mut self,
        (table, names): (TableId, &[String]),
        to: TableId,
        references: &[usize],
        arity: Arity,
    ) {
        let block = self.ctx.model.tables[table.0].block;
        for (name, reference) in names.iter().zip(references) {
            if self.ctx.model.tables[table.0].field_named(name).is_some() {
                continue;
            }
            let referenced = self.ctx.field_syntax(to, *reference);
            let mut field = ast::Field::new(name.clone(), bare_type(&referenced.type_ref));
            field.type_ref.arity = arity;
            let native = referenced.attributes.iter().find(|a| a.path.text.contains('.'));
            field.attributes.extend(native.cloned());
            self.edits.push(Edit::Field(block, Box::new(field)));
        }
    }

    /// The fields that a relation to a table references: its first key of required fields.
    fn key_of(&self, table: TableId) -> Vec<usize> {
        let table = &self.ctx.model.tables[table.0];
        let usable = |field: usize| {
            let field = &table.fields[field];
            field.is_required() && !matches!(field.kind, FieldType::Unsupported(_))
        };
        let fields = |key: &super::Key| -> Option<Vec<usize>> {
            key.columns
                .iter()
                .map(|c| match c.part {
                    KeyPart::Field(field) if usable(field) => Some(field),
                    _ => None,
                })
                .collect()
        };
        table.primary_key.iter().chain(&table.uniques).find_map(fields).unwrap_or_default()
    }

    fn field_names(&self, table: TableId, fields: &[usize]) -> Vec<String> {
        fields.iter().map(|f| self.ctx.model.tables[table.0].fields[*f].name.clone()).collect()
    }

    /// `authorId` for `author` and `id`.
    fn column_names(&self, field: &str, to: TableId, references: &[usize]) -> Vec<String> {
        let names = self.field_names(to, references);
        names.iter().map(|n| format!("{}{}", lower_first(field), upper_first(n))).collect()
    }
}

fn bare_type(type_ref: &TypeRef) -> TypeRef {
    TypeRef { arity: Arity::Required, legacy: None, ..type_ref.clone() }
}

fn list_arg(name: &str, names: &[String]) -> Arg {
    let items = names.iter().map(|n| Expr::path(n.clone()));
    Arg { name: Some(Ident::from(name)), value: Some(Expr::array(items)), span: Span::NONE }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

fn upper_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
