//! The command line of Eloquent, as a library.
//!
//! The program `eloquent` of this crate has the drivers that it is built with. A project with a driver
//! from elsewhere builds its own, which has all that the project links:
//!
//! ```no_run
//! // use the_driver as _;
//!
//! #[tokio::main]
//! async fn main() -> std::process::ExitCode {
//!     eloquent_cli::Cli::new().run().await
//! }
//! ```
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | it was done |
//! | 1 | it failed, or found something wrong |
//! | 2 | it was not called as it has to be |
//! | 3 | it would destroy something, and needs consent |
//! | 4 | somebody else migrates the database |
//! | 5 | the migrations are not those that the database has |
//! | 6 | it was interrupted, or a migration was before |

#![cfg_attr(not(test), deny(unused_crate_dependencies))]

mod arguments;
mod command;
mod delegate;
mod missing;
mod output;
mod process;
mod signal;
mod suggest;
mod target;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use eloquent::migration::{Migrations, Stop};
use eloquent::seeding::{Models, Seeders};
use eloquent::{DriverEntry, Environment, Registry, Result};

use arguments::Global;
use command::Context;
use output::{Exit, Form, Output, Talk};

pub use output::Console;

/// The command line.
///
/// Its `Debug` text shows no value of the environment.
#[derive(Debug, Clone, Default)]
pub struct Cli {
    environment: Option<Environment>,
    drivers: Vec<DriverEntry>,
    migrations: Vec<(String, Migrations)>,
    models: Models,
    seeders: Seeders,
    is_forbidden: bool,
    stop: Stop,
    stands_alone: bool,
}

impl Cli {
    /// With the drivers that are linked, and the environment of the process and its `.env`.
    pub fn new() -> Self {
        Cli::default()
    }

    /// Uses these variables, in place of those of the process and its `.env`. The option `--env-file`
    /// adds what they lack.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Registers a driver by value, for programs in which constructors do not run.
    #[must_use]
    pub fn driver(mut self, driver: DriverEntry) -> Self {
        self.drivers.push(driver);
        self
    }

    /// Adds the migrations in Rust of a connection. They run among those in its directory, by their names.
    #[must_use]
    pub fn migrations(mut self, connection: impl Into<String>, migrations: Migrations) -> Self {
        self.migrations.push((connection.into(), migrations));
        self
    }

    /// Says that this program is not that of a project. What needs code that a project compiles, such as its
    /// migrations in Rust, is then done by the project's own program, where the folder has one.
    #[must_use]
    pub fn stand_alone(mut self) -> Self {
        self.stands_alone = true;
        self
    }

    /// Adds the models of the project. `db:seed:precheck` looks for their tables.
    #[must_use]
    pub fn models(mut self, models: Models) -> Self {
        self.models = self.models.and(models);
        self
    }

    /// Adds seeders. `db:seed` runs them in this order.
    ///
    /// ```no_run
    /// use eloquent::seeding::{Models, Seeder, Seeders, async_trait};
    ///
    /// struct Nothing;
    ///
    /// #[async_trait]
    /// impl Seeder for Nothing {
    ///     fn models(&self) -> Models {
    ///         Models::new()
    ///     }
    ///
    ///     async fn run(&self) -> eloquent::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> std::process::ExitCode {
    ///     eloquent_cli::Cli::new().seeders(Seeders::new().add(Nothing)).run().await
    /// }
    /// ```
    #[must_use]
    pub fn seeders(mut self, seeders: Seeders) -> Self {
        self.seeders = self.seeders.and(seeders);
        self
    }

    /// Forbids what destroys data wherever it would need consent: no flag then allows it.
    #[must_use]
    pub fn prohibit_destructive(mut self, yes: bool) -> Self {
        self.is_forbidden = yes;
        self
    }

    /// Stops what takes long when this is asked to.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Runs the command that the arguments of the process name. When the process is told to end, it stops
    /// at the next point at which what it leaves is known; told again, at once.
    pub async fn run(self) -> ExitCode {
        let (mut stdout, mut stderr) = (std::io::stdout(), std::io::stderr());
        let mut console = Console::new(&mut stdout, &mut stderr).of_process();
        let told_again = signal::asks_twice(self.stop.clone());
        let command = self.run_with(std::env::args_os(), &mut console);
        ExitCode::from(signal::either(command, told_again, Exit::Interrupted as u8).await)
    }

    /// The same for a `main` that is not async: on a runtime of its own. Where the system has no room for one,
    /// that is told.
    ///
    /// ```no_run
    /// fn main() -> std::process::ExitCode {
    ///     eloquent_cli::Cli::new().start()
    /// }
    /// ```
    pub fn start(self) -> ExitCode {
        match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(self.run()),
            Err(cause) => {
                let cause = output::escape(&cause.to_string());
                // nobody is left to be told
                let _ = writeln!(
                    std::io::stderr(),
                    "error: the program cannot start: {cause}\n  hint: raise the limits of the process, \
                     such as that of open files (`ulimit -n`)"
                );
                ExitCode::from(Exit::Failed as u8)
            }
        }
    }

    /// Runs the command that these arguments name, the first of which is the name of the program.
    /// Gives back the exit code.
    pub async fn run_with<A>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        console: &mut Console<'_>,
    ) -> u8
    where
        A: Into<OsString>,
    {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        self.answer(&arguments, console).await as u8
    }

    async fn answer(&self, arguments: &[OsString], console: &mut Console<'_>) -> Exit {
        let form = arguments::form(arguments);
        let registry = match self.registry() {
            Ok(registry) => registry,
            Err(error) => return Output::new(console, form).failure(&error.into()),
        };
        let (global, command) = match arguments::parse(arguments, &registry, console.width) {
            Ok(parsed) => parsed,
            Err(said) => return Output::new(console, form).arguments(&said),
        };
        let form = Form { json: global.json, quiet: global.quiet, color: global.color };
        if self.stands_alone && command.needs_project() {
            match delegate::find(Path::new("."))
                .and_then(|own| own.map(|own| delegate::run(&own, arguments)).transpose())
            {
                Ok(None) => {}
                Ok(Some(code)) => return Exit::of_code(code),
                Err(error) => return Output::new(console, form).failure(&error.into()),
            }
        }
        let terminal = Talk::new(console, form);
        let context = Context {
            registry: &registry,
            drivers: &self.drivers,
            load: &|| self.load(&global),
            migrations: &self.migrations,
            models: &self.models,
            seeders: &self.seeders,
            is_forbidden: self.is_forbidden,
            terminal: &terminal,
            stop: &self.stop,
        };
        let answer = command::run(&context, &command).await;
        let mut output = Output::new(console, form);
        match answer {
            Ok(report) => output.report(&report),
            Err(failure) => output.failure(&failure),
        }
    }

    fn registry(&self) -> Result<Cow<'static, Registry>> {
        match self.drivers.as_slice() {
            [] => Registry::linked().map(Cow::Borrowed),
            drivers => Registry::linked_and(drivers).map(Cow::Owned),
        }
    }

    fn load(&self, global: &Global) -> Result<Environment> {
        match (&self.environment, &global.env_file) {
            (None, None) => Environment::load(),
            (None, Some(path)) => Ok(Environment::process().or(Environment::file(path)?)),
            (Some(given), None) => Ok(given.clone()),
            (Some(given), Some(path)) => Ok(given.clone().or(Environment::file(path)?)),
        }
    }
}
