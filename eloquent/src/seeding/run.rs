//! Running seeders on a connection.

use std::sync::Arc;
use std::time::Instant;

use eloquent_core::{Error, ErrorKind, Result};

use super::models::misfit;
use super::{SeedOutcome, Seeded, Seeder, Seeders, Skipped};
use crate::database::{Connection, Progress};
use crate::migration::{Stop, in_place};

/// Runs seeders on a connection. See the [module](super) for what holds.
#[derive(Debug, Clone)]
pub struct Seeding {
    connection: Connection,
    seeders: Seeders,
    only: Option<String>,
    skips: bool,
    is_muted: bool,
    stop: Stop,
    progress: Progress,
}

/// Seeders that can run, and those that cannot.
type Plan = (Vec<Arc<dyn Seeder>>, Vec<Skipped>);

impl Seeding {
    /// For a connection, with the seeders.
    pub fn new(connection: &Connection, seeders: Seeders) -> Self {
        Seeding {
            // what has been written is read at once
            connection: connection.writer().as_default(),
            seeders,
            only: None,
            skips: false,
            is_muted: false,
            stop: Stop::default(),
            progress: Progress::default(),
        }
    }

    /// Runs this seeder alone, and those that it calls.
    #[must_use]
    pub fn only(mut self, name: impl Into<String>) -> Self {
        self.only = Some(name.into());
        self
    }

    /// Leaves seeders out with models that cannot be on the connection, in place of refusing all.
    #[must_use]
    pub fn skip_unfit(mut self, yes: bool) -> Self {
        self.skips = yes;
        self
    }

    /// Tells nobody of the statements of seeders: listeners of [`Db::on_query`](crate::Db::on_query) do not
    /// hear them, and they are not in [`Db::query_log`](crate::Db::query_log). What `tracing` is told, and what
    /// runs [after a commit](crate::Db::after_commit), stays as it is.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> eloquent::Result<()> {
    /// # use eloquent::prelude::*;
    /// # use eloquent::seeding::{Models, Seeder, Seeders, Seeding, async_trait};
    /// # #[derive(Model, Debug)] struct User { id: i64, #[model(unique)] email: String }
    /// # struct UserSeeder;
    /// # #[async_trait] impl Seeder for UserSeeder {
    /// #     fn models(&self) -> Models { Models::new().add::<User>() }
    /// #     async fn run(&self) -> eloquent::Result<()> {
    /// #         let row = new!(User { email: "ada@example.org" });
    /// #         User::upsert([row]).unique_by(|u| u.email).ignore().await.map(drop)
    /// #     }
    /// # }
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.install();
    /// # User::create_table().await?;
    /// # let seeders = Seeders::new().add(UserSeeder);
    /// db.enable_query_log();
    /// let seeding = Seeding::new(&db.connection("sqlite")?, seeders);
    /// seeding.clone().without_events(true).run().await.into_result()?;
    /// assert!(db.query_log().is_empty());
    /// seeding.run().await.into_result()?;
    /// assert!(!db.query_log().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn without_events(mut self, yes: bool) -> Self {
        self.is_muted = yes;
        self
    }

    /// Stops when this is asked to: the seeder that runs is rolled back.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Says how far it is.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Finds out what would run, without opening anything: the names of those that would, and what would
    /// be left out.
    ///
    /// # Errors
    /// An unknown seeder, two of one name, and seeders that call each other; and, unless they are
    /// [skipped](Self::skip_unfit), those that do not fit, naming all of them.
    pub fn plan(&self) -> Result<(Vec<String>, Vec<Skipped>)> {
        let (fit, unfit) = self.planned()?;
        Ok((fit.iter().map(|seeder| seeder.name().to_owned()).collect(), unfit))
    }

    /// Runs them.
    pub async fn run(&self) -> SeedOutcome {
        let mut outcome = SeedOutcome { done: Vec::new(), skipped: Vec::new(), error: None };
        let run = async {
            let (fit, unfit) = self.planned()?;
            outcome.skipped = unfit;
            self.progress.begin(fit.len());
            for seeder in fit {
                self.progress.at(seeder.name());
                let seeded = self.stop.cuts(self.one(seeder.as_ref())).await;
                let seeded = seeded
                    .map_err(|error| in_place(error, &format!("the seeder `{}`", seeder.name())))?;
                outcome.done.push(seeded);
                self.progress.advance();
            }
            Ok(())
        };
        let ended = run.await;
        outcome.error = ended.err().map(|error: Error| self.connection.pool().locate(error));
        outcome
    }

    async fn one(&self, seeder: &dyn Seeder) -> Result<Seeded> {
        let before = self.progress.rows();
        let began = Instant::now();
        let in_transaction = self.connection.capabilities().await?.transactions;
        let work = async {
            match in_transaction {
                true => crate::Db::transaction(seeder.run()).on(&self.connection).await,
                false => seeder.run().await,
            }
        };
        self.connection.seeding(&self.progress, self.is_muted, work).await?;
        Ok(Seeded {
            name: seeder.name().to_owned(),
            rows: self.progress.rows().saturating_sub(before),
            elapsed: began.elapsed(),
            in_transaction,
        })
    }

    fn planned(&self) -> Result<Plan> {
        let order = self.seeders.order(self.only.as_deref());
        let order = order.map_err(|error| self.connection.pool().locate(error))?;
        let (mut fit, mut unfit) = (Vec::new(), Vec::new());
        for seeder in order {
            match seeder.models().definitions().find_map(|model| misfit(model, &self.connection)) {
                None => fit.push(seeder),
                Some(why) => unfit.push(Skipped { name: seeder.name().to_owned(), why }),
            }
        }
        if unfit.is_empty() || self.skips {
            return Ok((fit, unfit));
        }
        let told: Vec<String> =
            unfit.iter().map(|one| format!("`{}`: {}", one.name, one.why)).collect();
        let name = self.connection.name();
        let message = format!("not every seeder can write to `{name}`: {}", told.join("; "));
        let error = Error::new(ErrorKind::Config, message)
            .with_hint("nothing was written; seed the connection that the models are for");
        Err(self.connection.pool().locate(error))
    }
}
