//! `CREATE TABLE`, `ALTER TABLE` and `DROP TABLE`.

use std::collections::BTreeSet;

use super::Table;
use crate::{
    kinds::{
        Alteration, Context, Kind, Moment, Order, Privileges, column, common,
        constraint::{self, ConstraintKind},
        rows::{RowCheck, shown},
    },
    schema::{Object, ObjectId},
    sql::{Statement, quote_ident, quote_path},
};

/// The kind `table`.
pub struct TableKind;

impl Kind for TableKind {
    fn name(&self) -> &'static str {
        "table"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("TABLE {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, parts: &[&Object], context: &Context<'_>) -> Vec<Statement> {
        let table: Table = object.read();
        let mut lines = column_lines(&table, parts);
        let (twins, constraints): (Vec<&Object>, Vec<&Object>) = parts
            .iter()
            .filter(|p| p.id.is("constraint"))
            .partition(|p| constraint::would_merge(p, parts));
        lines.extend(constraints.iter().map(|p| constraint::definition(p)));
        let unlogged = if table.unlogged { "UNLOGGED " } else { "" };
        let mut sql = format!("CREATE {unlogged}TABLE {}", quote_path(&object.id.path));
        if let Some(of_type) = &table.of_type {
            sql += &format!(" OF {of_type}");
        }
        if !lines.is_empty() {
            sql += &format!(" (\n    {}\n)", lines.join(",\n    "));
        } else if table.of_type.is_none() {
            sql += " ()";
        }
        if !table.inherits.is_empty() {
            sql += &format!("\nINHERITS ({})", table.inherits.join(", "));
        }
        if let Some(key) = &table.partition_by {
            sql += &format!("\nPARTITION BY {key}");
        }
        if let Some(method) = &table.access_method {
            sql += &format!("\nUSING {}", quote_ident(method));
        }
        let mut options = table.options.clone();
        options.extend(table.toast_options.iter().map(|(n, v)| (format!("toast.{n}"), v.clone())));
        if !options.is_empty() {
            sql += &format!("\nWITH ({})", common::assignments(&options));
        }
        if let Some(tablespace) = &table.tablespace {
            sql += &format!("\nTABLESPACE {}", quote_ident(tablespace));
        }
        let mut out = vec![Statement::new(sql)];
        out.extend(parts.iter().filter(|p| p.id.is("column")).flat_map(|p| column::settings(p)));
        if !table.inherits.is_empty() {
            out.extend(column::defaults_not_taken_over(parts, context));
        }
        out.extend(stricter_columns(&table, parts, context));
        out.extend(constraints.iter().flat_map(|p| constraint::settings(p)));
        out.extend(twins.iter().flat_map(|p| ConstraintKind.create(p, &[], context)));
        let plain = Table::default();
        out.extend(security(object, &plain, &table));
        out.extend(replica_identity(object, &plain, &table));
        out
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        let (old, new): (Table, Table) = (from.read(), to.read());
        if changed.contains("partition_by") {
            return Alteration::Replace;
        }
        let mut actions = Vec::new();
        if changed.contains("of_type") {
            actions.push(match &new.of_type {
                Some(of_type) => format!("OF {of_type}"),
                None => "NOT OF".to_owned(),
            });
        }
        for parent in old.inherits.iter().filter(|p| !new.inherits.contains(p)) {
            actions.push(format!("NO INHERIT {parent}"));
        }
        for parent in new.inherits.iter().filter(|p| !old.inherits.contains(p)) {
            actions.push(format!("INHERIT {parent}"));
        }
        if changed.contains("unlogged") {
            actions.push(if new.unlogged { "SET UNLOGGED" } else { "SET LOGGED" }.to_owned());
        }
        if changed.contains("access_method") {
            let method = quote_ident(new.access_method.as_deref().unwrap_or("heap"));
            actions.push(format!("SET ACCESS METHOD {method}"));
        }
        if changed.contains("tablespace") {
            let name = quote_ident(new.tablespace.as_deref().unwrap_or("pg_default"));
            actions.push(format!("SET TABLESPACE {name}"));
        }
        actions.extend(common::option_changes(&old.options, &new.options));
        let toast = |o: &std::collections::BTreeMap<String, String>| {
            o.iter().map(|(n, v)| (format!("toast.{n}"), v.clone())).collect()
        };
        actions
            .extend(common::option_changes(&toast(&old.toast_options), &toast(&new.toast_options)));
        let address = self.address(to);
        let mut out: Vec<Statement> =
            actions.into_iter().map(|a| Statement::new(format!("ALTER {address} {a}"))).collect();
        out.extend(security(to, &old, &new));
        out.extend(replica_identity(to, &old, &new));
        Alteration::InPlace(out)
    }

    fn syntax(&self) -> crate::kinds::Syntax {
        crate::kinds::Syntax::Model
    }

    fn drop(&self, object: &Object, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(object)))]
    }

    fn privileges(&self) -> Option<Privileges> {
        Some(common::TABLE_PRIVILEGES)
    }

    fn row_checks(
        &self,
        from: Option<&Object>,
        to: Option<&Object>,
        cx: &Context<'_>,
    ) -> Vec<RowCheck> {
        let (Some(from), None) = (from, to) else { return Vec::new() };
        let message = format!("`{}` still holds {{n}} rows", shown(&from.id.path));
        vec![RowCheck::of_rows("H0301", false, &from.id.path, "true", cx.from, message)]
    }

    fn holds_rows(&self) -> bool {
        true
    }

    fn order(&self, object: &Object, cx: &Context<'_>) -> Vec<Order> {
        // A logged table may not reference an unlogged one at any moment.
        let own = || Moment::Alter(object.id.clone());
        cx.to
            .of_kind_under("constraint", &object.id.path)
            .filter_map(|c| c.facets.get("references"))
            .filter_map(|path| serde_json::from_value::<Vec<String>>(path.clone()).ok())
            .map(|path| Moment::Alter(ObjectId::new(self.name(), path)))
            .map(|other| if object.flag("unlogged") { (own(), other) } else { (other, own()) })
            .collect()
    }

    fn relation_names(&self, object: &Object) -> Vec<Vec<String>> {
        vec![object.id.path.clone()]
    }
}

/// The column lines of a new table, in order; what a parent table alone defines is left out.
pub(crate) fn column_lines(table: &Table, parts: &[&Object]) -> Vec<String> {
    let mut columns: Vec<&Object> = parts.iter().filter(|p| p.id.is("column")).copied().collect();
    columns.sort_by_key(|c| c.position);
    let default = |c: &Object| {
        parts
            .iter()
            .find(|p| p.id.is("default") && p.id.path == c.id.path)
            .and_then(|p| p.text("expression"))
            .map(str::to_owned)
    };
    if table.of_type.is_some() {
        return columns
            .iter()
            .filter_map(|c| column::typed_line(c, default(c).as_deref()))
            .collect();
    }
    columns
        .into_iter()
        .filter(|c| table.inherits.is_empty() || !c.flag("inherited") || c.flag("local"))
        .map(|c| column::line(c, default(c).as_deref()))
        .collect()
}

/// `NOT NULL` of inherited columns that no parent table has, before 18: from then on it is a
/// constraint like any other.
fn stricter_columns(table: &Table, parts: &[&Object], cx: &Context<'_>) -> Vec<Statement> {
    if table.inherits.is_empty() {
        return Vec::new();
    }
    let strict_above = |column: &Object| {
        column::parents(column, cx.to).into_iter().any(|mut path| {
            path.push(column.id.name().to_owned());
            cx.to.get(&ObjectId::new("column", path)).is_some_and(|c| c.flag("not_null"))
        })
    };
    parts
        .iter()
        .filter(|p| p.id.is("column") && p.flag("not_null"))
        .filter(|c| c.flag("inherited") && !c.flag("local") && !strict_above(c))
        .map(|c| {
            let (table, name) = (column::relation(c), quote_ident(c.id.name()));
            Statement::new(format!("ALTER TABLE ONLY {table} ALTER COLUMN {name} SET NOT NULL"))
        })
        .collect()
}

fn security(object: &Object, old: &Table, new: &Table) -> Vec<Statement> {
    let mut out = Vec::new();
    let table = quote_path(&object.id.path);
    if old.row_security != new.row_security {
        let verb = if new.row_security { "ENABLE" } else { "DISABLE" };
        out.push(Statement::new(format!("ALTER TABLE {table} {verb} ROW LEVEL SECURITY")));
    }
    if old.force_row_security != new.force_row_security {
        let verb = if new.force_row_security { "FORCE" } else { "NO FORCE" };
        out.push(Statement::new(format!("ALTER TABLE {table} {verb} ROW LEVEL SECURITY")));
    }
    out
}

fn replica_identity(object: &Object, old: &Table, new: &Table) -> Option<Statement> {
    let identity = new.replica_identity.as_deref().unwrap_or("DEFAULT");
    (old.replica_identity != new.replica_identity).then(|| {
        let table = quote_path(&object.id.path);
        Statement::new(format!("ALTER TABLE ONLY {table} REPLICA IDENTITY {identity}"))
    })
}
