//! A private PostgreSQL server: its own directory, a unix socket only, gone when its owner is.

use std::{
    fs::{self, File},
    io::Read as _,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use super::binaries::Installation;
use crate::db::{
    Connection, Environment, Error, Target, connect,
    environment::{Account, account_by},
};

/// Runs the server and stops it when standard input ends, which it does however the owner ends:
/// `$1` the directory, `$2` the signal that stops it, `$3` what to remove then, and the command.
///
/// A shell does this rather than this process so that it happens even after `kill -9`.
const KEEPER: &str = r#"
dir=$1 stop=$2 remove=$3; shift 3
exec 3<&0
"$@" >"$dir/log" 2>&1 </dev/null 3<&- &
server=$!
( read -r line <&3; kill -s "$stop" "$server" 2>/dev/null ) &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
[ "$status" = 0 ] || tail -n 5 "$dir/log" >&2
rm -rf -- "$remove"
"#;

/// What the temporary directories of private servers start with.
const PREFIX: &str = "driftless-pg-";

/// What the directories of sockets of servers that are kept start with.
const SOCKETS: &str = "driftless-socket-";

/// Settings of a server whose data nobody will miss.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=logical",
    "autovacuum=off",
    "max_locks_per_transaction=1024",
    "max_connections=60",
    "max_prepared_transactions=10",
    "shared_buffers=32MB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "lc_messages=C",
    "datestyle=ISO, MDY",
    "intervalstyle=postgres",
    "log_min_messages=fatal",
    "log_checkpoints=off",
    "default_text_search_config=pg_catalog.english",
];

/// A running private server.
#[derive(Debug)]
pub(super) struct PrivateServer {
    target: Target,
    keeper: Child,
    /// Held as long as the server is wanted; a lock that is free marks a directory left behind.
    _lock: File,
}

impl PrivateServer {
    /// Starts a server from an installation, on a copy of the cached template; nothing of it stays.
    pub(super) async fn start(
        installation: &Installation,
        cache: &Path,
    ) -> Result<(Self, Connection), Error> {
        let account = unprivileged_account()?;
        sweep();
        let directory = temporary_directory(PREFIX, account.as_ref())?;
        let lock_file = directory.path().join("lock");
        let lock = File::create(&lock_file).map_err(Error::io("create", &lock_file))?;
        lock.lock().map_err(Error::io("lock", &lock_file))?;
        let template = template(installation, cache, directory.path(), account.as_ref())?;
        copy_tree(&template, &directory.path().join("data"), account.as_ref())?;
        // From here on the keeper removes the directory.
        let directory = directory.keep();
        // Nothing of it is worth a checkpoint.
        let places = Places { directory: &directory, sockets: &directory, stop: "QUIT" };
        places.run(installation, account.as_ref(), lock).await
    }

    /// Starts a server whose data stay in a directory, which nobody else may use meanwhile.
    pub(super) async fn start_kept(
        installation: &Installation,
        directory: &Path,
        cache: &Path,
    ) -> Result<(Self, Connection), Error> {
        let account = unprivileged_account()?;
        fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
        let lock_file = directory.join("lock");
        let lock = File::create(&lock_file).map_err(Error::io("create", &lock_file))?;
        lock_patiently(&lock, &lock_file).await?;
        give(directory, account.as_ref())?;
        check_access(directory, account.as_ref())?;
        let data = directory.join("data");
        wait_for_predecessor(&data).await;
        if !data.join("PG_VERSION").exists() {
            let template = template(installation, cache, directory, account.as_ref())?;
            let partial = directory.join("partial");
            let _ = fs::remove_dir_all(&partial);
            copy_tree(&template, &partial, account.as_ref())?;
            fs::rename(&partial, &data).map_err(Error::io("create", &data))?;
        }
        // A socket's path has to be short, and a project's may be long.
        let sockets = temporary_directory(SOCKETS, account.as_ref())?.keep();
        let places = Places { directory, sockets: &sockets, stop: "INT" };
        places.run(installation, account.as_ref(), lock).await
    }

    /// Its maintenance database.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }
}

/// Where a server lives, and how it is stopped.
struct Places<'p> {
    /// Holds `data` and `log`.
    directory: &'p Path,
    /// Holds its socket, and is removed in the end.
    sockets: &'p Path,
    stop: &'static str,
}

impl Places<'_> {
    async fn run(
        &self,
        installation: &Installation,
        account: Option<&Account>,
        lock: File,
    ) -> Result<(PrivateServer, Connection), Error> {
        let mut keeper = self
            .spawn_keeper(installation, account)
            .map_err(Error::io("run `sh` in", self.directory))?;
        let target = socket_target(self.sockets)?;
        match wait_until_ready(&target, &mut keeper).await {
            Ok(connection) => Ok((PrivateServer { target, keeper, _lock: lock }, connection)),
            Err(error) => {
                drop(keeper.stdin.take());
                let _ = keeper.wait();
                Err(error)
            }
        }
    }

    fn spawn_keeper(
        &self,
        installation: &Installation,
        account: Option<&Account>,
    ) -> std::io::Result<Child> {
        let mut command = command("sh", account);
        command.arg("-c").arg(KEEPER).arg("driftless").arg(self.directory);
        command.arg(self.stop).arg(self.sockets);
        command
            .arg(installation.bindir.join("postgres"))
            .arg("-D")
            .arg(self.directory.join("data"));
        command.arg("-c").arg(format!("unix_socket_directories={}", self.sockets.display()));
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        command
            // Ctrl-C reaches the whole group of the terminal; the server is stopped by its keeper.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
    }
}

fn temporary_directory(
    prefix: &str,
    account: Option<&Account>,
) -> Result<tempfile::TempDir, Error> {
    let root = temporary_root();
    let directory = tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in(&root)
        .map_err(Error::io("create a directory in", root))?;
    give(directory.path(), account)?;
    Ok(directory)
}

/// Waits for another process that uses the directory, as long as that takes a moment only.
async fn lock_patiently(lock: &File, file: &Path) -> Result<(), Error> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while lock.try_lock().is_err() {
        if Instant::now() > deadline {
            let reason = format!("another driftless uses `{}`", file.display());
            return Err(Error::Server { reason });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// A predecessor that was killed leaves its server to the keeper, which needs a moment.
async fn wait_for_predecessor(data: &Path) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while server_of(data).is_some() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// PostgreSQL does not run as root, and who it runs as instead has to get at its files.
fn check_access(directory: &Path, account: Option<&Account>) -> Result<(), Error> {
    let Some(account) = account else { return Ok(()) };
    let reached = command("sh", Some(account))
        .args(["-c", "test -w \"$1\" && cd \"$1\"", "driftless"])
        .arg(directory)
        .stderr(Stdio::null())
        .status()
        .map_err(Error::io("run `sh` in", directory))?;
    if reached.success() {
        return Ok(());
    }
    let reason = format!(
        "PostgreSQL does not run as root, and the user `{}` cannot get at `{}`",
        account.name,
        directory.display()
    );
    Err(Error::Server { reason })
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The account to run the server as where this process may not: PostgreSQL refuses root.
fn unprivileged_account() -> Result<Option<Account>, Error> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| account_by(|account| account.name == *name))
        .map(Some)
        .ok_or_else(|| Error::Server {
            reason: "PostgreSQL does not run as root, and there is neither a user `postgres` nor \
                     `nobody`"
                .to_owned(),
        })
}

/// Where temporary directories go: a socket's path may not be longer than some 100 bytes.
fn temporary_root() -> PathBuf {
    let root = std::env::temp_dir();
    if root.as_os_str().len() > 60 { PathBuf::from("/tmp") } else { root }
}

fn socket_target(directory: &Path) -> Result<Target, Error> {
    let url = format!("host={} port=5432 user=postgres dbname=postgres", directory.display());
    Target::parse(&url, &Environment::default())
}

/// A command in a clean environment, as the account where one is given.
fn command(program: impl AsRef<std::ffi::OsStr>, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("PG") || text.starts_with("LC_") {
            command.env_remove(&name);
        }
    }
    command.env("LC_ALL", "C").current_dir("/");
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

async fn wait_until_ready(target: &Target, keeper: &mut Child) -> Result<Connection, Error> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let socket = PathBuf::from(&target.hosts()[0].host).join(".s.PGSQL.5432");
    loop {
        if let Ok(Some(_)) = keeper.try_wait() {
            let mut reason = String::new();
            if let Some(mut log) = keeper.stderr.take() {
                let _ = log.read_to_string(&mut reason);
            }
            return Err(Error::Server { reason: reason.trim().to_owned() });
        }
        if socket.exists() {
            match connect(target).await {
                Ok(connection) => return Ok(connection),
                Err(Error::Unavailable { .. } | Error::Unreachable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if Instant::now() > deadline {
            return Err(Error::Server { reason: "it was not ready within 60 s".to_owned() });
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The directory of an initialised cluster of that version; made when the cache has none.
fn template(
    installation: &Installation,
    cache: &Path,
    work: &Path,
    account: Option<&Account>,
) -> Result<PathBuf, Error> {
    let version = installation.version.text.split_whitespace().next().unwrap_or("unknown");
    let path = cache.join(format!("cluster-1-{version}"));
    if path.join("PG_VERSION").exists() {
        return Ok(path);
    }
    fs::create_dir_all(cache).map_err(Error::io("create", cache))?;
    let fresh = work.join("template");
    let output = command(installation.bindir.join("initdb"), account)
        .args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"])
        .args(["--locale=C", "--wal-segsize=1", "-D"])
        .arg(&fresh)
        .output()
        .map_err(Error::io("run", installation.bindir.join("initdb")))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Server { reason: format!("initdb: {reason}") });
    }
    let partial = tempfile::Builder::new()
        .prefix(".partial-")
        .tempdir_in(cache)
        .map_err(Error::io("create a directory in", cache))?;
    let copy = partial.path().join("cluster");
    copy_tree(&fresh, &copy, None)?;
    let _ = fs::remove_dir_all(&fresh);
    // Another process may have been faster; its template is as good.
    match fs::rename(&copy, &path) {
        Ok(()) => Ok(path),
        Err(_) if path.join("PG_VERSION").exists() => Ok(path),
        Err(error) => Err(Error::io("create", &path)(error)),
    }
}

/// Copies a directory with what is in it and gives it to the account.
fn copy_tree(from: &Path, to: &Path, account: Option<&Account>) -> Result<(), Error> {
    fs::create_dir(to).map_err(Error::io("create", to))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o700))
        .map_err(Error::io("change the mode of", to))?;
    give(to, account)?;
    for entry in fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(Error::io("read", &source))?.is_dir() {
            copy_tree(&source, &target, account)?;
        } else {
            fs::copy(&source, &target).map_err(Error::io("write", &target))?;
            give(&target, account)?;
        }
    }
    Ok(())
}

fn give(path: &Path, account: Option<&Account>) -> Result<(), Error> {
    match account {
        Some(account) => std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid))
            .map_err(Error::io("change the owner of", path)),
        None => Ok(()),
    }
}

/// Removes what servers left behind whose keeper was killed as well: directories whose lock is
/// free, and the server in them if it still runs.
fn sweep() {
    let Ok(entries) = fs::read_dir(temporary_root()) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_left_behind(&path) {
            stop_server_of(&path);
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn is_left_behind(directory: &Path) -> bool {
    // Between its creation and its lock a directory is young.
    let age = fs::metadata(directory)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|modified| SystemTime::now().duration_since(modified).ok());
    if age.is_none_or(|age| age < Duration::from_secs(10)) {
        return false;
    }
    match File::open(directory.join("lock")) {
        Ok(file) => file.try_lock().is_ok(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Stops the server that runs on that directory.
fn stop_server_of(directory: &Path) {
    if let Some(pid) = server_of(&directory.join("data")) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
    }
}

/// The process that the data directory names, if it is a server on that directory.
fn server_of(data: &Path) -> Option<rustix::process::Pid> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let number = text.lines().next()?.trim().parse::<i32>().ok()?;
    let pid = rustix::process::Pid::from_raw(number)?;
    let shown = Command::new("ps")
        .args(["-o", "args=", "-p", &number.to_string()])
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .or_else(|_| fs::read_to_string(format!("/proc/{number}/cmdline")))
        .unwrap_or_default();
    shown.contains(&*data.to_string_lossy()).then_some(pid)
}
