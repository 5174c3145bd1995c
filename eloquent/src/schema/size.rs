//! How much there is in tables.

use std::collections::BTreeMap;

use eloquent_core::Result;
use eloquent_core::driver::Question;
use eloquent_core::row::RowReader;

use super::Schema;
use crate::query::count_of;

impl Schema {
    /// How many bytes each table takes up with its indexes, as far as the database knows. Some keep such
    /// numbers up to date only now and then.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> eloquent::Result<()> {
    /// use eloquent::{Db, Schema};
    ///
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let schema = Schema::on(&db);
    /// schema.create("users", |t| { t.id(); }).await?;
    /// assert!(schema.sizes().await?["users"] > 0);
    /// assert_eq!(schema.count("users").await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the database reports, or that it cannot tell.
    pub async fn sizes(&self) -> Result<BTreeMap<String, u64>> {
        let rows = self.executor()?.ask(Question::Sizes).await?;
        rows.iter()
            .map(|row| {
                let mut row = RowReader::new(row);
                let (name, bytes): (String, i64) = (row.read()?, row.read()?);
                Ok((name, u64::try_from(bytes).unwrap_or(0)))
            })
            .collect()
    }

    /// How many rows a table or view has. They are counted, which takes long where there are many.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn count(&self, table: &str) -> Result<u64> {
        count_of(&self.executor()?, table, None).await
    }

    /// The same where it is enough to know that there are many: no more than `at_most` rows are looked at.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> eloquent::Result<()> {
    /// use eloquent::{Db, Schema};
    ///
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let schema = Schema::on(&db);
    /// schema.create("users", |t| { t.id(); }).await?;
    /// Db::raw("INSERT INTO users VALUES (1), (2), (3)").on(&db).execute().await?;
    /// assert_eq!(schema.count_up_to("users", 2).await?, 2);
    /// assert_eq!(schema.count_up_to("users", 9).await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the database reports.
    pub async fn count_up_to(&self, table: &str, at_most: u64) -> Result<u64> {
        count_of(&self.executor()?, table, Some(at_most)).await
    }
}
