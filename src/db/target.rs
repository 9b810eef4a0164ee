//! Connection strings: parsing, what the environment adds, and printing without the password.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use super::{
    Environment,
    environment::{read_password, read_service},
    error::Error,
};

/// Where to connect: a parsed URL or key-value string together with what the environment added.
///
/// `Display` and `Debug` never show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    parameters: BTreeMap<String, String>,
}

/// One host of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// Name, address, or (with a leading slash) the directory of a unix socket.
    pub host: String,
    /// Numeric address that replaces the look-up of the name.
    pub address: Option<String>,
    /// TCP port, or the number in the socket's file name.
    pub port: u16,
}

/// libpq's parameters, each with the environment variable that stands for it.
const PARAMETERS: &[(&str, &str)] = &[
    ("application_name", "PGAPPNAME"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("client_encoding", ""),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("dbname", "PGDATABASE"),
    ("fallback_application_name", ""),
    ("gssdelegation", ""),
    ("gssencmode", ""),
    ("gsslib", ""),
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("keepalives", ""),
    ("keepalives_count", ""),
    ("keepalives_idle", ""),
    ("keepalives_interval", ""),
    ("krbsrvname", ""),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    ("options", "PGOPTIONS"),
    ("passfile", "PGPASSFILE"),
    ("password", "PGPASSWORD"),
    ("port", "PGPORT"),
    ("require_auth", ""),
    ("requirepeer", ""),
    ("service", "PGSERVICE"),
    ("sslcert", "PGSSLCERT"),
    ("sslcompression", ""),
    ("sslcrl", ""),
    ("sslkey", "PGSSLKEY"),
    ("sslmode", "PGSSLMODE"),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("sslpassword", ""),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslsni", ""),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("tcp_user_timeout", ""),
    ("user", "PGUSER"),
];

/// What Prisma's and other drivers' URLs carry beside libpq's parameters; kept and not sent.
const FOREIGN_PARAMETERS: &[&str] = &[
    "connection_limit",
    "pgbouncer",
    "pool_timeout",
    "schema",
    "socket_timeout",
    "sslaccept",
    "sslidentity",
    "statement_cache_size",
];

impl Target {
    /// Parses a URL (`postgres://`, `postgresql://`) or a `key=value` string and adds what a
    /// service file, the environment and libpq's defaults say.
    ///
    /// # Errors
    /// When the text is neither, names an unknown parameter, or the service is not found.
    pub fn parse(text: &str, environment: &Environment) -> Result<Self, Error> {
        let text = text.trim();
        let stated = if let Some(rest) =
            text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))
        {
            parse_url(rest)
        } else if text.contains('=') && !text.contains("://") {
            parse_pairs(text)
        } else {
            Err("it starts with neither `postgres://` nor `postgresql://`".to_owned())
        }
        .map_err(|reason| Error::Url { url: redact(text), reason })?;
        for key in stated.keys() {
            check_parameter(key).map_err(|reason| Error::Url { url: redact(text), reason })?;
        }
        let target = Self { parameters: stated }.completed(environment)?;
        target.check().map_err(|reason| Error::Url { url: redact(text), reason })?;
        Ok(target)
    }

    fn completed(mut self, environment: &Environment) -> Result<Self, Error> {
        let service =
            self.get("service").or_else(|| environment.get("PGSERVICE")).map(str::to_owned);
        if let Some(service) = service {
            let values = read_service(environment, &service)
                .ok_or_else(|| Error::Service { name: service.clone() })?;
            for (key, value) in values {
                check_parameter(&key)
                    .map_err(|reason| Error::Url { url: format!("service={service}"), reason })?;
                self.parameters.entry(key).or_insert(value);
            }
        }
        for (key, variable) in PARAMETERS.iter().filter(|(_, variable)| !variable.is_empty()) {
            // A host in the URL makes an address in the environment meaningless.
            if *key == "hostaddr" && self.parameters.contains_key("host") {
                continue;
            }
            if let Some(value) = environment.get(variable) {
                self.parameters.entry((*key).to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        if self.get("user").is_none() {
            self.set("user", &environment.user());
        }
        if self.get("dbname").is_none() {
            let user = self.user().to_owned();
            self.set("dbname", &user);
        }
        if self.get("passfile").is_none()
            && let Some(home) = environment.home()
        {
            self.set("passfile", &home.join(".pgpass").to_string_lossy());
        }
        if let Some(home) = environment.home() {
            for (key, file) in [
                ("sslrootcert", "root.crt"),
                ("sslcert", "postgresql.crt"),
                ("sslkey", "postgresql.key"),
            ] {
                let file = home.join(".postgresql").join(file);
                if self.get(key).is_none() && file.exists() {
                    self.set(key, &file.to_string_lossy());
                }
            }
        }
        Ok(self)
    }

    /// Checks everything that is only looked at later, so that no command fails half-way on it.
    fn check(&self) -> Result<(), String> {
        self.read_hosts()?;
        for key in ["connect_timeout", "keepalives_idle", "keepalives_interval"] {
            if let Some(value) = self.get(key)
                && value.parse::<i64>().is_err()
            {
                return Err(format!("`{key}` is `{value}`, expected a number of seconds"));
            }
        }
        one_of(self.get("sslmode"), "sslmode", super::tls::MODES)?;
        one_of(self.get("target_session_attrs"), "target_session_attrs", super::connect::SESSIONS)
    }

    /// A parameter as stated or completed.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.parameters.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn set(&mut self, key: &str, value: &str) {
        self.parameters.insert(key.to_owned(), value.to_owned());
    }

    /// The role to log in as.
    #[must_use]
    pub fn user(&self) -> &str {
        self.get("user").unwrap_or("postgres")
    }

    /// The database to connect to.
    #[must_use]
    pub fn database(&self) -> &str {
        self.get("dbname").unwrap_or("postgres")
    }

    /// The namespace that a Prisma URL names as its default (`?schema=`).
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.get("schema")
    }

    /// The same server and role, another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        let mut other = self.clone();
        other.set("dbname", database);
        other
    }

    /// The same target under another application name.
    #[must_use]
    pub fn with_application_name(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.set("application_name", name);
        other
    }

    /// The hosts to try, in order.
    #[must_use]
    pub fn hosts(&self) -> Vec<HostPort> {
        self.read_hosts().unwrap_or_default()
    }

    fn read_hosts(&self) -> Result<Vec<HostPort>, String> {
        let split = |key: &str| -> Vec<&str> {
            self.get(key).map(|list| list.split(',').map(str::trim).collect()).unwrap_or_default()
        };
        let (hosts, addresses, ports) = (split("host"), split("hostaddr"), split("port"));
        let count = hosts.len().max(addresses.len()).max(1);
        if ports.len() > 1 && ports.len() != count {
            return Err(format!("it names {} ports for {count} hosts", ports.len()));
        }
        if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
            return Err(format!("it names {} addresses for {count} hosts", addresses.len()));
        }
        (0..count)
            .map(|i| {
                let port = ports.get(i).or(ports.first()).copied().unwrap_or_default();
                let port = match port {
                    "" => 5432,
                    text => text
                        .parse::<u16>()
                        .ok()
                        .filter(|port| *port > 0)
                        .ok_or_else(|| format!("`{text}` is not a port number"))?,
                };
                let address = addresses.get(i).map(|a| (*a).to_owned()).filter(|a| !a.is_empty());
                let host = match hosts.get(i).copied().unwrap_or_default() {
                    "" => address.clone().unwrap_or_else(|| default_host(port)),
                    host => host.to_owned(),
                };
                Ok(HostPort { host, address, port })
            })
            .collect()
    }

    /// The password: stated, or from the password file.
    pub(super) fn password(&self, at: &HostPort) -> Option<String> {
        if let Some(password) = self.get("password") {
            return Some(password.to_owned());
        }
        let file = PathBuf::from(self.get("passfile")?);
        let host = if at.host.starts_with('/') { "localhost" } else { &at.host };
        read_password(&file, host, at.port, self.database(), self.user())
            .or_else(|| read_password(&file, &at.host, at.port, self.database(), self.user()))
    }

    /// How long one attempt to connect may take.
    pub(super) fn connect_timeout(&self) -> Duration {
        match self.get("connect_timeout").and_then(|text| text.parse::<i64>().ok()) {
            None => Duration::from_secs(10),
            Some(seconds) if seconds <= 0 => Duration::from_secs(24 * 3600),
            // libpq, too, rounds 1 up to 2.
            Some(seconds) => Duration::from_secs(seconds.unsigned_abs().max(2)),
        }
    }

    /// The URL with the password in it, for handing to another program. Never print it.
    #[must_use]
    pub fn reveal(&self) -> String {
        self.render(self.get("password"))
    }

    fn render(&self, password: Option<&str>) -> String {
        let mut url = String::from("postgresql://");
        url.push_str(&encode(self.user()));
        if let Some(password) = password {
            url.push(':');
            url.push_str(&if password == HIDDEN { HIDDEN.to_owned() } else { encode(password) });
        }
        url.push('@');
        let hosts = self.hosts();
        let sockets = hosts.iter().any(|at| at.host.starts_with('/'));
        if !sockets {
            let list: Vec<_> = hosts.iter().map(render_host).collect();
            url.push_str(&list.join(","));
        }
        url.push('/');
        url.push_str(&encode(self.database()));
        let mut separator = '?';
        let mut add = |url: &mut String, key: &str, value: &str| {
            url.push(separator);
            separator = '&';
            url.push_str(key);
            url.push('=');
            url.push_str(&encode(value).replace("%2F", "/").replace("%2C", ","));
        };
        if sockets {
            let list: Vec<_> = hosts.iter().map(|at| at.host.as_str()).collect();
            add(&mut url, "host", &list.join(","));
            if hosts.iter().any(|at| at.port != 5432) {
                let ports: Vec<_> = hosts.iter().map(|at| at.port.to_string()).collect();
                add(&mut url, "port", &ports.join(","));
            }
        }
        for key in ["hostaddr", "options", "schema", "sslmode", "target_session_attrs"] {
            if let Some(value) = self.get(key) {
                add(&mut url, key, value);
            }
        }
        url
    }
}

const HIDDEN: &str = "***";

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(self.get("password").map(|_| HIDDEN)))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

fn render_host(at: &HostPort) -> String {
    let host = if at.host.contains(':') { format!("[{}]", at.host) } else { encode(&at.host) };
    if at.port == 5432 { host } else { format!("{host}:{}", at.port) }
}

/// Where libpq looks when no host is named: the distribution's socket directory, then `/tmp`.
fn default_host(port: u16) -> String {
    ["/var/run/postgresql", "/run/postgresql", "/tmp"]
        .into_iter()
        .find(|dir| PathBuf::from(dir).join(format!(".s.PGSQL.{port}")).exists())
        .unwrap_or("localhost")
        .to_owned()
}

/// Replaces the password of a connection string, valid or not, by `***`.
#[must_use]
pub fn redact(text: &str) -> String {
    let mut out = text.to_owned();
    if let Some(start) = out.find("://").map(|at| at + 3) {
        let end = out[start..].find(['?', '#']).map_or(out.len(), |at| start + at);
        // The last `@`: a password that was not encoded may hold one itself.
        if let Some(at) = out[start..end].rfind('@').map(|at| start + at)
            && let Some(colon) = out[start..at].find(':').map(|colon| start + colon)
        {
            out.replace_range(colon + 1..at, HIDDEN);
        }
    }
    for key in ["password=", "sslpassword="] {
        let mut from = 0;
        while let Some(start) = out[from..].find(key).map(|at| from + at + key.len()) {
            let rest = &out[start..];
            let end = match rest.strip_prefix('\'') {
                Some(quoted) => quoted.find('\'').map_or(rest.len(), |at| at + 2),
                None => rest.find(['&', ' ']).unwrap_or(rest.len()),
            };
            out.replace_range(start..start + end, HIDDEN);
            from = start + HIDDEN.len();
        }
    }
    out
}

fn one_of(value: Option<&str>, key: &str, allowed: &[&str]) -> Result<(), String> {
    match value {
        Some(value) if !allowed.contains(&value) => {
            Err(format!("`{key}` is `{value}`, expected one of `{}`", allowed.join("`, `")))
        }
        _ => Ok(()),
    }
}

fn check_parameter(key: &str) -> Result<(), String> {
    let known = PARAMETERS.iter().map(|(name, _)| *name).chain(FOREIGN_PARAMETERS.iter().copied());
    if known.clone().any(|name| name == key) {
        return Ok(());
    }
    let near = known
        .map(|name| (strsim::damerau_levenshtein(name, key), name))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    Err(match near {
        Some((_, name)) => format!("unknown parameter `{key}`, did you mean `{name}`?"),
        None => format!("unknown parameter `{key}`"),
    })
}

/// Parses what follows `postgres://`: `[user[:password]@][host[:port],…][/database][?key=value&…]`.
fn parse_url(rest: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(a, b)| (a, Some(b)));
    let (authority, database) = match rest.rfind('@') {
        // A slash before the last `@` belongs to a password that was not encoded.
        Some(at) => match rest[at..].find('/') {
            Some(slash) => (&rest[..at + slash], Some(&rest[at + slash + 1..])),
            None => (rest, None),
        },
        None => rest.split_once('/').map_or((rest, None), |(a, b)| (a, Some(b))),
    };
    let hosts = match authority.rsplit_once('@') {
        Some((login, hosts)) => {
            let (user, password) =
                login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)));
            insert(&mut found, "user", user)?;
            if let Some(password) = password {
                insert(&mut found, "password", password)?;
            }
            hosts
        }
        None => authority,
    };
    parse_hosts(hosts, &mut found)?;
    if let Some(database) = database {
        insert(&mut found, "dbname", database)?;
    }
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| format!("parameter `{pair}` lacks a value"))?;
        match key {
            "ssl" if value == "true" => insert(&mut found, "sslmode", "require")?,
            _ => {
                let key = decode(key)?;
                insert(&mut found, &key, value)?;
            }
        }
    }
    Ok(found)
}

fn insert(found: &mut BTreeMap<String, String>, key: &str, value: &str) -> Result<(), String> {
    if !value.is_empty() {
        found.insert(key.to_owned(), decode(value)?);
    }
    Ok(())
}

fn parse_hosts(text: &str, found: &mut BTreeMap<String, String>) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for part in text.split(',') {
        let (host, port) = if let Some(rest) = part.strip_prefix('[') {
            let (host, rest) =
                rest.split_once(']').ok_or("an IPv6 address lacks its closing bracket")?;
            (host, rest.strip_prefix(':').unwrap_or_default())
        } else {
            part.split_once(':').unwrap_or((part, ""))
        };
        hosts.push(decode(host)?);
        ports.push(decode(port)?);
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        found.insert("host".to_owned(), hosts.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        found.insert("port".to_owned(), ports.join(","));
    }
    Ok(())
}

/// Parses `key=value key='va lue'` (manual, "Keyword/Value Connection Strings").
fn parse_pairs(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or("a parameter lacks `=`")?;
        let mut value = String::new();
        let mut characters = after.trim_start().char_indices();
        let after = after.trim_start();
        let quoted = after.starts_with('\'');
        if quoted {
            characters.next();
        }
        let mut end = after.len();
        let mut closed = !quoted;
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => value.extend(characters.next().map(|(_, c)| c)),
                '\'' if quoted => {
                    (end, closed) = (at + 1, true);
                    break;
                }
                c if !quoted && c.is_whitespace() => {
                    end = at;
                    break;
                }
                c => value.push(c),
            }
        }
        if !closed {
            return Err("a quoted value lacks its closing quote".to_owned());
        }
        found.insert(key.trim().to_owned(), value);
        rest = after[end..].trim_start();
    }
    Ok(found)
}

fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()];
        let value = digits.iter().try_fold(0_u8, |sum, digit| {
            Some(sum * 16 + u8::try_from(char::from((*digit)?).to_digit(16)?).ok()?)
        });
        bytes.push(value.ok_or("`%` is not followed by two hexadecimal digits")?);
    }
    String::from_utf8(bytes).map_err(|_| "it holds bytes that are not UTF-8".to_owned())
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Target {
        let environment = [("USER", "me"), ("PGPORT", "6000")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into_iter()
            .collect();
        Target::parse(text, &environment).unwrap()
    }

    #[track_caller]
    fn check(text: &str, shown: &str) {
        assert_eq!(parse(text).to_string(), shown);
    }

    #[test]
    fn urls_are_read_as_libpq_reads_them() {
        check("postgres://u:p%40ss@h:1/d", "postgresql://u:***@h:1/d");
        check(
            "postgresql://postgres@/db?host=/dir",
            "postgresql://postgres@/db?host=/dir&port=6000",
        );
        check("postgresql://u@%2Ftmp%2Fpg:5432/db", "postgresql://u@/db?host=/tmp/pg");
        check("postgres://u@[::1]:7,b:8/d", "postgresql://u@[::1]:7,b:8/d");
        check("host=h user=u password='a b' dbname=d port=5432", "postgresql://u:***@h/d");
        check("postgres://u@h:5432/d?schema=app&pgbouncer=true", "postgresql://u@h/d?schema=app");
    }

    #[test]
    fn an_unencoded_password_is_still_hidden() {
        assert_eq!(redact("postgres://u:p/a@s@h/d"), "postgres://u:***@h/d");
        assert_eq!(redact("pg://u:x@h"), "pg://u:***@h");
        assert_eq!(redact("host=h password='x y' user=u"), "host=h password=*** user=u");
        assert_eq!(
            redact("postgres://h/d?user=u&password=x&a=b"),
            "postgres://h/d?user=u&password=***&a=b"
        );
        let target = parse("postgres://u:p/a@s@h/d");
        assert_eq!(target.get("password"), Some("p/a@s"));
        assert!(!format!("{target:?}").contains("p/a"));
    }

    #[test]
    fn revealed_url_reads_back_equal() {
        let target = parse("postgres://u:p%40:%2F@h1:1,h2:2/d%20b?sslmode=require");
        let again = parse(&target.reveal());
        assert_eq!(target.hosts(), again.hosts());
        assert_eq!(again.get("password"), Some("p@:/"));
        assert_eq!(again.database(), "d b");
    }

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        let error = Target::parse(text, &Environment::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn wrong_urls_say_what_is_wrong() {
        check_error("mysql://h/d", "neither `postgres://` nor");
        check_error("postgres://h:x/d", "`x` is not a port number");
        check_error("postgres://h/d?sslmod=require", "did you mean `sslmode`?");
        check_error("postgres://h/d?sslmode=full", "`verify-full`");
        check_error("postgres://h:1,i:2,j/d?port=1,2", "2 ports for 3 hosts");
    }
}
