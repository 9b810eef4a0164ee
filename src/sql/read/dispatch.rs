//! What kind of statement it is.

use super::{alter, create, cursor::Cursor, query, table};
use crate::sql::tree::{
    Change, DomainChange, Drop, Grant, Name, ObjectKind, PublicationVerb, Tree, TypeChange,
};

/// Recognises a statement from its first words.
pub(super) fn statement(c: &mut Cursor<'_, '_>) -> Tree {
    while c.sees("(") && c.close_of(c.position()) == c.all().len() && c.all().len() > 2 {
        let Some(inner) = c.group() else { break };
        *c = inner;
    }
    let start = c.position();
    let Some(first) = c.next() else { return Tree::Unknown };
    match first.text.to_ascii_lowercase().as_str() {
        "create" => create::create(c),
        "alter" => alter_other(c),
        "drop" => drop_object(c),
        "select" | "values" | "table" | "with" | "(" => {
            c.jump(start);
            query::select(c)
        }
        "insert" | "update" | "delete" | "merge" => {
            c.jump(start);
            query::write(c, start)
        }
        "set" => set(c),
        "reset" => {
            let name = c.name_or_empty().parts.join(".");
            Tree::Set { name, value: None, local: false }
        }
        "grant" => grant(c, false),
        "revoke" => grant(c, true),
        "comment" => comment(c, false),
        "security" => comment(c, true),
        "truncate" => truncate(c),
        "lock" => lock(c),
        "reindex" => reindex(c),
        "vacuum" => vacuum(c),
        "analyze" | "analyse" => {
            options(c, &mut [("verbose", &mut false)]);
            Tree::Analyze { tables: c.names() }
        }
        "cluster" => cluster(c),
        "refresh" => refresh(c),
        "copy" => copy(c),
        "do" => do_block(c),
        "call" => Tree::Call,
        "execute" => Tree::Execute,
        "explain" => explain(c),
        "prepare" => prepare(c),
        "declare" => declare(c),
        "import" => Tree::ImportForeignSchema,
        "reassign" => Tree::DropOwned { reassign: true },
        "show" | "listen" | "notify" | "unlisten" | "discard" | "deallocate" | "checkpoint"
        | "load" | "fetch" | "move" | "close" | "wait" => Tree::Quiet,
        _ => Tree::Unknown,
    }
}

/// The words that name a kind of object.
pub(super) fn object_kind(c: &mut Cursor<'_, '_>) -> Option<ObjectKind> {
    const KINDS: &[(&[&str], ObjectKind)] = &[
        (&["foreign", "table"], ObjectKind::ForeignTable),
        (&["foreign", "data", "wrapper"], ObjectKind::ForeignDataWrapper),
        (&["materialized", "view"], ObjectKind::MaterializedView),
        (&["event", "trigger"], ObjectKind::EventTrigger),
        (&["text", "search"], ObjectKind::TextSearch),
        (&["operator", "class"], ObjectKind::OperatorClass),
        (&["operator", "family"], ObjectKind::OperatorFamily),
        (&["user", "mapping"], ObjectKind::UserMapping),
        (&["access", "method"], ObjectKind::AccessMethod),
        (&["large", "object"], ObjectKind::LargeObject),
        (&["trusted"], ObjectKind::Language),
        (&["procedural"], ObjectKind::Language),
        (&["table"], ObjectKind::Table),
        (&["view"], ObjectKind::View),
        (&["index"], ObjectKind::Index),
        (&["sequence"], ObjectKind::Sequence),
        (&["column"], ObjectKind::Column),
        (&["constraint"], ObjectKind::Constraint),
        (&["type"], ObjectKind::Type),
        (&["domain"], ObjectKind::Domain),
        (&["function"], ObjectKind::Function),
        (&["procedure"], ObjectKind::Procedure),
        (&["routine"], ObjectKind::Routine),
        (&["aggregate"], ObjectKind::Aggregate),
        (&["trigger"], ObjectKind::Trigger),
        (&["rule"], ObjectKind::Rule),
        (&["policy"], ObjectKind::Policy),
        (&["schema"], ObjectKind::Schema),
        (&["database"], ObjectKind::Database),
        (&["extension"], ObjectKind::Extension),
        (&["role"], ObjectKind::Role),
        (&["user"], ObjectKind::Role),
        (&["group"], ObjectKind::Role),
        (&["tablespace"], ObjectKind::Tablespace),
        (&["statistics"], ObjectKind::Statistics),
        (&["publication"], ObjectKind::Publication),
        (&["subscription"], ObjectKind::Subscription),
        (&["server"], ObjectKind::Server),
        (&["collation"], ObjectKind::Collation),
        (&["default", "conversion"], ObjectKind::Conversion),
        (&["conversion"], ObjectKind::Conversion),
        (&["operator"], ObjectKind::Operator),
        (&["cast"], ObjectKind::Cast),
        (&["language"], ObjectKind::Language),
        (&["transform"], ObjectKind::Transform),
        (&["system"], ObjectKind::System),
    ];
    let (words, kind) = KINDS.iter().find(|(words, _)| c.sees_all(words))?;
    c.eat_all(words);
    match kind {
        ObjectKind::Language => {
            c.eat("procedural");
            c.eat("language");
        }
        ObjectKind::TextSearch => drop(c.next()),
        _ => {}
    }
    Some(*kind)
}

fn is_relation(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Sequence
    )
}

fn alter_other(c: &mut Cursor<'_, '_>) -> Tree {
    if c.sees_all(&["default", "privileges"]) {
        return Tree::AlterDefaultPrivileges;
    }
    let Some(kind) = object_kind(c) else { return Tree::Unknown };
    if is_relation(kind) {
        return alter::relation(c, kind);
    }
    c.if_exists();
    let name = if kind == ObjectKind::System { Name::default() } else { c.name_or_empty() };
    c.skip_parentheses();
    match kind {
        ObjectKind::Type => Tree::AlterType { name, change: type_change(c) },
        ObjectKind::Domain => Tree::AlterDomain { name, change: domain_change(c) },
        ObjectKind::Policy | ObjectKind::Trigger | ObjectKind::Rule => {
            c.eat("on");
            let (table, rename) = (c.name_or_empty(), c.has("rename"));
            match kind {
                ObjectKind::Policy => Tree::AlterPolicy { table, rename },
                _ => Tree::AlterAttached { table, rename },
            }
        }
        ObjectKind::Publication if c.has("table") => {
            let verb = match c.eat_any(&["add", "set", "drop"]) {
                Some("set") => PublicationVerb::Set,
                Some("drop") => PublicationVerb::Drop,
                _ => PublicationVerb::Add,
            };
            let name = name.last().to_owned();
            Tree::Publication { name, tables: create::published(c), verb }
        }
        _ => Tree::AlterOther { kind, name, change: change(c) },
    }
}

fn change(c: &mut Cursor<'_, '_>) -> Change {
    // An operator or a cast has more than a name before what happens to it.
    while !c.done() {
        if c.eat_all(&["rename", "to"]) {
            return Change::RenameTo(c.ident_or_empty());
        }
        if c.eat_all(&["set", "schema"]) {
            return Change::SetSchema(c.ident_or_empty());
        }
        if c.eat_all(&["owner", "to"]) {
            return Change::OwnerTo;
        }
        c.next();
    }
    Change::Other
}

fn type_change(c: &mut Cursor<'_, '_>) -> TypeChange {
    if c.eat_all(&["add", "value"]) {
        c.if_not_exists();
        let value = c.literal().unwrap_or_default();
        return TypeChange::AddValue { value, positioned: c.sees("before") || c.sees("after") };
    }
    if c.eat_all(&["rename", "value"]) {
        let from = c.literal().unwrap_or_default();
        c.eat("to");
        return TypeChange::RenameValue { from, to: c.literal().unwrap_or_default() };
    }
    if c.has("attribute") {
        return TypeChange::Attributes;
    }
    TypeChange::General(change(c))
}

fn domain_change(c: &mut Cursor<'_, '_>) -> DomainChange {
    if c.eat("add") {
        return match table::table_constraint(c) {
            Some(constraint) => DomainChange::AddConstraint(Box::new(constraint)),
            // A domain's NOT NULL has no column.
            None if c.has("null") => DomainChange::SetNotNull,
            None => DomainChange::General(Change::Other),
        };
    }
    if c.sees_all(&["validate", "constraint"]) {
        return DomainChange::ValidateConstraint;
    }
    if c.sees_all(&["drop", "constraint"]) {
        return DomainChange::DropConstraint;
    }
    if c.sees_all(&["rename", "constraint"]) {
        return DomainChange::RenameConstraint;
    }
    if c.sees_all(&["set", "not", "null"]) {
        return DomainChange::SetNotNull;
    }
    if c.sees_all(&["drop", "not", "null"]) {
        return DomainChange::DropNotNull;
    }
    if c.sees_all(&["set", "default"]) || c.sees_all(&["drop", "default"]) {
        return DomainChange::Default;
    }
    DomainChange::General(change(c))
}

fn drop_object(c: &mut Cursor<'_, '_>) -> Tree {
    if c.eat("owned") {
        return Tree::DropOwned { reassign: false };
    }
    let Some(kind) = object_kind(c) else { return Tree::Unknown };
    let concurrently = c.eat("concurrently");
    let if_exists = c.if_exists();
    let mut made = Drop { kind, concurrently, if_exists, ..Drop::default() };
    // A cast or a user mapping has no name.
    made.names = c.names();
    if c.eat("on") {
        made.on = c.name();
    }
    made.cascade = c.has("cascade");
    Tree::Drop(Box::new(made))
}

fn set(c: &mut Cursor<'_, '_>) -> Tree {
    let scope = c.eat_any(&["local", "session"]);
    if scope == Some("session") && (c.sees("authorization") || c.sees("characteristics")) {
        return Tree::Set { name: "session authorization".to_owned(), value: None, local: false };
    }
    let local = scope == Some("local");
    if c.sees("constraints") || c.sees("transaction") {
        return Tree::Set { name: c.ident_or_empty(), value: None, local: true };
    }
    if c.eat_all(&["time", "zone"]) {
        let value = c.rest().first().map(|t| t.value().map_or(t.text.to_owned(), Into::into));
        return Tree::Set { name: "timezone".to_owned(), value, local };
    }
    let name = c.name_or_empty().parts.join(".");
    let _ = c.eat("=") || c.eat("to");
    let values: Vec<String> = c
        .rest()
        .iter()
        .map(|t| t.value().map_or_else(|| t.name().unwrap_or(t.text.to_owned()), Into::into))
        .collect();
    Tree::Set { name, value: Some(values.join("")), local }
}

fn grant(c: &mut Cursor<'_, '_>, revoke: bool) -> Tree {
    if c.rest().is_empty() {
        return Tree::Unknown;
    }
    Tree::Grant(Grant {
        revoke,
        all: c.sees("all"),
        to_public: c.has_all(&["to", "public"]),
        with_grant_option: !revoke && c.has_all(&["with", "grant", "option"]),
    })
}

fn comment(c: &mut Cursor<'_, '_>, label: bool) -> Tree {
    while label && !c.done() && !c.sees("on") {
        c.next();
    }
    c.eat("on");
    let Some(kind) = object_kind(c) else { return Tree::Unknown };
    let mut name = c.name_or_empty();
    if matches!(
        kind,
        ObjectKind::Constraint | ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule
    ) && c.eat("on")
    {
        let domain = c.eat("domain");
        name = if domain { Name::default() } else { c.name_or_empty() };
    } else if kind == ObjectKind::Column {
        name.parts.pop();
    }
    Tree::Comment { kind, name }
}

fn truncate(c: &mut Cursor<'_, '_>) -> Tree {
    c.eat("table");
    let only = c.sees("only");
    let tables = c.names();
    Tree::Truncate { tables, only, cascade: c.has("cascade") }
}

fn lock(c: &mut Cursor<'_, '_>) -> Tree {
    c.eat("table");
    let only = c.sees("only");
    let tables = c.names();
    let mut mode = Vec::new();
    if c.eat("in") {
        while !c.done() && !c.eat("mode") {
            mode.extend(c.ident());
        }
    }
    let mode = if mode.is_empty() { "access exclusive".to_owned() } else { mode.join(" ") };
    Tree::Lock { tables, only, mode }
}

/// Reads `(VERBOSE, CONCURRENTLY false)` or the same words without parentheses into switches.
fn options(c: &mut Cursor<'_, '_>, known: &mut [(&str, &mut bool)]) {
    if let Some(group) = c.group() {
        for mut item in group.items() {
            let name = item.ident_or_empty();
            for (word, switch) in known.iter_mut() {
                if *word == name {
                    **switch = item.done() || item.switch();
                }
            }
        }
        return;
    }
    loop {
        let before = c.position();
        for (word, switch) in known.iter_mut() {
            if c.eat(word) {
                **switch = true;
            }
        }
        if c.position() == before {
            return;
        }
    }
}

fn reindex(c: &mut Cursor<'_, '_>) -> Tree {
    let mut concurrently = false;
    options(c, &mut [("concurrently", &mut concurrently), ("verbose", &mut false)]);
    let Some(kind) = object_kind(c) else { return Tree::Unknown };
    concurrently |= c.eat("concurrently");
    Tree::Reindex { kind, name: c.name(), concurrently }
}

fn vacuum(c: &mut Cursor<'_, '_>) -> Tree {
    let (mut full, mut analyze) = (false, false);
    let (mut freeze, mut verbose) = (false, false);
    options(
        c,
        &mut [
            ("full", &mut full),
            ("freeze", &mut freeze),
            ("verbose", &mut verbose),
            ("analyze", &mut analyze),
            ("analyse", &mut false),
        ],
    );
    Tree::Vacuum { full, analyze, tables: c.names() }
}

fn cluster(c: &mut Cursor<'_, '_>) -> Tree {
    options(c, &mut [("verbose", &mut false)]);
    let first = c.name();
    // Before 8.3: CLUSTER index ON table.
    let table = if c.eat("on") { c.name() } else { first };
    Tree::Cluster { table }
}

fn refresh(c: &mut Cursor<'_, '_>) -> Tree {
    if !c.eat_all(&["materialized", "view"]) {
        return Tree::Unknown;
    }
    let concurrently = c.eat("concurrently");
    let name = c.name_or_empty();
    Tree::Refresh { name, concurrently, no_data: c.has_all(&["with", "no", "data"]) }
}

fn copy(c: &mut Cursor<'_, '_>) -> Tree {
    c.eat("binary");
    if let Some(inner) = c.group() {
        return Tree::Copy { table: None, from: false, reads: query::reads(&inner) };
    }
    let table = c.name();
    c.skip_parentheses();
    Tree::Copy { table, from: c.eat("from"), reads: Vec::new() }
}

fn do_block(c: &mut Cursor<'_, '_>) -> Tree {
    while let Some(token) = c.next() {
        let Some(body) = token.value().map(std::borrow::Cow::into_owned) else { continue };
        // DO LANGUAGE 'plpgsql' $$…$$ has two.
        if c.done() || body.contains(char::is_whitespace) {
            let dollar = token.text.starts_with('$');
            let at = dollar.then(|| token.start + (token.text.len() - body.len()) / 2);
            return Tree::Do { body, at };
        }
    }
    Tree::Do { body: String::new(), at: None }
}

fn explain(c: &mut Cursor<'_, '_>) -> Tree {
    let mut runs = false;
    options(c, &mut [("analyze", &mut runs), ("analyse", &mut false), ("verbose", &mut false)]);
    let inner = statement(&mut c.part(c.position(), c.all().len()));
    Tree::Wrapped { inner: Box::new(inner), runs }
}

fn prepare(c: &mut Cursor<'_, '_>) -> Tree {
    while !c.done() && !c.eat("as") {
        c.next();
    }
    let inner = statement(&mut c.part(c.position(), c.all().len()));
    Tree::Wrapped { inner: Box::new(inner), runs: false }
}

fn declare(c: &mut Cursor<'_, '_>) -> Tree {
    while !c.done() && !c.eat("for") {
        c.next();
    }
    Tree::Select(query::query(c))
}
