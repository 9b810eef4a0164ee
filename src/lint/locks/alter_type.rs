//! `ALTER COLUMN … TYPE`: rewrite, new indexes, checks and keys verified again, or nothing at all.

use super::{Advisor, Cause, Work};
use crate::{
    lint::known::{Column, Conversion, Index, Rel, Type, class_of, conversion},
    sql::{
        LockMode, expr,
        tree::{ConstraintKind, Expr, Name, TypeName},
    },
};

const STRONG: LockMode = LockMode::AccessExclusive;

/// One change of type, as the statement asks for it.
pub(super) struct TypeChange<'a> {
    pub(super) column: &'a str,
    pub(super) to: &'a TypeName,
    pub(super) collation: Option<&'a Name>,
    pub(super) using: Option<&'a Expr>,
}

impl Advisor<'_> {
    pub(super) fn alter_type(&mut self, tables: &[Rel], change: &TypeChange<'_>) {
        for table in tables {
            let column = self.relation(table).and_then(|r| r.column(change.column)).cloned();
            let cost =
                conversion(self.known, column.as_ref(), change.column, change.to, change.using);
            self.other_sides(table, change, column.as_ref());
            let stored = !self.stored(std::slice::from_ref(table)).is_empty();
            if stored {
                self.rows(table, change, column.as_ref(), &cost);
            }
        }
    }

    fn rows(
        &mut self,
        table: &Rel,
        change: &TypeChange<'_>,
        column: Option<&Column>,
        cost: &Conversion,
    ) {
        let name = change.column.to_owned();
        let from = column.and_then(|c| c.type_name.as_ref()).map(TypeName::to_string);
        let to = change.to.to_string();
        match cost {
            Conversion::Rewrite | Conversion::Impossible => {
                self.rewrite(table, Cause::Type { column: name, from, to }, true);
            }
            Conversion::Unknown => {
                // What such a change most often starts from is stored as the new type is.
                let cause = Cause::Type { column: name, from, to };
                if likely_free(self.known.type_of(change.to), change) {
                    self.effect(table, STRONG, None, cause, false);
                } else {
                    self.rewrite(table, cause, false);
                }
            }
            Conversion::FreeInUtc => match self.in_utc() {
                Some(true) => self.kept(table, change, column),
                zone => {
                    let from = from.unwrap_or_default();
                    let cause = Cause::TypeInUtc { column: name, from, to };
                    self.rewrite(table, cause, zone.is_some());
                }
            },
            Conversion::Free => self.kept(table, change, column),
        }
    }

    /// Whether the session's time zone is UTC, where that is known.
    fn in_utc(&self) -> Option<bool> {
        let zone = self.known.time_zone.as_ref()?;
        Some(["utc", "etc/utc", "gmt", "etc/gmt"].contains(&zone.to_lowercase().as_str()))
    }

    /// The heap stays; indexes and checks on the column may not.
    fn kept(&mut self, table: &Rel, change: &TypeChange<'_>, column: Option<&Column>) {
        let old_collation = column.and_then(|c| c.collation.clone());
        let new_collation = change.collation.map(|c| c.parts.join("."));
        let before = column.and_then(|c| c.type_name.as_ref());
        let class = |t: &TypeName| class_of(self.known, t);
        let same_class = before.is_none_or(|before| class(before) == class(change.to));
        let same = old_collation == new_collation && same_class;
        for (rel, index) in self.indexes(table) {
            if !index.uses(change.column) {
                continue;
            }
            self.lock(&rel, STRONG);
            if rebuilt(&index, change.column, same) {
                let cause =
                    Cause::TypeIndex { column: change.column.to_owned(), index: rel.name.clone() };
                self.work(table, STRONG, Work::IndexBuild, cause, true);
            }
        }
        let constraints = self.relation(table).map(|r| r.constraints.clone()).unwrap_or_default();
        for check in constraints {
            let checks = matches!(check.kind, ConstraintKind::Check(_));
            let unchanged = before == Some(change.to) && change.using.is_none();
            if checks && check.valid && check.uses(change.column) && !unchanged {
                let cause =
                    Cause::TypeCheck { column: change.column.to_owned(), constraint: check.name };
                self.work(table, STRONG, Work::Scan, cause, true);
            }
        }
    }

    /// Foreign keys on either side are made again, and checked unless the values stay as they are.
    fn other_sides(&mut self, table: &Rel, change: &TypeChange<'_>, column: Option<&Column>) {
        if column.is_some_and(|c| c.identity)
            && let Some(sequence) = column.and_then(|c| c.sequence.clone())
        {
            self.lock(&sequence, LockMode::ShareRowExclusive);
        }
        let kept = column
            .and_then(|c| c.type_name.as_ref())
            .is_some_and(|before| class_of(self.known, before) == class_of(self.known, change.to));
        let cause = |constraint: &str| Cause::TypeForeignKey {
            column: change.column.to_owned(),
            constraint: constraint.to_owned(),
        };
        let own = self.relation(table).map(|r| r.constraints.clone()).unwrap_or_default();
        for key in own.iter().filter(|c| c.uses(change.column)) {
            if let Some(target) = &key.references {
                if kept || !key.valid || target == table {
                    self.lock(target, STRONG);
                } else {
                    self.work(target, STRONG, Work::Scan, cause(&key.name), true);
                    self.work(table, STRONG, Work::Scan, cause(&key.name), true);
                }
            }
        }
        let others: Vec<_> = self
            .known
            .referencing(table)
            .into_iter()
            .filter(|(rel, c)| *rel != table && points_at(&c.kind, change.column, self, table))
            .map(|(rel, c)| (rel.clone(), c.clone()))
            .collect();
        for (child, key) in others {
            if kept || !key.valid {
                self.lock(&child, STRONG);
            } else {
                self.work(&child, STRONG, Work::Scan, cause(&key.name), true);
            }
        }
    }
}

/// Whether a foreign key points at the column; without a list of columns it is the primary key.
fn points_at(kind: &ConstraintKind, column: &str, advisor: &Advisor<'_>, table: &Rel) -> bool {
    let ConstraintKind::ForeignKey(key) = kind else { return false };
    if !key.referenced.is_empty() {
        return key.referenced.iter().any(|c| c == column);
    }
    let constraints = advisor.relation(table).map(|r| r.constraints.as_slice()).unwrap_or_default();
    constraints.iter().any(|c| matches!(c.kind, ConstraintKind::PrimaryKey(_)) && c.uses(column))
}

/// Whether an index is built again when the heap stays (indexcmds.c, `CheckIndexCompatible`).
fn rebuilt(index: &Index, column: &str, same_order: bool) -> bool {
    let key = index.keys.iter().any(|k| k.column.as_deref() == Some(column));
    index.computes() || key && !same_order
}

/// Of a column whose type is not known: whether what such a change most often starts from, or all
/// that an assignment could start from, is stored as the new type is. `inet` is assigned from
/// `cidr` alone; `text` from anything, but most often from `varchar`.
fn likely_free(defined: Option<&Type>, change: &TypeChange<'_>) -> bool {
    let to = change.to;
    let general = match to.name.as_str() {
        "text" | "varchar" | "bpchar" | "citext" | "inet" | "varbit" | "interval" | "oid" => {
            to.modifiers.is_empty()
        }
        "timestamp" | "timestamptz" | "time" | "timetz" => to.modifiers == ["6"],
        _ => false,
    };
    let casts = change.using.is_none_or(|u| expr::cast_chain(&u.text).is_some());
    // Another collation means another index, and a column of which the order matters has one.
    general && casts && !to.array && defined.is_none() && change.collation.is_none()
}
