//! A connection of the client's, and conversations on it.
//!
//! The client cannot be left in the middle of a reply: it would take the rest of it for the next one.
//! So a conversation owns the connection, and is kept by the session when nobody waits for it any more;
//! whoever needs the connection next brings it to its end.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use eloquent_core::driver::Fetched;
use eloquent_core::{ErrorKind, Result};
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::error::{ends_transaction, error, is_fatal, number, plain};

/// A connection and what is known of it.
pub(crate) struct Client {
    pub(crate) connection: MySqlConnection,
    /// By what other sessions call it.
    pub(crate) id: u64,
    pub(crate) server: crate::flavour::Server,
    /// The difference between the numbers that one insert gives its rows.
    pub(crate) step: u64,
    /// Whether waiting for a lock in vain ends the whole transaction.
    pub(crate) rolls_back_on_timeout: bool,
    pub(crate) prepared: Prepared,
    /// For each table, how the server is asked whether its numbers follow each other.
    pub(crate) questions: HashMap<String, Arc<str>>,
    /// Whether the server shares its tables with others, once that was asked.
    pub(crate) in_cluster: Option<bool>,
}

/// The statements that are prepared.
///
/// To close one costs a stall of some 40 milliseconds: it has no reply, and the client library leaves it to
/// the network to wait for more to send (it does not set `TCP_NODELAY`). So none makes room for another
/// one; once there are as many as there may be, the session takes a new connection. Where it needs the one
/// that it has, as in a transaction, all are closed together.
pub(crate) struct Prepared {
    /// By where they lie, which is sooner compared than what they say.
    texts: HashMap<usize, Arc<str>>,
    most: usize,
}

impl Prepared {
    pub(crate) fn new(most: usize) -> Self {
        Prepared { texts: HashMap::new(), most }
    }
}

impl Client {
    /// Whether room has to be made for this statement.
    pub(crate) fn is_full_for(&self, sql: &Arc<str>) -> bool {
        self.prepared.texts.len() >= self.prepared.most
            && !self.prepared.texts.contains_key(&Arc::as_ptr(sql).addr())
    }

    /// Before a statement is prepared, unless it has been.
    ///
    /// # Errors
    /// Those of the client library.
    pub(crate) async fn make_room(&mut self, sql: &Arc<str>) -> Result<(), sqlx::Error> {
        let place = Arc::as_ptr(sql).addr();
        if self.prepared.texts.contains_key(&place) {
            return Ok(());
        }
        if self.is_full_for(sql) {
            Box::pin(self.connection.clear_cached_statements()).await?;
            self.prepared.texts.clear();
        }
        self.prepared.texts.insert(place, sql.clone());
        Ok(())
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("server", &self.server).finish()
    }
}

/// What came of a conversation.
pub(crate) enum Outcome {
    Done,
    Fetched(Fetched),
    Text(String),
    Truth(bool),
}

/// The end of a conversation: the connection, unless it is of no further use.
pub(crate) struct Done {
    pub(crate) client: Option<Client>,
    pub(crate) result: Result<Outcome>,
    /// Whether the server has rolled the transaction back.
    pub(crate) ended: bool,
}

impl Done {
    /// The end without an error of the server's.
    pub(crate) fn with(client: Client, result: Result<Outcome>) -> Done {
        Done { client: Some(client), result, ended: false }
    }

    /// The end with an error of the client's, of which `error` is made.
    pub(crate) fn failed(client: Client, cause: &sqlx::Error, error: eloquent_core::Error) -> Done {
        let ended = ends_transaction(cause, client.rolls_back_on_timeout);
        Done { client: (!is_fatal(cause)).then_some(client), result: Err(error), ended }
    }
}

/// What a session tells a conversation that runs.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// Nobody waits for the result: rows are to be thrown away.
    pub(crate) abandoned: AtomicBool,
    /// The statement was told to end from outside. What is sent next may be hit instead.
    pub(crate) killed: AtomicBool,
}

/// A conversation on its way.
///
/// Each statement moves one into a box. So it is to be small: what is rare in it has a box of its own.
pub(crate) struct Flight {
    future: Pin<Box<dyn Future<Output = Done> + Send>>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) step: Step,
    /// The connection that it is on.
    pub(crate) id: u64,
}

/// What a conversation is about, as far as the session has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Can be ended from outside.
    Statement,
    /// Runs to its end.
    Other,
    Begin,
    Commit,
    Rollback,
}

impl Flight {
    pub(crate) fn new(
        step: Step,
        id: u64,
        orders: Arc<Orders>,
        future: impl Future<Output = Done> + Send + 'static,
    ) -> Flight {
        Flight { future: Box::pin(future), orders, step, id }
    }
}

/// A panic, of a sink or of the client, ends the conversation and costs the connection.
impl Future for Flight {
    type Output = Done;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Done> {
        loop {
            let future = self.future.as_mut();
            let poll = std::panic::catch_unwind(AssertUnwindSafe(|| future.poll(cx)));
            let poll = poll.unwrap_or_else(|_| {
                let message =
                    "a panic ended the statement: of the sink that took its rows, or the client";
                let result = Err(error(ErrorKind::Database, message));
                Poll::Ready(Done { client: None, result, ended: false })
            });
            match poll {
                Poll::Ready(done) if self.orders.killed.swap(false, Ordering::Relaxed) => {
                    self.future = Box::pin(absorb(done));
                }
                poll => return poll,
            }
        }
    }
}

/// Sends text without binds, and reads all of its results.
pub(crate) async fn batch(mut client: Client, sql: Arc<str>, fine: Option<u16>) -> Done {
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut client.connection).await;
    match outcome {
        Ok(_) => Done::with(client, Ok(Outcome::Done)),
        Err(cause) if fine.is_some() && number(&cause) == fine => {
            Done::with(client, Ok(Outcome::Done))
        }
        Err(cause) => {
            let error = plain(&cause);
            Done::failed(client, &cause, error)
        }
    }
}

/// Asks for a sign of life.
pub(crate) async fn ping(mut client: Client) -> Done {
    match sqlx::Connection::ping(&mut client.connection).await {
        Ok(()) => Done::with(client, Ok(Outcome::Done)),
        Err(cause) => {
            let error = plain(&cause);
            Done::failed(client, &cause, error)
        }
    }
}

/// After a statement was told to end from outside: sends one that may be hit in place of the next.
async fn absorb(done: Done) -> Done {
    let Done { client: Some(mut client), result, ended } = done else { return done };
    let spare = sqlx::raw_sql("DO 0").execute(&mut client.connection).await;
    let usable = spare.as_ref().map_or_else(|cause| !is_fatal(cause), |_| true);
    Done { client: usable.then_some(client), result, ended }
}
