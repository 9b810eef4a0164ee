//! Queries and data-changing statements: which relations they touch.

use super::cursor::Cursor;
use crate::sql::{
    lex::{Token, TokenKind},
    tree::{CreateTableAs, Name, Persistence, Query, Tree, Verb, Write},
};

/// Everything that is left, as a query.
pub(super) fn query(c: &mut Cursor<'_, '_>) -> Query {
    let reads = reads(c);
    let row_locks = locks_rows(c.rest());
    let outputs = outputs(c);
    let writes = writes(c);
    let sequences = sequences(c.rest());
    let limited = ["where", "limit", "fetch"].iter().any(|word| c.has(word));
    let wide = !reads.is_empty() && !limited;
    let from = c.has("from") || c.has("table");
    c.jump(c.all().len());
    Query { reads, writes, sequences, from, wide, row_locks, outputs }
}

/// The sequences of `nextval('…')`, `setval('…', 1)`.
pub(crate) fn sequences(tokens: &[Token<'_>]) -> Vec<Name> {
    let named = |w: &[Token<'_>]| {
        let called = w[0].is("nextval") || w[0].is("setval");
        let literal = w[2].value().filter(|_| called && w[1].is("("))?;
        super::name_of(&literal)
    };
    tokens.windows(3).filter_map(named).collect()
}

/// Relations that parts of a `WITH` write: `(DELETE FROM x …)`.
fn writes(c: &Cursor<'_, '_>) -> Vec<Name> {
    let mut found = Vec::new();
    for (at, pair) in c.rest().windows(2).enumerate() {
        if !pair[0].is("(") {
            continue;
        }
        let mut part = c.part(c.position() + at + 1, c.all().len());
        let writes = part.eat_all(&["insert", "into"])
            || part.eat_all(&["delete", "from"])
            || part.eat_all(&["merge", "into"])
            || part.eat("update");
        if writes && let Some((name, _)) = part.relation() {
            found.push(name);
        }
    }
    found
}

/// `FOR UPDATE`, `FOR NO KEY UPDATE`, `FOR SHARE`, `FOR KEY SHARE`.
fn locks_rows(tokens: &[Token<'_>]) -> bool {
    tokens.windows(2).any(|w| {
        w[0].is("for") && ["update", "share", "no", "key"].iter().any(|word| w[1].is(word))
    })
}

/// `SELECT`, `VALUES`, `WITH`, `TABLE` and parenthesised queries; a `WITH` may hold writes.
pub(super) fn select(c: &mut Cursor<'_, '_>) -> Tree {
    let start = c.position();
    if c.eat("with") {
        c.eat("recursive");
        skip_common_tables(c);
        for verb in ["insert", "update", "delete", "merge"] {
            if c.sees(verb) {
                return write(c, start);
            }
        }
    }
    c.jump(start);
    if let Some(into) = select_into(c) {
        return into;
    }
    Tree::Select(query(c))
}

fn skip_common_tables(c: &mut Cursor<'_, '_>) {
    loop {
        c.ident();
        c.skip_parentheses();
        c.eat("as");
        c.eat("not");
        c.eat("materialized");
        c.skip_parentheses();
        while !c.done() && !c.sees(",") && !starts_query(c) {
            c.next();
        }
        if !c.eat(",") {
            return;
        }
    }
}

fn starts_query(c: &Cursor<'_, '_>) -> bool {
    ["select", "values", "table", "insert", "update", "delete", "merge", "(", "with"]
        .iter()
        .any(|word| c.sees(word))
}

/// `SELECT … INTO table FROM …`.
fn select_into(c: &mut Cursor<'_, '_>) -> Option<Tree> {
    let start = c.position();
    let mut probe = c.part(start, c.all().len());
    let mut at = None;
    while !probe.done() {
        if probe.sees("(") {
            probe.skip_parentheses();
            continue;
        }
        if probe.sees("from") || probe.sees("where") {
            break;
        }
        if probe.sees("into") {
            at = Some(probe.position());
            break;
        }
        probe.next();
    }
    let at = at?;
    let mut target = c.part(start + at + 1, c.all().len());
    let persistence = match target.eat_any(&["temporary", "temp", "unlogged"]) {
        Some("unlogged") => Persistence::Unlogged,
        Some(_) => Persistence::Temporary,
        None => Persistence::Permanent,
    };
    target.eat("table");
    let name = target.name()?;
    let query = query(c);
    Some(Tree::CreateTableAs(Box::new(CreateTableAs {
        name,
        persistence,
        query,
        ..CreateTableAs::default()
    })))
}

/// `INSERT`, `UPDATE`, `DELETE`, `MERGE`; the cursor stands at the verb, `start` is where the
/// statement with its `WITH` begins.
pub(super) fn write(c: &mut Cursor<'_, '_>, start: usize) -> Tree {
    let verb = match c.eat_any(&["insert", "update", "delete", "merge"]) {
        Some("update") => Verb::Update,
        Some("delete") => Verb::Delete,
        Some("merge") => Verb::Merge,
        _ => Verb::Insert,
    };
    let _ = c.eat("into") || c.eat("from");
    let table = c.relation().map(|(name, _)| name).unwrap_or_default();
    let mut made = Write { verb, table, ..Write::default() };
    let whole = c.part(start, c.all().len());
    made.reads = reads(&whole).into_iter().filter(|n| n.span != made.table.span).collect();
    made.row_locks = locks_rows(whole.rest());
    made.writes = writes(&whole);
    match verb {
        Verb::Insert => {
            let list = c.part(c.position(), c.all().len()).group();
            let mut items = list.map(|list| list.items()).unwrap_or_default();
            made.assigned = items.iter_mut().filter_map(target).collect();
            made.from_query = insert_query(c);
        }
        Verb::Update => {
            let mut sets = c.part(c.position(), c.all().len());
            while !sets.done() && !sets.eat("set") {
                sets.next();
            }
            made.assigned = assigned(&mut sets);
            made.condition = condition(c);
        }
        Verb::Delete => made.condition = condition(c),
        Verb::Merge => {}
    }
    c.jump(c.all().len());
    Tree::Write(Box::new(made))
}

fn insert_query(c: &mut Cursor<'_, '_>) -> bool {
    let mut depth = 0_usize;
    for token in c.rest() {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if token.is("values") || token.is("default") && depth == 0 => return false,
            _ if token.is("select") || token.is("table") => return true,
            _ => {}
        }
    }
    false
}

/// `a`, `a.x`, `a[1]`.
fn target(c: &mut Cursor<'_, '_>) -> Option<String> {
    let mut text = c.ident()?;
    while !c.done() && !c.sees("=") && !c.sees(",") {
        if let Some(token) = c.next() {
            text.push_str(&token.name().unwrap_or_else(|| token.text.to_owned()));
        }
    }
    Some(text)
}

/// The columns assigned by `SET a = 1, (b, c) = …`.
fn assigned(c: &mut Cursor<'_, '_>) -> Vec<String> {
    let mut columns = Vec::new();
    let end = {
        let mut probe = c.part(c.position(), c.all().len());
        let _ = probe.expr_until(|p| p.sees("from") || p.sees("where") || p.sees("returning"));
        c.position() + probe.position()
    };
    for mut item in c.part(c.position(), end).items() {
        if item.sees("(") {
            columns.extend(item.ident_group());
        } else {
            columns.extend(target(&mut item));
        }
    }
    columns
}

/// The condition after `WHERE`, up to `RETURNING`.
fn condition(c: &mut Cursor<'_, '_>) -> Option<crate::sql::tree::Expr> {
    while !c.done() {
        if c.eat("where") {
            return Some(c.expr_until(|c| c.sees("returning")));
        }
        c.step();
    }
    None
}

/// The relations that stand after `FROM`, `JOIN`, `USING` and `TABLE` in what is left, without the
/// names that a `WITH` gives.
pub(super) fn reads(c: &Cursor<'_, '_>) -> Vec<Name> {
    let tokens = c.rest();
    let common = common_tables(tokens);
    let mut found: Vec<Name> = Vec::new();
    // Whether each open parenthesis holds a query; a FROM in `extract(year FROM x)` is none.
    let mut groups = vec![true];
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.text {
            "(" => groups.push(holds_query(&tokens[at..]) || joins(tokens, at - 1)),
            ")" => drop((groups.len() > 1).then(|| groups.pop())),
            _ if token.kind == TokenKind::Word && *groups.last().unwrap_or(&true) => {
                let distinct = at >= 2 && tokens[at - 2].is("distinct") && token.is("from");
                let columns = token.is("using")
                    && tokens.get(at).is_some_and(|t| t.is("("))
                    && !holds_query(&tokens[at..]);
                if introduces(token) && !distinct && !columns {
                    let mut part = c.part(c.position() + at, c.all().len());
                    from_list(&mut part, token.is("from") || token.is("using"), &mut found);
                }
            }
            _ => {}
        }
    }
    found.retain(|name| name.schema().is_some() || !common.contains(&name.parts[0]));
    found.dedup_by(|a, b| a.parts == b.parts);
    found
}

fn introduces(token: &Token<'_>) -> bool {
    token.is("from") || token.is("join") || token.is("using") || token.is("table")
}

fn holds_query(tokens: &[Token<'_>]) -> bool {
    let inside = tokens.iter().find(|t| !t.is("("));
    inside.is_some_and(|t| {
        ["select", "with", "values", "table", "insert", "update", "delete", "merge"]
            .iter()
            .any(|word| t.is(word))
    })
}

/// Whether a parenthesis stands where a FROM item does: `FROM (a JOIN b …)`.
fn joins(tokens: &[Token<'_>], open: usize) -> bool {
    open > 0 && (tokens[open - 1].is("from") || tokens[open - 1].is("join"))
}

/// `a, b x, c AS y` after FROM; one name after JOIN.
fn from_list(c: &mut Cursor<'_, '_>, list: bool, found: &mut Vec<Name>) {
    loop {
        while c.eat("(") || c.eat("lateral") {}
        let Some((name, _)) = c.relation() else { return };
        let query = ["select", "with", "values"].contains(&name.last()) && name.parts.len() == 1;
        if !c.sees("(") && !query {
            found.push(name);
        }
        c.skip_parentheses();
        if !list {
            return;
        }
        c.eat("as");
        if !c.sees("join") && !c.sees("where") && !c.sees("on") {
            c.ident();
            c.skip_parentheses();
        }
        if !c.eat(",") {
            return;
        }
    }
}

fn common_tables(tokens: &[Token<'_>]) -> Vec<String> {
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = token.name() else { continue };
        let mut next = at + 1;
        if tokens.get(next).is_some_and(|t| t.is("(")) {
            while tokens.get(next).is_some_and(|t| !t.is(")")) {
                next += 1;
            }
            next += 1;
        }
        if !tokens.get(next).is_some_and(|t| t.is("as")) {
            continue;
        }
        next += 1;
        next += usize::from(tokens.get(next).is_some_and(|t| t.is("not")));
        next += usize::from(tokens.get(next).is_some_and(|t| t.is("materialized")));
        let opens = tokens.get(next).is_some_and(|t| t.is("("));
        let named = at > 0
            && (tokens[at - 1].is("with")
                || tokens[at - 1].is("recursive")
                || tokens[at - 1].is(","));
        if opens && named {
            names.push(name);
        }
    }
    names
}

/// The names of the output columns of `SELECT a, b AS c, …`, where each has one.
fn outputs(c: &Cursor<'_, '_>) -> Option<Vec<String>> {
    let mut probe = c.part(c.position(), c.all().len());
    if !probe.eat("select") {
        return None;
    }
    let _ = probe.eat("all") || probe.eat("distinct");
    let from = probe.position();
    let list = probe.expr_until(|p| {
        ["from", "into", "where", "union", "group", "order", "limit"].iter().any(|w| p.sees(w))
    });
    if list.text.is_empty() {
        return None;
    }
    let to = probe.position();
    let items = probe.part(from, to).items();
    items.iter().map(|item| output(item.rest())).collect()
}

/// The name that PostgreSQL gives an output column (parse_target.c, `FigureColname`); none for `*`.
fn output(tokens: &[Token<'_>]) -> Option<String> {
    const UNNAMED: &str = "?column?";
    const RESERVED: [&str; 5] = ["null", "end", "true", "false", "default"];
    let last = tokens.last()?;
    let before = tokens.len().checked_sub(2).map(|at| &tokens[at]);
    if last.is("*") && before.is_none_or(|t| t.is(".")) {
        return None;
    }
    let reserved = RESERVED.iter().any(|word| last.is(word));
    let alias = before.is_some_and(|t| t.is("as") || t.kind != TokenKind::Mark || t.is(")"));
    if last.name().is_some() && !reserved && (before.is_none() || alias) {
        return last.name();
    }
    let path = tokens
        .iter()
        .enumerate()
        .all(|(at, t)| if at % 2 == 0 { t.name().is_some() } else { t.is(".") });
    if path && !reserved {
        return last.name();
    }
    if let Some(at) = tokens.iter().rposition(|t| t.is("::")) {
        let inner = output(&tokens[..at])?;
        let name = tokens.get(at + 1).and_then(Token::name);
        return if inner == UNNAMED { name } else { Some(inner) };
    }
    let first = tokens.first()?;
    if first.is("case") && last.is("end") {
        return Some("case".to_owned());
    }
    // A call as a whole: its closing parenthesis is the last token.
    let Some(open) = tokens.iter().position(|t| t.is("(")) else {
        return Some(UNNAMED.to_owned());
    };
    let called = tokens[..open].last().and_then(Token::name);
    let whole = last.is(")") && closes_at(tokens, open) == tokens.len() - 1;
    Some(called.filter(|_| whole).unwrap_or_else(|| UNNAMED.to_owned()))
}

fn closes_at(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth += usize::from(token.is("("));
        depth -= usize::from(token.is(")") && depth > 0);
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}
