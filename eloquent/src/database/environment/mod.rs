//! Connections from environment variables and `.env`.
//!
//! `DB_CONNECTION` names the default connection, `DB_TEST_CONNECTION` that of tests. Each linked driver
//! brings two connections: one of its own name, and its twin `<name>_test`. A driver with the prefix `P`
//! reads its setting `ssl_mode` from `P_SSL_MODE`, that of the twin from `P_TEST_SSL_MODE`. A block is
//! read when its connection is first used.
//!
//! | variable | what it is |
//! |---|---|
//! | `DB_CONNECTION`, `DB_TEST_CONNECTION` | the name of one connection |
//! | `P_<SETTING>` | a setting of the driver |
//! | `P_URL` | host, port, user, password and database in one, instead of those |
//! | `P_RUNTIME_<SETTING>`, `P_MIGRATION_<SETTING>` | goes first in that role |
//! | `P_TEST_<SETTING>`, `P_TEST_URL`, `P_TEST_RUNTIME_<SETTING>`, .. | the same for the twin |
//! | `P_POOL_MAX` | how many sessions at most |
//! | `P_POOL_ACQUIRE_TIMEOUT_MS`, `P_POOL_CONNECT_TIMEOUT_MS`, `P_POOL_RESET_TIMEOUT_MS` | see [`PoolOptions`](crate::PoolOptions) |
//! | `P_POOL_STATEMENT_TIMEOUT_MS`, `P_POOL_MAX_LIFETIME_MS` | the same; 0 is without limit |
//! | `P_READ_HOST` | replicas to read from, `host` or `host:port`, with commas between them |
//! | `P_READ_STICKY_MS` | how long reads stay away from them after a write |
//! | `ELOQUENT_DB_ROLE` | `runtime` (what counts when it is not set) or `migration` |
//! | `ELOQUENT_TEST` | `1` for test mode, unless the program decides |
//!
//! What the process has wins over the file, also when it is empty; what is empty counts as not set. The
//! environment of the process is never changed.
//!
//! # Tests
//!
//! The twin takes what it lacks from the application's block, but never its database, its URL or its
//! replicas: a twin without a database of its own is an error, and so is one whose database is the
//! application's. In test mode the default is `DB_TEST_CONNECTION`, and every other name leads to its
//! twin.

mod block;
mod dotenv;
mod keys;
mod notes;
mod origin;
mod pool;
mod report;
mod resolve;
mod selector;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::Registry;
use eloquent_core::{Error, ErrorKind, Result};

pub use notes::Note;
pub use origin::Origin;
pub use report::{ConnectionReport, SettingReport, Source};

pub(super) use resolve::Resolved;
pub(super) use selector::{twin, twin_of};

use origin::{Fault, Variable};

/// Whose user and password are taken.
///
/// ```
/// # fn main() -> eloquent::Result<()> {
/// use eloquent::Environment;
/// use eloquent::environment::Role;
///
/// let environment = Environment::default();
/// assert_eq!(environment.role()?, Role::Runtime); // unless `ELOQUENT_DB_ROLE` says otherwise
/// assert_eq!(environment.with_role(Role::Migration).role()?.name(), "migration");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The application: it reads and writes rows.
    Runtime,
    /// Migrations: they change the schema.
    Migration,
}

impl Role {
    /// Both.
    const ALL: [Role; 2] = [Role::Runtime, Role::Migration];

    /// As in the values of `ELOQUENT_DB_ROLE`.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Runtime => "runtime",
            Role::Migration => "migration",
        }
    }
}

/// Environment variables, each with where it comes from.
///
/// It is data: nothing is read but by its constructors, and the environment of the process is never
/// changed. See the [module](self) for what the variables mean. Its `Debug` text shows no value.
///
/// ```
/// # fn main() -> eloquent::Result<()> {
/// use eloquent::{Db, Environment};
///
/// let environment: Environment =
///     [("DB_CONNECTION", "sqlite"), ("SQLITE_PATH", "app.sqlite")].into_iter().collect();
/// let db = Db::builder().environment(environment).build()?; // nothing is opened yet
/// assert_eq!(db.default_connection(), "sqlite");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
    path: Option<PathBuf>,
    is_test: Option<bool>,
    role: Option<Role>,
}

impl Environment {
    /// The variables of the process.
    pub fn process() -> Self {
        let mut environment = Environment::default();
        for (key, value) in std::env::vars_os() {
            let Ok(key) = key.into_string() else { continue };
            let (value, fault) = match value.into_string() {
                Ok(value) => (value, None),
                Err(_) => (String::new(), Some(Fault::NotText)),
            };
            let variable = Variable { value, origin: Origin::Process, fault };
            environment.variables.insert(key, variable);
        }
        environment
    }

    /// The variables of a file of the form of `.env`: lines of `KEY=value`. A value is taken as it stands:
    /// nothing is substituted and no command run. In single quotes it may hold anything, over several
    /// lines if need be; in double quotes `\n`, `\"` and `\\` are known.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the file, and the line that cannot be read.
    pub fn file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let unreadable = |error: std::io::Error| {
            let message = format!("{} cannot be read: {}", path.display(), error.kind());
            Error::new(ErrorKind::Config, message).with_source(error)
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        let most = u64::try_from(dotenv::MOST).unwrap_or(u64::MAX);
        file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() > dotenv::MOST {
            let message = format!("{} is larger than {} bytes", path.display(), dotenv::MOST);
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Environment { path: Some(path.to_owned()), ..Self::from_bytes(path, &bytes)? })
    }

    fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self> {
        let entries = dotenv::parse(bytes).map_err(|fault| {
            let message = format!("{}:{}: {}", path.display(), fault.line, fault.what);
            Error::new(ErrorKind::Config, message)
        })?;
        let path: Arc<Path> = path.into();
        let mut environment = Environment::default();
        for dotenv::Entry { key, value, line } in entries {
            match environment.variables.entry(key) {
                Entry::Occupied(mut known) => {
                    known.get_mut().fault = Some(Fault::Twice { other: line });
                }
                Entry::Vacant(free) => {
                    let origin = Origin::File { path: path.clone(), line };
                    free.insert(Variable { value, origin, fault: None });
                }
            }
        }
        Ok(environment)
    }

    /// The variables of the process, and for what it lacks those of `.env`, if there is one: in the current
    /// directory, or else in the nearest folder above that has a `Cargo.toml`.
    ///
    /// # Errors
    /// As [`file`](Self::file).
    pub fn load() -> Result<Self> {
        let found = std::env::current_dir().ok().and_then(|here| dotenv::find(&here));
        match found {
            Some(path) => Ok(Environment::process().or(Environment::file(path)?)),
            None => Ok(Environment::process()),
        }
    }

    /// Adds what this one lacks from another one.
    #[must_use]
    pub fn or(mut self, other: Environment) -> Self {
        for (key, variable) in other.variables {
            self.variables.entry(key).or_insert(variable);
        }
        self.path = self.path.or(other.path);
        self.is_test = self.is_test.or(other.is_test);
        self.role = self.role.or(other.role);
        self
    }

    /// Sets a variable, here and nowhere else.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.extend([(key, value)]);
        self
    }

    /// Decides about test mode, whatever `ELOQUENT_TEST` says.
    #[must_use]
    pub fn test_mode(mut self, is_test: bool) -> Self {
        self.is_test = Some(is_test);
        self
    }

    /// Decides about the role, whatever `ELOQUENT_DB_ROLE` says.
    #[must_use]
    pub fn with_role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// A variable. `None` when it is not set, empty, not UTF-8 or set twice in its file.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.read(key).ok().flatten().map(|(value, _)| value)
    }

    /// Where a variable comes from, also when it is empty.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.variables.get(key).map(|variable| &variable.origin)
    }

    /// The file that was read.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether tests run.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when `ELOQUENT_TEST` says neither yes nor no.
    pub fn is_test(&self) -> Result<bool> {
        if let Some(decided) = self.is_test {
            return Ok(decided);
        }
        let Some((value, origin)) = self.read(keys::TEST)? else { return Ok(false) };
        match value.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(wrong(keys::TEST, origin, "is neither `1` nor `0`")),
        }
    }

    /// Whose user and password are taken.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when `ELOQUENT_DB_ROLE` names none.
    pub fn role(&self) -> Result<Role> {
        if let Some(decided) = self.role {
            return Ok(decided);
        }
        let Some((value, origin)) = self.read(keys::ROLE)? else { return Ok(Role::Runtime) };
        let value = value.trim();
        Role::ALL
            .into_iter()
            .find(|role| value.eq_ignore_ascii_case(role.name()))
            .ok_or_else(|| wrong(keys::ROLE, origin, "is neither `runtime` nor `migration`"))
    }

    /// The settings of a connection: the name of a driver, or of its twin. Nothing is opened.
    ///
    /// # Errors
    /// [`ErrorKind::ConnectionUnknown`], and [`ErrorKind::Config`] naming the variable to change: one
    /// that cannot be read, one that contradicts another, a twin without a database of its own.
    pub fn config(&self, registry: &Registry, connection: &str) -> Result<ConnectionConfig> {
        Ok(self.resolve(registry, connection)?.config)
    }

    /// A variable and where it comes from; `None` when it is not set or empty.
    fn read(&self, key: &str) -> Result<Option<(&str, &Origin)>> {
        self.variables.get(key).map_or(Ok(None), |variable| variable.read(key))
    }
}

/// An error about one variable.
fn wrong(key: &str, origin: &Origin, what: &str) -> Error {
    Error::new(ErrorKind::Config, format!("`{key}` ({origin}) {what}"))
}

impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for Environment {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, variables: I) {
        for (key, value) in variables {
            let variable = Variable { value: value.into(), origin: Origin::Program, fault: None };
            self.variables.insert(key.into(), variable);
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let mut environment = Environment::default();
        environment.extend(variables);
        environment
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.len())
            .field("path", &self.path)
            .field("is_test", &self.is_test)
            .field("role", &self.role)
            .finish()
    }
}
