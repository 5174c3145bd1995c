//! The commands.

mod about;
mod drivers;
mod env_check;
mod env_file;
mod ping;
mod selector;
mod settings;

use eloquent::{DriverEntry, Environment, Registry, Result};

use crate::arguments::Command;
use crate::output::{Failure, Report};

/// What the commands have at hand.
pub(crate) struct Context<'c> {
    pub(crate) registry: &'c Registry,
    /// Those that are registered by value.
    pub(crate) drivers: &'c [DriverEntry],
    /// Reads the environment.
    pub(crate) load: &'c dyn Fn() -> Result<Environment>,
}

/// Runs a command.
pub(crate) async fn run(context: &Context<'_>, command: &Command) -> Result<Report, Failure> {
    match command {
        Command::About => about::run(context),
        Command::Drivers => drivers::run(context),
        Command::EnvCheck => env_check::run(context),
        Command::Ping(targets) => ping::run(context, targets).await,
    }
}
