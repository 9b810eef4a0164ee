//! Guesses what an expression needs from the names that stand in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    kinds::{self, common},
    schema::{Object, ObjectId, Schema},
    sql::lex::{Token, TokenKind, tokens},
};

/// The objects that an expression can name, by namespace and name.
pub(super) struct Mentions {
    by_name: BTreeMap<(String, String), Vec<ObjectId>>,
}

impl Mentions {
    pub(super) fn new(schema: &Schema) -> Self {
        let mut by_name: BTreeMap<(String, String), Vec<ObjectId>> = BTreeMap::new();
        let standing = |o: &&Object| o.parent.is_none() && kinds::is_in_namespace(&o.id);
        for object in schema.objects.values().filter(standing) {
            if let [namespace, name, ..] = object.id.path.as_slice() {
                let key = (namespace.clone(), name.clone());
                by_name.entry(key).or_default().push(object.id.clone());
            }
        }
        Self { by_name }
    }

    /// What the facets of an object name. A body is left out: PostgreSQL does not look into it.
    pub(super) fn of(&self, object: &Object) -> BTreeSet<ObjectId> {
        let mut found = BTreeSet::new();
        for (name, value) in &object.facets {
            if !common::FACETS.contains(&name.as_str()) && name != "body" {
                self.scan_value(value, &mut found);
            }
        }
        found.remove(&object.id);
        found
    }

    fn scan_value(&self, value: &Value, found: &mut BTreeSet<ObjectId>) {
        match value {
            Value::String(text) => self.scan(text, found),
            Value::Array(items) => items.iter().for_each(|item| self.scan_value(item, found)),
            Value::Object(map) => map.values().for_each(|item| self.scan_value(item, found)),
            _ => {}
        }
    }

    fn scan(&self, text: &str, found: &mut BTreeSet<ObjectId>) {
        let tokens = tokens(text);
        for (index, token) in tokens.iter().enumerate() {
            if token.kind == TokenKind::Text {
                if names_an_object(&tokens, index)
                    && let Some(value) = token.value()
                {
                    self.scan(&value, found);
                }
                continue;
            }
            let Some(name) = token.name() else { continue };
            if index > 0 && tokens[index - 1].text == "." {
                continue;
            }
            let qualified = match (tokens.get(index + 1), tokens.get(index + 2)) {
                (Some(dot), Some(next)) if dot.text == "." => next.name(),
                _ => None,
            };
            if let Some(second) = qualified {
                found.extend(self.find(&name, &second));
            }
            found.extend(self.find("public", &name));
        }
    }

    fn find(&self, namespace: &str, name: &str) -> Vec<ObjectId> {
        let key = (namespace.to_owned(), name.to_owned());
        self.by_name.get(&key).cloned().unwrap_or_default()
    }
}

/// Whether a literal is a name: `'users_id_seq'::regclass`, `nextval('users_id_seq')`.
fn names_an_object(tokens: &[Token<'_>], index: usize) -> bool {
    const FUNCTIONS: &[&str] = &["nextval", "currval", "setval", "to_regclass"];
    let cast = matches!(
        (tokens.get(index + 1), tokens.get(index + 2)),
        (Some(mark), Some(name)) if mark.text == "::" && name.text.starts_with("reg")
    );
    let argument = index >= 2
        && tokens[index - 1].text == "("
        && FUNCTIONS.iter().any(|f| tokens[index - 2].is(f));
    cast || argument
}
