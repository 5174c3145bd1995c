//! What the suites run against.

use std::process::ExitCode;

use eloquent::DbBuilder;
use eloquent_core::Result;
use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Driver, DriverEntry, Registry};
use libtest_mimic::{Arguments, Trial};

use crate::{contract, orm};

/// A database to run the suites against. The user that it names may create and drop tables.
#[derive(Debug, Clone)]
pub struct Target {
    name: String,
    place: Place,
    drivers: Vec<DriverEntry>,
}

#[derive(Clone)]
enum Place {
    Url(String),
    Config(ConnectionConfig),
}

/// A URL may hold a password.
impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Url(_) => f.write_str("Url"),
            Place::Config(config) => config.fmt(f),
        }
    }
}

impl Target {
    /// The database of a URL. The name is shown in front of the cases.
    pub fn url(name: impl Into<String>, url: impl Into<String>) -> Self {
        Target { name: name.into(), place: Place::Url(url.into()), drivers: Vec::new() }
    }

    /// The database of these settings.
    pub fn config(name: impl Into<String>, config: ConnectionConfig) -> Self {
        Target { name: name.into(), place: Place::Config(config), drivers: Vec::new() }
    }

    /// Adds a driver by value: one that is not linked, or that is made at run time.
    #[must_use]
    pub fn driver(mut self, driver: DriverEntry) -> Self {
        self.drivers.push(driver);
        self
    }

    /// The name that is shown in front of the cases.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The driver and the settings.
    ///
    /// # Errors
    /// When the driver is not linked, or a setting is wrong.
    pub fn resolve(&self) -> Result<(&'static dyn Driver, ConnectionConfig)> {
        let registry = Registry::linked_and(&self.drivers)?;
        let config = match &self.place {
            Place::Url(url) => registry.parse_url(self.name.clone(), url)?,
            Place::Config(config) => config.clone(),
        };
        Ok((registry.driver(config.driver())?, config))
    }

    /// A builder with the connection in it, to which a pool or further connections may be added.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn db(&self) -> Result<DbBuilder> {
        let (_, config) = self.resolve()?;
        let builder = eloquent::Db::builder();
        Ok(self
            .drivers
            .iter()
            .fold(builder, |builder, entry| builder.driver(*entry))
            .connection(config))
    }

    /// The cases of both suites against this target.
    pub fn trials(&self) -> Vec<Trial> {
        let mut trials = Vec::new();
        for (module, cases) in contract::MODULES {
            trials.extend(cases.iter().map(|case| case.trial(module, self)));
        }
        for (module, cases) in orm::MODULES {
            trials.extend(cases.iter().map(|case| case.trial(module, self)));
        }
        trials
    }
}

/// Runs both suites against each target: the whole of a test without a harness of its own. It takes the
/// arguments that `cargo test` passes on.
pub fn main(targets: &[Target]) -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = targets.iter().flat_map(Target::trials).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
