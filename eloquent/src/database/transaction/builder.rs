//! Transactions as futures: begun, run, committed or rolled back, and run again.

use std::fmt;
use std::time::Duration;

use eloquent_core::driver::{Isolation, TransactionOptions};
use eloquent_core::{Error, Result};

use super::super::scope::{self, Found};
use super::super::target::{Connection, Place, Target};
use super::super::{Db, pretence};
use super::{BoxFuture, Transaction};

/// Where and how a transaction is begun.
#[derive(Debug, Clone, Default)]
struct Settings {
    target: Option<Target>,
    options: TransactionOptions,
}

impl Settings {
    /// Begins it: as a savepoint when the scope has a transaction of that connection.
    async fn begin(&self) -> Result<Transaction> {
        let connection = match self.target.as_ref().map(|target| &target.0) {
            Some(Place::Transaction(tx)) => {
                return Ok(Transaction { tx: tx.nested().await?, finished: false });
            }
            Some(Place::Connection(connection)) => connection.clone(),
            Some(Place::Db(db)) => Connection::new(db.clone(), db.pool(None)?),
            Some(Place::Name(name)) => Db::current()?.connection(name)?,
            // only a query is joined
            Some(Place::Joined(_)) | None => {
                let db = Db::current()?;
                let pool = db.pool(None)?;
                Connection::new(db, pool)
            }
        };
        match scope::transaction_of(connection.pool()) {
            Found::Of(tx) => {
                tx.allows(connection.concerns())?;
                Ok(Transaction { tx: tx.nested().await?, finished: false })
            }
            Found::Pretence(_) => Err(connection.pool().locate(pretence::refused())),
            Found::Other(_) | Found::None => Transaction::begin(&connection, self.options).await,
        }
    }

    async fn run<T, E: From<Error>>(self, future: BoxFuture<'_, Result<T, E>>) -> Result<T, E> {
        let transaction = self.begin().await?;
        match transaction.scope(future).await {
            Ok(value) => {
                transaction.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // the cause matters more than a rollback that failed: the session is then closed
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }
}

/// A transaction to be run; made by [`Db::transaction`].
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct Account { id: i64, cents: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// use eloquent::Isolation;
///
/// let total = Db::transaction(async { Account::query().sum(|a| a.cents).await })
///     .on("reports")
///     .isolation(Isolation::RepeatableRead)
///     .read_only()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a transaction does nothing until it is awaited"]
pub struct TransactionBuilder<'f, T, E = Error> {
    settings: Settings,
    future: BoxFuture<'f, Result<T, E>>,
}

impl<'f, T, E> TransactionBuilder<'f, T, E> {
    pub(crate) fn new(future: impl Future<Output = Result<T, E>> + Send + 'f) -> Self {
        TransactionBuilder { settings: Settings::default(), future: Box::pin(future) }
    }

    /// Runs it on another connection than the default one.
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.settings.target = Some(target.into());
        self
    }

    /// How strictly it is kept apart from others; a savepoint keeps its transaction's.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.settings.options.isolation = Some(isolation);
        self
    }

    /// Only reads; a database that can holds it to that.
    pub fn read_only(mut self) -> Self {
        self.settings.options.read_only = true;
        self
    }
}

impl<T, E> fmt::Debug for TransactionBuilder<'_, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<'f, T: Send + 'f, E: From<Error> + Send + 'f> IntoFuture for TransactionBuilder<'f, T, E> {
    type Output = Result<T, E>;
    type IntoFuture = BoxFuture<'f, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.settings.run(self.future))
    }
}

/// A transaction to be run until it does not conflict; made by [`Db::transaction_retry`].
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct Account { id: i64, cents: i64 }
/// # async fn example(id: i64) -> eloquent::Result<()> {
/// use eloquent::Isolation;
///
/// Db::transaction_retry(5, || async move {
///     let mut account = Account::find(id).or_fail().await?;
///     let half = account.cents / 2;
///     account.update(|a| a.cents = half).await.map(drop)
/// })
/// .isolation(Isolation::Serializable)
/// .await
/// # }
/// ```
#[must_use = "a transaction does nothing until it is awaited"]
pub struct Retry<'f, T> {
    attempts: u32,
    settings: Settings,
    make: Box<dyn FnMut() -> BoxFuture<'f, Result<T>> + Send + 'f>,
}

impl<'f, T> Retry<'f, T> {
    pub(crate) fn new<F>(attempts: u32, mut make: impl FnMut() -> F + Send + 'f) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'f,
    {
        Retry { attempts, settings: Settings::default(), make: Box::new(move || Box::pin(make())) }
    }

    /// Runs it on another connection than the default one.
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.settings.target = Some(target.into());
        self
    }

    /// How strictly it is kept apart from others.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.settings.options.isolation = Some(isolation);
        self
    }
}

impl<T> fmt::Debug for Retry<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

impl<'f, T: Send + 'f> IntoFuture for Retry<'f, T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'f, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let nested = scope::transaction().is_some();
            for attempt in 1.. {
                match self.settings.clone().run((self.make)()).await {
                    Err(error) if error.is_retryable() && attempt < self.attempts && !nested => {
                        tokio::time::sleep(pause(attempt)).await;
                    }
                    outcome => return outcome,
                }
            }
            Err(Error::invalid("no attempt was made"))
        })
    }
}

/// Doubles from 5 ms to 640 ms; a random half of it keeps rivals apart.
fn pause(attempt: u32) -> Duration {
    use std::hash::{BuildHasher as _, RandomState};
    let most = 5_u64 << attempt.saturating_sub(1).min(7);
    Duration::from_millis(most / 2 + RandomState::new().hash_one(attempt) % (most / 2 + 1))
}
