//! A development database that needs no set-up: a private server whose data stay with the project.

use std::path::{Path, PathBuf};

use super::{ScratchOptions, binaries::find_installations, default_cache, server::PrivateServer};
use crate::db::{Error, Target};

/// The name of the database.
const DATABASE: &str = "dev";

/// The development database of a project, there as long as this value.
#[derive(Debug)]
pub struct Development {
    target: Target,
    _server: PrivateServer,
}

impl Development {
    /// Where a project keeps it.
    #[must_use]
    pub fn directory(project: &Path) -> PathBuf {
        project.join(".driftless").join("server")
    }

    /// Whether the project has one.
    #[must_use]
    pub fn exists(project: &Path) -> bool {
        Self::directory(project).join("data").join("PG_VERSION").exists()
    }

    /// Starts its server, after creating the database where there is none.
    ///
    /// # Errors
    /// When there are no server programs of its version, or the server does not start.
    pub async fn open(project: &Path, options: &ScratchOptions) -> Result<Self, Error> {
        let project = std::path::absolute(project).map_err(Error::io("find", project))?;
        let directory = Self::directory(&project);
        let version = std::fs::read_to_string(directory.join("data").join("PG_VERSION"));
        let major = version.ok().and_then(|text| text.trim().parse::<u32>().ok());
        let (installations, searched) = find_installations(options.pg_bindir.as_deref(), major);
        let fits = |found: u32| major.is_none_or(|major| major == found);
        let Some(installation) = installations.iter().find(|i| fits(i.version.major())) else {
            let list: Vec<_> = searched.iter().map(|path| path.display().to_string()).collect();
            return Err(match (major, installations.first()) {
                (Some(major), Some(_)) => Error::Server {
                    reason: format!(
                        "`{}` is of PostgreSQL {major}, whose programs are not there",
                        directory.display()
                    ),
                },
                _ => Error::NoBinaries { searched: list.join(", ") },
            });
        };
        let cache = options.cache_dir.clone().unwrap_or_else(default_cache);
        let (server, admin) = PrivateServer::start_kept(installation, &directory, &cache).await?;
        let sql = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
        let doing = "looking for the development database";
        let row =
            admin.query_one(sql, &[&DATABASE]).await.map_err(|e| Error::statement(doing, &e))?;
        if !row.get::<_, bool>(0) {
            let sql = format!("CREATE DATABASE {DATABASE} TEMPLATE template0");
            admin.run("creating the development database", &sql).await?;
        }
        Ok(Self { target: server.target().with_database(DATABASE), _server: server })
    }

    /// The database.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }
}
