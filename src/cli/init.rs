//! `init`: the files that a project starts with.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;

use super::{ExitStatus, Failure, Session, config::FILE};
use crate::migrations::rename_into_place;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Where the project is
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// Adopt the Prisma project in this directory: its schema, its migrations, its ledger
    #[arg(long, value_name = "DIR", conflicts_with = "directory")]
    from_prisma: Option<PathBuf>,
}

pub(crate) fn run(args: &InitArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let root = args.from_prisma.as_ref().unwrap_or(&args.directory);
    let config = root.join(FILE);
    if config.exists() {
        let message = format!("`{}` is there already", config.display());
        return Err(Failure::usage("P0048", message));
    }
    let mut written = Vec::new();
    if args.from_prisma.is_some() {
        let project = PrismaProject::find(root)?;
        write(&config, &prisma_config(&project), &mut written)?;
        session.ui.say(&format!(
            "model: {}\nmigrations: {}",
            root.join(&project.schema).display(),
            root.join(&project.migrations).display()
        ));
    } else {
        let migrations = root.join("migrations");
        fs::create_dir_all(&migrations)
            .map_err(|error| Failure::io("create", &migrations, &error))?;
        write(&config, CONFIG, &mut written)?;
        let model = root.join("schema.model");
        if !model.exists() {
            write(&model, MODEL, &mut written)?;
        }
    }
    if session.ui.json {
        session.ui.json(&json!({ "written": written }));
    } else {
        for file in &written {
            session.ui.data(&format!("{}\n", file.display()));
        }
    }
    session.ui.say("set DATABASE_URL, edit the model, and run `driftless dev`");
    Ok(ExitStatus::Done)
}

fn write(path: &Path, text: &str, written: &mut Vec<PathBuf>) -> Result<(), Failure> {
    rename_into_place(path, text).map_err(|error| Failure::io("write", path, &error))?;
    written.push(path.to_owned());
    Ok(())
}

const CONFIG: &str = r#"# What `driftless` need not be told on each command line. All of it is optional.

model = "schema.model"
migrations = "migrations"

# The database is named by `--url`, else DATABASE_URL in the environment or in `.env`.

# [ledger]
# schema = "driftless"
# table = "migrations"

# [deploy]
# lock-timeout = "150ms"   # how long a statement may make others wait behind it
# lock-wait = "60s"        # how long to go on asking
# wait = "60s"             # how long to wait for another deploy
# allow-drift = ["table public.tmp_*"]
"#;

const MODEL: &str = r#"// What the database is to be. After an edit, `driftless dev` writes the migration.

model User {
  id        Int      @id @default(autoincrement())
  email     String   @unique
  createdAt DateTime @default(now()) @map("created_at") @db.Timestamptz

  @@map("users")
}
"#;

/// Where a Prisma project keeps its files, relative to its directory.
#[derive(Debug, PartialEq, Eq)]
struct PrismaProject {
    schema: PathBuf,
    migrations: PathBuf,
}

impl PrismaProject {
    fn find(root: &Path) -> Result<Self, Failure> {
        let stated = stated_paths(root);
        let schema = stated.0.or_else(|| {
            ["prisma/schema.prisma", "schema.prisma", "prisma/schema", "schema"]
                .iter()
                .map(PathBuf::from)
                .find(|path| root.join(path).exists())
        });
        let Some(schema) = schema.filter(|path| root.join(path).exists()) else {
            let message = format!("there is no Prisma schema in `{}`", root.display());
            return Err(Failure::usage("P0049", message).help(
                "it is looked for in `prisma/schema.prisma`, and where `prisma.config.*` says",
            ));
        };
        let beside = schema.parent().unwrap_or(Path::new("")).join("migrations");
        Ok(Self { migrations: stated.1.unwrap_or(beside), schema })
    }
}

/// What `prisma.config.*` and `package.json` say, without running any of it.
fn stated_paths(root: &Path) -> (Option<PathBuf>, Option<PathBuf>) {
    for end in ["ts", "mts", "cts", "js", "mjs", "cjs"] {
        for name in ["prisma.config", "prisma7.config", ".config/prisma"] {
            let path = root.join(format!("{name}.{end}"));
            if let Ok(text) = fs::read_to_string(path) {
                return (string_after(&text, "schema"), migrations_path(&text));
            }
        }
    }
    let package = fs::read_to_string(root.join("package.json")).ok();
    let schema = package
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .and_then(|json| json.pointer("/prisma/schema")?.as_str().map(PathBuf::from));
    (schema, None)
}

/// The path within `migrations: { path: "…" }`.
fn migrations_path(text: &str) -> Option<PathBuf> {
    let at = text.find("migrations")?;
    let block = &text[at..];
    let end = block.find('}').unwrap_or(block.len());
    string_after(&block[..end], "path")
}

/// The string literal after `key:`, with `path.join("a", "b")` put together.
fn string_after(text: &str, key: &str) -> Option<PathBuf> {
    let mut rest = text;
    loop {
        let at = rest.find(key)?;
        let word_before = rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        rest = &rest[at + key.len()..];
        let Some(value) = rest.trim_start().strip_prefix(':') else { continue };
        if word_before {
            continue;
        }
        let line = value.trim_start().lines().next()?;
        let parts: Vec<&str> = line.split(['"', '\'', '`']).skip(1).step_by(2).collect();
        return (!parts.is_empty()).then(|| parts.iter().collect());
    }
}

fn prisma_config(project: &PrismaProject) -> String {
    let quote = |path: &Path| path.display().to_string().replace('\\', "/");
    format!(
        "# A Prisma project: its files and its ledger are used as they are.\n\n\
         model = \"{}\"\nmigrations = \"{}\"\n\n\
         [ledger]\n# `prisma` keeps `_prisma_migrations` as Prisma does, so that both tools can be used;\n\
         # `own` takes it over once and leaves it alone from then on.\nmode = \"prisma\"\n",
        quote(&project.schema),
        quote(&project.migrations)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_from_a_configuration_that_is_not_run() {
        let text = "export default defineConfig({\n  // the schemas\n  schema: path.join('db', \
                    \"schema\"),\n  migrations: {\n    seed: `x`,\n    path: 'db/migrations',\n  },\n})";
        assert_eq!(string_after(text, "schema"), Some(PathBuf::from("db/schema")));
        assert_eq!(migrations_path(text), Some(PathBuf::from("db/migrations")));
        assert_eq!(string_after("datasource: 1", "schema"), None);
    }
}
