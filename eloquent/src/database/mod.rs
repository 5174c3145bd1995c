//! Databases: named connections, their pools, transactions, and which of them a query uses.

mod account;
mod apart;
mod builder;
pub mod environment;
mod events;
mod executor;
mod named;
mod pool;
mod pretence;
mod progress;
mod replicas;
mod resolve;
mod scope;
mod stream;
mod target;
mod transaction;
mod turn;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock, RwLock};

use eloquent_core::driver::{Capabilities, Family, Registry};
use eloquent_core::{Error, ErrorKind, Result};

pub use account::Account;
pub use builder::DbBuilder;
pub use environment::Environment;
pub use events::QueryEvent;
pub use pool::{PoolOptions, PoolStatus};
pub use progress::Progress;
pub use stream::Rows;
pub use target::{Connection, Target};
pub use transaction::{Retry, Transaction, TransactionBuilder};

pub(crate) use apart::Apart;
pub(crate) use events::Events;
pub(crate) use executor::{Executor, Located, Tried};
pub(crate) use pool::Pool;
pub(crate) use pretence::Pretence;
pub(crate) use resolve::at_target;

use named::Named;
use replicas::Replicas;

/// A set of named connections, one of them the default. Cheap to clone; all clones are the same.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> eloquent::Result<()> {
/// use eloquent::prelude::*;
///
/// let db = Db::connect("sqlite::memory:").await?;
/// db.install(); // from now on the default of the process
/// assert_eq!(Db::current()?.default_connection(), "sqlite");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    connections: Arc<Named>,
    /// Empty when there is none.
    default: String,
    default_pool: OnceLock<Arc<Pool>>,
    events: Arc<Events>,
}

/// The `Db` of the process.
static INSTALLED: RwLock<Option<Db>> = RwLock::new(None);

impl Db {
    /// Opens a database by URL, for example `sqlite:app.sqlite` or `sqlite::memory:`. The connection is
    /// called after its driver.
    ///
    /// # Errors
    /// When the URL is wrong, its driver is not linked, or the database cannot be opened.
    pub async fn connect(url: &str) -> Result<Db> {
        let named = Registry::linked()?.parse_url("", url)?;
        let db = Db::builder().url(named.driver().to_owned(), url).build()?;
        db.pool(None)?.open().await?;
        Ok(db)
    }

    /// The connections that the environment describes: the variables of the process, then those of
    /// `.env`. See [`environment`].
    ///
    /// ```no_run
    /// # async fn example() -> eloquent::Result<()> {
    /// use eloquent::Db;
    ///
    /// let db = Db::from_env()?;
    /// db.install();
    /// println!("the default is {}", db.default_connection());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A `.env` that cannot be read, and a selector that names no connection or several. What is wrong
    /// with a connection is told when it is first used.
    pub fn from_env() -> Result<Db> {
        Db::builder().environment(Environment::load()?).build()
    }

    /// As [`from_env`](Self::from_env), in test mode: the default is `DB_TEST_CONNECTION`, and each other
    /// name leads to its twin.
    ///
    /// # Errors
    /// As there.
    pub fn test_from_env() -> Result<Db> {
        Db::builder().environment(Environment::load()?.test_mode(true)).build()
    }

    /// As [`from_env`](Self::from_env), with another file than `.env`.
    ///
    /// # Errors
    /// As there.
    pub fn from_env_file(path: impl AsRef<std::path::Path>) -> Result<Db> {
        Db::builder().environment(Environment::process().or(Environment::file(path)?)).build()
    }

    fn assemble(
        registry: Registry,
        given: BTreeMap<String, Arc<Pool>>,
        environment: Option<Environment>,
        default: Option<String>,
        events: Arc<Events>,
    ) -> Result<Db> {
        let connections = Arc::new(Named::new(registry, given, environment)?);
        let (default, default_pool) = (default.unwrap_or_default(), OnceLock::new());
        Ok(Db(Arc::new(Inner { connections, default, default_pool, events })))
    }

    /// Puts several connections together.
    pub fn builder() -> DbBuilder {
        DbBuilder::default()
    }

    /// Makes this the default of the process, for all queries that name no other. Gives back what was
    /// the default before.
    pub fn install(&self) -> Option<Db> {
        INSTALLED.write().unwrap_or_else(std::sync::PoisonError::into_inner).replace(self.clone())
    }

    /// The database in scope: that of the surrounding [`scope`](Self::scope) or transaction, else the
    /// [installed](Self::install) one.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when there is none.
    pub fn current() -> Result<Db> {
        if let Some(db) = scope::database() {
            return Ok(db);
        }
        let installed = INSTALLED.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        installed.clone().ok_or_else(|| {
            Error::new(ErrorKind::Config, "there is no database to use").with_hint(
                "call `Db::connect(..)` or `Db::builder()` once at start, then `install()`",
            )
        })
    }

    /// Runs a future with this as the database in scope.
    ///
    /// A spawned task leaves the scope: spawn it with [`Db::spawn`].
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        scope::with_database(self.clone(), future).await
    }

    /// Spawns a task that stays in the scope of the calling one: its database and its transaction.
    ///
    /// A task that outlives the transaction gets an error from its next statement.
    pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(scope::carried(future))
    }

    /// The name of the default connection. Empty when the environment names none, which is an error only
    /// for a query that needs it.
    pub fn default_connection(&self) -> &str {
        &self.0.default
    }

    /// The names of all connections: those that were added in code, and of those that linked drivers bring
    /// the ones that the environment has variables for.
    pub fn connection_names(&self) -> impl Iterator<Item = &str> {
        self.0.connections.names()
    }

    /// Whether this is test mode, in which each name leads to its twin.
    pub fn is_test(&self) -> bool {
        self.0.connections.is_test()
    }

    /// The environment that connections are taken from.
    pub fn environment(&self) -> Option<&Environment> {
        self.0.connections.environment()
    }

    /// A connection by name.
    ///
    /// # Errors
    /// [`ErrorKind::ConnectionUnknown`] listing the known ones.
    pub fn connection(&self, name: &str) -> Result<Connection> {
        Ok(Connection::new(self.clone(), self.pool(Some(name))?))
    }

    /// The same connections, another of which is the default.
    fn defaulting_to(&self, pool: &Arc<Pool>) -> Db {
        let Inner { connections, events, .. } = self.0.as_ref();
        Db(Arc::new(Inner {
            connections: connections.clone(),
            default: pool.name().to_owned(),
            default_pool: OnceLock::from(pool.clone()),
            events: events.clone(),
        }))
    }

    /// Starts a transaction on the default connection that lasts until it is committed, rolled back or
    /// dropped. Most code wants [`Db::transaction`].
    ///
    /// # Errors
    /// When no session can be had or the database refuses.
    pub async fn begin(&self) -> Result<Transaction> {
        Connection::new(self.clone(), self.pool(None)?).begin().await
    }

    /// Runs a future in a transaction: all queries in it that go to the same connection take part. It
    /// commits when the future gives `Ok`, and rolls back when it gives `Err`, panics or is dropped.
    /// Inside another transaction of that connection it is a savepoint.
    ///
    /// A task spawned inside leaves the transaction, unless it is spawned with [`Db::spawn`].
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct Account { id: i64, cents: i64 }
    /// # async fn transfer(from: i64, to: i64, cents: i64) -> eloquent::Result<()> {
    /// Db::transaction(async {
    ///     Account::query().filter(|a| a.id.eq(from)).decrement(|a| a.cents, cents).await?;
    ///     Account::query().filter(|a| a.id.eq(to)).increment(|a| a.cents, cents).await?;
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    pub fn transaction<'f, T>(
        future: impl Future<Output = Result<T>> + Send + 'f,
    ) -> TransactionBuilder<'f, T> {
        TransactionBuilder::new(future)
    }

    /// As [`transaction`](Self::transaction), for a future with an error type of its own.
    pub fn transaction_with<'f, T, E: From<Error>>(
        future: impl Future<Output = Result<T, E>> + Send + 'f,
    ) -> TransactionBuilder<'f, T, E> {
        TransactionBuilder::new(future)
    }

    /// Runs the future that `make` gives in a transaction, and again with a new one when the database
    /// reports a deadlock, a serialization failure or a lock that was not granted: at most `attempts`
    /// times, with growing pauses. Inside another transaction it runs once, because that is void too.
    pub fn transaction_retry<'f, T, F>(
        attempts: u32,
        make: impl FnMut() -> F + Send + 'f,
    ) -> Retry<'f, T>
    where
        F: Future<Output = Result<T>> + Send + 'f,
    {
        Retry::new(attempts, make)
    }

    /// Runs a hook once the outermost transaction in scope has committed; at once when there is none.
    /// It does not run when the transaction, or the savepoint that it was asked for in, rolls back.
    pub fn after_commit(hook: impl FnOnce() + Send + 'static) {
        match scope::transaction() {
            Some(transaction) => transaction.after_commit(Box::new(hook)),
            None => hook(),
        }
    }

    /// Calls a listener after each statement of any connection.
    pub fn on_query(&self, listener: impl Fn(&QueryEvent<'_>) + Send + Sync + 'static) {
        self.0.events.listen(Arc::new(listener));
    }

    /// Starts to keep the text of each statement, to be read with [`query_log`](Self::query_log).
    pub fn enable_query_log(&self) {
        self.0.events.enable_log();
    }

    /// Gives the statements out that were kept since [`enable_query_log`](Self::enable_query_log) or
    /// the last call, the newest 10,000 at most.
    pub fn query_log(&self) -> Vec<String> {
        self.0.events.take_log()
    }

    /// What the database behind the default connection can do.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn capabilities(&self) -> Result<Capabilities> {
        self.pool(None)?.capabilities().await
    }

    /// Closes all sessions of all connections and waits for those in use, each for at most its acquire
    /// timeout. Queries afterwards fail.
    ///
    /// # Errors
    /// The first that a driver reports; the others are closed all the same.
    pub async fn close(&self) -> Result<()> {
        let mut outcome = Ok(());
        for pool in self.0.connections.close() {
            for replica in pool.replicas().pools() {
                let closed = replica.close().await;
                outcome = outcome.and(closed);
            }
            let closed = pool.close().await;
            outcome = outcome.and(closed);
        }
        outcome
    }

    pub(crate) fn pool(&self, name: Option<&str>) -> Result<Arc<Pool>> {
        if let Some(name) = name {
            return self.0.connections.pool(name);
        }
        if let Some(pool) = self.0.default_pool.get() {
            return Ok(pool.clone());
        }
        if self.0.default.is_empty() {
            return Err(self.0.connections.no_default());
        }
        let pool = self.0.connections.pool(&self.0.default)?;
        Ok(self.0.default_pool.get_or_init(|| pool).clone())
    }

    pub(crate) fn events(&self) -> &Arc<Events> {
        &self.0.events
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("default", &self.default_connection())
            .field("connections", &self.connection_names().collect::<Vec<_>>())
            .finish()
    }
}

/// Refuses a model of one family on a connection of the other.
pub(crate) fn check_family(definition: &crate::model::ModelDef, family: Family) -> Result<()> {
    use crate::model::ModelFamily;
    let fits = matches!(
        (definition.family, family),
        (ModelFamily::Portable, _)
            | (ModelFamily::Relational, Family::Relational)
            | (ModelFamily::Document, Family::Document)
    );
    if fits {
        return Ok(());
    }
    let hint = "use another connection, or declare the model `#[model(portable)]`";
    let message = format!("a {:?} model cannot live in a {family:?} database", definition.family);
    Err(definition.locate(Error::new(ErrorKind::Config, message.to_lowercase())).with_hint(hint))
}
