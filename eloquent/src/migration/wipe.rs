//! A database made empty.

use eloquent_core::Result;

use super::Migrator;
use crate::database::Apart;

impl Migrator {
    /// Drops all tables and views, whoever made them, also the history of the migrations. Only
    /// [`KEPT_TABLES`](super::KEPT_TABLES) stay.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> eloquent::Result<()> {
    /// use eloquent::migration::{Migrations, Migrator};
    /// use eloquent::{Db, Schema};
    ///
    /// let db = Db::connect("sqlite::memory:").await?;
    /// Schema::on(&db).create("users", |t| { t.id(); }).await?;
    /// Migrator::new(&db.connection("sqlite")?, Migrations::new()).wipe().await?;
    /// assert!(!Schema::on(&db).has_table("users").await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the database reports, or that another migrator is at work.
    pub async fn wipe(&self) -> Result<()> {
        let dropped = async {
            let reader = Apart::open(&self.connection).await?;
            let mut run = self.begin_run(reader, &[]).await?;
            let outcome = self.drop_all(&mut run).await;
            Self::end_run(run, outcome, &mut Vec::new()).await
        };
        dropped.await.map_err(|error| self.locate(error))
    }
}
