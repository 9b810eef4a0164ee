//! `CREATE INDEX`, `ALTER INDEX` and `DROP INDEX`.

use std::collections::BTreeSet;

use super::{Index, Key, standing};
use crate::{
    kinds::{
        Alteration, Context, Kind, Order, common, index_attachment, partition,
        rows::{self, RowCheck},
    },
    schema::{Object, ObjectId, Schema},
    sql::{Statement, quote_ident, quote_path, respell},
};

/// The kind `index`.
pub struct IndexKind;

impl Kind for IndexKind {
    fn name(&self) -> &'static str {
        "index"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("catalog.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("INDEX {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], cx: &Context<'_>) -> Vec<Statement> {
        let partitioned = is_partitioned(object, cx.to);
        let mut out = vec![if !partitioned && cx.in_use(object.parent.as_ref()) {
            Statement::outside_transaction(definition(object, "CONCURRENTLY ", ""))
        } else {
            Statement::new(definition(object, "", if partitioned { "ONLY " } else { "" }))
        }];
        out.extend(setting_changes(object, &Index::default(), &object.read()));
        out
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        cx: &Context<'_>,
    ) -> Alteration {
        const IN_PLACE: &[&str] =
            &["options", "tablespace", "clustered", "replica_identity", "statistics"];
        if changed.iter().any(|facet| !IN_PLACE.contains(facet)) {
            return Alteration::Replace;
        }
        let (old, new): (Index, Index) = (from.read(), to.read());
        let address = self.address(to);
        let mut out: Vec<Statement> = common::option_changes(&old.options, &new.options)
            .into_iter()
            .map(|a| Statement::new(format!("ALTER {address} {a}")))
            .collect();
        if changed.contains("tablespace") {
            let name = quote_ident(new.tablespace.as_deref().unwrap_or("pg_default"));
            out.push(Statement::new(format!("ALTER {address} SET TABLESPACE {name}")));
        }
        if old.clustered && !new.clustered {
            out.extend(standing::order_given_up(to, cx));
        }
        if old.replica_identity && !new.replica_identity {
            out.extend(standing::identity_given_up(to, cx));
        }
        out.extend(setting_changes(to, &old, &new));
        Alteration::InPlace(out)
    }

    fn syntax(&self) -> crate::kinds::Syntax {
        crate::kinds::Syntax::Entry(crate::kinds::Entry {
            one: "index",
            many: "indexes",
            value: None,
            sibling: true,
        })
    }

    fn check(&self, name: &str, value: &serde_json::Value) -> Result<(), crate::kinds::Misfit> {
        common::check::<Index>(name, value)
    }

    fn drop(&self, object: &Object, cx: &Context<'_>) -> Vec<Statement> {
        // A partition's constraint that is attached to a bare index goes with it only by CASCADE.
        let cascade = if is_partitioned(object, cx.from) && carries_constraint(object, cx.from) {
            " CASCADE"
        } else {
            ""
        };
        let concurrently = cx.in_use(object.parent.as_ref())
            && !is_partitioned(object, cx.from)
            && self.implied_by(object, cx.from).is_empty();
        if concurrently {
            let name = quote_path(&object.id.path);
            return vec![Statement::outside_transaction(format!("DROP INDEX CONCURRENTLY {name}"))];
        }
        vec![Statement::new(format!("DROP {}{cascade}", self.address(object)))]
    }

    fn relation_names(&self, object: &Object) -> Vec<Vec<String>> {
        vec![object.id.path.clone()]
    }

    fn row_checks(
        &self,
        from: Option<&Object>,
        to: Option<&Object>,
        cx: &Context<'_>,
    ) -> Vec<RowCheck> {
        let Some(to) = to.filter(|o| o.flag("unique") && rows::keeps_table(o, cx)) else {
            return Vec::new();
        };
        let (index, Some(table)) = (to.read::<Index>(), &to.parent) else { return Vec::new() };
        let plain: Vec<String> = index.keys.iter().filter_map(|k| k.column.clone()).collect();
        let same = |o: &Object| o.facets.get("keys") == to.facets.get("keys") && o.flag("unique");
        if from.is_some_and(same) || !rows::has_columns(&table.path, &plain, cx.from) {
            return Vec::new();
        }
        let keys: Vec<String> = index
            .keys
            .iter()
            .map(|k| k.column.as_ref().map_or_else(|| key(k), |c| quote_ident(c)))
            .collect();
        let message = format!(
            "{{n}} values of `{}` stand more than once, which `{}` forbids",
            plain.join(", "),
            to.id.name()
        );
        let not_null = keys.iter().map(|k| format!("{k} IS NOT NULL"));
        let condition: Vec<String> = if index.nulls_not_distinct {
            index.predicate.clone().into_iter().collect()
        } else {
            not_null.chain(index.predicate.clone()).collect()
        };
        let condition = (!condition.is_empty()).then(|| condition.join(" AND "));
        vec![RowCheck::of_duplicates(&table.path, &keys, condition.as_deref(), message)]
    }

    fn renamed_freely(&self) -> bool {
        true
    }

    fn freed_by(&self, object: &Object, _: &Schema) -> Option<ObjectId> {
        object.parent.as_ref().map(|table| ObjectId::new("partition", table.path.clone()))
    }

    fn order(&self, object: &Object, cx: &Context<'_>) -> Vec<Order> {
        partition::index_order(object, cx)
    }

    fn implied_by(&self, object: &Object, state: &Schema) -> Vec<ObjectId> {
        index_attachment::parent(&object.id.path, state).into_iter().collect()
    }
}

fn is_partitioned(object: &Object, state: &Schema) -> bool {
    let table = object.parent.as_ref().and_then(|table| state.get(table));
    table.is_some_and(|table| table.facets.contains_key("partition_by"))
}

fn carries_constraint(object: &Object, state: &Schema) -> bool {
    state.of_kind("index_attachment").any(|attachment| {
        index_attachment::of(attachment) == object.id.path
            && attachment.parent.as_ref().is_some_and(|p| p.is("constraint"))
    })
}

fn table(object: &Object) -> String {
    object.parent.as_ref().map(|p| quote_path(&p.path)).unwrap_or_default()
}

/// `CREATE INDEX …`; on a partitioned table `ONLY`, its partitions' indexes being attached.
fn definition(object: &Object, concurrently: &str, only: &str) -> String {
    let index: Index = object.read();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let keys: Vec<String> = index.keys.iter().map(key).collect();
    let mut sql = format!(
        "CREATE {unique}INDEX {concurrently}{} ON {only}{}",
        quote_ident(object.id.name()),
        table(object)
    );
    if index.method != "btree" && !index.method.is_empty() {
        sql += &format!(" USING {}", quote_ident(&index.method));
    }
    sql += &format!(" ({})", keys.join(", "));
    if !index.include.is_empty() {
        let include: Vec<_> = index.include.iter().map(|n| quote_ident(n)).collect();
        sql += &format!(" INCLUDE ({})", include.join(", "));
    }
    if index.nulls_not_distinct {
        sql += " NULLS NOT DISTINCT";
    }
    sql += &common::with_options(&index.options);
    if let Some(tablespace) = &index.tablespace {
        sql += &format!(" TABLESPACE {}", quote_ident(tablespace));
    }
    if let Some(predicate) = &index.predicate {
        sql += &format!(" WHERE {}", respell(predicate));
    }
    sql
}

fn key(key: &Key) -> String {
    let mut sql = match (&key.column, &key.expression) {
        (Some(column), _) => quote_ident(column),
        (None, Some(expression)) if expression.starts_with('(') && expression.ends_with(')') => {
            expression.clone()
        }
        (None, Some(expression)) => format!("({expression})"),
        (None, None) => String::new(),
    };
    if let Some(collation) = &key.collation {
        sql += &format!(" COLLATE {collation}");
    }
    if let Some(opclass) = &key.opclass {
        sql += &format!(" {opclass}");
        if !key.opclass_options.is_empty() {
            sql += &format!(" ({})", common::assignments(&key.opclass_options));
        }
    }
    if key.descending {
        sql += " DESC";
    }
    if let Some(nulls) = &key.nulls {
        sql += &format!(" NULLS {nulls}");
    }
    sql
}

fn setting_changes(object: &Object, old: &Index, new: &Index) -> Vec<Statement> {
    let mut out = Vec::new();
    let (table, name) = (table(object), quote_ident(object.id.name()));
    if new.clustered && !old.clustered {
        out.push(Statement::new(format!("ALTER TABLE {table} CLUSTER ON {name}")));
    }
    if new.replica_identity && !old.replica_identity {
        let identity = format!("REPLICA IDENTITY USING INDEX {name}");
        out.push(Statement::new(format!("ALTER TABLE ONLY {table} {identity}")));
    }
    let numbers: BTreeSet<&String> = old.statistics.keys().chain(new.statistics.keys()).collect();
    for number in numbers {
        if old.statistics.get(number) != new.statistics.get(number) {
            let target = new.statistics.get(number).copied().unwrap_or(-1);
            out.push(Statement::new(format!(
                "ALTER INDEX {} ALTER COLUMN {number} SET STATISTICS {target}",
                quote_path(&object.id.path)
            )));
        }
    }
    out
}
