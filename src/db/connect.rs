//! Opening a connection: hosts in turn, TLS, what the server is, and errors that say what to do.

use std::{
    future::poll_fn,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::{
    AsyncMessage, Client, Config, NoTls, Row, Socket,
    config::{ChannelBinding, SslMode, SslNegotiation},
    error::SqlState,
    tls::MakeTlsConnect,
    types::{ToSql, Type},
};

use super::{
    Target,
    error::{Error, chain},
    pooler::announced_process,
    target::HostPort,
    tls,
};

/// The oldest major version that driftless works with.
pub const OLDEST_MAJOR: u32 = 13;

/// What `target_session_attrs` may be.
pub(super) const SESSIONS: &[&str] =
    &["any", "read-write", "read-only", "primary", "standby", "prefer-standby"];

/// An open connection: a [`Client`] that knows where it is connected.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    target: Target,
    version: ServerVersion,
    notices: Arc<Mutex<Vec<String>>>,
    /// A pooler stands before the server, and each transaction may get another session.
    pooled: bool,
}

/// The version of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    /// As `server_version_num`: 150018.
    pub number: u32,
    /// As the server names it: `15.18 (Debian 15.18-0+deb12u1)`.
    pub text: String,
}

impl ServerVersion {
    /// The major version: 15.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.number / 10_000
    }

    /// Reads `server_version`: `15.18 (Debian …)`, `17beta1`, `9.6.24`.
    pub(super) fn parse(text: &str) -> Self {
        let numeric: String =
            text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let mut parts = numeric.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        let (major, minor, patch) = (next(), next(), next());
        let number =
            if major >= 10 { major * 10_000 + minor } else { major * 10_000 + minor * 100 + patch };
        Self { number, text: text.to_owned() }
    }
}

impl Connection {
    /// Where it is connected.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What the server is.
    #[must_use]
    pub fn version(&self) -> &ServerVersion {
        &self.version
    }

    /// The client itself.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Takes the notices and warnings that the server sent since the last call.
    #[must_use]
    pub fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.notices.lock().expect("no holder of this lock panics"))
    }

    /// Whether a pooler stands before the server.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// As of [`Client`]; through a pooler nothing is prepared under a name, which the next session
    /// would not know.
    ///
    /// # Errors
    /// As of [`Client`].
    pub async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failed> {
        match self.pooled {
            true => self.client.query_typed(sql, &typed(params)).await,
            false => self.client.query(sql, params).await,
        }
    }

    /// As [`Connection::query`].
    ///
    /// # Errors
    /// As of [`Client`].
    pub async fn query_one(&self, sql: &str, params: Params<'_>) -> Result<Row, Failed> {
        match self.pooled {
            true => self.client.query_typed_one(sql, &typed(params)).await,
            false => self.client.query_one(sql, params).await,
        }
    }

    /// As [`Connection::query`].
    ///
    /// # Errors
    /// As of [`Client`].
    pub async fn query_opt(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>, Failed> {
        match self.pooled {
            true => self.client.query_typed_opt(sql, &typed(params)).await,
            false => self.client.query_opt(sql, params).await,
        }
    }

    /// As [`Connection::query`].
    ///
    /// # Errors
    /// As of [`Client`].
    pub async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64, Failed> {
        match self.pooled {
            true => self.client.execute_typed(sql, &typed(params)).await,
            false => self.client.execute(sql, params).await,
        }
    }

    /// Runs statements without parameters, saying what was being done when one fails.
    ///
    /// # Errors
    /// When a statement fails or the connection breaks.
    pub async fn run(&self, doing: &str, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await.map_err(|error| Error::statement(doing, &error))
    }
}

type Params<'p> = &'p [&'p (dyn ToSql + Sync)];
type Failed = tokio_postgres::Error;

/// Parameters with the first of the usual types that their values can be sent as.
fn typed<'p>(params: Params<'p>) -> Vec<(&'p (dyn ToSql + Sync), Type)> {
    const USUAL: &[Type] = &[
        Type::TEXT,
        Type::INT4,
        Type::INT8,
        Type::INT2,
        Type::OID,
        Type::BOOL,
        Type::FLOAT8,
        Type::TEXT_ARRAY,
        Type::INT4_ARRAY,
        Type::INT2_ARRAY,
        Type::OID_ARRAY,
        Type::JSONB,
    ];
    let fits = |param: &(dyn ToSql + Sync), of: &Type| {
        param.to_sql_checked(of, &mut bytes::BytesMut::new()).is_ok()
    };
    let of = |param: &(dyn ToSql + Sync)| {
        USUAL.iter().find(|of| fits(param, of)).cloned().unwrap_or(Type::TEXT)
    };
    params.iter().map(|param| (*param, of(*param))).collect()
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

/// Connects to the first host of the target that answers and fits.
///
/// # Errors
/// When none does; the error is that of the last host, or names each host that did not answer.
pub async fn connect(target: &Target) -> Result<Connection, Error> {
    let mut last = None;
    let mut silent = Vec::new();
    for at in target.hosts() {
        let attempt = match connect_host(target, &at).await {
            Ok(connection) => fit_session(connection).await,
            Err(error) => Err(error),
        };
        match attempt {
            Ok(connection) => return recognise(connection).await,
            Err(Error::Unreachable { reason, .. }) => silent.push(reason),
            // A wrong password is wrong on every host (libpq stops here as well).
            Err(error @ (Error::Authentication { .. } | Error::NoDatabase { .. })) => {
                return Err(error);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| Error::Unreachable {
        target: target.to_string(),
        reason: silent.join("; "),
    }))
}

/// Recognises a pooler, which announces a process of its own invention.
async fn recognise(mut connection: Connection) -> Result<Connection, Error> {
    let row = connection.client.query_typed_one("SELECT pg_catalog.pg_backend_pid()", &[]).await;
    let row = row.map_err(|error| Error::statement("asking for the session", &error))?;
    let process: i32 = row.get(0);
    let announced = announced_process(&connection.client).await;
    connection.pooled = announced.is_some_and(|announced| announced != process);
    Ok(connection)
}

async fn connect_host(target: &Target, at: &HostPort) -> Result<Connection, Error> {
    let deadline = Instant::now() + target.connect_timeout();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let attempt = tokio::time::timeout(left, connect_once(target, at)).await;
        match attempt {
            Ok(Ok(connection)) => return Ok(connection),
            // The server is starting or recovering: it will answer within moments.
            Ok(Err(Error::Unavailable { reason, .. }))
                if ["starting up", "in recovery mode", "not yet accepting"]
                    .iter()
                    .any(|state| reason.contains(state))
                    && left > Duration::from_millis(200) =>
            {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                return Err(Error::Unreachable {
                    target: target.to_string(),
                    reason: format!(
                        "{}: no answer within {} s",
                        name_host(at),
                        target.connect_timeout().as_secs()
                    ),
                });
            }
        }
    }
}

async fn connect_once(target: &Target, at: &HostPort) -> Result<Connection, Error> {
    let mut config = configure(target, at)?;
    let socket = at.host.starts_with('/');
    let mode = target.get("sslmode").unwrap_or("prefer");
    if socket || mode == "disable" {
        config.ssl_mode(SslMode::Disable);
        return open(target, at, &config, NoTls).await;
    }
    let fail = |reason| Error::Tls { target: target.to_string(), reason };
    config.ssl_mode(match mode {
        "prefer" | "allow" => SslMode::Prefer,
        _ => SslMode::Require,
    });
    if target.get("sslnegotiation") == Some("direct") {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    let connector = tls::connector(target).map_err(fail)?;
    match open(target, at, &config, connector).await {
        // As libpq does: what was only preferred is given up.
        Err(Error::Tls { .. }) if matches!(mode, "prefer" | "allow") => {
            config.ssl_mode(SslMode::Disable);
            open(target, at, &config, NoTls).await
        }
        other => other,
    }
}

fn configure(target: &Target, at: &HostPort) -> Result<Config, Error> {
    let mut config = Config::new();
    config.host(&at.host).port(at.port).user(target.user()).dbname(target.database());
    if let Some(address) = &at.address {
        config.hostaddr(address.parse().map_err(|_| Error::Url {
            url: target.to_string(),
            reason: format!("`{address}` is not a numeric address"),
        })?);
    }
    if let Some(password) = target.password(at) {
        config.password(password);
    }
    if let Some(options) = target.get("options") {
        config.options(options);
    }
    config.application_name(
        target
            .get("application_name")
            .or_else(|| target.get("fallback_application_name"))
            .unwrap_or("driftless"),
    );
    config.channel_binding(match target.get("channel_binding") {
        Some("require") => ChannelBinding::Require,
        Some("disable") => ChannelBinding::Disable,
        _ => ChannelBinding::Prefer,
    });
    let number = |key: &str| target.get(key).and_then(|text| text.parse::<u64>().ok());
    config.keepalives(number("keepalives") != Some(0));
    config.keepalives_idle(Duration::from_secs(number("keepalives_idle").unwrap_or(60)));
    if let Some(interval) = number("keepalives_interval") {
        config.keepalives_interval(Duration::from_secs(interval));
    }
    if let Some(count) = number("keepalives_count") {
        config.keepalives_retries(u32::try_from(count).unwrap_or(u32::MAX));
    }
    if let Some(milliseconds) = number("tcp_user_timeout") {
        config.tcp_user_timeout(Duration::from_millis(milliseconds));
    }
    Ok(config)
}

async fn open<T>(
    target: &Target,
    at: &HostPort,
    config: &Config,
    connector: T,
) -> Result<Connection, Error>
where
    T: MakeTlsConnect<Socket> + Send,
    T::Stream: Send + 'static,
{
    let (client, driver) =
        config.connect(connector).await.map_err(|error| refine(target, at, &error))?;
    let version = ServerVersion::parse(driver.parameter("server_version").unwrap_or_default());
    let notices = Arc::new(Mutex::new(Vec::new()));
    tokio::spawn(drive(driver, Arc::clone(&notices)));
    if version.major() < OLDEST_MAJOR {
        return Err(Error::TooOld {
            target: target.to_string(),
            found: version.text,
            oldest: OLDEST_MAJOR,
        });
    }
    Ok(Connection { client, target: target.clone(), version, notices, pooled: false })
}

/// Keeps the connection going until it ends, collecting notices on the way.
async fn drive<S, T>(mut driver: tokio_postgres::Connection<S, T>, notices: Arc<Mutex<Vec<String>>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|cx| driver.poll_message(cx)).await {
        if let AsyncMessage::Notice(notice) = message {
            let text = format!("{}: {}", notice.severity().to_lowercase(), notice.message());
            let mut list = notices.lock().expect("no holder of this lock panics");
            // A loop that raises a notice per row must not eat the memory.
            if list.len() < 1000 {
                list.push(text);
            }
        }
    }
}

/// Turns the driver's error into one that says what to do.
fn refine(target: &Target, at: &HostPort, error: &tokio_postgres::Error) -> Error {
    let target_text = target.to_string();
    let Some(db) = error.as_db_error() else {
        let reason = chain(error);
        let has_io = std::error::Error::source(error)
            .is_some_and(|source| source.downcast_ref::<std::io::Error>().is_some());
        return if reason.contains("password") || reason.starts_with("authentication error") {
            Error::Authentication { target: target_text, reason: strip(&reason) }
        } else if reason.contains("TLS") || reason.contains("certificate") {
            Error::Tls { target: target_text, reason: strip(&reason) }
        } else if has_io || reason.starts_with("error connecting") || error.is_closed() {
            let reason = format!("{}: {}", name_host(at), strip(&reason));
            Error::Unreachable { target: target_text, reason }
        } else {
            Error::Lost { doing: format!("connecting to `{target_text}`"), reason }
        };
    };
    let reason = db.message().to_owned();
    match db.code() {
        code if *code == SqlState::INVALID_PASSWORD
            || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION =>
        {
            Error::Authentication { target: target_text, reason }
        }
        code if *code == SqlState::UNDEFINED_DATABASE => {
            Error::NoDatabase { target: target_text, database: target.database().to_owned() }
        }
        code if *code == SqlState::CANNOT_CONNECT_NOW
            || *code == SqlState::TOO_MANY_CONNECTIONS
            || *code == SqlState::ADMIN_SHUTDOWN =>
        {
            Error::Unavailable { target: target_text, reason }
        }
        _ => Error::statement(format!("connecting to `{target_text}`"), error),
    }
}

fn strip(reason: &str) -> String {
    [
        "error connecting to server: ",
        "error communicating with the server: ",
        "error performing TLS handshake: ",
        "invalid configuration: ",
        "authentication error: ",
    ]
    .iter()
    .fold(reason, |text, prefix| text.strip_prefix(prefix).unwrap_or(text))
    .to_owned()
}

fn name_host(at: &HostPort) -> String {
    if at.host.starts_with('/') {
        format!("{}/.s.PGSQL.{}", at.host, at.port)
    } else {
        format!("{}:{}", at.host, at.port)
    }
}

/// Keeps the connection if the session is of the kind that `target_session_attrs` asks for.
async fn fit_session(connection: Connection) -> Result<Connection, Error> {
    let wanted = connection.target.get("target_session_attrs").unwrap_or("any").to_owned();
    if wanted == "any" {
        return Ok(connection);
    }
    let sql = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'";
    let row = connection
        .query_one(sql, &[])
        .await
        .map_err(|error| Error::statement("asking for the role of the server", &error))?;
    let (standby, read_only): (bool, bool) = (row.get(0), row.get(1));
    let fits = match wanted.as_str() {
        "read-write" => !read_only,
        "read-only" => read_only,
        "primary" => !standby,
        "standby" => standby,
        _ => true,
    };
    if fits {
        return Ok(connection);
    }
    Err(Error::ReadOnly {
        target: connection.target.to_string(),
        reason: format!("`target_session_attrs` asks for `{wanted}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::ServerVersion;

    #[test]
    fn versions_are_numbers() {
        let number = |text: &str| ServerVersion::parse(text).number;
        assert_eq!(number("15.18 (Debian 15.18-0+deb12u1)"), 150_018);
        assert_eq!(number("18beta1"), 180_000);
        assert_eq!(number("9.6.24"), 90_624);
    }
}
