//! Schemas made from text: what a model, a history or a script leads to, by way of a scratch server
//! that is started only when the cache does not know the answer.

use std::{collections::BTreeSet, path::Path};

use super::{
    Failure, Session,
    state::read,
    validate::{report, valid_model},
};
use crate::{
    db::{
        ElaborateError, Scratch, ScratchDb, ScratchOptions, Target,
        cache::{CacheKey, SchemaCache},
        elaborate,
        replay::{replay, run_script},
        scratch::default_cache,
    },
    kinds::{beside, keep_unspoken, lower},
    migrations::Migration,
    model::{Model, with_database_defaults},
    schema::{Draft, Fingerprint, Object, ObjectId, Schema},
    text::{Diagnostic, Source},
};

/// A scratch server in waiting.
#[derive(Debug)]
pub(crate) struct Workbench<'s> {
    session: &'s Session<'s>,
    options: ScratchOptions,
    cache: SchemaCache,
    scratch: Option<Scratch>,
    /// `server_version_num` of the scratch server, once known.
    version: Option<u32>,
}

/// A model that was read: what it asks for, and where.
#[derive(Debug)]
pub(crate) struct ReadModel {
    pub(crate) draft: Draft,
    pub(crate) resolved: Model,
    pub(crate) sources: Vec<Source>,
}

impl<'s> Workbench<'s> {
    /// Prefers the major version given; uses the development server only where one is named.
    pub(crate) fn new(
        session: &'s Session<'s>,
        development: Option<Target>,
        major: Option<u32>,
    ) -> Result<Self, Failure> {
        let options = session.scratch_options(development, major)?;
        let version = Scratch::private_version(&options).map(|version| version.number);
        let cache = SchemaCache::in_directory(&default_cache());
        Ok(Self { session, options, cache, scratch: None, version })
    }

    pub(crate) fn session(&self) -> &'s Session<'s> {
        self.session
    }

    async fn scratch(&mut self) -> Result<&Scratch, Failure> {
        if self.scratch.is_none() {
            let scratch = Scratch::open(&self.options).await?;
            self.version = Some(scratch.version().number);
            self.scratch = Some(scratch);
        }
        Ok(self.scratch.as_ref().expect("it was opened above"))
    }

    /// An empty database.
    pub(crate) async fn database(&mut self) -> Result<ScratchDb, Failure> {
        Ok(self.scratch().await?.database().await?)
    }

    async fn key(&mut self, texts: &[&str]) -> Result<CacheKey, Failure> {
        if self.version.is_none() {
            self.scratch().await?;
        }
        Ok(CacheKey::of(self.version.unwrap_or_default(), texts.iter().copied()))
    }

    /// What migrations lead to on an empty database.
    pub(crate) async fn schema_of_history(
        &mut self,
        migrations: &[&Migration],
    ) -> Result<Schema, Failure> {
        if migrations.is_empty() {
            return Ok(Schema::of_empty_database());
        }
        let texts: Vec<_> = migrations.iter().map(|migration| migration.up.as_str()).collect();
        let key = self.key(&texts).await?;
        if let Some(schema) = self.cache.get(&key) {
            return Ok(schema);
        }
        let database = self.database().await?;
        replay(&database, migrations.iter().copied()).await?;
        let schema = read(&database, self.session).await?;
        database.drop_database().await?;
        self.cache.put(&key, &schema);
        Ok(schema)
    }

    /// The fingerprint of what migrations lead to, where the cache knows it.
    pub(crate) async fn fingerprint_of_history(
        &mut self,
        migrations: &[&Migration],
    ) -> Result<Option<Fingerprint>, Failure> {
        let texts: Vec<_> = migrations.iter().map(|migration| migration.up.as_str()).collect();
        let key = self.key(&texts).await?;
        Ok(self.cache.fingerprint(&key))
    }

    /// What a script leads to on an empty database.
    pub(crate) async fn schema_of_script(&mut self, file: &Path) -> Result<Schema, Failure> {
        let text =
            std::fs::read_to_string(file).map_err(|error| Failure::io("read", file, &error))?;
        let database = self.database().await?;
        run_script(&database, &file.display().to_string(), &text).await?;
        let schema = read(&database, self.session).await?;
        database.drop_database().await?;
        Ok(schema)
    }

    /// What a model asks for, as PostgreSQL spells it. One in Prisma's language may rely on
    /// functions that are there.
    pub(crate) async fn schema_of_model(
        &mut self,
        model: &ReadModel,
        there: &Schema,
    ) -> Result<Schema, Failure> {
        let draft = model.draft_beside(there);
        let ground = &draft.objects[model.draft.objects.len()..];
        let ground: Vec<&Object> = ground.iter().map(|drafted| &drafted.object).collect();
        let ground = serde_json::to_string(&ground).unwrap_or_default();
        let mut texts = vec!["model", &ground];
        if self.session.config.values.database_defaults {
            texts.push("database-defaults");
        }
        texts.extend(model.sources.iter().flat_map(|s| [s.name.as_str(), s.text.as_str()]));
        let key = self.key(&texts).await?;
        if let Some(schema) = self.cache.get(&key) {
            return Ok(schema);
        }
        let scratch = self.scratch().await?;
        match elaborate(&draft, scratch).await {
            Ok(schema) => {
                self.cache.put(&key, &schema);
                Ok(schema)
            }
            Err(ElaborateError::Database(error)) => Err(error.into()),
            Err(ElaborateError::Model(findings)) => {
                report(&findings, &model.sources, self.session);
                Err(refused(&findings))
            }
        }
    }
}

impl ReadModel {
    /// Whether all of it is in Prisma's language, which has no words for most kinds of objects.
    pub(crate) fn is_prisma(&self) -> bool {
        self.sources.iter().all(|source| source.name.ends_with(".prisma"))
    }

    /// What it asks for, with what it may rely on without saying it.
    fn draft_beside(&self, there: &Schema) -> Draft {
        if self.is_prisma() { beside(&self.draft, there) } else { self.draft.clone() }
    }

    /// Takes over what is there and a model in Prisma's language cannot say.
    pub(crate) fn complete(&self, there: &Schema, asked: &mut Schema, session: &Session<'_>) {
        if self.is_prisma() {
            complete(there, asked, &self.draft.namespaces, session);
        }
    }
}

/// Takes over what is there and Prisma's language cannot say, and tells of it.
pub(crate) fn complete(
    there: &Schema,
    asked: &mut Schema,
    namespaces: &BTreeSet<String>,
    session: &Session<'_>,
) {
    let kept = keep_unspoken(there, asked, namespaces);
    let part = |id: &&ObjectId| {
        let parent = there.get(id).and_then(|object| object.parent.as_ref());
        parent.is_some_and(|parent| kept.contains(parent))
    };
    let objects: Vec<_> = kept.iter().filter(|id| !part(id)).collect();
    if objects.is_empty() {
        return;
    }
    let count = objects.len();
    session.ui.say(&format!("left alone: {count} objects that Prisma's language cannot say"));
    for id in objects {
        session.ui.detail(&format!("    {id}"));
    }
}

/// Reads, validates and lowers a model.
pub(crate) fn read_model(path: &Path, session: &Session<'_>) -> Result<ReadModel, Failure> {
    let (model, sources) = valid_model(path, session)?;
    lowered(model, sources, session)
}

/// Lowers a model that was validated.
pub(crate) fn lowered(
    model: Model,
    sources: Vec<Source>,
    session: &Session<'_>,
) -> Result<ReadModel, Failure> {
    let database_defaults = session.config.values.database_defaults;
    let model = if database_defaults { with_database_defaults(model) } else { model };
    let (draft, findings) = lower(&model);
    report(&findings, &sources, session);
    if findings.iter().any(Diagnostic::is_error) {
        return Err(refused(&findings));
    }
    Ok(ReadModel { draft, resolved: model, sources })
}

fn refused(findings: &[Diagnostic]) -> Failure {
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let plural = if errors == 1 { "" } else { "s" };
    Failure::usage("P0036", format!("the model asks for {errors} thing{plural} it cannot have"))
        .help("correct what is shown above")
}
