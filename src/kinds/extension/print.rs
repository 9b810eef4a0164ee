//! From extensions to entries of the datasource.

use crate::{
    kinds::{names, print::is_name},
    schema::Object,
    syntax::ast::{Arg, Expr},
};

/// `citext`, `uuid_ossp(map: "uuid-ossp", schema: "extensions")`. The version is left to the server.
pub(crate) fn entry(object: &Object) -> Expr {
    let mut args = Vec::new();
    let mut arg = |name: &str, value: &str| {
        args.push(Arg { name: Some(name.into()), value: Some(value.into()), ..Arg::default() });
    };
    let name = object.id.name();
    let plain = if is_name(name) { name.to_owned() } else { names::sanitize(name) };
    if plain != name {
        arg("map", name);
    }
    if let Some(schema) = object.text("schema").filter(|schema| *schema != "public") {
        arg("schema", schema);
    }
    if args.is_empty() { Expr::path(plain) } else { Expr::call(plain, args) }
}
