//! Columns, constraints and indexes of what is known: adding, dropping, naming.

use super::{Born, Column, Constraint, Index, Known, Rel, Relation, RelationKind};
use crate::sql::{
    lex::tokens,
    read::type_name_of,
    tree::{ColumnDef, ConstraintDef, ConstraintKind, Expr, IndexKey, Persistence},
};

impl Known {
    /// Adds a column with the constraints written at it.
    pub(super) fn add_column(&mut self, rel: &Rel, def: &ColumnDef, born: Born) {
        let mut column = Column {
            name: def.name.clone(),
            born,
            type_name: Some(def.type_name.clone()),
            collation: def.collation.as_ref().map(|c| c.parts.join(".")),
            not_null: Some(def.not_null),
            default: def.default.clone(),
            identity: def.identity,
            generated: def
                .generated
                .as_ref()
                .map(|g| (g.expression.clone(), g.stored.unwrap_or(self.version < 18))),
            ..Column::default()
        };
        let serial = match def.type_name.name.as_str() {
            "serial2" => Some("int2"),
            "serial4" => Some("int4"),
            "serial8" => Some("int8"),
            _ => None,
        };
        if serial.is_some() || def.identity {
            let sequence = self.free_name(rel, std::slice::from_ref(&def.name), "seq");
            self.insert(sequence.clone(), RelationKind::Sequence, born);
            column.not_null = Some(true);
            if let Some(serial) = serial {
                column.type_name = type_name_of(serial);
                let text = format!("nextval('{}')", sequence.name);
                column.default = Some(Expr { text, span: def.span.clone() });
            }
            column.sequence = Some(sequence);
        }
        let relation = self.relation_or_stub(rel);
        match relation.column_mut(&def.name) {
            // A partition or a typed table says more about a column that it already has.
            Some(there) if def.type_name.name.is_empty() => {
                there.not_null = Some(there.not_null == Some(true) || def.not_null);
            }
            Some(there) => *there = column,
            None => relation.columns.push(column),
        }
        self.relink(rel);
        for constraint in &def.constraints {
            self.add_constraint(rel, constraint, born, true);
        }
    }

    /// Adds a constraint and the index that comes with it; to partitions and children too where
    /// it `recurses`.
    pub(super) fn add_constraint(
        &mut self,
        rel: &Rel,
        def: &ConstraintDef,
        born: Born,
        recurses: bool,
    ) {
        let (columns, suffix) = match &def.kind {
            ConstraintKind::Check(condition) => {
                let relation = self.relation(rel);
                let named = relation
                    .into_iter()
                    .flat_map(|r| &r.columns)
                    .filter(|c| super::mentions(&condition.text, &c.name));
                let named: Vec<String> = named.map(|c| c.name.clone()).collect();
                (if named.len() == 1 { named } else { Vec::new() }, "check")
            }
            ConstraintKind::NotNull(column) => (vec![column.clone()], "not_null"),
            ConstraintKind::Unique(key) => (key.columns.clone(), "key"),
            ConstraintKind::PrimaryKey(_) => (Vec::new(), "pkey"),
            ConstraintKind::ForeignKey(key) => (key.columns.clone(), "fkey"),
            ConstraintKind::Exclude(elements) => (excluded(&elements.text), "excl"),
        };
        let name = def.name.clone().unwrap_or_else(|| self.free_name(rel, &columns, suffix).name);
        let index = self.index_of_constraint(rel, def, &name, (born, recurses));
        let references = match &def.kind {
            ConstraintKind::ForeignKey(key) => Some(self.resolve(&key.references)),
            _ => None,
        };
        let relation = self.relation_or_stub(rel);
        match &def.kind {
            ConstraintKind::PrimaryKey(key) => {
                for column in &key.columns {
                    if let Some(column) = relation.column_mut(column) {
                        column.not_null = Some(true);
                    }
                }
            }
            ConstraintKind::NotNull(column) if !def.not_valid => {
                if let Some(column) = relation.column_mut(column) {
                    column.not_null = Some(true);
                }
            }
            _ => {}
        }
        relation.constraints.retain(|c| c.name != name);
        relation.constraints.push(Constraint {
            name,
            kind: def.kind.clone(),
            references,
            valid: !def.not_valid && !def.not_enforced,
            enforced: !def.not_enforced,
            index,
            born,
        });
        self.relink(rel);
        if recurses && (suffix == "check" && !def.no_inherit || suffix == "fkey") {
            self.inherit_constraint(rel, def, born);
        }
    }

    fn inherit_constraint(&mut self, rel: &Rel, def: &ConstraintDef, born: Born) {
        let partitions = self.relation(rel).is_some_and(Relation::is_partitioned);
        if !partitions && matches!(def.kind, ConstraintKind::ForeignKey(_)) {
            return;
        }
        for child in self.children(rel) {
            let known = self.relation(&child).is_some_and(|c| {
                def.name.as_ref().is_some_and(|name| c.constraint(name).is_some())
            });
            if !known {
                self.add_constraint(&child, def, born, true);
            }
        }
    }

    fn index_of_constraint(
        &mut self,
        rel: &Rel,
        def: &ConstraintDef,
        name: &str,
        (born, recurses): (Born, bool),
    ) -> Option<Rel> {
        let key = match &def.kind {
            ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => Some(key),
            ConstraintKind::Exclude(_) => None,
            _ => return None,
        };
        let named = Rel::new(&*rel.schema, name);
        if let Some(using) = key.and_then(|key| key.using_index.as_ref()) {
            let old = Rel::new(&*rel.schema, using.last());
            if old != named {
                self.rename(&old, named.clone());
            }
            let index = self.relation_mut(&named).and_then(|r| r.index.as_mut());
            if let Some(index) = index {
                index.constraint = true;
            }
            return Some(named);
        }
        let columns = match &def.kind {
            ConstraintKind::Exclude(elements) => excluded(&elements.text),
            _ => key.map(|key| key.columns.clone()).unwrap_or_default(),
        };
        let keys = columns
            .into_iter()
            .map(|column| IndexKey { column: Some(column), ..Default::default() })
            .collect();
        let made = self.insert(named.clone(), RelationKind::Index, born);
        made.index = Some(Index {
            table: rel.clone(),
            unique: key.is_some(),
            keys,
            include: Vec::new(),
            predicate: None,
            valid: recurses,
            parent: None,
            constraint: true,
        });
        self.relink(&named);
        if recurses && self.relation(rel).is_some_and(Relation::is_partitioned) {
            for child in self.children(rel) {
                self.copy_indexes(rel, &child, born);
            }
        }
        Some(named)
    }

    /// A name as PostgreSQL would choose it: `table_columns_suffix`, numbered when it is taken.
    pub(super) fn free_name(&self, table: &Rel, columns: &[String], suffix: &str) -> Rel {
        let mut stem = table.name.clone();
        for column in columns {
            stem.push('_');
            stem.push_str(column);
        }
        let limit = 62 - suffix.len();
        while stem.len() > limit {
            stem.pop();
        }
        let taken = |name: &str| {
            let named = self.relation(table).is_some_and(|r| r.constraint(name).is_some());
            named || self.relations.contains_key(&Rel::new(&*table.schema, name))
        };
        let plain = format!("{stem}_{suffix}");
        let numbered = (1..).map(|n| format!("{stem}_{suffix}{n}"));
        let name = std::iter::once(plain).chain(numbered).find(|name| !taken(name));
        Rel::new(&*table.schema, name.unwrap_or_default())
    }
}

/// The names that an index's name is made of.
pub(super) fn key_names(keys: &[IndexKey]) -> Vec<String> {
    let name = |key: &IndexKey| {
        let called = key.expression.as_ref().and_then(|e| {
            tokens(&e.text).first().filter(|_| e.text.ends_with(')')).and_then(|t| t.name())
        });
        key.column.clone().or(called).unwrap_or_else(|| "expr".to_owned())
    };
    keys.iter().map(name).collect()
}

pub(super) fn same_keys(a: &[IndexKey], b: &[IndexKey]) -> bool {
    let text =
        |key: &IndexKey| (key.column.clone(), key.expression.as_ref().map(|e| e.text.clone()));
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| text(a) == text(b))
}

/// The columns of `USING gist (room WITH =, during WITH &&)`.
fn excluded(elements: &str) -> Vec<String> {
    let all = tokens(elements);
    let mut found = Vec::new();
    for (at, token) in all.iter().enumerate() {
        let first = at > 0 && (all[at - 1].is("(") || all[at - 1].is(","));
        if first && all.get(at + 1).is_some_and(|t| t.is("with")) {
            found.extend(token.name());
        }
    }
    found
}

impl Known {
    /// Drops a column with everything that names it.
    pub(super) fn drop_column(&mut self, rel: &Rel, column: &str) {
        let indexes: Vec<Rel> = self
            .indexes(rel)
            .into_iter()
            .filter(|(_, index)| index.uses(column))
            .map(|(rel, _)| rel.clone())
            .collect();
        for index in indexes {
            self.relations.remove(&index);
        }
        let Some(relation) = self.relation_mut(rel) else { return };
        let sequence = relation.column(column).and_then(|c| c.sequence.clone());
        relation.columns.retain(|c| c.name != column);
        relation.constraints.retain(|c| !c.uses(column));
        if let Some(sequence) = sequence {
            self.relations.remove(&sequence);
        }
    }
}

impl Index {
    /// Whether it depends on a column: as key, inside an expression, or in its predicate.
    pub(crate) fn uses(&self, column: &str) -> bool {
        let key = |key: &IndexKey| {
            key.column.as_deref() == Some(column)
                || key.expression.as_ref().is_some_and(|e| super::mentions(&e.text, column))
        };
        self.keys.iter().any(key)
            || self.include.iter().any(|c| c == column)
            || self.predicate.as_ref().is_some_and(|e| super::mentions(&e.text, column))
    }

    /// Whether it has expressions or a predicate, which never survive a change of type.
    pub(crate) fn computes(&self) -> bool {
        self.predicate.is_some() || self.keys.iter().any(|key| key.expression.is_some())
    }
}

impl Constraint {
    /// Whether it names a column of its own table.
    pub(crate) fn uses(&self, column: &str) -> bool {
        match &self.kind {
            ConstraintKind::Check(condition) => super::mentions(&condition.text, column),
            ConstraintKind::NotNull(name) => name == column,
            ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => {
                key.columns.iter().any(|c| c == column)
            }
            ConstraintKind::ForeignKey(key) => key.columns.iter().any(|c| c == column),
            ConstraintKind::Exclude(elements) => super::mentions(&elements.text, column),
        }
    }
}

impl Relation {
    /// Whether it vanishes with the session.
    pub(crate) fn is_temporary(&self) -> bool {
        self.persistence == Persistence::Temporary
    }
}
