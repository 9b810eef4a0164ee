//! `ADD COLUMN`, `DROP COLUMN`, `SET NOT NULL`, `SET EXPRESSION`.

use super::{Advisor, Cause, Work};
use crate::{
    lint::known::{Rel, Steadiness, Type, volatility},
    sql::{
        LockMode, expr,
        read::sequences_of,
        tree::{ActionKind, AlterRelation, ColumnDef, ConstraintKind, Expr},
    },
};

const STRONG: LockMode = LockMode::AccessExclusive;

impl Advisor<'_> {
    pub(super) fn add_column(&mut self, tables: &[Rel], def: &ColumnDef, if_not_exists: bool) {
        let there = self.relation(&tables[0]).is_some_and(|r| r.column(&def.name).is_some());
        if there && if_not_exists {
            return;
        }
        let rewrite = self.column_rewrite(def);
        for table in self.stored(tables) {
            if let Some((cause, certain)) = &rewrite {
                self.rewrite(&table, cause.clone(), *certain);
            } else if self.is_virtual(def) && self.checked(def) {
                let cause = Cause::VirtualChecked { column: def.name.clone() };
                self.work(&table, STRONG, Work::Scan, cause, true);
            }
        }
        if let Some(default) = &def.default {
            self.sequences_in(&default.text);
        }
        for constraint in &def.constraints {
            let column = def.name.clone();
            match &constraint.kind {
                // A virtual column with a check was reported above.
                ConstraintKind::Check(_) if !self.is_virtual(def) => {
                    for table in self.stored(tables) {
                        let cause = Cause::ColumnCheck { column: column.clone() };
                        self.work(&table, STRONG, Work::Scan, cause, true);
                    }
                }
                ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) => {
                    for table in self.stored(tables) {
                        let cause = Cause::ColumnUnique { column: column.clone() };
                        self.work(&table, STRONG, Work::IndexBuild, cause, true);
                    }
                }
                ConstraintKind::ForeignKey(key) => {
                    let target = self.resolve(&key.references);
                    self.column_key(tables, &target, def);
                }
                _ => {}
            }
        }
    }

    /// A foreign key on a new column: without a default there is nothing to check.
    fn column_key(&mut self, tables: &[Rel], target: &Rel, def: &ColumnDef) {
        let srx = LockMode::ShareRowExclusive;
        for part in self.tree(target, false) {
            self.lock(&part, srx);
        }
        let Some(default) = &def.default else { return };
        let cause = || Cause::ColumnForeignKey { column: def.name.clone() };
        for table in self.stored(tables) {
            self.work(&table, STRONG, Work::Scan, cause(), true);
        }
        if !expr::is_null(&default.text) {
            for part in self.stored(&self.tree(target, false)) {
                self.work(&part, srx, Work::Scan, cause(), true);
            }
        }
    }

    fn is_virtual(&self, def: &ColumnDef) -> bool {
        let stored = |g: &crate::sql::tree::Generated| g.stored.unwrap_or(self.version() < 18);
        def.generated.as_ref().is_some_and(|g| !stored(g))
    }

    fn checked(&self, def: &ColumnDef) -> bool {
        def.not_null || def.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::Check(_)))
    }

    /// Why adding the column writes the table anew, if it does.
    fn column_rewrite(&self, def: &ColumnDef) -> Option<(Cause, bool)> {
        let column = def.name.clone();
        if def.type_name.name.starts_with("serial") && def.type_name.name.len() == 7 {
            return Some((Cause::Serial { column }, true));
        }
        if def.identity {
            return Some((Cause::Identity { column }, true));
        }
        if def.generated.is_some() {
            let stored = !self.is_virtual(def);
            return stored.then_some((Cause::Stored { column }, true));
        }
        let mut default = def.default.as_ref();
        if let Some(Type::Domain { constrained, default: own, .. }) =
            self.known.type_of(&def.type_name)
        {
            if *constrained {
                let domain = def.type_name.name.clone();
                return Some((Cause::DomainColumn { column, domain }, true));
            }
            default = default.or(own.as_ref());
        }
        match volatility(&default?.text, self.known) {
            Steadiness::Steady => None,
            Steadiness::Volatile(function) => {
                Some((Cause::VolatileDefault { column, function, known: true }, true))
            }
            Steadiness::Unknown(function) => {
                Some((Cause::VolatileDefault { column, function, known: false }, false))
            }
        }
    }

    /// The sequences that an expression names in `nextval('…')` are advanced for each row.
    fn sequences_in(&mut self, text: &str) {
        for name in sequences_of(text) {
            let rel = self.resolve(&name);
            self.lock(&rel, LockMode::RowExclusive);
        }
    }

    pub(super) fn drop_column(&mut self, tables: &[Rel], name: &str, cascade: bool) {
        for table in tables {
            for (index, found) in self.indexes(table) {
                if found.uses(name) {
                    self.lock(&index, STRONG);
                }
            }
            let Some(relation) = self.relation(table) else { continue };
            let keys: Vec<Rel> = relation
                .constraints
                .iter()
                .filter(|c| c.uses(name))
                .filter_map(|c| c.references.clone())
                .collect();
            let sequence = relation.column(name).and_then(|c| c.sequence.clone());
            let others: Vec<Rel> = self
                .known
                .referencing(table)
                .into_iter()
                .filter(|(_, c)| references_column(&c.kind, name))
                .map(|(rel, _)| rel.clone())
                .collect();
            let views = self.known.views_on(table);
            let uses = |view: &Rel| self.known.view_uses(view, table, name);
            let views: Vec<Rel> = views.into_iter().filter(uses).collect();
            self.lock_all(&keys, STRONG);
            self.lock_all(sequence.as_slice(), STRONG);
            if cascade {
                self.lock_all(&others, STRONG);
                self.lock_views(&views);
            }
        }
    }

    pub(super) fn set_not_null(&mut self, tables: &[Rel], name: &str, altered: &AlterRelation) {
        for table in self.stored(tables) {
            let drops = |c: &str| {
                altered.actions.iter().any(
                    |a| matches!(&a.kind, ActionKind::DropConstraint { name, .. } if name == c),
                )
            };
            let mut relation = self.relation(&table).cloned().unwrap_or_default();
            // Constraints are dropped before the columns are looked at.
            relation.constraints.retain(|c| !drops(&c.name));
            let proved = self.known.not_null(&relation, name);
            if proved != Some(true) {
                let certain = proved.is_some();
                let cause = Cause::SetNotNull { column: name.to_owned() };
                self.work(&table, STRONG, Work::Scan, cause, certain);
            }
        }
    }

    pub(super) fn set_expression(&mut self, tables: &[Rel], name: &str, _to: &Expr) {
        for table in self.stored(tables) {
            let column = self.relation(&table).and_then(|r| r.column(name));
            let stored = column.and_then(|c| c.generated.as_ref()).map(|(_, stored)| *stored);
            if stored != Some(false) {
                let cause = Cause::SetExpression { column: name.to_owned() };
                self.rewrite(&table, cause, stored.is_some());
            }
        }
    }
}

fn references_column(kind: &ConstraintKind, column: &str) -> bool {
    match kind {
        ConstraintKind::ForeignKey(key) => {
            key.referenced.is_empty() || key.referenced.iter().any(|c| c == column)
        }
        _ => false,
    }
}
