//! Running statements.

use std::pin::pin;
use std::sync::Arc;

use eloquent_core::driver::Affected;
use eloquent_core::row::{Discard, RowSink};
use eloquent_core::sql::{Compiled, Cost};
use eloquent_core::value::ValueRef;
use eloquent_core::{Error, Result};
use tokio_postgres::RowStream;
use tokio_postgres::types::{BorrowToSql, Type};

use crate::bulk::Bulk;
use crate::copy;
use crate::encode::Bind;
use crate::error::{STALE, UNKNOWN_STATEMENT, code, in_statement, unbound};
use crate::form::Form;
use crate::open::Opened;
use crate::prepared::Prepared;
use crate::session::PgSession;
use crate::show::{UNWANTED, show, skip};
use crate::verb;

/// What ends a statement before its time.
pub(crate) enum Fault {
    /// The server or the client library.
    Client(tokio_postgres::Error),
    /// Whoever takes the rows.
    Sink(Error),
}

impl From<tokio_postgres::Error> for Fault {
    fn from(cause: tokio_postgres::Error) -> Self {
        Fault::Client(cause)
    }
}

/// The values, each with where it goes.
fn bound<'b>(
    binds: &'b [ValueRef<'b>],
    forms: Option<&'b [Form]>,
) -> impl ExactSizeIterator<Item = Bind<'b>> {
    binds.iter().enumerate().map(move |(index, value)| Bind {
        index,
        value: *value,
        form: forms.and_then(|forms| forms.get(index).copied()),
    })
}

impl PgSession {
    /// Runs a statement, once more when it was prepared for tables that look otherwise by now.
    pub(crate) async fn query(
        &mut self,
        statement: &Compiled,
        binds: &[ValueRef<'_>],
        sink: Option<&mut dyn RowSink>,
    ) -> Result<Affected> {
        if statement.table().is_none() {
            verb::check(statement.sql())?;
        }
        let outcome = if self.shared.opener.settings().prepare {
            self.query_prepared(statement, binds, sink).await
        } else {
            Box::pin(self.query_at_once(statement, binds, sink)).await
        };
        outcome.map_err(|fault| match fault {
            Fault::Client(cause) => in_statement(&cause, statement),
            Fault::Sink(error) => error,
        })
    }

    async fn query_prepared(
        &mut self,
        statement: &Compiled,
        binds: &[ValueRef<'_>],
        mut sink: Option<&mut dyn RowSink>,
    ) -> Result<Affected, Fault> {
        let mut first = true;
        loop {
            let sink: Option<&mut dyn RowSink> = match &mut sink {
                Some(sink) => Some(&mut **sink),
                None => None,
            };
            let cause = match self.query_once(statement, binds, sink).await {
                Err(Fault::Client(cause)) if is_stale(&cause) || unbound(&cause).is_some() => cause,
                outcome => return outcome,
            };
            // nothing has happened: the server looks at its tables before it begins
            self.statements.forget(statement.sql());
            if let Some(bulk) = Bulk::of(statement, binds.len()) {
                self.statements.forget(&bulk.key());
            }
            if !std::mem::take(&mut first) || is_stale(&cause) && self.is_in_transaction() {
                return Err(Fault::Client(cause));
            }
        }
    }

    async fn query_once(
        &mut self,
        statement: &Compiled,
        binds: &[ValueRef<'_>],
        sink: Option<&mut dyn RowSink>,
    ) -> Result<Affected, Fault> {
        if let Some(bulk) = Bulk::of(statement, binds.len()) {
            match Box::pin(self.prepared_bulk(&bulk)).await? {
                None => bulk.give_up(),
                Some(prepared) => {
                    if let Some(lists) = bulk.lists(&prepared, binds) {
                        if statement.rows() >= Some(copy::FEWEST)
                            && let Some(copied) =
                                Box::pin(self.copy(&bulk, &lists, statement)).await?
                        {
                            if let Some(sink) = sink {
                                sink.show(&copied.keys()).await.map_err(Fault::Sink)?;
                            }
                            return Ok(Affected { rows: copied.rows(), last_id: None });
                        }
                        let step = self.send_prepared(&prepared, lists, statement, sink);
                        return Box::pin(step).await;
                    }
                }
            }
        }
        let prepared = match self.statements.get(statement.sql()) {
            Some(prepared) if !prepared.guesses() => prepared,
            known => Box::pin(self.prepared(known, statement, binds)).await?,
        };
        let values = bound(binds, Some(&prepared.binds));
        self.send_prepared(&prepared, values, statement, sink).await
    }

    /// An insert of many rows, prepared; none when its columns are not all of types that can be sent so.
    async fn prepared_bulk(
        &mut self,
        bulk: &Bulk<'_>,
    ) -> Result<Option<Arc<Prepared>>, tokio_postgres::Error> {
        let key = bulk.key();
        if let Some(known) = self.statements.get(&key) {
            return Ok(Some(known));
        }
        let one = self.prepare(&bulk.of_one_row(), &[]).await?;
        let Some(sql) = bulk.of_lists(&one) else { return Ok(None) };
        let prepared = Arc::new(self.prepare(&sql, &[]).await?);
        self.statements.keep(&key, &prepared);
        Ok(Some(prepared))
    }

    /// The statement, prepared for these values; `known` is what it was prepared for before.
    async fn prepared(
        &mut self,
        known: Option<Arc<Prepared>>,
        statement: &Compiled,
        binds: &[ValueRef<'_>],
    ) -> Result<Arc<Prepared>, tokio_postgres::Error> {
        let sql = statement.sql();
        let is_raw = statement.table().is_none();
        let mut prepared = match known {
            Some(prepared) => prepared,
            None => {
                let prepared = self.prepare(sql, &[]).await?;
                let guessed = if is_raw { prepared.texts() } else { Box::default() };
                self.kept(sql, prepared.guessing(guessed))
            }
        };
        if let Some(types) = prepared.own_types(binds) {
            let typed = self.prepare(sql, &types).await?;
            prepared = self.kept(sql, typed.guessing(prepared.guessed().into()));
        }
        Ok(prepared)
    }

    pub(crate) async fn prepare(
        &mut self,
        sql: &str,
        types: &[Type],
    ) -> Result<Prepared, tokio_postgres::Error> {
        self.in_flight = true;
        self.preparing = true;
        let Opened { client, line, .. } = &self.opened;
        let outcome = line.run(pin!(client.prepare_typed(sql, types))).await;
        self.end(outcome).map(Prepared::new)
    }

    fn kept(&mut self, sql: &str, prepared: Prepared) -> Arc<Prepared> {
        let prepared = Arc::new(prepared);
        if verb::is_lasting(sql) {
            self.statements.keep(sql, &prepared);
        }
        prepared
    }

    async fn send_prepared<V, I>(
        &mut self,
        prepared: &Prepared,
        values: I,
        statement: &Compiled,
        sink: Option<&mut dyn RowSink>,
    ) -> Result<Affected, Fault>
    where
        V: BorrowToSql,
        I: IntoIterator<Item = V, IntoIter: ExactSizeIterator>,
    {
        self.in_flight = true;
        let Opened { client, line, .. } = &self.opened;
        let Some(sink) = sink else {
            let outcome = line.run(pin!(client.execute_raw(&prepared.statement, values))).await;
            return Ok(Affected { rows: self.end(outcome)?, last_id: None });
        };
        let started = line.run(pin!(client.query_raw(&prepared.statement, values))).await;
        self.shown(started, Some(&prepared.columns), statement, sink).await
    }

    /// Runs a statement of which nothing is left on the server. Its values are sent as text, for the
    /// server to find their types.
    async fn query_at_once(
        &mut self,
        statement: &Compiled,
        binds: &[ValueRef<'_>],
        sink: Option<&mut dyn RowSink>,
    ) -> Result<Affected, Fault> {
        let values = bound(binds, None).map(|value| (value, Type::UNKNOWN));
        self.in_flight = true;
        let Opened { client, line, .. } = &self.opened;
        let started = line.run(pin!(client.query_typed_raw(statement.sql(), values))).await;
        match sink {
            Some(sink) => self.shown(started, None, statement, sink).await,
            None => self.shown(started, None, statement, &mut Discard).await,
        }
    }

    /// Shows the rows of a statement that has begun.
    async fn shown(
        &mut self,
        started: Result<RowStream, tokio_postgres::Error>,
        columns: Option<&[Form]>,
        statement: &Compiled,
        sink: &mut dyn RowSink,
    ) -> Result<Affected, Fault> {
        let stream = match started {
            Ok(stream) => stream,
            Err(cause) => return self.end(Err(cause)).map_err(Fault::Client),
        };
        let mut stream = pin!(stream);
        let is_read = matches!(statement.cost(), Cost::Read | Cost::Scan);
        // in a transaction it would void all of it
        let unwanted = if is_read && !self.is_in_transaction() { UNWANTED } else { u64::MAX };
        let line = &self.opened.line;
        let mut outcome = show(line, stream.as_mut(), columns, sink, unwanted).await;
        if let Ok(shown) = &mut outcome
            && !shown.is_over
        {
            Box::pin(self.stop()).await;
            // the end is the error of a statement that was cancelled, unless it came first
            let _ = skip(line, stream.as_mut(), u64::MAX).await;
        }
        let shown = self.end(outcome)?;
        match shown.refused {
            Some(error) => Err(Fault::Sink(error)),
            None => {
                let counted = || stream.rows_affected().unwrap_or(shown.taken);
                let rows = if is_read { shown.taken } else { counted() };
                Ok(Affected { rows, last_id: None })
            }
        }
    }

    /// Asks the server to end what it does for this session.
    async fn stop(&self) {
        let Opened { client, address, .. } = &self.opened;
        self.shared.opener.cancel(client.cancel_token(), address).await;
    }
}

/// Whether what is prepared no longer fits the tables, or is gone.
fn is_stale(cause: &tokio_postgres::Error) -> bool {
    match code(cause) {
        Some(UNKNOWN_STATEMENT) => true,
        Some(STALE) => cause
            .as_db_error()
            .is_some_and(|report| report.routine() == Some("RevalidateCachedQuery")),
        _ => false,
    }
}
