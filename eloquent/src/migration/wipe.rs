//! A database made empty.

use eloquent_core::Result;
use eloquent_core::driver::{Object, Question};
use eloquent_core::row::RowReader;

use super::migrator::Run;
use super::{KEPT_TABLES, Migrator, lock};
use crate::database::{Apart, Transaction};

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

    /// What [`wipe`](Self::wipe) would send, and [`fresh`](Self::fresh) before it runs migrations. Nothing is
    /// written.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> eloquent::Result<()> {
    /// use eloquent::migration::{Migrations, Migrator};
    /// use eloquent::{Db, Schema};
    ///
    /// let db = Db::connect("sqlite::memory:").await?;
    /// Schema::on(&db).create("users", |t| { t.id(); }).await?;
    /// let migrator = Migrator::new(&db.connection("sqlite")?, Migrations::new());
    /// let statements = migrator.pretend_wipe().await?;
    /// assert!(statements.iter().any(|sql| sql.starts_with("DROP TABLE") && sql.contains("users")));
    /// assert!(Schema::on(&db).has_table("users").await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the database reports.
    pub async fn pretend_wipe(&self) -> Result<Vec<String>> {
        let shown = async { drops(&mut Apart::open_to_look(&self.connection).await?).await };
        shown.await.map_err(|error| self.locate(error))
    }

    pub(super) async fn drop_all(&self, run: &mut Run) -> Result<()> {
        let statements = drops(&mut *run.reader.lock().await).await?;
        let whole = run.capabilities.transactional_ddl && run.capabilities.transactions;
        let transaction = match whole {
            true => self.begin(&run.wait).await?,
            false => Transaction::pinned(&self.connection).await?,
        };
        transaction.close_afterwards().await?;
        let on = transaction.executor();
        for statement in statements {
            run.wait.stop.check()?;
            run.held.verify().await?;
            on.run_text(&statement).await?;
        }
        transaction.commit().await
    }
}

/// What drops all that there is.
async fn drops(reader: &mut Apart) -> Result<Vec<String>> {
    let mut objects = Vec::new();
    for row in reader.ask(Question::Objects).await? {
        let mut row = RowReader::new(&row);
        let (name, kind): (String, String) = (row.read()?, row.read()?);
        if name != lock::TABLE && !KEPT_TABLES.contains(&name.as_str()) {
            objects.push(Object::new(name, kind));
        }
    }
    if objects.is_empty() { Ok(Vec::new()) } else { reader.drop_all(&objects) }
}
