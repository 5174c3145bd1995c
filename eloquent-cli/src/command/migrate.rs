//! `eloquent migrate:…`: the schema of databases, kept by migrations.

mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use eloquent::environment::Role;
use eloquent::migration::{Migrations, Migrator, Outcome, Reach, Resolution, Rollback};
use eloquent::{Environment, Error, ErrorKind, Result};

use super::{Context, guard};
use crate::output::{Failure, Report};
use crate::target::Targets;
use report::{Answer, Told};

#[derive(Debug, Subcommand)]
pub(crate) enum Migrate {
    /// Run the migrations that have not run
    #[command(name = "migrate:run")]
    Run {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        reach: Up,
        /// Run also what comes before a migration that has run
        #[arg(long)]
        allow_out_of_order: bool,
        /// Let migrations pass that have run and are not known any more
        #[arg(long)]
        allow_missing: bool,
        /// Show what would be sent, and send nothing
        #[arg(long)]
        pretend: bool,
    },
    /// Undo what ran last
    #[command(name = "migrate:rollback")]
    Rollback {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        what: Down,
        /// Show what would be sent, and send nothing
        #[arg(long)]
        pretend: bool,
        /// Undo all of them wherever this is
        #[arg(long)]
        force: bool,
    },
    /// Show where each migration stands
    #[command(name = "migrate:status")]
    Status {
        #[command(flatten)]
        common: Common,
    },
    /// Drop all tables and views, and run all migrations
    #[command(name = "migrate:fresh")]
    Fresh {
        #[command(flatten)]
        common: Common,
        /// Do it wherever this is
        #[arg(long)]
        force: bool,
    },
    /// Undo all migrations
    #[command(name = "migrate:reset")]
    Reset {
        #[command(flatten)]
        common: Common,
        /// Do it wherever this is
        #[arg(long)]
        force: bool,
    },
    /// Undo all migrations, and run them again
    #[command(name = "migrate:refresh")]
    Refresh {
        #[command(flatten)]
        common: Common,
        /// Do it wherever this is
        #[arg(long)]
        force: bool,
    },
    /// Settle a migration that was interrupted
    #[command(name = "migrate:resolve")]
    Resolve {
        #[command(flatten)]
        common: Common,
        /// The migration
        name: String,
        #[command(flatten)]
        how: How,
        /// Why: kept with the migration
        #[arg(long, value_name = "TEXT", default_value = "")]
        why: String,
    },
    /// Remove the lease of a migrator that has died
    #[command(name = "migrate:unlock")]
    Unlock {
        #[command(flatten)]
        common: Common,
    },
}

/// What all of them take.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The directory that has one for each connection
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    path: PathBuf,
    /// How long to wait for another migrator
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
}

/// How far up.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("reach")))]
pub(crate) struct Up {
    /// At most N
    #[arg(long, value_name = "N", group = "reach")]
    step: Option<usize>,
    /// Up to NAME, and it too
    #[arg(long, value_name = "NAME", group = "reach")]
    to: Option<String>,
    /// All of them, as without it
    #[arg(long, group = "reach")]
    all_migrations: bool,
}

/// What to undo.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what")))]
pub(crate) struct Down {
    /// The last N
    #[arg(long, value_name = "N", group = "what")]
    step: Option<usize>,
    /// Those of batch N
    #[arg(long, value_name = "N", group = "what")]
    batch: Option<i64>,
    /// All behind NAME, which stays
    #[arg(long, value_name = "NAME", group = "what")]
    to: Option<String>,
    /// All of them
    #[arg(long, group = "what")]
    all_migrations: bool,
}

/// What was found out.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("how").required(true)))]
pub(crate) struct How {
    /// The step that was begun did not take effect: run it again
    #[arg(long, group = "how")]
    retry: bool,
    /// The step that was begun took effect: go on behind it
    #[arg(long, group = "how")]
    skip: bool,
    /// The migration is applied
    #[arg(long, group = "how")]
    applied: bool,
    /// The migration is not applied
    #[arg(long, group = "how")]
    reverted: bool,
}

impl Up {
    fn reach(&self) -> Reach {
        match (&self.step, &self.to) {
            (Some(step), _) => Reach::Steps(*step),
            (_, Some(name)) => Reach::To(name.clone()),
            _ => Reach::All,
        }
    }
}

impl Down {
    fn what(&self) -> Rollback {
        match (&self.step, &self.batch, &self.to, self.all_migrations) {
            (Some(step), ..) => Rollback::Steps(*step),
            (_, Some(batch), ..) => Rollback::Batch(*batch),
            (_, _, Some(name), _) => Rollback::To(name.clone()),
            (.., true) => Rollback::All,
            _ => Rollback::LastBatch,
        }
    }
}

impl How {
    fn resolution(&self) -> Resolution {
        match (self.retry, self.skip, self.applied) {
            (true, ..) => Resolution::Retry,
            (_, true, _) => Resolution::Skip,
            (.., true) => Resolution::Applied,
            _ => Resolution::Reverted,
        }
    }
}

impl Migrate {
    fn common(&self) -> &Common {
        match self {
            Migrate::Run { common, .. }
            | Migrate::Rollback { common, .. }
            | Migrate::Status { common }
            | Migrate::Fresh { common, .. }
            | Migrate::Reset { common, .. }
            | Migrate::Refresh { common, .. }
            | Migrate::Resolve { common, .. }
            | Migrate::Unlock { common } => common,
        }
    }

    /// What it destroys, and whether somebody says that this is meant.
    fn destroys(&self) -> Option<(&'static str, bool)> {
        match self {
            Migrate::Fresh { force, .. } => Some(("drops all tables and views", *force)),
            Migrate::Reset { force, .. } | Migrate::Refresh { force, .. } => {
                Some(("undoes all migrations", *force))
            }
            Migrate::Rollback { what, force, pretend: false, .. } if what.all_migrations => {
                Some(("undoes all migrations", *force))
            }
            _ => None,
        }
    }
}

/// The directory of a connection; a twin has that of its connection.
pub(super) fn directory(path: &Path, connection: &str) -> PathBuf {
    path.join(connection.strip_suffix("_test").unwrap_or(connection))
}

pub(super) async fn run(
    context: &Context<'_>,
    migrate: &Migrate,
    targets: &Targets,
) -> Result<Report, Failure> {
    let environment = targets.mode((context.load)()?).with_role(Role::Migration);
    let names = targets.names(&environment, context.registry)?;
    if let Some((what, force)) = migrate.destroys() {
        guard::check(&environment, what, &names, force)?;
    }
    let mut answers = Vec::new();
    // one after the other: what runs at the same time is hard to read, and harder to stop
    for name in names {
        let told = one(context, migrate, targets, &environment, &name).await;
        let told = told.unwrap_or_else(|error| Told::Failed(error.with_connection(name.clone())));
        answers.push(Answer { connection: name, told });
    }
    Ok(report::of(answers))
}

async fn one(
    context: &Context<'_>,
    migrate: &Migrate,
    targets: &Targets,
    environment: &Environment,
    name: &str,
) -> Result<Told> {
    let common = migrate.common();
    let Some(migrations) = migrations(context, targets, &common.path, name)? else {
        return Ok(Told::None(directory(&common.path, name)));
    };
    let db = context.database(environment, name)?;
    let mut migrator = Migrator::new(&db.connection(name)?, migrations)
        .wait(Duration::from_secs(common.wait))
        .stop(context.stop.clone());
    if let Some(actor) = actor(environment) {
        migrator = migrator.actor(actor);
    }
    let told = tell(migrate, migrator).await;
    // what matters is what came of the migrations
    let _ = db.close().await;
    told
}

async fn tell(migrate: &Migrate, migrator: Migrator) -> Result<Told> {
    Ok(match migrate {
        Migrate::Run { reach, allow_out_of_order, allow_missing, pretend, .. } => {
            let migrator =
                migrator.allow_out_of_order(*allow_out_of_order).allow_missing(*allow_missing);
            match pretend {
                true => Told::Pretended(migrator.pretend(reach.reach()).await?),
                false => Told::Ran(migrator.run_to(reach.reach()).await),
            }
        }
        Migrate::Rollback { what, pretend: true, .. } => {
            Told::Pretended(migrator.pretend_rollback(what.what()).await?)
        }
        Migrate::Rollback { what, .. } => Told::Ran(migrator.rollback(what.what()).await),
        Migrate::Status { .. } => Told::Status(migrator.status().await?),
        Migrate::Fresh { .. } => Told::Ran(migrator.fresh().await),
        Migrate::Reset { .. } => Told::Ran(migrator.rollback(Rollback::All).await),
        Migrate::Refresh { .. } => {
            let undone = migrator.rollback(Rollback::All).await;
            Told::Ran(match undone.error {
                Some(_) => undone,
                None => {
                    let ran = migrator.run().await;
                    let done = undone.done.into_iter().chain(ran.done).collect();
                    Outcome { done, error: ran.error }
                }
            })
        }
        Migrate::Resolve { name, how, why, .. } => {
            migrator.resolve(name, how.resolution(), why).await?;
            Told::Settled(format!("`{name}` is settled; `migrate:status` shows where it stands"))
        }
        Migrate::Unlock { .. } => Told::Settled(match migrator.unlock().await? {
            Some(holder) => format!("the lease of {holder} is removed"),
            None => "there is no lease to remove".to_owned(),
        }),
    })
}

/// The migrations of a connection. `None` when it has none and is one of all.
fn migrations(
    context: &Context<'_>,
    targets: &Targets,
    path: &Path,
    name: &str,
) -> Result<Option<Migrations>> {
    let base = name.strip_suffix("_test").unwrap_or(name);
    let own = context.migrations.iter().filter(|(connection, _)| connection == base);
    let mut migrations: Option<Migrations> = None;
    for (_, one) in own {
        migrations = Some(migrations.unwrap_or_default().and(one.clone()));
    }
    let directory = directory(path, name);
    if directory.exists() {
        return migrations.unwrap_or_default().directory(&directory).map(Some);
    }
    if migrations.is_none() && !targets.are_all() {
        let message = format!("there is no directory {}", directory.display());
        return Err(Error::new(ErrorKind::Config, message)
            .with_hint("`eloquent make:migration NAME` makes it, with a migration in it"));
    }
    Ok(migrations)
}

/// Who runs the command, for the record.
fn actor(environment: &Environment) -> Option<String> {
    let keys = ["ELOQUENT_ACTOR", "GITHUB_ACTOR", "USER", "USERNAME"];
    let name = keys.iter().find_map(|key| environment.get(key))?;
    Some(name.chars().filter(|c| !c.is_control()).take(100).collect())
}
