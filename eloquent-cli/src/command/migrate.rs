//! `eloquent migrate:…`: the schema of databases, kept by migrations.

mod plan;
pub(super) mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use eloquent::environment::Role;
use eloquent::migration::{Migrations, Migrator, Outcome, Reach, Resolution, Rollback};
use eloquent::{Environment, Error, ErrorKind, Progress, Result};

use super::Context;
use super::guard::{self, Consent, Deed, Permit, Weight};
use crate::output::{Failure, Report};
use crate::target::Targets;
pub(super) use plan::of_fresh as planned_fresh;
pub(super) use report::Answer;
use report::Told;

const FRESH: &str = "migrate:fresh";

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
        #[command(flatten)]
        consent: Consent,
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
        #[command(flatten)]
        consent: Consent,
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
        #[command(flatten)]
        consent: Consent,
    },
    /// Undo all migrations
    #[command(name = "migrate:reset")]
    Reset {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        consent: Consent,
    },
    /// Undo all migrations, and run them again
    #[command(name = "migrate:refresh")]
    Refresh {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        consent: Consent,
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
        #[command(flatten)]
        consent: Consent,
    },
    /// Remove the lease of a migrator that has died
    #[command(name = "migrate:unlock")]
    Unlock {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        consent: Consent,
    },
}

/// What all of them take.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// The directory that has one for each connection
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    path: PathBuf,
    /// How long to wait for another migrator
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
    /// How long a step of a migration may take; without it, as long as it needs
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    step_timeout: Option<u64>,
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

impl Down {
    fn describe(&self) -> &'static str {
        if self.all_migrations { "undoes all migrations" } else { "undoes migrations" }
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
            | Migrate::Unlock { common, .. } => common,
        }
    }

    /// Whether it may be the first to run migrations on a database.
    fn is_first_to_run(&self) -> bool {
        matches!(
            self,
            Migrate::Run { pretend: false, .. } | Migrate::Fresh { .. } | Migrate::Refresh { .. }
        )
    }

    /// What a guard is before, and who says that it is meant.
    fn guarded(&self) -> Option<(Deed<'static>, &Consent)> {
        use Weight::{Changes, Destroys};
        let (command, what, weight, consent) = match self {
            Migrate::Status { .. }
            | Migrate::Run { pretend: true, .. }
            | Migrate::Rollback { pretend: true, .. } => return None,
            Migrate::Run { consent, .. } => {
                ("migrate:run", "runs the migrations that have not run", Changes, consent)
            }
            Migrate::Rollback { what, consent, .. } => {
                ("migrate:rollback", what.describe(), Destroys, consent)
            }
            Migrate::Fresh { consent, .. } => {
                (FRESH, "drops all tables and views, and runs all migrations", Destroys, consent)
            }
            Migrate::Reset { consent, .. } => {
                ("migrate:reset", "undoes all migrations", Destroys, consent)
            }
            Migrate::Refresh { consent, .. } => {
                ("migrate:refresh", "undoes all migrations, and runs them", Destroys, consent)
            }
            Migrate::Resolve { consent, .. } => {
                ("migrate:resolve", "changes the history of migrations", Changes, consent)
            }
            Migrate::Unlock { consent, .. } => {
                ("migrate:unlock", "removes the lease of a migrator", Changes, consent)
            }
        };
        Some((Deed { command, what, weight }, consent))
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
    let mut permits = match migrate.guarded() {
        Some((deed, consent)) => {
            let planner = plan::Of { context, migrate, targets };
            guard::allow(context, &environment, deed, &names, consent, &planner).await?
        }
        None => Vec::new(),
    }
    .into_iter();
    let mut answers = Vec::new();
    // one after the other: what runs at the same time is hard to read, and harder to stop
    for name in names {
        answers.push(answer(context, migrate, targets, &environment, name, permits.next()).await);
    }
    Ok(report::of(answers))
}

/// Does it on one connection, and writes down what came of it.
async fn answer(
    context: &Context<'_>,
    migrate: &Migrate,
    targets: &Targets,
    environment: &Environment,
    name: String,
    permit: Option<Permit>,
) -> Answer {
    let located = |error: Error| Told::Failed(error.with_connection(name.clone()));
    let mut told = one(context, migrate, targets, environment, &name).await.unwrap_or_else(located);
    if let Some(permit) = permit {
        let finished = permit.finish(told.error().map_or(Ok(()), Err)).await;
        // of two errors the first one matters
        if let (Err(error), None) = (finished, told.error()) {
            told = located(error);
        }
    }
    Answer { connection: name, told }
}

/// Drops everything and runs all migrations of connections; with what came of each, and whether it went well.
pub(super) async fn fresh(
    context: &Context<'_>,
    common: Common,
    targets: &Targets,
    environment: &Environment,
    name: &str,
) -> (Answer, bool) {
    let migrate = Migrate::Fresh { common, consent: Consent::default() };
    let answer = answer(context, &migrate, targets, environment, name.to_owned(), None).await;
    let is_fine = answer.told.error().is_none();
    (answer, is_fine)
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
    let progress = Progress::default();
    let connection = db.connection(name)?;
    if migrate.is_first_to_run() {
        guard::tag(environment, &connection).await?;
    }
    let mut migrator = Migrator::new(&connection, migrations)
        .wait(Duration::from_secs(common.wait))
        .stop(context.stop.clone())
        .progress(progress.clone());
    if let Some(bound) = common.step_timeout {
        migrator = migrator.step_timeout(Duration::from_secs(bound));
    }
    if let Some(actor) = guard::actor(environment) {
        migrator = migrator.actor(actor);
    }
    let bar = context.terminal.watch(&progress);
    let told = tell(migrate, migrator).await;
    drop(bar);
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

/// The migrations of a connection; `None` when it has none.
pub(super) fn known(
    context: &Context<'_>,
    targets: &Targets,
    common: &Common,
    name: &str,
) -> Result<Option<Migrations>> {
    let base = name.strip_suffix("_test").unwrap_or(name);
    let is_known = directory(&common.path, name).exists()
        || context.migrations.iter().any(|(connection, _)| connection == base);
    if is_known { migrations(context, targets, &common.path, name) } else { Ok(None) }
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
