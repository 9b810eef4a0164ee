//! What a command works with: configuration, environment, databases, history.

use std::{cell::OnceCell, path::PathBuf};

use super::{
    Failure, Ui,
    args::{GlobalArgs, UrlArgs},
    config::Config,
};
use crate::{
    db::{
        Connection, Development, Environment, ScratchOptions, Target, connect,
        ledger::{Entry, State},
    },
    migrations::{History, Migration, read_directory},
};

/// One run of a command.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pub(crate) ui: &'a Ui,
    pub(crate) args: &'a GlobalArgs,
    pub(crate) config: Config,
    pub(crate) environment: Environment,
    /// The development database of the project, once it was needed.
    development: OnceCell<Development>,
}

impl<'a> Session<'a> {
    pub(crate) fn open(args: &'a GlobalArgs, ui: &'a Ui) -> Result<Self, Failure> {
        let mut environment = Environment::of_process();
        let config = Config::read(args, &mut environment)?;
        Ok(Self { ui, args, config, environment, development: OnceCell::new() })
    }

    /// For one of several databases: what is said is kept by a `Ui` of its own.
    pub(crate) fn of_tenant<'u>(&self, ui: &'u Ui, tenant: Option<String>) -> Session<'u>
    where
        'a: 'u,
    {
        let config = Config { tenant, ..self.config.clone() };
        let environment = self.environment.clone();
        Session { ui, args: self.args, config, environment, development: OnceCell::new() }
    }

    /// Parses a URL together with libpq's environment.
    pub(crate) fn target(&self, url: &str) -> Result<Target, Failure> {
        Ok(Target::parse(url, &self.environment)?)
    }

    /// The database that the arguments, the environment or the configuration name, if any.
    fn named_target(&self, args: &UrlArgs) -> Result<Option<Target>, Failure> {
        let url = args.url.as_deref().or_else(|| self.environment.get("DATABASE_URL")).or(self
            .config
            .values
            .url
            .as_deref());
        if let Some(url) = url {
            return self.target(url).map(Some);
        }
        let libpq = ["PGSERVICE", "PGDATABASE", "PGHOST", "PGHOSTADDR"];
        if libpq.iter().any(|name| self.environment.get(name).is_some()) {
            return self.target("postgres://").map(Some);
        }
        Ok(None)
    }

    /// Whether there is a database to connect to.
    pub(crate) fn has_database(&self, args: &UrlArgs) -> Result<bool, Failure> {
        Ok(self.named_target(args)?.is_some() || Development::exists(&self.config.root))
    }

    /// Connects to the database named; it has to be named.
    pub(crate) async fn connect_named(&self, args: &UrlArgs) -> Result<Connection, Failure> {
        Ok(connect(&self.target_named(args)?).await?)
    }

    /// Where the database named is; it has to be named.
    pub(crate) fn target_named(&self, args: &UrlArgs) -> Result<Target, Failure> {
        self.named_target(args)?.ok_or_else(|| {
            Failure::usage("P0031", "no database is named")
                .help("set `DATABASE_URL`, or give `--url`")
        })
    }

    /// Connects to the database named, or else to the project's own, if it has one.
    pub(crate) async fn connect(&self, args: &UrlArgs) -> Result<Connection, Failure> {
        if self.named_target(args)?.is_none() && Development::exists(&self.config.root) {
            return self.connect_development().await;
        }
        self.connect_named(args).await
    }

    /// Connects to the database named, or else to the project's own, which is created if need be.
    pub(crate) async fn connect_or_create(&self, args: &UrlArgs) -> Result<Connection, Failure> {
        match self.named_target(args)? {
            Some(target) => Ok(connect(&target).await?),
            None => self.connect_development().await,
        }
    }

    async fn connect_development(&self) -> Result<Connection, Failure> {
        if self.development.get().is_none() {
            let first = !Development::exists(&self.config.root);
            let options = self.scratch_options(None, None)?;
            let development = Development::open(&self.config.root, &options).await?;
            if first {
                let directory = Development::directory(&self.config.root);
                self.ui.say(&format!(
                    "no database is named: the project gets one of its own in `{}`",
                    directory.display()
                ));
            }
            let _ = self.development.set(development);
        }
        let development = self.development.get().expect("it was set above");
        Ok(connect(development.target()).await?)
    }

    /// Where temporary databases come from; the development database only where it is one.
    pub(crate) fn scratch_options(
        &self,
        development: Option<Target>,
        major: Option<u32>,
    ) -> Result<ScratchOptions, Failure> {
        let url = self
            .args
            .scratch_url
            .as_deref()
            .or_else(|| self.environment.get("DRIFTLESS_SCRATCH_URL"))
            .or(self.config.values.scratch_url.as_deref());
        let named = || self.environment.get("DRIFTLESS_PG_BINDIR").map(PathBuf::from);
        let configured = || self.config.values.pg_bindir.as_ref().map(|p| self.config.root.join(p));
        Ok(ScratchOptions {
            url: url.map(|url| self.target(url)).transpose()?,
            development,
            pg_bindir: self.args.pg_bindir.clone().or_else(named).or_else(configured),
            major,
            cache_dir: None,
        })
    }

    /// The model, which has to be there.
    pub(crate) fn model_path(&self) -> Result<PathBuf, Failure> {
        self.config.model().ok_or_else(|| {
            Failure::usage("P0044", "there is no model: no `schema.model` and none is configured")
                .help("run `driftless init`, or name it with `model = \"…\"` in `driftless.toml`")
        })
    }

    /// The migrations directory.
    pub(crate) fn migrations_path(&self) -> PathBuf {
        self.config.migrations(self.args)
    }

    /// The migrations in order.
    pub(crate) fn history(&self) -> Result<History, Failure> {
        Ok(History::of(read_directory(&self.migrations_path())?)?)
    }
}

/// Finds the one migration that a text names.
pub(crate) fn one_migration<'h>(
    history: &'h History,
    text: &str,
) -> Result<&'h Migration, Failure> {
    Ok(history.at_point(text)?)
}

/// The migrations up to the point that a text names; relative to what a ledger says where there is
/// one.
pub(crate) fn upto<'h>(
    history: &'h History,
    text: &str,
    entries: Option<&[Entry]>,
) -> Result<Vec<&'h Migration>, Failure> {
    let here = entries.map(|entries| {
        let applied = entries.iter().filter(|entry| entry.state() == State::Applied);
        applied.map(|entry| entry.name.as_str()).collect()
    });
    Ok(history.upto_point(text, here.as_ref())?)
}
