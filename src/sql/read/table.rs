//! `CREATE TABLE`: columns, constraints, partitions.

use super::{cursor::Cursor, query};
use crate::sql::tree::{
    Bound, ColumnDef, ConstraintDef, ConstraintKind, CreateTable, CreateTableAs, ForeignKey,
    Generated, Key, Like, PartitionBy, Persistence, Tree,
};

/// After `CREATE [TEMP | UNLOGGED] TABLE`.
pub(super) fn create_table(
    c: &mut Cursor<'_, '_>,
    persistence: Persistence,
    foreign: bool,
) -> Tree {
    let if_not_exists = c.if_not_exists();
    let name = c.name_or_empty();
    if !foreign && is_table_as(c) {
        let columns = c.ident_group();
        return table_as(
            c,
            CreateTableAs { name, persistence, if_not_exists, columns, ..CreateTableAs::default() },
        );
    }
    let mut table =
        CreateTable { name, foreign, persistence, if_not_exists, ..CreateTable::default() };
    if c.eat("of") {
        table.of_type = c.name();
    } else if c.eat_all(&["partition", "of"]) {
        let parent = c.name_or_empty();
        elements(c, &mut table);
        table.partition_of = Some((parent, bound(c)));
    }
    elements(c, &mut table);
    while !c.done() {
        if c.eat("inherits") {
            let group = c.group();
            table.inherits = group.map(|mut g| g.names()).unwrap_or_default();
        } else if c.eat_all(&["partition", "by"]) {
            table.partition_by = Some(partition_by(c));
        } else {
            c.next();
        }
    }
    Tree::CreateTable(Box::new(table))
}

/// `name (a, b) AS …`, `name USING heap WITH (…) AS …`: an `AS` before anything else that a
/// definition has.
fn is_table_as(c: &Cursor<'_, '_>) -> bool {
    let mut probe = c.part(c.position(), c.all().len());
    probe.skip_parentheses();
    while !probe.done() {
        if probe.sees("as") {
            return true;
        }
        if ["of", "partition", "inherits"].iter().any(|word| probe.sees(word)) {
            return false;
        }
        probe.step();
    }
    false
}

/// From the options before `AS` to the end of `CREATE TABLE … AS` and its like.
pub(super) fn table_as(c: &mut Cursor<'_, '_>, mut made: CreateTableAs) -> Tree {
    while !c.done() && !c.eat("as") {
        c.step();
    }
    made.no_data = c.has_all(&["with", "no", "data"]);
    made.query = query::query(c);
    Tree::CreateTableAs(Box::new(made))
}

fn elements(c: &mut Cursor<'_, '_>, table: &mut CreateTable) {
    let Some(group) = c.group() else { return };
    for mut item in group.items() {
        if item.eat("like") {
            let Some(name) = item.name() else { continue };
            let mut including = Vec::new();
            while !item.done() {
                if item.eat("including") {
                    including.extend(item.ident());
                } else {
                    item.next();
                }
            }
            table.like.push(Like { name, including });
        } else if let Some(constraint) = table_constraint(&mut item) {
            table.constraints.push(constraint);
        } else if let Some(column) = column(&mut item) {
            table.columns.push(column);
        }
    }
}

fn partition_by(c: &mut Cursor<'_, '_>) -> PartitionBy {
    PartitionBy { strategy: c.ident_or_empty(), keys: c.expr_group().unwrap_or_default() }
}

/// `FOR VALUES …` or `DEFAULT`.
pub(super) fn bound(c: &mut Cursor<'_, '_>) -> Bound {
    if c.eat("default") {
        return Bound { strategy: "default".to_owned(), ..Bound::default() };
    }
    c.eat_all(&["for", "values"]);
    let strategy = match c.eat_any(&["from", "in", "with"]) {
        Some("from") => "range",
        Some("in") => "list",
        Some("with") => "hash",
        _ => "",
    };
    let from = c.position();
    c.skip_parentheses();
    if c.eat("to") {
        c.skip_parentheses();
    }
    Bound { strategy: strategy.to_owned(), text: c.expr(from, c.position()) }
}

/// A constraint of a table, if that is next.
pub(super) fn table_constraint(c: &mut Cursor<'_, '_>) -> Option<ConstraintDef> {
    let from = c.position();
    let mut made = ConstraintDef::default();
    if c.eat("constraint") {
        made.name = c.ident();
    }
    made.kind = if c.eat("check") {
        ConstraintKind::Check(c.expr_group()?)
    } else if c.sees_all(&["not", "null"]) && !c.sees_at(2, "(") {
        c.eat_all(&["not", "null"]);
        ConstraintKind::NotNull(c.ident()?)
    } else if c.sees_all(&["primary", "key"]) {
        c.eat_all(&["primary", "key"]);
        ConstraintKind::PrimaryKey(key(c))
    } else if c.sees("unique")
        && (c.sees_at(1, "(") || c.sees_at(1, "using") || c.sees_at(1, "nulls"))
    {
        c.eat("unique");
        ConstraintKind::Unique(key(c))
    } else if c.eat_all(&["foreign", "key"]) {
        let columns = c.ident_group();
        c.eat("references");
        ConstraintKind::ForeignKey(references(c, columns))
    } else if c.sees("exclude") && (c.sees_at(1, "(") || c.sees_at(1, "using")) {
        c.eat("exclude");
        let from = c.position();
        if c.eat("using") {
            c.ident();
        }
        c.skip_parentheses();
        ConstraintKind::Exclude(c.expr(from, c.position()))
    } else {
        c.jump(from);
        return None;
    };
    attributes(c, &mut made);
    made.span = c.span_from(from);
    Some(made)
}

fn key(c: &mut Cursor<'_, '_>) -> Key {
    if c.eat("nulls") {
        c.eat("not");
        c.eat("distinct");
    }
    if c.eat_all(&["using", "index"]) {
        return Key { using_index: c.name(), ..Key::default() };
    }
    Key { columns: c.ident_group(), using_index: None }
}

/// After `REFERENCES`.
fn references(c: &mut Cursor<'_, '_>, columns: Vec<String>) -> ForeignKey {
    let references = c.name_or_empty();
    let referenced = c.ident_group();
    loop {
        if c.eat("match") {
            c.next();
        } else if c.sees("on") && (c.sees_at(1, "delete") || c.sees_at(1, "update")) {
            c.jump(c.position() + 2);
            if c.eat("set") {
                c.next();
                c.skip_parentheses();
            } else if c.eat("no") {
                c.eat("action");
            } else {
                c.next();
            }
        } else {
            return ForeignKey { columns, references, referenced };
        }
    }
}

/// What follows a constraint: `NOT VALID`, `DEFERRABLE`, `NO INHERIT`, `USING INDEX TABLESPACE`, ….
fn attributes(c: &mut Cursor<'_, '_>, made: &mut ConstraintDef) {
    loop {
        if c.eat_all(&["not", "valid"]) {
            made.not_valid = true;
        } else if c.eat_all(&["not", "enforced"]) {
            made.not_enforced = true;
        } else if c.eat_all(&["not", "deferrable"]) {
            made.deferrable = false;
        } else if c.eat("deferrable") {
            made.deferrable = true;
        } else if c.eat_all(&["no", "inherit"]) {
            made.no_inherit = true;
        } else if c.eat("initially") {
            c.next();
        } else if c.sees("include") || c.sees("with") || c.sees("where") {
            c.next();
            c.skip_parentheses();
        } else if c.eat_all(&["using", "index", "tablespace"]) {
            c.next();
        } else if !c.eat("enforced") {
            return;
        }
    }
}

/// Words that begin what may follow a default value.
fn follows_default(c: &Cursor<'_, '_>) -> bool {
    let null = c.sees("null") || c.sees_all(&["not", "null"]);
    let words = [
        "constraint",
        "check",
        "unique",
        "primary",
        "references",
        "generated",
        "default",
        "deferrable",
        "initially",
        "storage",
        "compression",
        ",",
    ];
    null || words.iter().any(|word| c.sees(word))
}

/// A column definition.
pub(super) fn column(c: &mut Cursor<'_, '_>) -> Option<ColumnDef> {
    let from = c.position();
    let mut made = ColumnDef { name: c.ident()?, ..ColumnDef::default() };
    // A column of a typed table or of a partition has no type: `name WITH OPTIONS …`.
    if c.eat_all(&["with", "options"]) || column_clause(c) || c.done() {
        made.span = c.span_from(from);
    } else {
        made.type_name = c.type_name()?;
    }
    let mut name = None;
    while !c.done() {
        let start = c.position();
        if c.eat("constraint") {
            name = c.ident();
        } else if c.eat("collate") {
            made.collation = c.name();
        } else if c.eat("default") {
            made.default = Some(c.expr_until(follows_default));
        } else if c.eat_all(&["not", "null"]) {
            made.not_null = true;
        } else if c.eat_all(&["generated"]) {
            generated(c, &mut made);
        } else if let Some(constraint) = column_constraint(c, &made.name, &mut name) {
            made.constraints.push(constraint);
        } else if c.position() == start {
            c.next();
            c.skip_parentheses();
        }
    }
    made.span = c.span_from(from);
    Some(made)
}

fn column_clause(c: &Cursor<'_, '_>) -> bool {
    let words = ["constraint", "default", "check", "unique", "references", "generated"];
    words.iter().any(|word| c.sees(word))
        || c.sees_all(&["not", "null"])
        || c.sees_all(&["primary", "key"])
}

/// After `GENERATED`.
fn generated(c: &mut Cursor<'_, '_>, made: &mut ColumnDef) {
    let _ = c.eat("always") || c.eat_all(&["by", "default"]);
    c.eat("as");
    if c.eat("identity") {
        made.identity = true;
        c.skip_parentheses();
    } else if let Some(expression) = c.expr_group() {
        let stored = match c.eat_any(&["stored", "virtual"]) {
            Some("stored") => Some(true),
            Some(_) => Some(false),
            None => None,
        };
        made.generated = Some(Generated { expression, stored });
    }
}

fn column_constraint(
    c: &mut Cursor<'_, '_>,
    column: &str,
    name: &mut Option<String>,
) -> Option<ConstraintDef> {
    let from = c.position();
    let columns = vec![column.to_owned()];
    let kind = if c.eat("check") {
        ConstraintKind::Check(c.expr_group()?)
    } else if c.eat("unique") {
        if c.eat("nulls") {
            c.eat("not");
            c.eat("distinct");
        }
        ConstraintKind::Unique(Key { columns, using_index: None })
    } else if c.eat_all(&["primary", "key"]) {
        ConstraintKind::PrimaryKey(Key { columns, using_index: None })
    } else if c.eat("references") {
        ConstraintKind::ForeignKey(references(c, columns))
    } else {
        return None;
    };
    let mut made = ConstraintDef { name: name.take(), kind, ..ConstraintDef::default() };
    if !c.sees_all(&["not", "null"]) {
        attributes(c, &mut made);
    }
    made.span = c.span_from(from);
    Some(made)
}
