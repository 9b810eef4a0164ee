//! Hazards of class `failure`: statements that fail, or may.

use std::collections::BTreeSet;

use super::{Case, Findings, names};
use crate::{
    lint::{
        hazards as h,
        known::{Conversion, Rel, Relation, RelationKind, conversion},
        locks::Cause,
    },
    sql::{
        expr,
        lex::{Span, TokenKind, tokens},
        tree::{
            ActionKind, AlterRelation, Bound, ColumnDef, ConstraintDef, ConstraintKind,
            CreateIndex, Detach, Name, ObjectKind, Tree, Verb,
        },
    },
};

pub(super) fn check(case: &Case<'_>, out: &mut Findings) {
    names::check(case, out);
    rows_may_violate(case, out);
    too_long(case, out);
    match case.tree() {
        Tree::CreateTable(made) => {
            if let Some((parent, bound)) = &made.partition_of {
                wrong_bound(case, &case.resolve(parent), bound, case.span(), out);
            }
            twice(made.columns.iter().map(|c| (c.name.as_str(), &c.span)), out);
            for column in &made.columns {
                column_version(case, column, out);
            }
        }
        Tree::CreateView { name, columns, query, .. } => {
            let outputs = if columns.is_empty() { query.outputs.as_ref() } else { Some(columns) };
            let named = outputs.into_iter().flatten().map(|c| (c.as_str(), &name.span));
            twice(named, out);
        }
        Tree::CreateTableAs(made) => {
            let named = made.query.outputs.iter().flatten().map(|c| (c.as_str(), &made.name.span));
            twice(named, out);
        }
        Tree::Write(write) if matches!(write.verb, Verb::Insert | Verb::Update) => {
            assigned_twice(&write.assigned, case.span(), out);
        }
        Tree::CreateIndex(made) => create_index(case, made, out),
        Tree::AlterRelation(altered) => {
            for action in &altered.actions {
                alter(case, altered, &action.kind, &action.span, out);
            }
        }
        _ => {}
    }
}

/// Names a second time what was named before.
fn twice<'a>(named: impl Iterator<Item = (&'a str, &'a Span)>, out: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (name, span) in named {
        if !seen.insert(name) {
            out.report(&h::NAMED_TWICE, span, format!("column `{name}` is named twice"));
        }
    }
}

/// `a` and `a.x` collide, `a.x` and `a.y` do not; nor do two elements of an array.
fn assigned_twice(assigned: &[String], span: &Span, out: &mut Findings) {
    let mut told = BTreeSet::new();
    for (at, name) in assigned.iter().enumerate() {
        let collides = assigned[..at].iter().any(|other| {
            let whole = !name.contains(['.', '[']) || !other.contains(['.', '[']);
            let root = |text: &str| text.split(['.', '[']).next().unwrap_or("").to_owned();
            other == name && !name.contains('[') || whole && root(other) == root(name)
        });
        if collides && told.insert(name.clone()) {
            out.report(&h::NAMED_TWICE, span, format!("column `{name}` is assigned twice"));
        }
    }
}

/// Work that looks at every row for something that may not be.
fn rows_may_violate(case: &Case<'_>, out: &mut Findings) {
    let mut told = BTreeSet::new();
    for effect in case.effects {
        let what = match &effect.cause {
            Cause::Check | Cause::ColumnCheck { .. } => "a row violates the check",
            Cause::ForeignKey | Cause::ColumnForeignKey { .. } => {
                "a row points at nothing that exists"
            }
            Cause::Unique | Cause::ColumnUnique { .. } => "two rows have the same key",
            Cause::PrimaryKey => "two rows have the same key, or one is NULL",
            Cause::Exclude => "two rows exclude each other",
            Cause::SetNotNull { .. } | Cause::NotNullConstraint { .. } => "a row holds NULL",
            Cause::PrimaryKeyUsingIndex { .. } => "a row holds NULL",
            Cause::Validate { .. } | Cause::Enforce { .. } => "an old row violates it",
            Cause::DomainConstraint { .. } => "a value violates it",
            Cause::Index if unique(case) => "two rows have the same key",
            _ => continue,
        };
        let exposed = case.session.exposed(&effect.relation);
        if exposed && effect.work.is_some() && told.insert(what) {
            let finding = out.report(
                &h::ROWS_MAY_VIOLATE,
                &effect.span,
                format!("this fails if {what} in `{}`", effect.relation),
            );
            finding.about(&effect.relation);
            if let Some(query) = query_for(&effect.cause, &effect.relation) {
                finding.note(format!("look with: {query}"));
            }
        }
    }
    if let Tree::CreateIndex(made) = case.tree()
        && made.unique
        && made.concurrently
        && case.session.exposed(&case.resolve(&made.table))
        && !case.missing(&made.table)
    {
        let rel = case.resolve(&made.table);
        let keys: Vec<String> = made.keys.iter().filter_map(|k| k.column.clone()).collect();
        let finding = out.report(
            &h::DUPLICATES_LEAVE_INVALID_INDEX,
            case.span(),
            format!("duplicates in `{rel}` would leave an invalid index behind"),
        );
        finding.about(&rel);
        if keys.len() == made.keys.len() {
            let keys = keys.join(", ");
            finding.note(format!(
                "look with: SELECT {keys}, count(*) FROM {rel} GROUP BY {keys} HAVING count(*) > 1 \
                 LIMIT 10"
            ));
        }
    }
}

fn unique(case: &Case<'_>) -> bool {
    matches!(case.tree(), Tree::CreateIndex(made) if made.unique)
}

fn query_for(cause: &Cause, rel: &Rel) -> Option<String> {
    match cause {
        Cause::SetNotNull { column } | Cause::NotNullConstraint { column } => {
            Some(format!("SELECT * FROM {rel} WHERE {column} IS NULL LIMIT 10"))
        }
        _ => None,
    }
}

/// Names beyond 63 bytes are cut.
fn too_long(case: &Case<'_>, out: &mut Findings) {
    let creates = matches!(
        case.tree(),
        Tree::CreateTable(_)
            | Tree::CreateTableAs(_)
            | Tree::CreateView { .. }
            | Tree::CreateIndex(_)
            | Tree::CreateSequence { .. }
            | Tree::CreateTrigger { .. }
            | Tree::CreatePolicy { .. }
            | Tree::CreateType { .. }
            | Tree::CreateDomain { .. }
            | Tree::CreateRoutine(_)
            | Tree::CreateSchema { .. }
            | Tree::CreateStatistics { .. }
            | Tree::AlterRelation(_)
            | Tree::AlterOther { .. }
    );
    if !creates {
        return;
    }
    for token in tokens(&case.statement.text) {
        let name = match token.kind {
            TokenKind::Word | TokenKind::Quoted => token.name().unwrap_or_default(),
            _ => continue,
        };
        if name.len() > 63 && !name.starts_with("${") {
            let start = case.span().start + token.start;
            let mut cut = 63;
            while !name.is_char_boundary(cut) {
                cut -= 1;
            }
            out.report(
                &h::NAME_TOO_LONG,
                &(start..start + token.text.len()),
                format!("`{name}` has {} bytes and is cut to `{}`", name.len(), &name[..cut]),
            );
        }
    }
}

fn create_index(case: &Case<'_>, made: &CreateIndex, out: &mut Findings) {
    let partitioned = case.relation(&made.table).is_some_and(Relation::is_partitioned);
    if made.concurrently && partitioned {
        let rel = case.resolve(&made.table);
        let message = format!("`{rel}` is partitioned: no index is built on it concurrently");
        out.report(&h::NOT_ON_PARTITIONED, case.span(), message).about(&rel);
    }
    let text = case.statement.text.to_ascii_lowercase();
    if case.known().version < 15 && text.contains("nulls not distinct") {
        lacks(case, case.span(), "NULLS NOT DISTINCT", 15, out);
    }
}

fn lacks(case: &Case<'_>, span: &Span, what: &str, since: u32, out: &mut Findings) {
    let version = case.known().version;
    let message = format!("PostgreSQL {version} does not know `{what}`, which came with {since}");
    out.report(&h::VERSION_LACKS, span, message);
}

fn column_version(case: &Case<'_>, column: &ColumnDef, out: &mut Findings) {
    let version = case.known().version;
    if let Some(generated) = &column.generated
        && version < 18
        && generated.stored != Some(true)
    {
        let what = "GENERATED ALWAYS AS (…) VIRTUAL";
        lacks(case, &column.span, what, 18, out);
    }
    for constraint in &column.constraints {
        constraint_version(case, constraint, out);
    }
}

fn constraint_version(case: &Case<'_>, def: &ConstraintDef, out: &mut Findings) {
    let version = case.known().version;
    if def.not_enforced && version < 18 {
        lacks(case, &def.span, "NOT ENFORCED", 18, out);
    }
    if matches!(def.kind, ConstraintKind::NotNull(_)) && version < 18 {
        lacks(case, &def.span, "CONSTRAINT … NOT NULL", 18, out);
    }
}

fn alter(
    case: &Case<'_>,
    altered: &AlterRelation,
    action: &ActionKind,
    span: &Span,
    out: &mut Findings,
) {
    let version = case.known().version;
    let rel = case.resolve(&altered.name);
    match action {
        ActionKind::AddColumn { column, if_not_exists } => {
            column_version(case, column, out);
            let there = case
                .known()
                .relation(&rel)
                .is_some_and(|r| r.column(&column.name).is_some() && *if_not_exists);
            if !there {
                required_column(case, &rel, column, span, out);
            }
        }
        ActionKind::AddConstraint(def) => {
            constraint_version(case, def, out);
            add_constraint(case, &rel, def, out);
        }
        ActionKind::AlterType { .. } => alter_type(case, &rel, action, span, out),
        ActionKind::SetExpression { .. } if version < 17 => {
            lacks(case, span, "SET EXPRESSION", 17, out);
        }
        ActionKind::AlterConstraint { enforced: Some(_), .. } if version < 18 => {
            lacks(case, span, "ENFORCED", 18, out);
        }
        ActionKind::SetCompression if version < 14 => {
            lacks(case, span, "SET COMPRESSION", 14, out);
        }
        ActionKind::SetAccessMethod { .. } if version < 15 => {
            lacks(case, span, "SET ACCESS METHOD", 15, out);
        }
        ActionKind::DetachPartition { mode, .. } if *mode != Detach::Plain && version < 14 => {
            lacks(case, span, "DETACH PARTITION … CONCURRENTLY", 14, out);
        }
        ActionKind::AttachPartition { bound, .. } => wrong_bound(case, &rel, bound, span, out),
        ActionKind::DetachPartition { mode: Detach::Concurrently, .. }
            if case.known().default_partition(&rel).is_some() =>
        {
            let message = format!(
                "`{rel}` has a default partition: none of its partitions is detached concurrently"
            );
            out.report(&h::NOT_ON_PARTITIONED, span, message).about(&rel);
        }
        _ => {}
    }
}

fn wrong_bound(case: &Case<'_>, parent: &Rel, bound: &Bound, span: &Span, out: &mut Findings) {
    let by = case.known().relation(parent).and_then(|r| r.partition_by.as_ref());
    let Some(by) = by.filter(|_| bound.strategy != "default") else { return };
    if by.strategy != bound.strategy {
        let message = format!(
            "`{parent}` is partitioned by {}, the bound is one of {}",
            by.strategy, bound.strategy
        );
        out.report(&h::WRONG_BOUND, span, message).about(parent);
    }
}

fn required_column(
    case: &Case<'_>,
    rel: &Rel,
    column: &ColumnDef,
    span: &Span,
    out: &mut Findings,
) {
    let serial = column.type_name.name.starts_with("serial");
    let filled = column.default.as_ref().is_some_and(|d| !expr::is_null(&d.text))
        || column.identity
        || column.generated.is_some()
        || serial;
    let key = column.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::PrimaryKey(_)));
    let relation = case.known().relation(rel);
    let empty = relation.is_some_and(|r| r.rows == Some(0) && r.bytes.unwrap_or(0) == 0);
    let visible = case.session.exposed(rel) || case.session.in_use(rel) && !empty;
    let exists = relation.is_some() || !case.known().complete;
    if (column.not_null || key) && !filled && visible && exists {
        let message = format!(
            "existing rows of `{rel}` have no value for the required column `{}`",
            column.name
        );
        out.report(&h::REQUIRED_COLUMN, span, message).about(rel);
    }
}

fn add_constraint(case: &Case<'_>, rel: &Rel, def: &ConstraintDef, out: &mut Findings) {
    let relation = case.known().relation(rel);
    let partitioned = relation.is_some_and(Relation::is_partitioned);
    if matches!(def.kind, ConstraintKind::ForeignKey(_))
        && def.not_valid
        && partitioned
        && case.known().version < 18
    {
        let message =
            format!("up to 17 the partitioned table `{rel}` takes no foreign key `NOT VALID`");
        out.report(&h::NOT_ON_PARTITIONED, &def.span, message).about(rel);
    }
    let (ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key)) = &def.kind else { return };
    let Some(name) = &key.using_index else { return };
    let index = Rel::new(&*rel.schema, name.last());
    let Some(found) = case.known().relation(&index).and_then(|r| r.index.as_ref()) else { return };
    let why = if !found.unique {
        "not unique"
    } else if !found.valid {
        "not valid"
    } else if found.predicate.is_some() {
        "partial"
    } else if found.keys.iter().any(|k| k.expression.is_some()) {
        "over expressions"
    } else {
        return;
    };
    let message = format!("the index `{index}` is {why} and cannot stand behind a constraint");
    out.report(&h::UNUSABLE_INDEX, &name.span, message).about(rel);
}

fn alter_type(case: &Case<'_>, rel: &Rel, action: &ActionKind, span: &Span, out: &mut Findings) {
    let ActionKind::AlterType { column, type_name, using, .. } = action else { return };
    let Some(relation) = case.known().relation(rel) else { return };
    let found = relation.column(column);
    let cost = conversion(case.known(), found, column, type_name, using.as_ref());
    if let Some(from) = found.and_then(|c| c.type_name.as_ref()) {
        if cost == Conversion::Impossible {
            let message =
                format!("`{rel}.{column}` is {from}, which no assignment casts to {type_name}");
            out.report(&h::NO_CAST, span, message)
                .about(rel)
                .help(format!("say how: `USING {column}::{type_name}`"));
        } else if cost == Conversion::Rewrite
            && let Some(default) = found.and_then(|c| c.default.as_ref())
            && !drops_default(case, column)
            && default_stays_text(&default.text, from.name.as_str(), type_name.name.as_str())
        {
            let message =
                format!("the default of `{rel}.{column}` does not convert to {type_name}");
            out.report(&h::NO_CAST, span, message).about(rel).help(
                "drop the default before, and set it again after, which one `ALTER TABLE` can do",
            );
        }
    }
    let dependents = dependents(case, rel, relation, column);
    if !dependents.is_empty() {
        let message = format!("the type of `{rel}.{column}` is used by {}", dependents.join(", "));
        out.report(&h::TYPE_HAS_DEPENDENTS, span, message).about(rel);
    }
}

fn drops_default(case: &Case<'_>, name: &str) -> bool {
    case.altered().is_some_and(|(_, actions)| {
        actions
            .iter()
            .any(|a| matches!(&a.kind, ActionKind::DropDefault { column } if column == name))
    })
}

/// Text is cast to anything else only where that is written.
fn default_stays_text(default: &str, from: &str, to: &str) -> bool {
    let text = |name: &str| matches!(name, "text" | "varchar" | "bpchar" | "citext");
    let literal = tokens(default).first().is_some_and(|t| t.kind == TokenKind::Text);
    text(from) && !text(to) && literal
}

/// What stops any change of the column's type, even a free one.
fn dependents(case: &Case<'_>, rel: &Rel, relation: &Relation, column: &str) -> Vec<String> {
    let mut found = Vec::new();
    for view in case.known().views_on(rel) {
        if case.known().view_uses(&view, rel, column) {
            found.push(format!("view `{view}`"));
        }
    }
    for dependent in &relation.dependents {
        if expr::names_column(&dependent.text, column) {
            found.push(format!("{} `{}`", dependent.kind, dependent.name));
        }
    }
    for other in &relation.columns {
        if let Some((expression, _)) = &other.generated
            && expr::names_column(&expression.text, column)
            && other.name != column
        {
            found.push(format!("generated column `{}`", other.name));
        }
    }
    let key = relation.partition_by.as_ref();
    if key.is_some_and(|by| expr::names_column(&by.keys.text, column)) {
        found.push("the partition key".to_owned());
    }
    found
}

/// Whether a relation of that kind can be what the statement says.
pub(super) fn fits(kind: ObjectKind, found: RelationKind) -> bool {
    match kind {
        ObjectKind::Table => matches!(found, RelationKind::Table | RelationKind::Partitioned),
        ObjectKind::ForeignTable => found == RelationKind::Foreign,
        ObjectKind::View => found == RelationKind::View,
        ObjectKind::MaterializedView => found == RelationKind::MaterializedView,
        ObjectKind::Index => found == RelationKind::Index,
        ObjectKind::Sequence => found == RelationKind::Sequence,
        _ => true,
    }
}

/// The names that a statement relies on, and whether it may do without.
pub(super) fn relied_on(tree: &Tree) -> Vec<(&Name, bool)> {
    match tree {
        Tree::AlterRelation(altered) => vec![(&altered.name, altered.if_exists)],
        Tree::CreateIndex(made) => vec![(&made.table, false)],
        Tree::CreateTrigger { table, .. }
        | Tree::CreateRule { table, .. }
        | Tree::CreatePolicy { table, .. }
        | Tree::AlterPolicy { table, .. } => vec![(table, false)],
        Tree::Truncate { tables, .. } | Tree::Lock { tables, .. } | Tree::Analyze { tables } => {
            tables.iter().map(|t| (t, false)).collect()
        }
        Tree::Refresh { name, .. } => vec![(name, false)],
        Tree::Write(write) => vec![(&write.table, false)],
        Tree::CreateTable(made) => {
            let parents = made.partition_of.iter().map(|(n, _)| (n, false));
            parents.chain(made.inherits.iter().map(|n| (n, false))).collect()
        }
        _ => Vec::new(),
    }
}
