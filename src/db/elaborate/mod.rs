//! From a draft to a schema: what a model asks for is created in a scratch database and read back,
//! so that every expression comes in PostgreSQL's own spelling.

mod mentions;
mod roles;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use self::mentions::Mentions;
use super::{Connection, Error, Scratch, introspect};
use crate::{
    kinds, plan,
    schema::{Draft, Object, ObjectId, Schema},
    sql::quote_ident,
    text::{Diagnostic, Span, code},
};

/// Why a draft is no schema.
#[derive(Debug, thiserror::Error)]
pub enum ElaborateError {
    /// The server or the connection failed.
    #[error(transparent)]
    Database(#[from] Error),
    /// The model asks for something that PostgreSQL refuses.
    #[error("{}", .0.first().map_or("the model is refused", |d| d.message.as_str()))]
    Model(Vec<Diagnostic>),
}

/// Creates what a draft asks for in a database of its own, reads it back, and drops it again.
///
/// # Errors
/// [`ElaborateError::Model`] with one finding for each object that PostgreSQL refuses.
pub async fn elaborate(draft: &Draft, scratch: &Scratch) -> Result<Schema, ElaborateError> {
    let database = scratch.database().await?;
    let result = async {
        let before = scratch.empty_schema(&database).await?;
        elaborate_on(draft, database.connection(), scratch.is_private(), &before).await
    }
    .await;
    database.drop_database().await?;
    result
}

/// Creates what a draft asks for in a database that holds what `before` says, and reads it back.
///
/// Roles that the draft names are created where they are missing if `may_create_roles`.
///
/// # Errors
/// As [`elaborate`].
pub async fn elaborate_on(
    draft: &Draft,
    connection: &Connection,
    may_create_roles: bool,
    before: &Schema,
) -> Result<Schema, ElaborateError> {
    let findings = roles::provide(draft, connection, may_create_roles).await?;
    if !findings.is_empty() {
        return Err(ElaborateError::Model(findings));
    }
    connection.run("preparing the scratch database", &prelude(draft)).await?;
    let wanted = Wanted::new(draft, before)?;
    let plan = wanted.plan(before)?;
    let findings = run::run(&plan, &wanted, connection).await?;
    if !findings.is_empty() {
        return Err(ElaborateError::Model(findings));
    }
    let mut schema = introspect::read(connection.client())
        .await
        .map_err(|error| Error::statement("reading the scratch database", &error))?;
    leave_open(&mut schema, draft);
    Ok(schema)
}

/// Session settings under which the model's SQL is read.
fn prelude(draft: &Draft) -> String {
    // The types, functions and operator classes of extensions are named as where they are used.
    let namespaces: BTreeSet<&str> = draft
        .objects
        .iter()
        .filter(|d| d.object.id.is("extension"))
        .filter_map(|d| d.object.text("schema"))
        .filter(|name| *name != "public" && *name != "pg_catalog")
        .collect();
    let path: Vec<String> = std::iter::once("public").chain(namespaces).map(quote_ident).collect();
    format!(
        "SET check_function_bodies = off; SET search_path = {}; SET client_min_messages = error; \
         SET synchronous_commit = off; SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; \
         SET intervalstyle = 'postgres'",
        path.join(", ")
    )
}

/// What is to be created: the draft as if it were a schema.
struct Wanted {
    schema: Schema,
    spans: BTreeMap<ObjectId, Span>,
    /// Dependencies that were read out of the text of expressions and may be none.
    guesses: BTreeSet<(ObjectId, ObjectId)>,
}

impl Wanted {
    fn new(draft: &Draft, before: &Schema) -> Result<Self, ElaborateError> {
        let mut schema = Schema { server_version: before.server_version, ..Schema::default() };
        let mut spans: BTreeMap<ObjectId, Span> = BTreeMap::new();
        let mut findings = Vec::new();
        for wanted in &draft.objects {
            let id = &wanted.object.id;
            if let Some(first) = spans.get(id) {
                let message = format!("`{id}` is defined twice");
                findings.push(
                    Diagnostic::error(&code::E0802, wanted.span, message)
                        .also(*first, "first defined here"),
                );
                continue;
            }
            spans.insert(id.clone(), wanted.span);
            schema.insert(Object { open: BTreeSet::new(), ..wanted.object.clone() });
        }
        if !findings.is_empty() {
            return Err(ElaborateError::Model(findings));
        }
        let guesses = add_dependencies(&mut schema);
        Ok(Self { schema, spans, guesses })
    }

    /// Orders the creation; a circle of which one part is only guessed is broken there.
    fn plan(&self, before: &Schema) -> Result<plan::Plan, ElaborateError> {
        let mut schema = self.schema.clone();
        let mut guesses = self.guesses.clone();
        loop {
            let circle = match plan::plan(before, &schema, plan::Mode::Direct) {
                Ok(plan) => return Ok(plan),
                Err(circle) => circle.0,
            };
            let inside = families(&circle, &schema);
            let wrong: Vec<(ObjectId, ObjectId)> = guesses
                .iter()
                .filter(|(from, to)| inside.contains(from) && inside.contains(to))
                .cloned()
                .collect();
            if wrong.is_empty() {
                return Err(ElaborateError::Model(vec![self.circle(&circle)]));
            }
            for guess in wrong {
                if let Some(object) = schema.objects.get_mut(&guess.0) {
                    object.deps.remove(&guess.1);
                }
                guesses.remove(&guess);
            }
        }
    }

    fn circle(&self, ids: &[ObjectId]) -> Diagnostic {
        let names: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
        let message = format!("{} need each other", names.join(", "));
        let span = |id: &ObjectId| self.spans.get(id).copied().unwrap_or(Span::NONE);
        let first = ids.first().map_or(Span::NONE, span);
        ids.iter()
            .skip(1)
            .fold(Diagnostic::error(&code::E0806, first, message), |diagnostic, id| {
                diagnostic.also(span(id), "and this")
            })
    }
}

/// Objects with all that is part of them, however deep.
fn families<'a>(ids: &'a [ObjectId], schema: &'a Schema) -> BTreeSet<&'a ObjectId> {
    let mut parts: BTreeMap<&ObjectId, Vec<&ObjectId>> = BTreeMap::new();
    for object in schema.objects.values() {
        if let Some(parent) = &object.parent {
            parts.entry(parent).or_default().push(&object.id);
        }
    }
    let mut found = BTreeSet::new();
    let mut open: Vec<&ObjectId> = ids.iter().collect();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(parts.get(id).into_iter().flatten());
        }
    }
    found
}

/// Adds what each object obviously needs, and returns what is only guessed from its text.
fn add_dependencies(schema: &mut Schema) -> BTreeSet<(ObjectId, ObjectId)> {
    let mentions = Mentions::new(schema);
    let mut guesses = BTreeSet::new();
    let mut certain = Vec::new();
    for object in schema.objects.values() {
        if let Some(parent) = &object.parent {
            certain.push((object.id.clone(), parent.clone()));
        } else if let Some(namespace) = namespace(object, schema) {
            certain.push((object.id.clone(), namespace));
        }
        let root = root(object, schema);
        for dep in mentions.of(object) {
            if dep != root && !object.deps.contains(&dep) {
                guesses.insert((object.id.clone(), dep));
            }
        }
    }
    for (id, dep) in certain.into_iter().chain(guesses.iter().cloned()) {
        if let Some(object) = schema.objects.get_mut(&id) {
            object.deps.insert(dep);
        }
    }
    guesses
}

fn namespace(object: &Object, schema: &Schema) -> Option<ObjectId> {
    let name = match object.text("schema") {
        Some(name) => name,
        None if kinds::is_in_namespace(&object.id) => object.id.path.first()?,
        None => return None,
    };
    let id = ObjectId::new("namespace", [name]);
    schema.get(&id).is_some().then_some(id)
}

/// The object that it is part of, however far up.
fn root(object: &Object, schema: &Schema) -> ObjectId {
    let mut at = object;
    while let Some(parent) = at.parent.as_ref().and_then(|p| schema.get(p)) {
        at = parent;
    }
    at.id.clone()
}

/// Marks what the model leaves to the server: the owner, the version of an extension.
fn leave_open(schema: &mut Schema, draft: &Draft) {
    let mut stated: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
    let mut open: BTreeMap<(String, Vec<String>), BTreeSet<String>> = BTreeMap::new();
    // The identity of a routine ends with types that only the server knows how to spell.
    let key = |object: &Object| {
        let path = &object.id.path;
        (object.id.kind.to_string(), path[..path.len().min(2)].to_vec())
    };
    for wanted in &draft.objects {
        if wanted.object.facets.contains_key("owner") {
            stated.insert(key(&wanted.object));
        }
        if !wanted.object.open.is_empty() {
            open.entry(key(&wanted.object)).or_default().extend(wanted.object.open.iter().cloned());
        }
    }
    for object in schema.objects.values_mut() {
        let key = key(object);
        if !stated.contains(&key) {
            object.open.insert("owner".to_owned());
        }
        if let Some(facets) = open.get(&key) {
            object.open.extend(facets.iter().cloned());
        }
    }
    debug_assert!(schema.objects.keys().all(|id| kinds::named(&id.kind).is_some()));
}
