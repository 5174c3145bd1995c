//! Migrations: the schema of a database, changed step by step, once and never half without saying so.
//!
//! A migration is a type that implements [`Migration`], or a pair of files `<stamp>_<name>.up.sql` and
//! `<stamp>_<name>.down.sql`, or `.json` for a database of documents. Both can be mixed; they run in the order of their names.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> eloquent::Result<()> {
//! use eloquent::Db;
//! use eloquent::migration::{Migration, MigrationContext, Migrations, Migrator, async_trait};
//!
//! struct CreateUsers;
//!
//! #[async_trait]
//! impl Migration for CreateUsers {
//!     fn name(&self) -> &str {
//!         "20260101090000_create_users"
//!     }
//!
//!     async fn up(&self, db: &MigrationContext) -> eloquent::Result<()> {
//!         let users = db.schema().create("users", |t| {
//!             t.id();
//!             t.text("name");
//!         });
//!         users.await
//!     }
//!
//!     async fn down(&self, db: &MigrationContext) -> eloquent::Result<()> {
//!         db.schema().drop("users").await
//!     }
//! }
//!
//! let db = Db::connect("sqlite::memory:").await?;
//! let migrator = Migrator::new(&db.connection("sqlite")?, Migrations::new().add(CreateUsers));
//! let done = migrator.run().await.into_result()?;
//! assert_eq!(done[0].name, "20260101090000_create_users");
//! assert!(migrator.run().await.into_result()?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # What holds
//!
//! - One migrator works on a database at a time. The others wait for a while, and then say who it is.
//! - Where changes of the schema are part of transactions, a migration and its row in the history are one
//!   transaction. Elsewhere each step is recorded, and a run that failed goes on where it stopped. What
//!   cannot be known, such as whether a statement took effect that was cut off, is asked and not guessed.
//! - A file that has changed since it ran, one that is missing, and one that comes late are errors.

mod checksum;
mod context;
mod downward;
mod file;
mod journal;
mod lock;
mod migrations;
mod migrator;
mod outcome;
mod plan;
mod settle;
mod stop;
mod tracker;
mod upward;
mod wipe;

pub use eloquent_core::async_trait;

pub(crate) use context::in_place;

pub use context::MigrationContext;
pub use migrations::Migrations;
pub use migrator::{Migrator, Reach, Rollback};
pub use outcome::{Direction, Done, MigrationState, MigrationStatus, Outcome, Pretended};
pub use settle::Resolution;
pub use stop::Stop;

use eloquent_core::Result;

/// The tables that [`Migrator::fresh`] leaves where they are: which environment a database is of, and who has
/// destroyed what in it. The command line writes them.
pub const KEPT_TABLES: [&str; 2] = ["eloquent_environment", "eloquent_audit"];

/// A change of the schema in Rust, and how it is undone.
#[async_trait]
pub trait Migration: Send + Sync + 'static {
    /// Its name: what it is known by in the history, and sorted by. It begins with the moment at which it
    /// was written, such as `20260101090000_create_users`.
    fn name(&self) -> &str;

    /// Makes the change. Everything goes through `db`, which records each step where the database has no
    /// transactions for changes of the schema: when it goes on after a failure, the steps that are done
    /// are left out. So the same steps have to come in the same order each time.
    ///
    /// # Errors
    /// What goes wrong.
    async fn up(&self, db: &MigrationContext) -> Result<()>;

    /// Undoes the change.
    ///
    /// # Errors
    /// What goes wrong.
    async fn down(&self, db: &MigrationContext) -> Result<()>;

    /// Whether it can be undone. What cannot is refused before anything is changed.
    fn is_reversible(&self) -> bool {
        true
    }

    /// Whether it runs in a transaction where the database has them for changes of the schema. Some
    /// statements run only outside of one.
    fn is_transactional(&self) -> bool {
        true
    }
}
