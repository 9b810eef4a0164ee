//! What libpq reads from its surroundings: environment variables, service file, password file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A snapshot of the environment variables that matter for connecting.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the environment of the process.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable; an empty one counts as unset, as it does for libpq.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Sets a variable unless it is set already.
    pub fn set_default(&mut self, name: &str, value: &str) {
        if self.get(name).is_none() {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The home directory of the user.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").or_else(|| self.get("USERPROFILE")).map(PathBuf::from)
    }

    /// The name of the operating system's user, which PostgreSQL takes as the role by default.
    #[must_use]
    pub(crate) fn user(&self) -> String {
        let uid = rustix::process::geteuid().as_raw();
        account_by(|fields| fields.uid == uid)
            .map(|account| account.name)
            .or_else(|| self.get("USER").or_else(|| self.get("LOGNAME")).map(str::to_owned))
            .unwrap_or_else(|| "postgres".to_owned())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self { variables: pairs.into_iter().collect() }
    }
}

/// One line of the system's user database.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Finds the first account that the condition holds for.
pub(crate) fn account_by(wanted: impl Fn(&Account) -> bool) -> Option<Account> {
    let text = std::fs::read_to_string("/etc/passwd").ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        let account = Account { name, uid, gid };
        wanted(&account).then_some(account)
    })
}

/// Reads one section of a service file (manual, "The Connection Service File").
pub(super) fn read_service(
    environment: &Environment,
    service: &str,
) -> Option<BTreeMap<String, String>> {
    let own = environment
        .get("PGSERVICEFILE")
        .map(PathBuf::from)
        .or_else(|| environment.home().map(|home| home.join(".pg_service.conf")));
    let system = environment
        .get("PGSYSCONFDIR")
        .map_or_else(|| PathBuf::from("/etc/postgresql-common"), PathBuf::from)
        .join("pg_service.conf");
    own.into_iter().chain([system]).find_map(|file| section(&file, service))
}

fn section(file: &Path, service: &str) -> Option<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut found = None::<BTreeMap<String, String>>;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            if found.is_some() {
                break;
            }
            found = (name == service).then(BTreeMap::new);
        } else if let (Some(values), Some((key, value))) = (&mut found, line.split_once('='))
            && !line.starts_with('#')
        {
            values.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    found
}

/// Finds the password for a connection in the password file (manual, "The Password File").
pub(super) fn read_password(
    file: &Path,
    host: &str,
    port: u16,
    database: &str,
    user: &str,
) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let port = port.to_string();
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = split_escaped(line);
        let [file_host, file_port, file_database, file_user, password] = fields.as_slice() else {
            return None;
        };
        let matches = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        (matches(file_host, host)
            && matches(file_port, &port)
            && matches(file_database, database)
            && matches(file_user, user))
        .then(|| password.clone())
    })
}

/// Splits a line of the password file at colons; a backslash takes the next character as it is.
fn split_escaped(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == ':' && fields.len() < 5 {
            fields.push(String::new());
            continue;
        }
        let last = fields.last_mut().expect("there is one from the start");
        match character {
            '\\' => last.extend(characters.next()),
            other => last.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_file_takes_first_match_and_escapes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pgpass");
        std::fs::write(&file, "# comment\na:5432:*:me:x\\:y\n*:*:*:*:any\n").unwrap();
        assert_eq!(read_password(&file, "a", 5432, "d", "me").as_deref(), Some("x:y"));
        assert_eq!(read_password(&file, "b", 1, "d", "me").as_deref(), Some("any"));
    }

    #[test]
    fn service_file_sections_are_separate() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pg_service.conf");
        std::fs::write(&file, "[one]\nhost=a\n\n[two]\n# x=1\nhost = b\nport=7\n").unwrap();
        let two = section(&file, "two").unwrap();
        assert_eq!(two.get("host").map(String::as_str), Some("b"));
        assert_eq!(two.len(), 2);
        assert!(section(&file, "three").is_none());
    }
}
