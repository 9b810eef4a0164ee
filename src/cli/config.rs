//! `driftless.toml` and `.env`: what need not be said on each command line.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer};

use super::{Failure, args::GlobalArgs};
use crate::{
    db::{Environment, execute::Settings, ledger::LedgerName},
    lint::Level,
    text::parse_duration,
};

/// The name of the configuration file.
pub(crate) const FILE: &str = "driftless.toml";

/// The configuration with its file's directory, to which its paths are relative.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    /// The directory of the file, or the current one.
    pub(crate) root: PathBuf,
    /// The file, where there is one.
    pub(crate) file: Option<PathBuf>,
    /// The namespace of the tenant that is worked on.
    pub(crate) tenant: Option<String>,
    pub(crate) values: Values,
}

/// What the file may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Values {
    pub(crate) model: Option<PathBuf>,
    pub(crate) migrations: Option<PathBuf>,
    /// The database named here is one that `reset` and the like must not touch.
    pub(crate) production: bool,
    /// The script, or the folder of scripts, that `seed` runs.
    pub(crate) seed: Option<PathBuf>,
    pub(crate) url: Option<String>,
    pub(crate) scratch_url: Option<String>,
    pub(crate) pg_bindir: Option<PathBuf>,
    /// Whether the database does what Prisma's clients do for `uuid()` and `@updatedAt`.
    pub(crate) database_defaults: bool,
    pub(crate) ledger: LedgerValues,
    pub(crate) deploy: DeployValues,
    pub(crate) lint: LintValues,
}

/// `[ledger]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct LedgerValues {
    schema: Option<String>,
    table: Option<String>,
    mode: LedgerMode,
}

/// `mode`: whose ledger counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LedgerMode {
    /// Our own; what Prisma's knows is taken over once.
    #[default]
    Own,
    /// Prisma's, which is kept as Prisma keeps it.
    Prisma,
}

/// `[deploy]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct DeployValues {
    #[serde(deserialize_with = "duration")]
    lock_timeout: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    lock_wait: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    statement_timeout: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    wait: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    check_timeout: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    replica_lag: Option<Duration>,
    role: Option<String>,
    /// Migrations may run programs.
    allow_programs: bool,
    pub(crate) allow_drift: Vec<String>,
    /// SQL to run before the first pending migration.
    pub(crate) before: Vec<String>,
    /// SQL to run after the last one.
    pub(crate) after: Vec<String>,
    /// A command to run at the end.
    pub(crate) notify: Option<String>,
    search_path: Option<Vec<String>>,
}

/// `[lint]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct LintValues {
    /// Major version of the server that the scripts are for.
    pub(crate) server: Option<u32>,
    /// Who runs them: `deploy`, `whole`, `each`.
    pub(crate) transactions: Option<String>,
    /// A table with fewer rows is small.
    pub(crate) small_rows: Option<u64>,
    /// The same in bytes where nobody has counted.
    pub(crate) small_bytes: Option<u64>,
    /// Levels by hazard or class.
    pub(crate) levels: BTreeMap<String, Level>,
}

impl Config {
    /// Reads the file that the arguments name, or else the nearest one above, and the `.env`
    /// beside it.
    pub(crate) fn read(args: &GlobalArgs, environment: &mut Environment) -> Result<Self, Failure> {
        let here =
            std::env::current_dir().map_err(|error| Failure::io("find", Path::new("."), &error))?;
        let file = match &args.config {
            Some(file) => Some(file.clone()),
            None => here.ancestors().map(|dir| dir.join(FILE)).find(|file| file.is_file()),
        };
        let mut config = Self::default();
        if let Some(file) = file {
            let text =
                fs::read_to_string(&file).map_err(|error| Failure::io("read", &file, &error))?;
            config.values = toml::from_str(&text).map_err(|error| {
                let reason = error.to_string();
                let message = format!("cannot read `{}`: {}", file.display(), reason.trim());
                Failure::usage("P0030", message)
            })?;
            let parent = file.parent().filter(|dir| !dir.as_os_str().is_empty());
            config.root = parent.map_or(here, Path::to_path_buf);
            config.file = Some(file);
        } else {
            config.root = here;
        }
        read_dotenv(&config.root.join(".env"), environment);
        Ok(config)
    }

    /// The migrations directory: named, configured, Prisma's, or `migrations`.
    pub(crate) fn migrations(&self, args: &GlobalArgs) -> PathBuf {
        if let Some(path) = &args.migrations {
            return path.clone();
        }
        if let Some(path) = &self.values.migrations {
            return self.shown(self.root.join(path));
        }
        let own = self.root.join("migrations");
        let prisma = self.root.join("prisma").join("migrations");
        self.shown(if !own.is_dir() && prisma.is_dir() { prisma } else { own })
    }

    /// The model: configured, or where this project or a Prisma project has it.
    pub(crate) fn model(&self) -> Option<PathBuf> {
        if let Some(path) = &self.values.model {
            return Some(self.shown(self.root.join(path)));
        }
        ["schema.model", "prisma/schema.prisma", "schema.prisma", "prisma/schema", "prisma"]
            .iter()
            .map(|path| self.root.join(path))
            .find(|path| path.exists())
            .map(|path| self.shown(path))
    }

    /// A path below the current directory, relative to it.
    fn shown(&self, path: PathBuf) -> PathBuf {
        let here = std::env::current_dir().unwrap_or_default();
        path.strip_prefix(&here).map(Path::to_path_buf).unwrap_or(path)
    }

    /// Where the ledger is.
    pub(crate) fn ledger(&self) -> LedgerName {
        let default = LedgerName::default();
        let values = &self.values.ledger;
        if let Some(tenant) = &self.tenant {
            let table = "driftless_migrations".to_owned();
            return LedgerName { schema: tenant.clone(), table, shared: false };
        }
        LedgerName {
            schema: values.schema.clone().unwrap_or(default.schema),
            table: values.table.clone().unwrap_or(default.table),
            shared: values.mode == LedgerMode::Prisma,
        }
    }

    /// How long one question about the rows may take before a deploy; zero for none at all.
    pub(crate) fn check_timeout(&self) -> Duration {
        self.values.deploy.check_timeout.unwrap_or(Duration::from_secs(15))
    }

    /// How migrations are executed.
    pub(crate) fn settings(&self) -> Settings {
        let default = Settings::default();
        let values = &self.values.deploy;
        Settings {
            lock_timeout: values.lock_timeout.unwrap_or(default.lock_timeout),
            lock_wait: values.lock_wait.unwrap_or(default.lock_wait),
            statement_timeout: values.statement_timeout.or(default.statement_timeout),
            wait: values.wait.unwrap_or(default.wait),
            replica_lag: values.replica_lag.unwrap_or(default.replica_lag),
            search_path: match &self.tenant {
                Some(tenant) => std::iter::once(tenant.clone())
                    .chain(values.search_path.clone().unwrap_or_default())
                    .collect(),
                None => values.search_path.clone().unwrap_or(default.search_path),
            },
            tenant: self.tenant.clone(),
            programs: values.allow_programs,
            role: values.role.clone(),
        }
    }
}

/// Takes `DATABASE_URL` and `DRIFTLESS_SCRATCH_URL` from a `.env` file; the environment wins.
fn read_dotenv(file: &Path, environment: &mut Environment) {
    let Ok(text) = fs::read_to_string(file) else { return };
    for line in text.lines() {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim();
        if ["DATABASE_URL", "DRIFTLESS_SCRATCH_URL"].contains(&name) {
            environment.set_default(name, &unquote(value.trim()));
        }
    }
}

/// The value of a line of `.env`: quoted, or up to a comment.
fn unquote(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some(end) = rest.find(quote)
        {
            return rest[..end].to_owned();
        }
    }
    value.split(" #").next().unwrap_or_default().trim().to_owned()
}

fn duration<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Seconds(u64),
        Text(String),
    }
    match Value::deserialize(input)? {
        Value::Seconds(seconds) => Ok(Some(Duration::from_secs(seconds))),
        Value::Text(text) => parse_duration(&text).map(Some).map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("150ms"), Ok(Duration::from_millis(150)));
        assert_eq!(parse_duration("2"), Ok(Duration::from_secs(2)));
        assert!(parse_duration("2 weeks").unwrap_err().contains("weeks"));
        let values: Values = toml::from_str("[deploy]\nlock-timeout = \"1s\"\nwait = 5").unwrap();
        assert_eq!(values.deploy.lock_timeout, Some(Duration::from_secs(1)));
        assert_eq!(values.deploy.wait, Some(Duration::from_secs(5)));
    }

    #[test]
    fn dotenv_gives_two_variables_and_the_environment_wins() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(".env");
        fs::write(
            &file,
            "# x\nexport DATABASE_URL=\"postgres://a/b#c\"\nDRIFTLESS_SCRATCH_URL=x # y\nPATH=z\n",
        )
        .unwrap();
        let mut environment = Environment::default();
        read_dotenv(&file, &mut environment);
        assert_eq!(environment.get("DATABASE_URL"), Some("postgres://a/b#c"));
        assert_eq!(environment.get("DRIFTLESS_SCRATCH_URL"), Some("x"));
        assert_eq!(environment.get("PATH"), None);
    }
}
