//! What a script takes for granted about the rows that are there, as questions that a database
//! can answer before anything runs.
//!
//! A question is only asked where its answer is about the state in which the statement will find
//! the rows: not where an earlier statement of the same scripts may have changed them.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{
    expr,
    lex::tokens,
    quote_ident, quote_literal, quote_path, read, split,
    tree::{
        ActionKind, AlterRelation, ColumnDef, ConstraintDef, ConstraintKind, CreateIndex,
        ForeignKey, Name, ObjectKind, Tree, TypeBody, TypeChange, TypeName,
    },
};

/// A question about rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// 1-based line of the statement in its script.
    pub line: usize,
    /// Code of the hazard.
    pub hazard: &'static str,
    /// What goes wrong; `{n}` stands for the number of rows.
    pub message: String,
    /// What to look for.
    pub ask: Ask,
}

/// What to look for. Relations and expressions are SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Rows for which a condition holds.
    Rows {
        /// The table.
        table: String,
        /// The condition.
        condition: String,
    },
    /// Values that stand more than once.
    Duplicates {
        /// The table.
        table: String,
        /// Columns or expressions.
        keys: Vec<String>,
        /// Which rows count.
        condition: Option<String>,
    },
    /// Rows that refer to none of another table.
    Orphans {
        /// The table that refers.
        table: String,
        /// Its columns.
        columns: Vec<String>,
        /// The table referred to.
        references: String,
        /// Its columns; its primary key where there are none.
        referenced: Vec<String>,
    },
    /// Values for which an expression fails.
    Values {
        /// The table.
        table: String,
        /// The expression.
        expression: String,
    },
    /// Rows that violate a constraint which is there and was never validated.
    Constraint {
        /// The table.
        table: String,
        /// The name of the constraint.
        name: String,
    },
}

/// Collects questions over the scripts that will run, in their order.
#[derive(Debug, Default)]
pub struct Questioner {
    /// Tables that are not, or whose rows are not, what they will be.
    changed: BTreeSet<String>,
    /// Columns that are not what they will be, by table.
    columns: BTreeSet<(String, String)>,
    /// Constraints that are added without looking at the rows.
    unproved: BTreeMap<(String, String), ConstraintDef>,
    /// Values of enums that are made.
    enums: BTreeMap<String, Vec<String>>,
    /// What was asked already.
    asked: Vec<Ask>,
    /// Something ran of which nobody knows what it does.
    opaque: bool,
}

impl Questioner {
    /// Goes on with a script; the first `done` of its statements have run already.
    pub fn script(&mut self, text: &str, done: usize) -> Vec<Question> {
        let mut out = Vec::new();
        let parsed = split::split(text);
        let pieces = parsed.pieces.iter().filter(|p| !is_control(p));
        for piece in pieces.skip(done) {
            let line = text[..piece.span.start].matches('\n').count() + 1;
            let found = self.statement(&read::read(text, piece), piece.text);
            for question in found {
                if !self.asked.contains(&question.ask) {
                    self.asked.push(question.ask.clone());
                    out.push(Question { line, ..question });
                }
            }
        }
        out
    }

    fn statement(&mut self, tree: &Tree, text: &str) -> Vec<Question> {
        if self.opaque {
            return Vec::new();
        }
        match tree {
            Tree::AlterRelation(altered) if is_table(altered.kind) => return self.altered(altered),
            Tree::CreateIndex(made) if made.unique => return self.unique(made, text),
            Tree::CreateTable(made) => self.change(&made.name),
            Tree::CreateTableAs(made) => self.change(&made.name),
            Tree::CreateView { name, .. } => self.change(name),
            Tree::CreateType { name, body: TypeBody::Enum(values) } => {
                self.enums.insert(name.last().to_owned(), values.clone());
            }
            Tree::CreateType { name, .. } | Tree::CreateDomain { name, .. } => {
                self.enums.insert(name.last().to_owned(), Vec::new());
            }
            Tree::AlterType { name, change: TypeChange::AddValue { .. } } => {
                self.enums.insert(name.last().to_owned(), Vec::new());
            }
            Tree::Write(write) => {
                self.change(&write.table);
                for other in &write.writes {
                    self.change(other);
                }
                // Deletions go on to the rows that refer to the deleted ones.
                let deletes = text.to_ascii_lowercase().contains("delete");
                self.opaque |= deletes || calls_strangers(text);
            }
            Tree::Copy { table: Some(table), from: true, .. } => self.change(table),
            Tree::Select(query) => {
                self.opaque |= !query.writes.is_empty() || calls_strangers(text);
            }
            Tree::Set { name, .. } => self.opaque |= name == "search_path" || name == "role",
            Tree::Drop(dropped) if is_table(dropped.kind) => {
                for name in &dropped.names {
                    self.change(name);
                }
            }
            Tree::Truncate { .. }
            | Tree::Do { .. }
            | Tree::Call
            | Tree::Execute
            | Tree::Wrapped { .. }
            | Tree::AlterAll { .. }
            | Tree::ImportForeignSchema
            | Tree::Unknown => self.opaque = true,
            _ => {}
        }
        Vec::new()
    }

    fn change(&mut self, name: &Name) {
        self.changed.insert(key_of(name));
    }

    /// Whether the rows of the table are those that the statement will find.
    fn is_as_it_will_be(&self, name: &Name) -> bool {
        !self.changed.contains(&key_of(name))
    }

    /// Whether an expression over the table means what it will mean.
    fn holds_still(&self, name: &Name, expression: &str) -> bool {
        let table = key_of(name);
        !self.columns.iter().any(|(of, c)| *of == table && expr::names_column(expression, c))
    }

    fn altered(&mut self, altered: &AlterRelation) -> Vec<Question> {
        let mut out = Vec::new();
        for action in &altered.actions {
            if self.is_as_it_will_be(&altered.name) && !altered.only {
                out.extend(self.action(&altered.name, &action.kind));
            }
            self.follow(&altered.name, &action.kind);
        }
        out
    }

    fn action(&mut self, name: &Name, action: &ActionKind) -> Vec<Question> {
        match action {
            ActionKind::SetNotNull { column } => self.nulls(name, column).into_iter().collect(),
            ActionKind::AddColumn { column, .. } => required(name, column).into_iter().collect(),
            ActionKind::AddConstraint(def) if !def.not_valid && !def.not_enforced => {
                self.constraint(name, def)
            }
            ActionKind::AddConstraint(def) => {
                if let Some(constraint) = &def.name {
                    let key = (key_of(name), constraint.clone());
                    self.unproved.insert(key, (**def).clone());
                }
                Vec::new()
            }
            ActionKind::ValidateConstraint { name: constraint } => {
                match self.unproved.remove(&(key_of(name), constraint.clone())) {
                    Some(def) => self.constraint(name, &def),
                    None => vec![existing(name, constraint)],
                }
            }
            ActionKind::AlterType { column, type_name, using, .. } => {
                let using = using.as_ref().map(|e| e.text.as_str());
                self.retyped(name, column, type_name, using).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Takes note of what an action changes.
    fn follow(&mut self, name: &Name, action: &ActionKind) {
        let table = key_of(name);
        let mut column = |column: &str| {
            self.columns.insert((table.clone(), column.to_owned()));
        };
        match action {
            ActionKind::AddColumn { column: def, .. } => column(&def.name),
            ActionKind::DropColumn { name, .. } => column(name),
            ActionKind::AlterType { column: name, .. } => column(name),
            ActionKind::RenameColumn { from, to } => {
                column(from);
                column(to);
            }
            ActionKind::RenameTo { name: to } => {
                let mut renamed = name.clone();
                if let Some(last) = renamed.parts.last_mut() {
                    last.clone_from(to);
                }
                self.change(&renamed);
                self.changed.insert(table);
            }
            ActionKind::SetSchema { name: to } => {
                self.changed.insert(format!("{to}.{}", name.last()));
                self.changed.insert(table);
            }
            ActionKind::AttachPartition { .. } | ActionKind::DetachPartition { .. } => {
                self.changed.insert(table);
            }
            _ => {}
        }
    }

    fn nulls(&self, name: &Name, column: &str) -> Option<Question> {
        let quoted = quote_ident(column);
        self.holds_still(name, &quoted).then(|| {
            let message = format!("`{column}` of `{}` is NULL in {{n}} rows", shown(name));
            rows("H0402", name, format!("{quoted} IS NULL"), message)
        })
    }

    fn constraint(&self, name: &Name, def: &ConstraintDef) -> Vec<Question> {
        let table = shown(name);
        let called = def.name.as_ref().map_or_else(String::new, |n| format!(" `{n}`"));
        match &def.kind {
            ConstraintKind::Check(e) => {
                // A check may stand there so that `SET NOT NULL` need not look at the rows.
                if let Some(column) = only_not_null(&e.text) {
                    return self.nulls(name, &column).into_iter().collect();
                }
                let message = format!("{{n}} rows of `{table}` violate the check{called}");
                let asked = self.holds_still(name, &e.text);
                let condition = format!("NOT ({})", e.text);
                asked.then(|| rows("H0402", name, condition, message)).into_iter().collect()
            }
            ConstraintKind::NotNull(column) => self.nulls(name, column).into_iter().collect(),
            ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => {
                let keys: Vec<String> = key.columns.iter().map(|c| quote_ident(c)).collect();
                if keys.is_empty() || !self.holds_still(name, &keys.join(", ")) {
                    return Vec::new();
                }
                let primary = matches!(def.kind, ConstraintKind::PrimaryKey(_));
                let nulls = key.columns.iter().filter(|_| primary);
                nulls
                    .filter_map(|column| self.nulls(name, column))
                    .chain([duplicates(name, keys, None)])
                    .collect()
            }
            ConstraintKind::ForeignKey(key) => {
                self.orphans(name, key, &called).into_iter().collect()
            }
            ConstraintKind::Exclude(_) => Vec::new(),
        }
    }

    fn orphans(&self, name: &Name, key: &ForeignKey, called: &str) -> Option<Question> {
        let columns: Vec<String> = key.columns.iter().map(|c| quote_ident(c)).collect();
        let referenced: Vec<String> = key.referenced.iter().map(|c| quote_ident(c)).collect();
        let asked = self.is_as_it_will_be(&key.references)
            && self.holds_still(name, &columns.join(", "))
            && self.holds_still(&key.references, &referenced.join(", "));
        asked.then(|| Question {
            line: 0,
            hazard: "H0402",
            message: format!(
                "{{n}} rows of `{}` refer to no row of `{}`, which the foreign key{called} demands",
                shown(name),
                shown(&key.references)
            ),
            ask: Ask::Orphans {
                table: quote_path(&name.parts),
                columns,
                references: quote_path(&key.references.parts),
                referenced,
            },
        })
    }

    fn unique(&self, made: &CreateIndex, text: &str) -> Vec<Question> {
        let keys: Vec<String> = made
            .keys
            .iter()
            .filter_map(|key| match (&key.column, &key.expression) {
                (Some(column), _) => Some(quote_ident(column)),
                (None, Some(e)) => Some(format!("({})", e.text)),
                (None, None) => None,
            })
            .collect();
        let condition = made.predicate.as_ref().map(|e| e.text.clone());
        let all = format!("{} {}", keys.join(", "), condition.as_deref().unwrap_or_default());
        let asked = keys.len() == made.keys.len()
            && !made.only
            && self.is_as_it_will_be(&made.table)
            && self.holds_still(&made.table, &all)
            && !text.to_ascii_lowercase().contains("not distinct");
        asked.then(|| duplicates(&made.table, keys, condition)).into_iter().collect()
    }

    fn retyped(
        &self,
        name: &Name,
        column: &str,
        to: &TypeName,
        using: Option<&str>,
    ) -> Option<Question> {
        let quoted = quote_ident(column);
        let expression = using.unwrap_or(&quoted);
        if !self.holds_still(name, expression) {
            return None;
        }
        let message = format!("{{n}} values of `{column}` of `{}` do not fit `{to}`", shown(name));
        if let Some(values) = self.enums.get(&to.name) {
            let (root, _) = expr::cast_chain(expression)?;
            if root != column || to.array || values.is_empty() {
                return None;
            }
            let list: Vec<String> = values.iter().map(|v| quote_literal(v)).collect();
            let condition = format!("{quoted}::text <> ALL (ARRAY[{}])", list.join(", "));
            return Some(rows("H0402", name, condition, message));
        }
        let length = to.modifiers.first().filter(|_| !to.array);
        if let Some(length) = length.filter(|_| matches!(&*to.name, "varchar" | "bpchar")) {
            // Beyond the length only spaces may be cut off (manual, "Character Types").
            let condition =
                format!("pg_catalog.char_length(rtrim(({expression})::text, ' ')) > {length}");
            return Some(rows("H0402", name, condition, message));
        }
        let table = quote_path(&name.parts);
        let expression = format!("({expression})::{}", type_sql(to));
        let ask = Ask::Values { table, expression };
        Some(Question { line: 0, hazard: "H0402", message, ask })
    }
}

/// The column of `column IS NOT NULL`.
fn only_not_null(condition: &str) -> Option<String> {
    let tokens = tokens(expr::bare(condition));
    match tokens.as_slice() {
        [column, is, not, null] if is.is("is") && not.is("not") && null.is("null") => column.name(),
        _ => None,
    }
}

fn type_sql(to: &TypeName) -> String {
    let mut sql = to.schema.as_ref().map_or_else(String::new, |s| format!("{}.", quote_ident(s)));
    sql += &quote_ident(&to.name);
    if !to.modifiers.is_empty() {
        sql += &format!("({})", to.modifiers.join(","));
    }
    if to.array { sql + "[]" } else { sql }
}

fn is_control(piece: &split::Piece<'_>) -> bool {
    use split::Control as C;
    // Savepoints count as steps.
    matches!(piece.control, Some(C::Begin | C::Commit { .. } | C::Rollback { .. } | C::TwoPhase))
}

fn is_table(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Table | ObjectKind::ForeignTable)
}

/// Whether a statement calls a function that may write: any that PostgreSQL does not bring along.
fn calls_strangers(text: &str) -> bool {
    const KNOWN: &[&str] = &[
        "abs",
        "array_agg",
        "btrim",
        "cast",
        "char_length",
        "clock_timestamp",
        "coalesce",
        "concat",
        "concat_ws",
        "count",
        "currval",
        "date_trunc",
        "exists",
        "extract",
        "format",
        "gen_random_uuid",
        "generate_series",
        "greatest",
        "in",
        "jsonb_build_object",
        "least",
        "left",
        "length",
        "lower",
        "lpad",
        "ltrim",
        "max",
        "md5",
        "min",
        "nextval",
        "now",
        "nullif",
        "pg_sleep",
        "random",
        "regexp_replace",
        "replace",
        "right",
        "round",
        "row_number",
        "rtrim",
        "set_config",
        "setval",
        "split_part",
        "string_agg",
        "substr",
        "substring",
        "sum",
        "to_char",
        "to_date",
        "to_timestamp",
        "trim",
        "upper",
        "values",
        "and",
        "or",
        "not",
        "as",
        "on",
        "over",
        "set",
        "using",
        "when",
        "then",
        "else",
        "from",
        "where",
        "any",
        "all",
        "array",
        "conflict",
        "into",
        "select",
    ];
    // `INSERT INTO t (…)` reads as a call of `t`; what is inserted into is no function.
    let skipped = usize::from(text.trim_start().to_ascii_lowercase().starts_with("insert"));
    expr::calls(text).iter().skip(skipped).any(|name| {
        name.schema().is_some_and(|schema| schema != "pg_catalog")
            || name.schema().is_none() && !KNOWN.contains(&name.last())
    })
}

fn key_of(name: &Name) -> String {
    format!("{}.{}", name.schema().unwrap_or("public"), name.last())
}

fn shown(name: &Name) -> String {
    match name.schema() {
        Some(schema) if schema != "public" => format!("{schema}.{}", name.last()),
        _ => name.last().to_owned(),
    }
}

fn rows(hazard: &'static str, name: &Name, condition: String, message: String) -> Question {
    let ask = Ask::Rows { table: quote_path(&name.parts), condition };
    Question { line: 0, hazard, message, ask }
}

fn duplicates(name: &Name, keys: Vec<String>, condition: Option<String>) -> Question {
    let message =
        format!("{{n}} values of `{}` stand more than once in `{}`", keys.join(", "), shown(name));
    let ask = Ask::Duplicates { table: quote_path(&name.parts), keys, condition };
    Question { line: 0, hazard: "H0403", message, ask }
}

fn existing(name: &Name, constraint: &str) -> Question {
    let message = format!("{{n}} rows of `{}` violate `{constraint}`", shown(name));
    let ask = Ask::Constraint { table: quote_path(&name.parts), name: constraint.to_owned() };
    Question { line: 0, hazard: "H0402", message, ask }
}

/// A required column of which nothing says what existing rows get.
fn required(name: &Name, column: &ColumnDef) -> Option<Question> {
    let null = column.default.as_ref().is_none_or(|d| expr::is_null(&d.text));
    let filled = !null
        || column.identity
        || column.generated.is_some()
        || column.type_name.name.contains("serial");
    let key = column.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::PrimaryKey(_)));
    (!filled && (column.not_null || key)).then(|| {
        let message = format!(
            "`{}` is required and has no default, and `{}` holds {{n}} rows",
            column.name,
            shown(name)
        );
        // A domain may have a default of its own.
        let of_domain = format!(
            "EXISTS (SELECT FROM pg_catalog.pg_type WHERE oid = pg_catalog.to_regtype({}) \
             AND typtype = 'd' AND typdefault IS NOT NULL)",
            quote_literal(&type_sql(&column.type_name))
        );
        rows("H0401", name, format!("NOT {of_domain}"), message)
    })
}

/// The question that a constraint poses whose definition the catalog gives.
#[must_use]
pub fn question_of_constraint(table: &str, definition: &str) -> Option<Ask> {
    let text = format!("ALTER TABLE {table} ADD {}", definition.replace("NOT VALID", ""));
    Questioner::default().script(&text, 0).into_iter().next().map(|question| question.ask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, messages: &[&str]) {
        let found = Questioner::default().script(script, 0);
        let got: Vec<_> = found.iter().map(|q| q.message.as_str()).collect();
        assert_eq!(got, messages);
    }

    #[test]
    fn what_statements_take_for_granted_is_asked() {
        check("ALTER TABLE t ALTER a SET NOT NULL;", &["`a` of `t` is NULL in {n} rows"]);
        check(
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; \
             ALTER TABLE t VALIDATE CONSTRAINT c;",
            &["{n} rows of `t` violate the check `c`"],
        );
        check(
            "ALTER TABLE x.t ADD a int NOT NULL, ADD b int NOT NULL DEFAULT 1;",
            &["`a` is required and has no default, and `x.t` holds {n} rows"],
        );
        check(
            "CREATE UNIQUE INDEX CONCURRENTLY ON t (lower(a)) WHERE b;",
            &["{n} values of `(lower(a))` stand more than once in `t`"],
        );
        check(
            "ALTER TABLE t ALTER a TYPE varchar(3);",
            &["{n} values of `a` of `t` do not fit `varchar(3)`"],
        );
    }

    #[test]
    fn what_an_earlier_statement_may_correct_is_not_asked() {
        for before in [
            "UPDATE t SET a = 1 WHERE a IS NULL",
            "SELECT fix()",
            "DO $$ BEGIN END $$",
            "CREATE TABLE t (a int)",
            "ALTER TABLE t RENAME b TO a",
            "DELETE FROM u",
            "ALTER TABLE u RENAME TO t",
        ] {
            check(&format!("{before}; ALTER TABLE t ALTER a SET NOT NULL;"), &[]);
        }
        check(
            "UPDATE u SET a = lower(b); ALTER TABLE t ALTER a SET NOT NULL;",
            &["`a` of `t` is NULL in {n} rows"],
        );
    }
}
