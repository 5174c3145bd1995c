//! Seeders: rows that a database starts with, written once however often they are seeded.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> eloquent::Result<()> {
//! use eloquent::prelude::*;
//! use eloquent::seeding::{Models, Seeder, Seeders, Seeding, async_trait};
//!
//! #[derive(Model, Debug)]
//! struct User {
//!     id: i64,
//!     #[model(unique)]
//!     email: String,
//! }
//!
//! struct UserSeeder;
//!
//! #[async_trait]
//! impl Seeder for UserSeeder {
//!     fn models(&self) -> Models {
//!         Models::new().add::<User>()
//!     }
//!
//!     async fn run(&self) -> eloquent::Result<()> {
//!         let rows = ["ada@example.org", "grace@example.org"].map(|email| new!(User { email }));
//!         User::upsert(rows).unique_by(|u| u.email).ignore().await?;
//!         Ok(())
//!     }
//! }
//!
//! let db = Db::connect("sqlite::memory:").await?;
//! db.install();
//! User::create_table().await?;
//! let seeding = Seeding::new(&db.connection("sqlite")?, Seeders::new().add(UserSeeder));
//! assert_eq!(seeding.run().await.into_result()?[0].rows, 2);
//! assert_eq!(seeding.run().await.into_result()?[0].rows, 0); // they are there
//! # Ok(())
//! # }
//! ```
//!
//! # What holds
//!
//! - While a connection is seeded, it is the default. A write that would go to another one is refused, unless
//!   it names that one with `.on(..)`.
//! - Each seeder is a transaction of its own, where the database has them. Where it has none, the rows of
//!   a seeder that fails stay, and [`Seeded::in_transaction`] is false.
//! - Whether the models of all seeders can be on the connection is found out before the first one runs.

mod models;
mod order;
mod outcome;
mod run;

use std::any::TypeId;

pub use eloquent_core::async_trait;

pub use models::Models;
pub use order::Seeders;
pub use outcome::{SeedOutcome, Seeded, Skipped};
pub use run::Seeding;

use eloquent_core::Result;

/// Writes rows that a database starts with.
#[async_trait]
pub trait Seeder: Send + Sync + 'static {
    /// What it is called by: the name of its type, unless it says otherwise.
    fn name(&self) -> &str {
        let path = std::any::type_name::<Self>();
        let path = path.split('<').next().unwrap_or(path);
        path.rsplit("::").next().unwrap_or(path)
    }

    /// The models whose rows it writes. One that cannot be on the connection which is to be seeded is told
    /// of before anything is written: because it is pinned to another, or is of the other family.
    fn models(&self) -> Models;

    /// The seeders that run before it, each in a transaction of its own. One that several ask for runs once.
    fn calls(&self) -> Seeders {
        Seeders::new()
    }

    /// Writes the rows. To be run again without harm, it leaves rows that are there as they are: with
    /// `upsert(..).unique_by(..).ignore()` or `first_or_create(..)`.
    ///
    /// # Errors
    /// What goes wrong.
    async fn run(&self) -> Result<()>;

    /// Which type it is of: two types may have the same name.
    #[doc(hidden)]
    fn type_id(&self) -> TypeId {
        TypeId::of::<Self>()
    }
}
