//! What integration tests share: a private server, databases of their own, and runs of the binary.

use std::{
    fs,
    future::Future,
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use driftless::db::{Connection, Scratch, ScratchDb, ScratchOptions, connect};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The runtime of this process.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    })
}

/// Runs a future to its end.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// The private server of this process; it vanishes with the process.
pub(crate) fn server() -> &'static Scratch {
    static SERVER: OnceLock<Scratch> = OnceLock::new();
    SERVER.get_or_init(|| block_on(Scratch::open(&private_server())).unwrap())
}

/// A private server from the programs that `DRIFTLESS_PG_BINDIR` names, else from the newest.
pub(crate) fn private_server() -> ScratchOptions {
    let pg_bindir = std::env::var_os("DRIFTLESS_PG_BINDIR").map(Into::into);
    ScratchOptions { pg_bindir, ..ScratchOptions::default() }
}

/// A project directory and a database of its own.
pub(crate) struct Sandbox {
    pub(crate) dir: TempDir,
    pub(crate) database: ScratchDb,
    /// The connection after the server ended the first one.
    spare: Option<Connection>,
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Fails the test unless the status is that one.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless stderr holds the text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in stderr:\n{}", self.stderr);
        self
    }

    /// Fails the test unless stdout holds the text.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{text:?} is not in stdout:\n{}", self.stdout);
        self
    }
}

impl Sandbox {
    /// An empty project and an empty database.
    pub(crate) fn new() -> Self {
        let database = block_on(server().database()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("migrations")).unwrap();
        Self { dir, database, spare: None }
    }

    /// A project with migrations in Prisma's layout.
    pub(crate) fn with_migrations(migrations: &[(&str, &str)]) -> Self {
        let sandbox = Self::new();
        for (name, sql) in migrations {
            sandbox.write(&format!("migrations/{name}/migration.sql"), sql);
        }
        sandbox
    }

    /// Writes a file of the project.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The URL of the database.
    pub(crate) fn url(&self) -> String {
        self.database.url()
    }

    /// The binary with arguments, in the project directory, on the database.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = binary(self.dir.path());
        // Temporary databases on the server that is there: faster than a server for each run.
        let maintenance = self.database.target().with_database("postgres").reveal();
        command.args(args).env("DATABASE_URL", self.url());
        command.env("DRIFTLESS_SCRATCH_URL", maintenance);
        command
    }

    /// Runs the binary.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        finish(self.command(args))
    }

    /// Starts the binary.
    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Runs statements on the database.
    pub(crate) fn sql(&self, sql: &str) {
        block_on(self.session().run("test", sql)).unwrap();
    }

    /// The one value that a query returns, as text.
    pub(crate) fn value(&self, sql: &str) -> String {
        block_on(async {
            let row =
                self.session().query_one(&format!("SELECT ({sql})::text"), &[]).await.unwrap();
            row.get::<_, Option<String>>(0).unwrap_or_else(|| "NULL".to_owned())
        })
    }

    /// Connects again, after the server ended all sessions; waits until it answers.
    pub(crate) fn reconnect(&mut self) {
        if block_on(self.session().batch_execute("SELECT 1")).is_ok() {
            return;
        }
        for _ in 0..400 {
            if let Ok(connection) = block_on(connect(self.database.target())) {
                self.spare = Some(connection);
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the server does not come back");
    }

    /// The connection that tests use.
    pub(crate) fn session(&self) -> &Connection {
        self.spare.as_ref().unwrap_or_else(|| self.database.connection())
    }

    /// Another connection to the database.
    pub(crate) fn connection(&self) -> Connection {
        block_on(connect(self.database.target())).unwrap()
    }
}

/// Pseudo-random numbers with a seed that a failure names.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number from 0 on, below the limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        // Constants of Knuth's MMIX generator.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// What a variable of the environment says, for campaigns and single cases.
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::vars().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The binary in a clean environment.
pub(crate) fn binary(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_driftless"));
    for (name, _) in std::env::vars() {
        let ours = name.starts_with("DRIFTLESS_") && name != "DRIFTLESS_PG_BINDIR";
        if name.starts_with("PG") || ours || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command.current_dir(directory).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
