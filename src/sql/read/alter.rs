//! `ALTER TABLE` and its like: the actions on relations.

use super::{cursor::Cursor, table};
use crate::sql::tree::{Action, ActionKind, AlterRelation, Detach, ObjectKind, Tree};

/// After `ALTER TABLE`, `ALTER INDEX`, `ALTER VIEW`, ….
pub(super) fn relation(c: &mut Cursor<'_, '_>, kind: ObjectKind) -> Tree {
    if c.sees_all(&["all", "in", "tablespace"]) {
        return Tree::AlterAll { kind };
    }
    let if_exists = c.if_exists();
    let Some((name, only)) = c.relation() else { return Tree::Unknown };
    let rest = c.part(c.position(), c.all().len());
    let mut actions = Vec::new();
    for mut item in rest.items() {
        let from = item.position();
        let kind = action(&mut item, kind).unwrap_or(ActionKind::Unknown);
        item.jump(item.all().len());
        actions.push(Action { kind, span: item.span_from(from) });
    }
    if actions.is_empty() {
        return Tree::Unknown;
    }
    Tree::AlterRelation(Box::new(AlterRelation { kind, name, only, if_exists, actions }))
}

fn action(c: &mut Cursor<'_, '_>, kind: ObjectKind) -> Option<ActionKind> {
    if kind == ObjectKind::Sequence
        && let Some(found) = sequence(c)
    {
        return Some(found);
    }
    let word = c.peek()?.text.to_ascii_lowercase();
    Some(match word.as_str() {
        "add" => return add(c),
        "drop" => return drop_part(c),
        "alter" => return alter_part(c),
        "rename" => return rename(c),
        "set" => return set(c),
        "reset" => {
            c.next();
            parameters(c)
        }
        "enable" | "disable" => return enable(c),
        "no" | "force" | "inherit" => return inherit_or_force(c),
        "validate" => {
            c.eat_all(&["validate", "constraint"]);
            ActionKind::ValidateConstraint { name: c.ident()? }
        }
        "attach" | "detach" => return partition(c),
        "cluster" => {
            c.eat_all(&["cluster", "on"]);
            ActionKind::ClusterOn { index: c.ident_or_empty() }
        }
        "owner" => ActionKind::OwnerTo,
        "replica" => {
            c.eat_all(&["replica", "identity"]);
            let index = c.eat_all(&["using", "index"]).then(|| c.ident_or_empty());
            ActionKind::ReplicaIdentity { index }
        }
        "depends" => ActionKind::DependsOnExtension,
        "options" => ActionKind::ForeignOptions,
        "of" | "not" => ActionKind::OfType,
        _ => return None,
    })
}

fn add(c: &mut Cursor<'_, '_>) -> Option<ActionKind> {
    c.eat("add");
    if let Some(constraint) = table::table_constraint(c) {
        return Some(ActionKind::AddConstraint(Box::new(constraint)));
    }
    c.eat("column");
    let if_not_exists = c.if_not_exists();
    let column = table::column(c)?;
    Some(ActionKind::AddColumn { column: Box::new(column), if_not_exists })
}

fn drop_part(c: &mut Cursor<'_, '_>) -> Option<ActionKind> {
    c.eat("drop");
    let constraint = c.eat("constraint");
    if !constraint {
        c.eat("column");
    }
    let if_exists = c.if_exists();
    let name = c.ident()?;
    let cascade = c.eat("cascade");
    Some(if constraint {
        ActionKind::DropConstraint { name, if_exists, cascade }
    } else {
        ActionKind::DropColumn { name, if_exists, cascade }
    })
}

fn alter_part(c: &mut Cursor<'_, '_>) -> Option<ActionKind> {
    c.eat("alter");
    if c.eat("constraint") {
        let name = c.ident()?;
        let off = c.has_all(&["not", "enforced"]);
        let enforced = if off { Some(false) } else { c.has("enforced").then_some(true) };
        return Some(ActionKind::AlterConstraint { name, enforced });
    }
    c.eat("column");
    // ALTER INDEX names its column by number.
    let column = match c.ident() {
        Some(name) => name,
        None => c.next()?.text.to_owned(),
    };
    if c.eat_all(&["set", "data", "type"]) || c.eat("type") {
        let type_name = c.type_name()?;
        let collation = if c.eat("collate") { c.name() } else { None };
        let using = c.eat("using").then(|| c.expr_rest());
        return Some(ActionKind::AlterType { column, type_name, collation, using });
    }
    match c.eat_any(&["set", "drop", "add", "reset", "restart", "options"])? {
        "set" => alter_set(c, column),
        "drop" if c.eat("default") => Some(ActionKind::DropDefault { column }),
        "drop" if c.eat("not") => Some(ActionKind::DropNotNull { column }),
        "drop" if c.eat("identity") => Some(ActionKind::DropIdentity { column }),
        "drop" if c.eat("expression") => Some(ActionKind::DropExpression { column }),
        "add" => Some(ActionKind::AddIdentity { column }),
        "reset" => Some(ActionKind::SetColumnOptions),
        "restart" => Some(ActionKind::AlterIdentity { column }),
        "options" => Some(ActionKind::ForeignOptions),
        _ => None,
    }
}

fn alter_set(c: &mut Cursor<'_, '_>, column: String) -> Option<ActionKind> {
    if c.sees("(") {
        return Some(ActionKind::SetColumnOptions);
    }
    Some(match c.next()?.text.to_ascii_lowercase().as_str() {
        "default" => ActionKind::SetDefault { column, expression: c.expr_rest() },
        "not" => ActionKind::SetNotNull { column },
        "statistics" => ActionKind::SetStatistics,
        "storage" => ActionKind::SetStorage,
        "compression" => ActionKind::SetCompression,
        "expression" => {
            c.eat("as");
            let expression = c.expr_group().unwrap_or_default();
            ActionKind::SetExpression { column, expression }
        }
        "generated" | "increment" | "minvalue" | "maxvalue" | "start" | "restart" | "cache"
        | "cycle" | "no" | "sequence" => ActionKind::AlterIdentity { column },
        _ => return None,
    })
}

fn rename(c: &mut Cursor<'_, '_>) -> Option<ActionKind> {
    c.eat("rename");
    if c.eat("to") {
        return Some(ActionKind::RenameTo { name: c.ident()? });
    }
    if c.eat("constraint") {
        let from = c.ident()?;
        c.eat("to");
        return Some(ActionKind::RenameConstraint { from, to: c.ident()? });
    }
    let _ = c.eat("column") || (c.sees("attribute") && !c.sees_at(1, "to") && c.eat("attribute"));
    let from = c.ident()?;
    c.eat("to");
    Some(ActionKind::RenameColumn { from, to: c.ident()? })
}

fn set(c: &mut Cursor<'_, '_>) -> Option<ActionKind> {
    c.eat("set");
    if c.sees("(") {
        return Some(parameters(c));
    }
    Some(match c.next()?.text.to_ascii_lowercase().as_str() {
        "logged" => ActionKind::SetLogged { logged: true },
        "unlogged" => ActionKind::SetLogged { logged: false },
        "schema" => ActionKind::SetSchema { name: c.ident()? },
        "tablespace" => ActionKind::SetTablespace { name: c.ident()? },
        "access" => {
            c.eat("method");
            ActionKind::SetAccessMethod { name: c.ident()? }
        }
        "without" if c.eat("cluster") => ActionKind::SetWithoutCluster,
        "without" | "with" => ActionKind::SetWithoutOids,
        _ => return None,
    })
}

fn parameters(c: &mut Cursor<'_, '_>) -> ActionKind {
    let Some(group) = c.group() else {
        return ActionKind::Parameters { names: Vec::new(), disables_autovacuum: false };
    };
    let mut names = Vec::new();
    let mut disables_autovacuum = false;
    for mut item in group.items() {
        let Some(name) = item.name() else { continue };
        if name.last() == "autovacuum_enabled" && item.sees("=") {
            disables_autovacuum |= !item.switch();
        }
        names.push(name.parts.join("."));
    }
    ActionKind::Parameters { names, disables_autovacuum }
}

fn enable(c: &mut Cursor<'_, '_>) -> Option<ActionKind> {
    let on = c.eat_any(&["enable", "disable"])? == "enable";
    let _ = c.eat("replica") || c.eat("always");
    match c.eat_any(&["trigger", "rule", "row"])? {
        "trigger" => Some(ActionKind::Trigger),
        "rule" => Some(ActionKind::Rule),
        _ => Some(ActionKind::RowSecurity { enable: Some(on), force: None }),
    }
}

fn inherit_or_force(c: &mut Cursor<'_, '_>) -> Option<ActionKind> {
    let on = !c.eat("no");
    match c.eat_any(&["force", "inherit", "depends"])? {
        "force" => Some(ActionKind::RowSecurity { enable: None, force: Some(on) }),
        "inherit" => Some(ActionKind::Inherit { parent: c.name()?, on }),
        _ => Some(ActionKind::DependsOnExtension),
    }
}

fn partition(c: &mut Cursor<'_, '_>) -> Option<ActionKind> {
    let attach = c.eat_any(&["attach", "detach"])? == "attach";
    c.eat("partition");
    let partition = c.name()?;
    if attach {
        if c.done() {
            return Some(ActionKind::AttachIndex { index: partition });
        }
        return Some(ActionKind::AttachPartition { partition, bound: table::bound(c) });
    }
    let mode = match c.eat_any(&["concurrently", "finalize"]) {
        Some("concurrently") => Detach::Concurrently,
        Some(_) => Detach::Finalize,
        None => Detach::Plain,
    };
    Some(ActionKind::DetachPartition { partition, mode })
}

fn sequence(c: &mut Cursor<'_, '_>) -> Option<ActionKind> {
    const OPTIONS: [&str; 12] = [
        "as",
        "increment",
        "minvalue",
        "maxvalue",
        "no",
        "start",
        "restart",
        "cache",
        "cycle",
        "owned",
        "logged",
        "unlogged",
    ];
    let from = c.position();
    c.eat("set");
    if let Some(option) = c.eat_any(&OPTIONS) {
        let owner = if option == "owned" && c.eat("by") { c.name() } else { None };
        return Some(ActionKind::Sequence { option: option.to_owned(), owner });
    }
    c.jump(from);
    None
}
