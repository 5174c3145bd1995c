//! Statements in the language of the database.

use eloquent_core::Result;
use eloquent_core::row::{Flow, OwnedRow, OwnedRows, Row, RowReader, RowSink};
use eloquent_core::statement::{IntoBind, RawSql, Statement};
use eloquent_core::value::{ColumnValue, ValueRef};
use eloquent_core::{Error, ErrorKind};

use super::Collect;
use crate::database::{Db, Executor, Target};
use crate::model::FromRow;

/// A statement in the language of the database, with bound values. Made by [`Db::raw`].
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let oldest: Option<i64> = Db::raw("SELECT MAX(age) FROM users").scalar().await?;
/// let changed = Db::raw("UPDATE users SET age = age + 1 WHERE id = ?").bind(1).execute().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a statement does nothing until it is awaited"]
#[derive(Clone)]
pub struct RawQuery {
    sql: RawSql,
    target: Option<Target>,
}

/// The bound values are left out.
impl std::fmt::Debug for RawQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawQuery").field("text", &self.sql.text()).finish_non_exhaustive()
    }
}

impl Db {
    /// A statement in the language of the database. `?` stands for a bound value on every database.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// let users: Vec<User> = Db::raw("SELECT * FROM users WHERE length(name) > ?").bind(3).fetch().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw(sql: impl Into<RawSql>) -> RawQuery {
        RawQuery { sql: sql.into(), target: None }
    }
}

impl RawQuery {
    /// Binds the value of the next `?`.
    pub fn bind(mut self, value: impl IntoBind) -> Self {
        self.sql = self.sql.bind(value);
        self
    }

    /// Runs it elsewhere; see [`Query::on`](super::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Reads the rows into a model or a view, by the names of the columns.
    ///
    /// # Errors
    /// What the database reports, a column that the result lacks, and a value that does not fit.
    pub async fn fetch<T: FromRow>(self) -> Result<Vec<T>> {
        Ok(self.run(Named { rows: Vec::new(), positions: None }).await?.rows)
    }

    /// Reads the rows as they are.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn rows(self) -> Result<Vec<OwnedRow>> {
        Ok(self.run(OwnedRows::default()).await?.rows)
    }

    /// Reads the first column of the first row; `None` when there is no row.
    ///
    /// # Errors
    /// What the database reports, and a value that does not fit.
    pub async fn scalar<T: ColumnValue>(self) -> Result<Option<T>> {
        let sink = self.run(Collect::new(|row| row.read::<T>())).await?;
        Ok(sink.rows.into_iter().next())
    }

    /// Runs it and gives the number of rows that it wrote.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn execute(self) -> Result<u64> {
        let executor = Executor::resolve(self.target.clone(), None)?;
        Ok(executor.execute(&Statement::Raw(self.sql)).await?.rows)
    }

    async fn run<S: RowSink + 'static>(self, sink: S) -> Result<S> {
        let executor = Executor::resolve(self.target.clone(), None)?;
        Ok(executor.fetch(&Statement::Raw(self.sql), sink).await?.1)
    }
}

/// The rows of a statement as they are.
pub(crate) async fn rows_of(executor: &Executor, statement: &Statement) -> Result<Vec<OwnedRow>> {
    Ok(executor.fetch(statement, OwnedRows::default()).await?.1.rows)
}

/// Reads rows by name: the positions are worked out at the first row.
struct Named<T> {
    rows: Vec<T>,
    positions: Option<Vec<usize>>,
}

impl<T: FromRow> RowSink for Named<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        if self.positions.is_none() {
            self.positions = Some(positions(&T::column_names(), row)?);
        }
        let positions = self.positions.as_deref().unwrap_or_default();
        self.rows.push(T::from_row(&mut RowReader::new(&Reordered { row, positions }))?);
        Ok(Flow::Continue)
    }

    fn reset(&mut self) {
        self.rows.clear();
    }

    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send> {
        self
    }
}

fn positions(names: &[&str], row: &dyn Row) -> Result<Vec<usize>> {
    let position = |name: &&str| {
        (0..row.len()).find(|index| row.name(*index) == Some(name)).ok_or_else(|| {
            let has: Vec<_> = (0..row.len()).filter_map(|index| row.name(index)).collect();
            Error::new(ErrorKind::Decode, "the result lacks a column")
                .with_column((*name).to_owned())
                .with_hint(format!("it has: {}", has.join(", ")))
        })
    };
    names.iter().map(position).collect()
}

/// A row with its columns in another order.
struct Reordered<'r> {
    row: &'r dyn Row,
    positions: &'r [usize],
}

impl Row for Reordered<'_> {
    fn len(&self) -> usize {
        self.positions.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.positions.get(index) {
            Some(position) => self.row.get(*position),
            None => Err(eloquent_core::row::no_column(index)),
        }
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.positions.get(index).and_then(|position| self.row.name(*position))
    }
}
