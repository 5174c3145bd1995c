//! `eloquent db:…`: what is in a database, and its own client.

pub(super) mod bytes;
mod shell;
mod show;
mod table;
mod wipe;

use clap::{Args, Subcommand};
use eloquent::{Connection, Environment};

use super::Context;
use super::guard::Consent;
use crate::output::{Failure, Report};
use crate::target::Targets;

#[derive(Debug, Subcommand)]
pub(crate) enum Database {
    /// Show the tables and views of a database
    #[command(name = "db:show")]
    Show {
        /// Count the rows, which takes long where there are many
        #[arg(long)]
        counts: bool,
    },
    /// Show the columns, indexes and keys of a table
    #[command(name = "db:table")]
    Table {
        /// The table or view
        table: String,
    },
    /// Start the database's own client
    #[command(name = "db:shell")]
    Shell,
    /// Drop all tables and views
    #[command(name = "db:wipe")]
    Wipe(Wipe),
}

#[derive(Debug, Args)]
pub(crate) struct Wipe {
    #[command(flatten)]
    consent: Consent,
    /// How long to wait for a migrator
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
}

pub(super) async fn run(
    context: &Context<'_>,
    database: &Database,
    targets: &Targets,
) -> Result<Report, Failure> {
    match database {
        Database::Show { counts } => show::run(context, targets, *counts).await,
        Database::Table { table } => table::run(context, targets, table).await,
        Database::Shell => shell::run(context, targets),
        Database::Wipe(wipe) => wipe::run(context, wipe, targets).await,
    }
}

/// Does something with a connection, and closes it.
async fn with_connection<T>(
    context: &Context<'_>,
    environment: &Environment,
    name: &str,
    work: impl AsyncFnOnce(&Connection) -> eloquent::Result<T>,
) -> eloquent::Result<T> {
    let db = context.database(environment, name)?;
    let connection = db.connection(name)?;
    let outcome = work(&connection).await;
    // what matters is what came of the work
    let _ = db.close().await;
    outcome
}
