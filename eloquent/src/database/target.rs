//! Naming where a query goes.

use std::sync::Arc;

use eloquent_core::driver::{Capabilities, Concerns, Opened};
use eloquent_core::{Error, Result, async_trait, driver};

use super::scope::{self, Seeded};
use super::transaction::{Transaction, Tx};
use super::{Db, Pool, PoolStatus, Progress};
use crate::model::ModelDef;

/// Where a query goes, when not to its model's connection: the argument of `on(..)`. A connection's
/// name, a [`Db`], a [`Connection`] or a [`Transaction`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> eloquent::Result<()> {
/// use eloquent::Target;
/// use eloquent::prelude::*;
///
/// #[derive(Model, Debug)]
/// struct User {
///     id: i64,
///     name: String,
/// }
///
/// /// Counts wherever it is told to.
/// async fn count(target: impl Into<Target>) -> eloquent::Result<u64> {
///     User::query().on(target).count().await
/// }
///
/// let db = Db::builder().url("app", "sqlite::memory:").build()?;
/// db.install();
/// User::create_table().await?;
/// let transaction = db.begin().await?;
/// User::create(new!(User { name: "Ada" })).on(&transaction).await?;
/// assert_eq!(count(&transaction).await?, 1);
/// transaction.rollback().await?;
/// assert_eq!(count("app").await?, 0); // by name
/// assert_eq!(count(&db).await?, 0);
/// assert_eq!(count(&db.connection("app")?).await?, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Target(pub(crate) Place);

#[derive(Debug, Clone)]
pub(crate) enum Place {
    Name(String),
    Db(Db),
    Connection(Connection),
    Transaction(Tx),
    Joined(Box<Joined>),
}

/// Where a query of several models goes.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    /// As it was said.
    pub(super) on: Option<Target>,
    /// The models beside that of the query.
    pub(super) models: Vec<&'static ModelDef>,
}

impl Target {
    /// The same for a query that is joined with a further model.
    pub(crate) fn joined(target: Option<Target>, model: &'static ModelDef) -> Target {
        let mut joined = match target {
            Some(Target(Place::Joined(joined))) => joined,
            on => Box::new(Joined { on, models: Vec::new() }),
        };
        joined.models.push(model);
        Target(Place::Joined(joined))
    }

    /// Sends a query elsewhere, with all the models that it is joined with.
    pub(crate) fn replace(place: &mut Option<Target>, with: Target) {
        match place {
            Some(Target(Place::Joined(joined))) => joined.on = Some(with),
            place => *place = Some(with),
        }
    }
}

impl From<&str> for Target {
    fn from(name: &str) -> Self {
        Target(Place::Name(name.to_owned()))
    }
}

impl From<String> for Target {
    fn from(name: String) -> Self {
        Target(Place::Name(name))
    }
}

impl From<&Db> for Target {
    fn from(db: &Db) -> Self {
        Target(Place::Db(db.clone()))
    }
}

impl From<&Connection> for Target {
    fn from(connection: &Connection) -> Self {
        Target(Place::Connection(connection.clone()))
    }
}

impl From<&Transaction> for Target {
    fn from(transaction: &Transaction) -> Self {
        Target(Place::Transaction(transaction.tx().clone()))
    }
}

/// One named connection of a [`Db`]. Cheap to clone; all clones are the same.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> eloquent::Result<()> {
/// use eloquent::Db;
///
/// let db = Db::builder().url("app", "sqlite::memory:").build()?;
/// let app = db.connection("app")?; // nothing is opened yet
/// app.ping().await?;
/// assert_eq!((app.name(), app.driver()), ("app", "sqlite"));
/// assert!(app.capabilities().await?.transactions);
/// assert_eq!(app.status().idle, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Connection {
    db: Db,
    pool: Arc<Pool>,
    /// Whether reads leave replicas alone.
    writer: bool,
    /// What is asked of the members of a cluster.
    concerns: Concerns,
}

impl Connection {
    pub(crate) fn new(db: Db, pool: Arc<Pool>) -> Self {
        Connection { db, pool, writer: false, concerns: Concerns::new() }
    }

    /// The same connection, with reads that go to the writer and never to a replica.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64 }
    /// # async fn example(db: &Db) -> eloquent::Result<()> {
    /// let writer = db.connection("main")?.writer();
    /// let user = User::find(1).on(&writer).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn writer(&self) -> Connection {
        Connection { writer: true, ..self.clone() }
    }

    /// The same connection, asking this of the members of its cluster, for all that runs on it: queries,
    /// writes and the transactions that are begun on it. A statement inside of a transaction cannot have
    /// other concerns than that. A database without such members refuses them.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] #[model(portable)] struct Payment { #[model(key, auto = false)] id: i64, cents: i64 }
    /// # async fn example(db: &Db) -> eloquent::Result<()> {
    /// use eloquent::{Concerns, ReadPreference, WriteConcern};
    ///
    /// let shop = db.connection("shop")?;
    /// let reports = shop.with_concerns(Concerns::new().prefer(ReadPreference::SecondaryPreferred));
    /// let total = Payment::query().on(&reports).sum(|p| p.cents).await?;
    ///
    /// let durable = shop.with_concerns(Concerns::new().write(WriteConcern::majority().journaled()));
    /// Payment::create(new!(Payment { id: 1, cents: 500 })).on(&durable).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_concerns(&self, concerns: Concerns) -> Connection {
        Connection { concerns, ..self.clone() }
    }

    pub(crate) fn concerns(&self) -> &Concerns {
        &self.concerns
    }

    pub(super) fn reads_from_writer(&self) -> bool {
        self.writer
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Itself, in a database whose default it is.
    pub(crate) fn as_default(&self) -> Connection {
        Connection { db: self.db.defaulting_to(&self.pool), ..self.clone() }
    }

    /// Runs a future in which this is the connection that is being seeded: the default, the only one that
    /// is written to without being named, and the one whose rows are counted.
    pub(crate) async fn seeding<F: Future>(
        &self,
        progress: &Progress,
        is_muted: bool,
        future: F,
    ) -> F::Output {
        let Connection { db, pool, .. } = self.as_default();
        scope::with_seeding(db, Seeded { pool, progress: progress.clone(), is_muted }, future).await
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.pool.name()
    }

    /// The name of its driver.
    pub fn driver(&self) -> &'static str {
        self.pool.driver()
    }

    /// How many replicas its reads go to.
    pub fn replicas(&self) -> usize {
        self.pool.replicas().pools().count()
    }

    /// How many sessions there are, and where.
    pub fn status(&self) -> PoolStatus {
        self.pool.status()
    }

    /// What the database behind it can do.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn capabilities(&self) -> Result<Capabilities> {
        self.pool.capabilities().await
    }

    /// The product and version of the server behind it, where its driver tells; some know it once a session
    /// has been open.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn server_version(&self) -> Result<Option<String>> {
        self.pool.server_version().await
    }

    /// Opens it, if it is not open yet, and asks for a sign of life.
    ///
    /// # Errors
    /// When there is none.
    pub async fn ping(&self) -> Result<()> {
        let mut lease = self.pool.acquire().await?;
        let bound = Some(self.pool.options().connect_timeout);
        let outcome = super::pool::within(bound, lease.start()?.ping()).await;
        lease.finish(outcome)
    }

    /// Starts a transaction that lasts until it is committed, rolled back or dropped.
    ///
    /// # Errors
    /// When no session can be had or the database refuses.
    pub async fn begin(&self) -> Result<Transaction> {
        Transaction::begin(self, Default::default()).await
    }
}

#[async_trait]
impl Opened for Connection {
    async fn opened(&self) -> Result<Arc<dyn driver::Connection>> {
        self.pool.connection().await
    }

    fn locate(&self, error: Error) -> Error {
        self.pool.locate(error)
    }
}
