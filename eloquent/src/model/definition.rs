//! What is known of a model at compile time.

use eloquent_core::Error;
use eloquent_core::schema::Column;

/// What is known of a model at compile time. Made by `#[derive(Model)]`.
#[derive(Debug)]
pub struct ModelDef {
    /// The name of the struct.
    pub name: &'static str,
    /// The table or collection.
    pub table: &'static str,
    /// The connection that it is pinned to.
    pub connection: Option<&'static str>,
    /// Where it can live.
    pub family: ModelFamily,
    /// The columns, in the order of the fields.
    pub columns: &'static [Column],
    /// The positions of the key's columns.
    pub key: &'static [usize],
    /// Where new keys come from.
    pub key_source: KeySource,
    /// The position of the column that keeps the time of creation.
    pub created_at: Option<usize>,
    /// The position of the column that keeps the time of the last update.
    pub updated_at: Option<usize>,
}

/// Where a model can live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelFamily {
    /// In tables.
    Relational,
    /// In collections.
    Document,
    /// In either.
    Portable,
}

/// Where new keys come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// The database numbers rows.
    Database,
    /// A UUID of version 7 is made for each row.
    Uuid,
    /// An object id is made for each row.
    ObjectId,
    /// The application gives it.
    Given,
}

impl ModelDef {
    /// The column of that name, checked at run time: the door for names chosen by a user.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](eloquent_core::ErrorKind) naming the columns that there are.
    pub fn column(&'static self, name: &str) -> Result<&'static Column, Error> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let shown: String = name.chars().take(64).collect();
            let known: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
            self.locate(Error::invalid(format!("there is no column `{shown}`")))
                .with_hint(format!("the columns are: {}", known.join(", ")))
        })
    }

    /// Adds the model and its table to an error.
    pub fn locate(&self, error: Error) -> Error {
        let of_key = error.constraint().is_some_and(|name| name.eq_ignore_ascii_case("primary"));
        let error = match self.key {
            // a database may say no more than that it is the key
            [key] if of_key => error.with_column(self.columns[*key].name.clone()),
            _ => error,
        };
        error.with_model(self.name).with_table(self.table)
    }
}
