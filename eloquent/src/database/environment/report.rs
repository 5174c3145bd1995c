//! What the environment says of each connection, without opening any.

use eloquent_core::Error;
use eloquent_core::config::Setting;
use eloquent_core::driver::{Driver, Family, Registry};

use super::block::{Block, Found};
use super::{Environment, Origin, Role, keys, selector};

/// What the environment says of a connection. Made by [`Environment::report`].
///
/// ```
/// # fn main() -> eloquent::Result<()> {
/// use eloquent::{Environment, Registry};
///
/// let variables = [("DB_CONNECTION", "sqlite"), ("SQLITE_PATH", "app.sqlite")];
/// let environment: Environment = variables.into_iter().collect();
/// let reports = environment.report(Registry::linked()?);
/// let find = |name: &str| reports.iter().find(|report| report.name() == name);
///
/// let app = find("sqlite").expect("its driver is linked");
/// assert!(app.is_default() && app.is_configured() && app.problems().is_empty());
/// let twin = find("sqlite_test").expect("each has one");
/// assert_eq!(twin.twin_of(), Some("sqlite"));
/// assert!(twin.problems()[0].message().contains("SQLITE_TEST_PATH")); // is not set
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ConnectionReport {
    name: String,
    driver: &'static str,
    family: Family,
    is_default: bool,
    is_configured: bool,
    twin_of: Option<String>,
    role: Option<Role>,
    settings: Vec<SettingReport>,
    replicas: usize,
    problems: Vec<Error>,
}

impl ConnectionReport {
    /// The name of the connection.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the driver.
    pub fn driver(&self) -> &'static str {
        self.driver
    }

    /// Rows or documents.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Whether it is the default.
    pub fn is_default(&self) -> bool {
        self.is_default
    }

    /// Whether any variable of its own block is set.
    pub fn is_configured(&self) -> bool {
        self.is_configured
    }

    /// The connection that it is the twin of.
    pub fn twin_of(&self) -> Option<&str> {
        self.twin_of.as_deref()
    }

    /// The role; `None` when the variable that names it is wrong.
    pub fn role(&self) -> Option<Role> {
        self.role
    }

    /// Its settings, in the order in which the driver names them.
    pub fn settings(&self) -> &[SettingReport] {
        &self.settings
    }

    /// How many replicas it reads from.
    pub fn replicas(&self) -> usize {
        self.replicas
    }

    /// What keeps it from being used; nothing, when its settings are fine.
    pub fn problems(&self) -> &[Error] {
        &self.problems
    }
}

/// Where a setting has its value from. Part of a [`SettingReport`], which has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A variable of its own.
    Variable(Origin),
    /// The variable that holds a URL.
    Url(Origin),
    /// The application's block, because its twin says nothing else.
    Fallback(Origin),
    /// The driver.
    Default,
    /// Nowhere.
    Missing,
}

/// What the environment says of a setting. Part of a [`ConnectionReport`].
///
/// ```
/// # fn main() -> eloquent::Result<()> {
/// use eloquent::environment::{Origin, Source};
/// use eloquent::{Environment, Registry};
///
/// let environment: Environment = [("SQLITE_PATH", "app.sqlite")].into_iter().collect();
/// let reports = environment.report(Registry::linked()?);
/// let settings = reports.iter().flat_map(|report| report.settings());
/// let path = settings.into_iter().find(|setting| setting.key() == "path").expect("it has one");
/// assert_eq!((path.variable(), path.value()), ("SQLITE_PATH", Some("app.sqlite")));
/// assert_eq!(*path.source(), Source::Variable(Origin::Program)); // or a line of `.env`
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingReport {
    setting: Setting,
    variable: String,
    source: Source,
    value: Option<String>,
}

impl SettingReport {
    /// Its name: `host`.
    pub fn key(&self) -> &'static str {
        self.setting.key
    }

    /// What it is for.
    pub fn about(&self) -> &'static str {
        self.setting.about
    }

    /// The variable that it has its value from, else the one to set.
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// Where it has its value from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The value of a host, port or database that is no secret; of all others when it is the default. `None`
    /// also for a value that looks like a URL or a login, or is no port: it has got into the wrong variable
    /// then, and may be a secret.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Whether its value is never shown.
    pub fn is_secret(&self) -> bool {
        self.setting.secret
    }

    fn new(setting: &Setting, found: Option<&Found>, variable: String) -> Self {
        let is_shown =
            !setting.secret && (setting.is_database || matches!(setting.key, "host" | "port"));
        let source = match found {
            Some(found) if found.is_fallback => Source::Fallback(found.origin.clone()),
            Some(found) if found.in_url => Source::Url(found.origin.clone()),
            Some(found) => Source::Variable(found.origin.clone()),
            None if setting.default.is_some() => Source::Default,
            None => Source::Missing,
        };
        let value = match found {
            Some(found) => Some(found.value.clone())
                .filter(|value| is_shown && !is_misplaced(setting.key, value)),
            None => setting.default.filter(|_| !setting.secret).map(str::to_owned),
        };
        let variable = found.map_or(variable, |found| found.variable.clone());
        SettingReport { setting: *setting, variable, source, value }
    }
}

/// Whether a value has most likely got into the wrong variable.
fn is_misplaced(key: &str, value: &str) -> bool {
    value.contains("://") || value.contains('@') || (key == "port" && value.parse::<u16>().is_err())
}

impl Environment {
    /// Reports on the two connections of each linked driver. Nothing is opened.
    pub fn report(&self, registry: &Registry) -> Vec<ConnectionReport> {
        let default = self.default_connection(registry).ok().flatten();
        let drivers = registry.drivers().map(|entry| entry.driver);
        drivers
            .flat_map(|driver| [false, true].map(|is_test| self.one(registry, driver, is_test)))
            .map(|report| {
                let is_default = default.as_ref() == Some(&report.name);
                ConnectionReport { is_default, ..report }
            })
            .collect()
    }

    /// The names of the connections that have a variable of their own.
    pub(in crate::database) fn configured(&self, registry: &Registry) -> Vec<String> {
        let mut configured = Vec::new();
        for entry in registry.drivers() {
            for is_test in
                [false, true].into_iter().filter(|twin| self.has_own(entry.driver, *twin))
            {
                configured.push(name(entry.driver, is_test));
            }
        }
        configured
    }

    /// Whether a connection has a variable of its own, be it one that can be read or not.
    fn has_own(&self, driver: &dyn Driver, is_test: bool) -> bool {
        keys::own(driver, is_test).iter().any(|key| !matches!(self.read(key), Ok(None)))
    }

    fn one(
        &self,
        registry: &Registry,
        driver: &'static dyn Driver,
        is_test: bool,
    ) -> ConnectionReport {
        let mut report = ConnectionReport {
            driver: driver.name(),
            family: driver.family(),
            is_default: false,
            is_configured: self.has_own(driver, is_test),
            twin_of: is_test.then(|| driver.name().to_owned()),
            role: self.role().ok(),
            settings: Vec::new(),
            replicas: 0,
            problems: Vec::new(),
            name: name(driver, is_test),
        };
        let role = report.role.unwrap_or(Role::Runtime);
        if let Ok(block) = Block::read(self, registry, driver, is_test, role) {
            let settings = driver.settings().iter().map(|setting| {
                SettingReport::new(setting, block.find(setting), block.name_of(setting.key))
            });
            report.settings = settings.collect();
        }
        match self.resolve(registry, &report.name) {
            Ok(resolved) => report.replicas = resolved.replicas.len(),
            Err(error) => report.problems.push(error),
        }
        report
    }
}

fn name(driver: &dyn Driver, is_test: bool) -> String {
    match is_test {
        true => selector::twin(driver.name()),
        false => driver.name().to_owned(),
    }
}
