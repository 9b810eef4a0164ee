//! What Prisma's clients do, done by the database where a project wants that: `uuid()`, `@updatedAt`.

use super::{BlockRef, ClientFunction, DefaultValue, Model, Table};
use crate::{
    sql::{quote_ident, quote_literal, quote_path},
    syntax::ast::{Block, File, Item},
};

/// The function that all triggers call, with the name of the column.
const FUNCTION: &str = "driftless_touch";

const BODY: &str = "BEGIN
  NEW := jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], now()));
  RETURN NEW;
END";

/// Gives the columns with `@default(uuid())` a default, and those with `@updatedAt` a default and a
/// trigger that sets them where an update does not. There is nothing in PostgreSQL for `cuid()`,
/// `nanoid()`, `ulid()` and `uuid(7)`: clients go on making those.
#[must_use]
pub fn with_database_defaults(mut model: Model) -> Model {
    let mut blocks = Vec::new();
    for table in model.tables.iter_mut().filter(|table| !table.is_view()) {
        let path = path(table);
        for field in table.fields.iter_mut().filter(|field| !field.is_relation()) {
            if is_random_uuid(field.default.as_ref()) {
                let expression = "gen_random_uuid()".to_owned();
                field.default = Some(DefaultValue::DbGenerated(Some(expression)));
            }
            if field.updated_at {
                field.default.get_or_insert(DefaultValue::Now);
                blocks.push(trigger(&path, &field.column));
            }
        }
    }
    if blocks.is_empty() {
        return model;
    }
    blocks.insert(0, function());
    let file = model.files.len();
    model.others.extend((0..blocks.len()).map(|item| BlockRef { file, item }));
    model.files.push(File { items: blocks.into_iter().map(Item::Block).collect() });
    model
}

fn path(table: &Table) -> Vec<String> {
    let namespace = table.namespace.clone().unwrap_or_else(|| "public".to_owned());
    vec![namespace, table.table.clone()]
}

fn is_random_uuid(default: Option<&DefaultValue>) -> bool {
    let Some(DefaultValue::Client(ClientFunction { name, argument })) = default else {
        return false;
    };
    name == "uuid" && matches!(argument, None | Some(4))
}

fn function() -> Block {
    let mut block = Block::new("function", FUNCTION);
    block.push_assignment("returns", "trigger");
    block.push_assignment("language", "plpgsql");
    block.push_assignment("body", BODY);
    block
}

fn trigger(table: &[String], column: &str) -> Block {
    let mut name = format!("driftless_touch_{column}");
    while name.len() > 63 {
        name.pop();
    }
    let on = quote_path(table);
    let (quoted, trigger) = (quote_ident(column), quote_ident(&name));
    let mut block = Block::new("trigger", name.as_str());
    block.push_assignment("on", on.as_str());
    block.push_assignment(
        "definition",
        format!(
            "CREATE TRIGGER {trigger} BEFORE UPDATE ON {on} FOR EACH ROW \
             WHEN (NEW.{quoted} IS NOT DISTINCT FROM OLD.{quoted}) \
             EXECUTE FUNCTION public.{FUNCTION}({})",
            quote_literal(column)
        ),
    );
    block
}
