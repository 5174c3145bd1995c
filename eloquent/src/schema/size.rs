//! How much there is in tables.

use std::collections::BTreeMap;

use eloquent_core::Result;
use eloquent_core::driver::Question;
use eloquent_core::row::RowReader;

use super::Schema;

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
}
