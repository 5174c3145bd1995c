//! Statements with binds, and their rows.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use eloquent_core::driver::{Affected, Fetched};
use eloquent_core::row::{Flow, RowSink};
use eloquent_core::sql::Compiled;
use eloquent_core::{Error, Result};
use futures_core::Stream as _;
use sqlx::mysql::{MySqlArguments, MySqlRow};
use sqlx::{AssertSqlSafe, Either, Executor as _, Row as _};

use crate::client::{Client, Done, Orders, Outcome};
use crate::connection::Shared;
use crate::error::{INTERRUPTED, in_statement, is_fatal, number, plain};
use crate::numbers::{self, Number};
use crate::open::kill;
use crate::row::{Form, ServerRow, forms};
use crate::unique;
use crate::verb::{Verb, note_unique_target, target_is_unique};

/// How many rows that nobody wants are read before the server is told to stop.
const UNWANTED: u64 = 500;

/// A statement on its way to the server.
pub(crate) struct Query {
    pub(crate) shared: Arc<Shared>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) statement: Arc<Compiled>,
    pub(crate) arguments: MySqlArguments,
    pub(crate) sink: Box<dyn RowSink>,
}

/// What a statement has done so far.
#[derive(Default)]
struct Tally {
    /// The rows that the server counts as written.
    written: u64,
    /// The number that it gave the first row.
    first_id: u64,
    /// The number of the last row, where it was given back.
    last_id: Option<i64>,
    /// The rows that came.
    came: u64,
    /// The rows that the sink took.
    taken: u64,
    /// Whether rows came, or could have.
    gave_rows: bool,
}

impl Query {
    /// Runs it.
    // an `async fn` would have room for what is passed to it twice
    #[allow(clippy::manual_async_fn)]
    pub(crate) fn run(mut self, mut client: Client) -> impl Future<Output = Done> + Send {
        async move {
            let verb = Verb::of(&self.statement);
            if matches!(verb, Verb::Upsert | Verb::UpsertKept) && !target_is_unique(&self.statement)
            {
                match Box::pin(unique::check_target(&mut client, &self.statement)).await {
                    Ok(Ok(())) => note_unique_target(&self.statement),
                    Ok(Err(error)) => return Done::with(client, Err(error)),
                    Err(cause) => {
                        let error = in_statement(&cause, &self.statement);
                        return Done::failed(client, &cause, error);
                    }
                }
            }
            let mut tally = Tally::default();
            let fault = match verb {
                Verb::Insert if numbers::known(&self.statement).is_none() => {
                    Box::pin(self.insert_first(&mut client, &mut tally)).await
                }
                _ => self.read(&mut client, verb, &mut tally).await,
            };
            if verb == Verb::UpsertKept {
                match Box::pin(kept(&mut client)).await {
                    Ok(kept) => tally.written = tally.written.saturating_sub(kept),
                    Err(cause) => return Done::failed(client, &cause, plain(&cause)),
                }
            }
            match fault {
                Ok(()) => {
                    let affected = self.affected(verb, &tally, client.step);
                    let fetched = Fetched { affected, sink: self.sink };
                    Done::with(client, Ok(Outcome::Fetched(fetched)))
                }
                Err(Fault::Sink(error)) => Done::with(client, Err(error)),
                Err(Fault::Client(cause)) => {
                    let clash = number(&cause) == Some(1242)
                        && matches!(verb, Verb::Upsert | Verb::UpsertKept);
                    let error = match clash {
                        true => Box::pin(unique::another_index(&mut client, &self.statement)).await,
                        false => in_statement(&cause, &self.statement),
                    };
                    let error = match self.statement.table() {
                        Some(table) => error.with_table(table.clone()),
                        None => error,
                    };
                    Done::failed(client, &cause, error)
                }
            }
        }
    }

    /// An insert into a table of which it is not known yet who gives its rows their numbers.
    async fn insert_first(&mut self, client: &mut Client, tally: &mut Tally) -> Result<(), Fault> {
        let number = numbers::look_up(client, &self.statement).await.map_err(Fault::Client)?;
        let Number::GivenBack(column) = number else {
            return self.read(client, Verb::Insert, tally).await;
        };
        let arguments = std::mem::take(&mut self.arguments);
        let (shared, statement) = (&self.shared, &self.statement);
        let insert = numbers::insert(client, shared, statement, &column, arguments);
        (tally.written, tally.last_id) = insert.await.map_err(Fault::Client)?;
        Ok(())
    }

    /// Reads the reply to its end.
    async fn read(
        &mut self,
        client: &mut Client,
        verb: Verb,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let id = client.id;
        let sql = self.statement.shared_sql();
        client.make_room(&sql).await.map_err(Fault::Client)?;
        let sql = AssertSqlSafe(sql);
        let query = sqlx::query_with(sql, std::mem::take(&mut self.arguments));
        let mut stream = client.connection.fetch_many(query);
        let mut forms: Option<Vec<Form>> = None;
        let mut fault = None;
        let mut wanted = true;
        loop {
            match poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await {
                None => break,
                Some(Ok(Either::Left(done))) => {
                    tally.written += done.rows_affected();
                    tally.first_id = done.last_insert_id();
                    forms = None;
                }
                Some(Ok(Either::Right(row))) => {
                    tally.gave_rows = true;
                    tally.came += 1;
                    let orders = &self.orders;
                    if wanted && !orders.abandoned.load(Ordering::Relaxed) {
                        let mut flow = self.show(&row, &mut forms);
                        if let Ok(Flow::Flush) = flow {
                            flow = self.flush().await;
                        }
                        tally.taken += 1;
                        wanted = matches!(flow, Ok(Flow::Continue));
                        fault = flow.err().map(Fault::Sink);
                    } else if verb.is_read()
                        && tally.came > tally.taken + UNWANTED
                        && !orders.killed.swap(true, Ordering::Relaxed)
                    {
                        // if it cannot be told, the rest is read
                        let kill = kill(&self.shared.settings, &self.shared.options, id);
                        let _ = Box::pin(kill).await;
                    }
                }
                // told to end, since nobody wanted more rows
                Some(Err(cause)) if !wanted && number(&cause) == Some(INTERRUPTED) => {}
                Some(Err(cause)) => return Err(Fault::Client(cause)),
            }
        }
        fault.map_or(Ok(()), Err)
    }

    /// Shows the sink a row.
    fn show(&mut self, row: &MySqlRow, known: &mut Option<Vec<Form>>) -> Result<Flow> {
        if known.as_ref().is_some_and(|known| known.len() != row.len()) {
            *known = None;
        }
        let forms = known.get_or_insert_with(|| forms(row));
        let zero_dates = self.shared.settings.zero_dates;
        self.sink.row(&ServerRow { row, forms, zero_dates })
    }

    /// Waits until the sink has handed on what it has, unless nobody wants it any more.
    async fn flush(&mut self) -> Result<Flow> {
        let (sink, orders) = (&mut self.sink, &self.orders);
        poll_fn(|cx| match orders.abandoned.load(Ordering::Relaxed) {
            true => Poll::Ready(Ok(())),
            false => sink.poll_flush(cx),
        })
        .await?;
        Ok(Flow::Continue)
    }

    fn affected(&self, verb: Verb, tally: &Tally, step: u64) -> Affected {
        let rows = match verb {
            Verb::Upsert => self.statement.rows().map_or(tally.written, |rows| rows as u64),
            _ if verb.is_read() => tally.taken,
            _ if tally.gave_rows => tally.came,
            _ => tally.written,
        };
        let is_told = verb == Verb::Insert && numbers::known(&self.statement) == Some(Number::Told);
        let last_id = match is_told && !tally.gave_rows && tally.first_id > 0 {
            // the first number, and the others are in steps
            true => {
                let last = tally.first_id + tally.written.saturating_sub(1) * step;
                i64::try_from(last).ok()
            }
            false => tally.last_id,
        };
        Affected { rows, last_id }
    }
}

/// Why a statement ended early.
enum Fault {
    Sink(Error),
    Client(sqlx::Error),
}

/// How many rows an upsert has left as they were; the count begins anew.
async fn kept(client: &mut Client) -> Result<u64, sqlx::Error> {
    let row = sqlx::raw_sql("SELECT @eloquent_kept").fetch_one(&mut client.connection).await;
    let kept = row.map(|row| row.try_get_unchecked::<String, _>(0).ok());
    if kept.as_ref().is_err_and(is_fatal) {
        return kept.map(|_| 0);
    }
    sqlx::raw_sql("SET @eloquent_kept = 0").execute(&mut client.connection).await?;
    Ok(kept?.and_then(|kept| kept.parse().ok()).unwrap_or(0))
}

/// How the server would run a statement: its table, with the rows as lines.
pub(crate) async fn explain(
    mut client: Client,
    statement: Arc<Compiled>,
    arguments: MySqlArguments,
) -> Done {
    let sql = AssertSqlSafe(format!("EXPLAIN {}", statement.sql()));
    let rows = sqlx::query_with(sql, arguments).fetch_all(&mut client.connection).await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(cause) => {
            let error = in_statement(&cause, &statement);
            return Done::failed(client, &cause, error);
        }
    };
    let plan = rows.iter().map(plan_line).collect::<Vec<_>>().join("\n");
    Done::with(client, Ok(Outcome::Text(plan)))
}

fn plan_line(row: &MySqlRow) -> String {
    use eloquent_core::row::Row as _;
    use eloquent_core::value::ValueRef;
    let forms = forms(row);
    let row = ServerRow { row, forms: &forms, zero_dates: crate::config::ZeroDates::Null };
    let parts = (0..row.len()).filter_map(|index| {
        let name = row.name(index)?;
        let value = match row.get(index).ok()? {
            ValueRef::Text(text) => text.to_owned(),
            ValueRef::I64(number) => number.to_string(),
            ValueRef::U64(number) => number.to_string(),
            ValueRef::F64(number) => number.to_string(),
            ValueRef::Decimal(number) => number.to_string(),
            _ => return None,
        };
        Some(format!("{name}={value}"))
    });
    parts.collect::<Vec<_>>().join(" ")
}
