//! Empty temporary databases to try things in: on a named server, the development server, or a
//! private one.

mod binaries;
mod development;
mod server;

use std::{
    ops::{Deref, DerefMut},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::sync::OnceCell;

pub use self::development::Development;
use self::{binaries::find_installations, server::PrivateServer};
use super::{Connection, Environment, Error, ServerVersion, Target, connect, introspect};
use crate::{schema::Schema, sql::quote_ident};

/// What the names of temporary databases start with.
const PREFIX: &str = "driftless_scratch_";

/// Where temporary databases may come from.
#[derive(Clone, Debug, Default)]
pub struct ScratchOptions {
    /// A maintenance database on a server where databases may be created; the only source if set.
    pub url: Option<Target>,
    /// The development database: its server is used if the role may create databases there.
    /// Never a production database.
    pub development: Option<Target>,
    /// The directory of the server programs for a private server.
    pub pg_bindir: Option<PathBuf>,
    /// The major version to prefer among several installations: that of the target.
    pub major: Option<u32>,
    /// Where the initialised cluster is kept; by default the user's cache directory.
    pub cache_dir: Option<PathBuf>,
}

/// A source of empty databases.
#[derive(Debug)]
pub struct Scratch {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Connected to the maintenance database; its application name says that this run is alive.
    admin: Connection,
    target: Target,
    run: String,
    next: AtomicU32,
    private: Option<PrivateServer>,
    /// What an empty database of this server holds, once it was read.
    empty: OnceCell<Schema>,
}

/// An empty database of its own, dropped with [`ScratchDb::drop_database`] or at the end.
#[derive(Debug)]
pub struct ScratchDb {
    connection: Connection,
    name: String,
    scratch: Arc<Inner>,
}

/// Databases on servers that are not ours: what [`cleanup`] drops.
static CREATED: Mutex<Vec<(Target, String)>> = Mutex::new(Vec::new());

impl Scratch {
    /// Opens the first source that the options allow.
    ///
    /// # Errors
    /// When the server named does not let us create databases, or no private server starts.
    pub async fn open(options: &ScratchOptions) -> Result<Self, Error> {
        if let Some(target) = &options.url {
            return Self::on_server(target).await;
        }
        if let Some(target) = &options.development
            && let Ok(scratch) = Self::on_server(target).await
        {
            return Ok(scratch);
        }
        Self::private(options).await
    }

    /// The version of the server that [`Scratch::open`] would start, where it would start one:
    /// known without starting it.
    #[must_use]
    pub fn private_version(options: &ScratchOptions) -> Option<ServerVersion> {
        if options.url.is_some() || options.development.is_some() {
            return None;
        }
        let (installations, _) = find_installations(options.pg_bindir.as_deref(), options.major);
        installations.first().map(|installation| installation.version.clone())
    }

    /// Uses a server that is there, whose role may create databases.
    async fn on_server(target: &Target) -> Result<Self, Error> {
        let run = random_name();
        let target = target.with_application_name(&marker(&run));
        let admin = connect(&target).await?;
        let may_create: bool = admin
            .query_one(
                "SELECT (rolcreatedb OR rolsuper) AND NOT pg_is_in_recovery() \
                 FROM pg_roles WHERE rolname = current_user",
                &[],
            )
            .await
            .map_err(|error| Error::statement("asking for the rights of the role", &error))?
            .get(0);
        if !may_create {
            return Err(Error::NoCreateDatabase {
                target: target.to_string(),
                role: target.user().to_owned(),
            });
        }
        remove_leftovers(&admin).await;
        Ok(Self::new(admin, target, run, None))
    }

    /// Starts a server of our own.
    async fn private(options: &ScratchOptions) -> Result<Self, Error> {
        let (installations, searched) =
            find_installations(options.pg_bindir.as_deref(), options.major);
        let cache = options.cache_dir.clone().unwrap_or_else(default_cache);
        let mut last = None;
        for installation in &installations {
            match PrivateServer::start(installation, &cache).await {
                Ok((server, admin)) => {
                    let (target, run) = (server.target().clone(), random_name());
                    // Whoever is given this server's URL must know that its databases are in use.
                    let sql = format!("SET application_name = '{}'", marker(&run));
                    admin.run("naming the session of a private server", &sql).await?;
                    return Ok(Self::new(admin, target, run, Some(server)));
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| {
            let list: Vec<_> = searched.iter().map(|path| path.display().to_string()).collect();
            let searched = if list.is_empty() { "PATH".to_owned() } else { list.join(", ") };
            Error::NoBinaries { searched }
        }))
    }

    fn new(admin: Connection, target: Target, run: String, private: Option<PrivateServer>) -> Self {
        let next = AtomicU32::new(1);
        Self {
            inner: Arc::new(Inner { admin, target, run, next, private, empty: OnceCell::new() }),
        }
    }

    /// What the databases of this server hold when they are created; the one given is read if none
    /// was before.
    pub(crate) async fn empty_schema(&self, database: &ScratchDb) -> Result<Schema, Error> {
        let read = || introspect::read(database.client());
        let schema = self.inner.empty.get_or_try_init(read).await;
        schema.cloned().map_err(|error| Error::statement("reading the scratch database", &error))
    }

    /// What the server is.
    #[must_use]
    pub fn version(&self) -> &ServerVersion {
        self.inner.admin.version()
    }

    /// Whether it is a server of our own, where roles may be created at will.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.inner.private.is_some()
    }

    /// Creates an empty database and connects to it.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn database(&self) -> Result<ScratchDb, Error> {
        self.create("template0").await
    }

    /// Creates a copy of another temporary database, which nobody may be connected to.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn copy(&self, of: &str) -> Result<ScratchDb, Error> {
        self.create(of).await
    }

    async fn create(&self, template: &str) -> Result<ScratchDb, Error> {
        let number = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}_{number}", self.inner.run);
        // Copying files needs a checkpoint, which is free only where nothing is ever flushed.
        let strategy = if self.inner.private.is_some() && self.version().major() >= 15 {
            " STRATEGY file_copy"
        } else {
            ""
        };
        let template = quote_ident(template);
        if self.inner.private.is_none() {
            created().push((self.inner.target.clone(), name.clone()));
        }
        self.inner
            .admin
            .run(
                &format!("creating the scratch database `{name}`"),
                &format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}"),
            )
            .await?;
        let target = self.inner.target.with_database(&name).with_application_name("driftless");
        let connection = connect(&target).await?;
        Ok(ScratchDb { connection, name, scratch: Arc::clone(&self.inner) })
    }
}

impl ScratchDb {
    /// Its connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its server is one of ours, which nobody else uses.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.scratch.private.is_some()
    }

    /// Its URL, for other programs.
    #[must_use]
    pub fn url(&self) -> String {
        self.connection.target().reveal()
    }

    /// Drops it, whoever else is connected.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn drop_database(self) -> Result<(), Error> {
        let Self { connection, name, scratch } = self;
        drop(connection);
        scratch
            .admin
            .run(
                &format!("dropping the scratch database `{name}`"),
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            )
            .await?;
        created().retain(|(_, other)| *other != name);
        Ok(())
    }
}

impl Deref for ScratchDb {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for ScratchDb {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// Drops every temporary database that this process created on other servers and has not dropped:
/// what every command ends with, interrupted or not.
pub async fn cleanup() {
    let left = std::mem::take(&mut *created());
    for (target, name) in left {
        if let Ok(admin) = connect(&target).await {
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let _ = admin.batch_execute(&sql).await;
        }
    }
}

fn created() -> std::sync::MutexGuard<'static, Vec<(Target, String)>> {
    CREATED.lock().expect("no holder of this lock panics")
}

/// Drops databases of runs that are over: those without a session that says otherwise.
async fn remove_leftovers(admin: &Connection) {
    let sql = "SELECT d.datname FROM pg_database d \
         WHERE d.datname LIKE 'driftless\\_scratch\\_%' AND pg_has_role(d.datdba, 'MEMBER') \
           AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname \
             OR a.application_name = 'driftless scratch ' || split_part(d.datname, '_', 3))";
    let Ok(rows) = admin.query(sql, &[]).await else { return };
    for row in rows {
        let name: String = row.get(0);
        let _ =
            admin.batch_execute(&format!("DROP DATABASE IF EXISTS {}", quote_ident(&name))).await;
    }
}

fn marker(run: &str) -> String {
    format!("driftless scratch {run}")
}

/// Twelve hexadecimal digits that no other run has.
fn random_name() -> String {
    format!("{:016x}", super::random())[..12].to_owned()
}

/// The user's cache directory for driftless.
#[must_use]
pub fn default_cache() -> PathBuf {
    let environment = Environment::of_process();
    environment
        .get("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| environment.home().map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("driftless")
}
