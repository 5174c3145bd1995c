//! The commands.

mod about;
mod completions;
mod database;
mod doctor;
mod drivers;
mod env_check;
mod env_file;
mod guard;
mod make;
mod migrate;
mod ping;
mod project;
mod seed;
mod selector;
mod settings;
mod side_by_side;
mod tag;

use eloquent::migration::{Migrations, Stop};
use eloquent::seeding::{Models, Seeders};
use eloquent::{Db, DriverEntry, Environment, Registry, Result};

use crate::arguments::Command;
use crate::output::{Failure, Report, Terminal};

pub(crate) use database::Database;
pub(crate) use make::Make;
pub(crate) use migrate::Migrate;
pub(crate) use project::Project;
pub(crate) use seed::Seed;
pub(crate) use tag::Tag;

/// What the commands have at hand.
pub(crate) struct Context<'c> {
    pub(crate) registry: &'c Registry,
    /// Those that are registered by value.
    pub(crate) drivers: &'c [DriverEntry],
    /// Reads the environment.
    pub(crate) load: &'c (dyn Fn() -> Result<Environment> + Sync),
    /// Migrations in Rust, with the connection that they are for.
    pub(crate) migrations: &'c [(String, Migrations)],
    /// The models of the project.
    pub(crate) models: &'c Models,
    pub(crate) seeders: &'c Seeders,
    /// Whether the project forbids what destroys data where it matters.
    pub(crate) is_forbidden: bool,
    pub(crate) terminal: &'c dyn Terminal,
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
        Command::Doctor(targets) => doctor::run(context, targets).await,
        Command::Project(project) => project::run(project),
        Command::Make(make, targets) => make::run(context, make, targets),
        Command::Database(database, targets) => database::run(context, database, targets).await,
        Command::Migrate(migrate, targets) => migrate::run(context, migrate, targets).await,
        Command::Completions(shell, text) => Ok(completions::run(shell, text)),
        Command::Tag(tag, targets) => tag::run(context, tag, targets).await,
        Command::Seed(seed, targets) => seed::run(context, seed, targets).await,
    }
}
