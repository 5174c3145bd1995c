//! `eloquent db:seed…`: the rows that databases start with.

mod precheck;
mod report;

use clap::{Args, Subcommand};
use eloquent::environment::Role;
use eloquent::seeding::{Seeding, async_trait};
use eloquent::{Connection, Environment, Error, ErrorKind, Progress, Result};

use super::Context;
use super::guard::{self, Consent, Deed, Permit, Planner, Weight};
use super::migrate::{self, Common};
use crate::output::{Failure, Report};
use crate::target::Targets;
use report::{Answer, Told};

#[derive(Debug, Subcommand)]
pub(crate) enum Seed {
    /// Write the rows that databases start with
    #[command(name = "db:seed")]
    Run {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        consent: Consent,
    },
    /// Look whether databases are ready to be seeded
    #[command(name = "db:seed:precheck")]
    Precheck {
        #[command(flatten)]
        common: Common,
    },
    /// Drop all tables and views, run all migrations, and seed
    #[command(name = "db:seed:fresh")]
    Fresh {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        consent: Consent,
    },
}

/// Which seeders.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Only this seeder, and those that it calls
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// Tell no listener and no query log of what seeders write
    #[arg(long)]
    without_events: bool,
}

pub(super) async fn run(
    context: &Context<'_>,
    seed: &Seed,
    targets: &Targets,
) -> Result<Report, Failure> {
    let environment = targets.mode((context.load)()?);
    let names = targets.names(&environment, context.registry)?;
    match seed {
        Seed::Precheck { common } => {
            let environment = environment.with_role(Role::Migration);
            let mut answers = Vec::new();
            for name in names {
                let found = precheck::of(context, common, targets, &environment, &name).await;
                let told = match found {
                    Ok(faults) => Told::Checked(faults),
                    Err(error) => Told::Failed(error.with_connection(name.clone())),
                };
                answers.push(Answer::new(name, told));
            }
            Ok(report::of(answers))
        }
        Seed::Run { which, common, consent } => {
            let environment = &environment;
            let plan = Plan { context, targets, environment, which, common, is_fresh: false };
            let deed = Deed {
                command: "db:seed",
                what: "writes the rows of seeders",
                weight: Weight::Changes,
            };
            plan.run(deed, consent, names).await
        }
        Seed::Fresh { which, common, consent } => {
            let environment = &environment;
            let plan = Plan { context, targets, environment, which, common, is_fresh: true };
            let deed = Deed {
                command: "db:seed:fresh",
                what: "drops all tables and views, runs all migrations, and writes the rows of seeders",
                weight: Weight::Destroys,
            };
            plan.run(deed, consent, names).await
        }
    }
}

/// What is to be seeded.
struct Plan<'p> {
    context: &'p Context<'p>,
    targets: &'p Targets,
    environment: &'p Environment,
    which: &'p Which,
    common: &'p Common,
    /// Whether all tables are dropped and all migrations run before.
    is_fresh: bool,
}

#[async_trait]
impl Planner for Plan<'_> {
    /// Of seeders only their names are known before.
    async fn plan(&self, on: &Connection) -> Result<Vec<String>> {
        let mut planned = match self.is_fresh {
            true => migrate::planned_fresh(self.context, self.targets, self.common, on).await?,
            false => Vec::new(),
        };
        let (seeders, _) = self.seeding(on).plan()?;
        planned.extend(seeders.iter().map(|name| format!("-- then the seeder {name}")));
        Ok(planned)
    }
}

impl Plan<'_> {
    async fn run(
        &self,
        deed: Deed<'_>,
        consent: &Consent,
        names: Vec<String>,
    ) -> Result<Report, Failure> {
        // what no seeder fits is told before anything is written, and before anybody is asked
        let unfit = self.check(&names)?;
        let permits =
            guard::allow(self.context, self.environment, deed, &names, consent, self).await?;
        let mut permits = permits.into_iter();
        let mut answers = Vec::new();
        for (name, unfit) in names.into_iter().zip(unfit) {
            let answer = match unfit {
                Some(told) => Answer::new(name, told),
                None => self.one(name).await,
            };
            answers.push(finish(permits.next(), answer).await);
        }
        Ok(report::of(answers))
    }

    /// For each connection, why no seeder can run there; nothing if one can.
    fn check(&self, names: &[String]) -> Result<Vec<Option<Told>>, Failure> {
        if self.context.seeders.is_empty() {
            let error = Error::new(ErrorKind::Config, "this program has no seeders");
            return Err(error.with_hint(NO_SEEDERS).into());
        }
        let mut found = Vec::new();
        let mut is_one_fit = false;
        for name in names {
            let planned = self
                .context
                .database(self.environment, name)
                .and_then(|db| self.seeding(&db.connection(name)?).plan());
            found.push(match planned {
                Ok((fit, _)) if !fit.is_empty() => {
                    is_one_fit = true;
                    None
                }
                Ok((_, skipped)) => Some(Told::Unfit(skipped)),
                // what is wrong with the seeders themselves is the same everywhere
                Err(error) if names.len() == 1 => {
                    return Err(error.with_connection(name.clone()).into());
                }
                Err(error) => Some(Told::Failed(error.with_connection(name.clone()))),
            });
        }
        match found.iter().flatten().next() {
            Some(Told::Unfit(skipped)) if !is_one_fit => {
                let told: Vec<String> =
                    skipped.iter().map(|one| format!("`{}`: {}", one.name, one.why)).collect();
                let message = format!("no seeder is for {}: {}", names.join(", "), told.join("; "));
                Err(Error::new(ErrorKind::Config, message)
                    .with_hint("nothing was written; name the connection that the models are for")
                    .into())
            }
            _ => Ok(found),
        }
    }

    fn seeding(&self, connection: &Connection) -> Seeding {
        let seeding = Seeding::new(connection, self.context.seeders.clone())
            .stop(self.context.stop.clone())
            .without_events(self.which.without_events)
            .skip_unfit(self.which.class.is_none() || self.targets.are_all());
        match &self.which.class {
            Some(class) => seeding.only(class),
            None => seeding,
        }
    }

    async fn one(&self, name: String) -> Answer {
        let mut migrated = None;
        if self.is_fresh {
            let common = self.common.clone();
            let environment = self.environment.clone().with_role(Role::Migration);
            let (answer, is_fine) =
                migrate::fresh(self.context, common, self.targets, &environment, &name).await;
            migrated = Some(answer);
            if !is_fine {
                return Answer { connection: name, migrated, told: Told::Unreached };
            }
        }
        let told = self.seed(&name).await;
        let told = told.unwrap_or_else(|error| Told::Failed(error.with_connection(name.clone())));
        Answer { connection: name, migrated, told }
    }

    async fn seed(&self, name: &str) -> Result<Told> {
        // among all, what is not ready is left alone
        if self.targets.are_all() && !self.is_fresh {
            let (context, common) = (self.context, self.common);
            let environment = &self.environment.clone().with_role(Role::Migration);
            let faults = precheck::of(context, common, self.targets, environment, name).await?;
            if !faults.is_empty() {
                return Ok(Told::Checked(faults));
            }
        }
        let db = self.context.database(self.environment, name)?;
        let progress = Progress::default();
        let seeding = self.seeding(&db.connection(name)?).progress(progress.clone());
        let bar = self.context.terminal.watch(&progress);
        let outcome = seeding.run().await;
        drop(bar);
        // what matters is what came of the rows
        let _ = db.close().await;
        Ok(Told::Ran(outcome))
    }
}

const NO_SEEDERS: &str = "seeders are part of a program of the project: \
                          `Cli::new().seeders(Seeders::new().add(UserSeeder)).run()`";

async fn finish(permit: Option<Permit>, mut answer: Answer) -> Answer {
    if let Some(permit) = permit {
        let ended = answer.error().map_or(Ok(()), Err);
        // of two errors the first one matters
        if let (Err(error), None) = (permit.finish(ended).await, answer.error()) {
            answer.told = Told::Failed(error.with_connection(answer.connection.clone()));
        }
    }
    answer
}
