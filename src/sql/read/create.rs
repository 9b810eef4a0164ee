//! `CREATE`, other than of tables.

use super::{cursor::Cursor, dispatch, query, table};
use crate::sql::tree::{
    CreateIndex, CreateRoutine, CreateTableAs, IndexKey, Name, Persistence, PublicationVerb, Tree,
    TypeBody, Volatility,
};

/// After `CREATE`.
pub(super) fn create(c: &mut Cursor<'_, '_>) -> Tree {
    let or_replace = c.eat_all(&["or", "replace"]);
    let persistence = persistence(c);
    if c.eat("table") {
        return table::create_table(c, persistence, false);
    }
    if c.eat_all(&["foreign", "table"]) {
        return table::create_table(c, persistence, true);
    }
    if c.sees("index") || c.sees_all(&["unique", "index"]) {
        return index(c);
    }
    if c.sees("view") || c.sees_all(&["recursive", "view"]) {
        return view(c, or_replace);
    }
    if c.eat_all(&["materialized", "view"]) {
        let if_not_exists = c.if_not_exists();
        let name = c.name_or_empty();
        let columns = c.ident_group();
        let made = CreateTableAs {
            name,
            materialized_view: true,
            persistence,
            if_not_exists,
            columns,
            ..CreateTableAs::default()
        };
        return table::table_as(c, made);
    }
    if c.eat("sequence") {
        return sequence(c);
    }
    if c.sees("trigger") || c.sees_all(&["constraint", "trigger"]) {
        return trigger(c, or_replace);
    }
    if c.eat("function") {
        return routine(c, or_replace);
    }
    if c.eat("procedure") {
        return routine(c, or_replace);
    }
    other(c, or_replace)
}

fn persistence(c: &mut Cursor<'_, '_>) -> Persistence {
    let _ = c.eat("global") || c.eat("local");
    match c.eat_any(&["temporary", "temp", "unlogged"]) {
        Some("unlogged") => Persistence::Unlogged,
        Some(_) => Persistence::Temporary,
        None => Persistence::Permanent,
    }
}

fn other(c: &mut Cursor<'_, '_>, or_replace: bool) -> Tree {
    match c.peek().map(|t| t.text.to_ascii_lowercase()).as_deref() {
        Some("rule") => {
            while !c.done() && !c.eat("to") {
                c.next();
            }
            Tree::CreateRule { table: c.name_or_empty(), or_replace }
        }
        Some("policy") => {
            c.next();
            c.if_not_exists();
            c.ident();
            c.eat("on");
            let table = c.name_or_empty();
            Tree::CreatePolicy { table, restrictive: c.eat_all(&["as", "restrictive"]) }
        }
        Some("type") => {
            c.next();
            type_body(c)
        }
        Some("domain") => {
            c.next();
            domain(c)
        }
        Some("schema") => {
            c.next();
            schema(c)
        }
        Some("extension") => {
            c.next();
            c.if_not_exists();
            Tree::CreateExtension { name: c.ident_or_empty() }
        }
        Some("statistics") => {
            c.next();
            c.if_not_exists();
            let name = c.name();
            while !c.done() && !c.eat("from") {
                c.step();
            }
            Tree::CreateStatistics { name, table: c.name() }
        }
        Some("publication") => {
            c.next();
            let name = c.ident_or_empty();
            Tree::Publication { name, tables: published(c), verb: PublicationVerb::Create }
        }
        _ => {
            if dispatch::object_kind(c).is_none() {
                return Tree::Unknown;
            }
            c.if_not_exists();
            Tree::CreateOther { name: c.name(), or_replace }
        }
    }
}

/// The tables that `FOR TABLE`, `ADD TABLE`, `SET TABLE`, `DROP TABLE` name.
pub(super) fn published(c: &mut Cursor<'_, '_>) -> Vec<Name> {
    let mut tables = Vec::new();
    while !c.done() {
        if c.eat("table") {
            while let Some((name, _)) = c.relation() {
                tables.push(name);
                c.skip_parentheses();
                if c.eat("where") {
                    c.skip_parentheses();
                }
                if !c.sees(",") || c.sees_at(1, "tables") || c.sees_at(1, "table") {
                    break;
                }
                c.next();
            }
        } else {
            c.next();
        }
    }
    tables
}

fn index(c: &mut Cursor<'_, '_>) -> Tree {
    let unique = c.eat("unique");
    c.eat("index");
    let concurrently = c.eat("concurrently");
    let if_not_exists = c.if_not_exists();
    let name = if c.sees("on") { None } else { c.name() };
    c.eat("on");
    let Some((table, only)) = c.relation() else { return Tree::Unknown };
    let method = if c.eat("using") { c.ident_or_empty() } else { "btree".to_owned() };
    let mut made = CreateIndex {
        name,
        table,
        only,
        unique,
        concurrently,
        if_not_exists,
        method,
        ..CreateIndex::default()
    };
    if let Some(group) = c.group() {
        made.keys = group.items().into_iter().map(index_key).collect();
    }
    while !c.done() {
        if c.eat("include") {
            made.include = c.ident_group();
        } else if c.eat("where") {
            made.predicate = Some(c.expr_rest());
        } else {
            c.next();
        }
    }
    Tree::CreateIndex(Box::new(made))
}

fn index_key(mut c: Cursor<'_, '_>) -> IndexKey {
    let mut key = IndexKey::default();
    let from = c.position();
    if c.sees("(") {
        key.expression = c.expr_group();
    } else {
        key.column = c.ident();
        if c.sees("(") || c.sees(".") {
            while c.sees("(") || c.sees(".") {
                if c.sees("(") { c.skip_parentheses() } else { c.jump(c.position() + 2) }
            }
            key.column = None;
            key.expression = Some(c.expr(from, c.position()));
        }
    }
    while !c.done() {
        if c.eat("collate") {
            key.collation = c.name().map(|name| name.parts.join("."));
        } else if c.sees("asc") || c.sees("desc") || c.sees("nulls") {
            return key;
        } else if let Some(name) = c.name() {
            key.opclass = Some(name.last().to_owned());
            c.skip_parentheses();
        } else {
            c.next();
        }
    }
    key
}

fn view(c: &mut Cursor<'_, '_>, or_replace: bool) -> Tree {
    c.eat("recursive");
    c.eat("view");
    c.if_not_exists();
    let name = c.name_or_empty();
    let columns = c.ident_group();
    while !c.done() && !c.eat("as") {
        c.step();
    }
    Tree::CreateView { name, or_replace, columns, query: query::query(c) }
}

fn sequence(c: &mut Cursor<'_, '_>) -> Tree {
    let if_not_exists = c.if_not_exists();
    let name = c.name_or_empty();
    while !c.done() && !c.eat_all(&["owned", "by"]) {
        c.next();
    }
    Tree::CreateSequence { name, if_not_exists, owned_by: c.name() }
}

fn trigger(c: &mut Cursor<'_, '_>, or_replace: bool) -> Tree {
    c.eat("constraint");
    c.eat("trigger");
    let name = c.ident_or_empty();
    while !c.done() && !c.eat("on") {
        c.next();
    }
    Tree::CreateTrigger { name, table: c.name_or_empty(), or_replace }
}

fn type_body(c: &mut Cursor<'_, '_>) -> Tree {
    let name = c.name_or_empty();
    let body = if !c.eat("as") {
        TypeBody::Other
    } else if c.eat("enum") {
        let group = c.group();
        let mut items = group.map(|g| g.items()).unwrap_or_default();
        TypeBody::Enum(items.iter_mut().filter_map(Cursor::literal).collect())
    } else if c.group().is_some() {
        TypeBody::Composite
    } else {
        TypeBody::Other
    };
    Tree::CreateType { name, body }
}

fn domain(c: &mut Cursor<'_, '_>) -> Tree {
    let name = c.name_or_empty();
    c.eat("as");
    let base = c.type_name().unwrap_or_default();
    let (mut not_null, mut constrained, mut default) = (false, false, None);
    while !c.done() {
        if c.eat("default") {
            default = Some(c.expr_until(|c| {
                let null = c.sees("null") || c.sees_all(&["not", "null"]);
                null || c.sees("constraint") || c.sees("check") || c.sees("collate")
            }));
        } else if c.eat_all(&["not", "null"]) {
            not_null = true;
        } else if c.eat("check") {
            constrained = true;
            c.skip_parentheses();
        } else {
            c.next();
        }
    }
    Tree::CreateDomain { name, base, not_null, constrained, default }
}

fn schema(c: &mut Cursor<'_, '_>) -> Tree {
    c.if_not_exists();
    let name = if c.sees("authorization") { None } else { c.name() };
    let name = if c.eat("authorization") { name.or_else(|| c.name()) } else { name };
    let mut elements = Vec::new();
    let mut from = None;
    while !c.done() {
        let begins = c.sees("create") || c.sees("grant");
        if begins && let Some(from) = from.replace(c.position()) {
            elements.push(dispatch::statement(&mut c.part(from, c.position())));
        }
        c.step();
    }
    if let Some(from) = from {
        elements.push(dispatch::statement(&mut c.part(from, c.all().len())));
    }
    Tree::CreateSchema { name, elements }
}

fn routine(c: &mut Cursor<'_, '_>, or_replace: bool) -> Tree {
    let name = c.name_or_empty();
    c.skip_parentheses();
    let mut made = CreateRoutine { name, or_replace, ..CreateRoutine::default() };
    while !c.done() {
        if c.eat("language") {
            made.language = c.literal().or_else(|| c.ident()).unwrap_or_default().to_lowercase();
        } else if c.eat("as") {
            made.body = c.literal().unwrap_or_default();
        } else if c.eat("immutable") {
            made.volatility = Volatility::Immutable;
        } else if c.eat("stable") {
            made.volatility = Volatility::Stable;
        } else if c.sees("return") || c.sees_all(&["begin", "atomic"]) {
            made.body = c.expr_rest().text;
            made.language = "sql".to_owned();
        } else if c.sees("(") {
            c.skip_parentheses();
        } else {
            c.next();
        }
    }
    Tree::CreateRoutine(Box::new(made))
}
