//! Who the application is to a database.

use eloquent_core::driver::{Question, Transport};
use eloquent_core::row::RowReader;
use eloquent_core::{ErrorKind, Result};

use super::{Apart, Connection};

/// Who a connection logs in as, and what that account may do beside reading and writing rows.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> eloquent::Result<()> {
/// use eloquent::{Account, Db};
///
/// let db = Db::connect("sqlite::memory:").await?;
/// // a file asks nobody who they are
/// assert_eq!(db.connection("sqlite")?.account().await?, Some(Account::default()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// What it is called; `None` where nobody is asked.
    pub name: Option<String>,
    /// Whether it administers the server: makes accounts or databases, or is bound by no rule at all. `None`
    /// where that is not told.
    pub administers: Option<bool>,
    /// Whether it may make, alter or drop tables or collections. `None` where that is not told.
    pub changes_schema: Option<bool>,
}

impl Connection {
    /// Asks the database who this connection logs in as, and what that account may do. Nothing is written,
    /// nor is a database made that is not there. `None` where the driver cannot tell.
    ///
    /// # Errors
    /// When it cannot be opened, and what the database reports.
    pub async fn account(&self) -> Result<Option<Account>> {
        let rows = match Apart::open_to_look(self).await?.ask(Question::Account).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(None),
            rows => rows?,
        };
        let Some(row) = rows.first() else { return Ok(None) };
        let mut row = RowReader::new(row);
        let name = row.read()?;
        let mut is_so = || Ok(row.read::<Option<i64>>()?.map(|number| number != 0));
        Ok(Some(Account { name, administers: is_so()?, changes_schema: is_so()? }))
    }

    /// What others could see of what is sent to the database. `None` where the driver does not tell.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn transport(&self) -> Result<Option<Transport>> {
        self.pool().transport().await
    }
}
