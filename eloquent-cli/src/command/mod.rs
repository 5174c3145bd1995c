//! The commands.

mod about;
mod drivers;
mod env_check;
mod env_file;
mod guard;
mod make_migration;
mod migrate;
mod ping;
mod selector;
mod settings;

use eloquent::migration::{Migrations, Stop};
use eloquent::{Db, DriverEntry, Environment, Registry, Result};

use crate::arguments::Command;
use crate::output::{Failure, Report};

pub(crate) use make_migration::Make;
pub(crate) use migrate::Migrate;

/// What the commands have at hand.
pub(crate) struct Context<'c> {
    pub(crate) registry: &'c Registry,
    /// Those that are registered by value.
    pub(crate) drivers: &'c [DriverEntry],
    /// Reads the environment.
    pub(crate) load: &'c dyn Fn() -> Result<Environment>,
    /// Migrations in Rust, with the connection that they are for.
    pub(crate) migrations: &'c [(String, Migrations)],
    /// Asked for when the user does not want to wait any more.
    pub(crate) stop: &'c Stop,
}

impl Context<'_> {
    /// A database whose default is this connection.
    pub(crate) fn database(&self, environment: &Environment, connection: &str) -> Result<Db> {
        let builder = self.drivers.iter().fold(Db::builder(), |all, one| all.driver(*one));
        builder.environment(environment.clone()).default_connection(connection).build()
    }
}

/// Runs a command.
pub(crate) async fn run(context: &Context<'_>, command: &Command) -> Result<Report, Failure> {
    match command {
        Command::About => about::run(context),
        Command::Drivers => drivers::run(context),
        Command::EnvCheck => env_check::run(context),
        Command::Ping(targets) => ping::run(context, targets).await,
        Command::Make(make, targets) => make_migration::run(context, make, targets),
        Command::Migrate(migrate, targets) => migrate::run(context, migrate, targets).await,
    }
}
