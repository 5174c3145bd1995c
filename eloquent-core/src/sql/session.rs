//! The short road to a SQL driver.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use super::{Binds, Compiled, Dialect, StatementCache};
use crate::driver::{Affected, Fetched, Now, Session, TransactionOptions};
use crate::row::{Discard, RowSink};
use crate::schema::SchemaChange;
use crate::statement::Statement;
use crate::value::ValueRef;
use crate::{Result, async_trait};

type BoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

/// One conversation with a SQL database: text and bound values go in. Whoever implements it has a
/// [`Session`]; the obligations of its [contract](crate::driver) hold here as well.
#[async_trait]
pub trait SqlSession: Debug + Send + 'static {
    /// How the database spells SQL.
    fn dialect(&self) -> &'static dyn Dialect;

    /// The compiled statements, shared by all sessions of a connection.
    fn statements(&self) -> &StatementCache;

    /// Whether [`query_now`](Self::query_now) ever answers. Where it does not, no statement is compiled
    /// for it.
    fn answers_now(&self) -> bool {
        false
    }

    /// Attempts a statement on the calling task, where [`answers_now`](Self::answers_now); see
    /// [`Session::try_now`].
    ///
    /// # Errors
    /// What the database or the sink reports.
    fn query_now(
        &mut self,
        _statement: &Arc<Compiled>,
        _binds: &[ValueRef<'_>],
        _sink: &mut dyn RowSink,
    ) -> Result<Now> {
        Ok(Now::Later)
    }

    /// Runs a statement and shows its rows to the sink.
    ///
    /// # Errors
    /// What the database or the sink reports.
    async fn query_later(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
        sink: Box<dyn RowSink>,
    ) -> Result<Fetched>;

    /// Runs a statement whose rows nobody wants.
    ///
    /// # Errors
    /// What the database reports.
    async fn run(&mut self, statement: &Arc<Compiled>, binds: &[ValueRef<'_>]) -> Result<Affected> {
        Ok(self.query_later(statement, binds, Box::new(Discard)).await?.affected)
    }

    /// Runs text that binds nothing and returns nothing: DDL, BEGIN, COMMIT.
    ///
    /// # Errors
    /// What the database reports.
    async fn batch(&mut self, sql: &str) -> Result<()>;

    /// See [`Session::begin`].
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn begin(&mut self, depth: u32, options: TransactionOptions) -> Result<()> {
        let sql = self.dialect().begin(depth, options)?;
        self.batch(&sql).await
    }

    /// See [`Session::commit`].
    ///
    /// # Errors
    /// What the database reports.
    async fn commit(&mut self, depth: u32) -> Result<()> {
        let sql = self.dialect().commit(depth);
        if sql.is_empty() { Ok(()) } else { self.batch(&sql).await }
    }

    /// See [`Session::rollback`].
    ///
    /// # Errors
    /// What the database reports.
    async fn rollback(&mut self, depth: u32) -> Result<()> {
        let sql = self.dialect().rollback(depth);
        self.batch(&sql).await
    }

    /// See [`Session::ids_follow`].
    ///
    /// # Errors
    /// What the database reports.
    async fn ids_follow(&mut self, _table: &str) -> Result<bool> {
        Ok(false)
    }

    /// See [`Session::settle`].
    ///
    /// # Errors
    /// When the session cannot be used further.
    async fn settle(&mut self) -> Result<()>;

    /// See [`Session::reset`].
    ///
    /// # Errors
    /// When the session cannot be used further.
    async fn reset(&mut self) -> Result<()>;

    /// See [`Session::ping`].
    ///
    /// # Errors
    /// When there is no sign of life.
    async fn ping(&mut self) -> Result<()> {
        Ok(())
    }

    /// See [`Session::is_broken`].
    fn is_broken(&self) -> bool {
        false
    }

    /// See [`Session::explain`].
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn explain(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
    ) -> Result<String>;
}

#[async_trait]
impl<S: SqlSession> Session for S {
    fn try_now(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<Now> {
        if !self.answers_now() {
            return Ok(Now::Later);
        }
        let mut binds = Binds::new();
        let compiled = self.statements().compile(self.dialect(), statement, &mut binds)?;
        self.query_now(&compiled, &binds.values(), sink)
    }

    async fn fetch(&mut self, statement: &Statement, sink: Box<dyn RowSink>) -> Result<Fetched> {
        let mut binds = Binds::new();
        let compiled = self.statements().compile(self.dialect(), statement, &mut binds)?;
        self.query_later(&compiled, &binds.values(), sink).await
    }

    async fn execute(&mut self, statement: &Statement) -> Result<Affected> {
        let mut binds = Binds::new();
        let compiled = self.statements().compile(self.dialect(), statement, &mut binds)?;
        self.run(&compiled, &binds.values()).await
    }

    async fn alter(&mut self, change: &SchemaChange) -> Result<()> {
        for sql in super::alter(self.dialect(), change)? {
            self.batch(&sql).await?;
        }
        Ok(())
    }

    // not `async fn`: what comes back is a box already

    fn begin<'s: 'f, 'f>(
        &'s mut self,
        depth: u32,
        options: TransactionOptions,
    ) -> BoxFuture<'f, Result<()>>
    where
        Self: 'f,
    {
        SqlSession::begin(self, depth, options)
    }

    fn commit<'s: 'f, 'f>(&'s mut self, depth: u32) -> BoxFuture<'f, Result<()>>
    where
        Self: 'f,
    {
        SqlSession::commit(self, depth)
    }

    fn rollback<'s: 'f, 'f>(&'s mut self, depth: u32) -> BoxFuture<'f, Result<()>>
    where
        Self: 'f,
    {
        SqlSession::rollback(self, depth)
    }

    async fn ids_follow(&mut self, table: &str) -> Result<bool> {
        SqlSession::ids_follow(self, table).await
    }

    async fn settle(&mut self) -> Result<()> {
        SqlSession::settle(self).await
    }

    async fn reset(&mut self) -> Result<()> {
        SqlSession::reset(self).await
    }

    async fn ping(&mut self) -> Result<()> {
        SqlSession::ping(self).await
    }

    fn is_broken(&self) -> bool {
        SqlSession::is_broken(self)
    }

    fn render(&self, statement: &Statement) -> Result<String> {
        let mut binds = Binds::new();
        let compiled = self.statements().compile(self.dialect(), statement, &mut binds)?;
        Ok(compiled.sql().to_owned())
    }

    async fn explain(&mut self, statement: &Statement) -> Result<String> {
        let mut binds = Binds::new();
        let compiled = self.statements().compile(self.dialect(), statement, &mut binds)?;
        SqlSession::explain(self, &compiled, &binds.values()).await
    }
}
