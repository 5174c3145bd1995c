//! The short road to a SQL driver.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use super::{Binds, Compiled, Dialect, StatementCache};
use crate::driver::{Affected, Fetched, Now, Object, Question, Session, TransactionOptions};
use crate::row::{Discard, OwnedRow, OwnedRows, RowSink};
use crate::schema::{SchemaChange, TableInfo, TableSummary};
use crate::statement::{ScriptPart, Statement};
use crate::value::ValueRef;
use crate::{Error, ErrorKind, Result, async_trait};

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

    /// See [`Session::alter`]: writes the statements with the help of the dialect, and runs them.
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn alter(&mut self, change: &SchemaChange) -> Result<()> {
        super::change::alter(self, change).await
    }

    /// See [`Session::inspect_tables`].
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn inspect_tables(&mut self) -> Result<Vec<TableSummary>> {
        Err(no_inspection(self.dialect()))
    }

    /// See [`Session::inspect_table`].
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn inspect_table(&mut self, _name: &str) -> Result<Option<TableInfo>> {
        Err(no_inspection(self.dialect()))
    }

    /// See [`Session::run_text`].
    ///
    /// # Errors
    /// What the database reports.
    async fn run_text(&mut self, text: &str) -> Result<()> {
        self.batch(text).await
    }

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

    // not `async fn`: what comes back is a box already

    fn alter<'s: 'f, 'c: 'f, 'f>(
        &'s mut self,
        change: &'c SchemaChange,
    ) -> BoxFuture<'f, Result<()>>
    where
        Self: 'f,
    {
        SqlSession::alter(self, change)
    }

    async fn inspect_tables(&mut self) -> Result<Vec<TableSummary>> {
        SqlSession::inspect_tables(self).await
    }

    async fn inspect_table(&mut self, name: &str) -> Result<Option<TableInfo>> {
        SqlSession::inspect_table(self, name).await
    }

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

    fn split(&self, script: &str) -> Result<Vec<ScriptPart>> {
        super::script::split(self.dialect(), script)
    }

    fn render_change(&self, change: &SchemaChange) -> Result<Vec<String>> {
        super::alter(self.dialect(), change)
    }

    async fn run_text(&mut self, text: &str) -> Result<()> {
        SqlSession::run_text(self, text).await
    }

    async fn ask(&mut self, question: Question<'_>) -> Result<Vec<OwnedRow>> {
        let dialect = self.dialect();
        let Some(raw) = dialect.question(question) else {
            return Err(Error::unsupported("this question", dialect.driver()));
        };
        let answer = Box::new(OwnedRows::default());
        let fetched = Session::fetch(self, &Statement::Raw(raw), answer).await?;
        match fetched.sink.into_any().downcast::<OwnedRows>() {
            Ok(answer) => Ok(answer.rows),
            Err(_) => Err(Error::new(ErrorKind::Database, "the driver gave another sink back")),
        }
    }

    async fn ready_to_migrate(&mut self, in_transaction: bool) -> Result<()> {
        for sql in self.dialect().migration_settings(in_transaction) {
            SqlSession::run_text(self, sql).await?;
        }
        Ok(())
    }

    fn drop_all(&self, objects: &[Object]) -> Result<Vec<String>> {
        let dialect = self.dialect();
        let quoted = |kind: &str| {
            let of_kind = objects.iter().filter(|object| object.kind == kind);
            let names = of_kind.map(|object| super::quote_identifier(dialect, &object.name));
            names.collect::<Result<Vec<_>>>()
        };
        let (tables, views) = (quoted("table")?, quoted("view")?);
        let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
        let views: Vec<&str> = views.iter().map(String::as_str).collect();
        let mut all = dialect.drop_all(&tables, &views);
        all.extend(objects.iter().filter_map(|object| dialect.drop_object(object)));
        Ok(all)
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

fn no_inspection(dialect: &dyn Dialect) -> Error {
    Error::unsupported("telling what tables look like", dialect.driver())
        .with_hint("its driver would have to implement `inspect_tables` and `inspect_table`")
}
