//! Transactions: a guard above the drivers.
//!
//! Nesting is by savepoints. Dropping a guard cannot await, so it only notes that its level was
//! abandoned: the next statement rolls surplus levels back first, and the outermost guard gives the
//! session back to the pool, which resets it.

mod builder;
mod step;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::Duration;

use eloquent_core::driver::{Concerns, TransactionOptions};
use eloquent_core::{Error, ErrorKind, Result};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use super::executor::refuse_outside;
use super::pool::{Lease, within};
use super::target::Connection;
use super::{Db, Executor, pretence, scope};

pub use builder::{Retry, TransactionBuilder};
use step::{Step, step};

type BoxFuture<'f, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'f>>;
type Hook = Box<dyn FnOnce() + Send>;

/// A level of a transaction, as statements see it: which session, and how deep.
#[derive(Clone)]
pub(crate) struct Tx {
    shared: Arc<Shared>,
    level: Arc<Level>,
}

struct Shared {
    connection: Connection,
    state: Arc<Mutex<State>>,
    hooks: SyncMutex<Vec<(u32, Hook)>>,
    /// The outermost level is over: whoever holds the state gives the session up.
    over: AtomicBool,
    /// There is no transaction at depth 0, but a session that stays the same.
    pinned: bool,
}

struct Level {
    depth: u32,
    /// The guard has gone without commit or rollback.
    abandoned: AtomicBool,
}

struct State {
    lease: Option<Lease>,
    levels: Vec<Arc<Level>>,
    /// Why nothing more can be done.
    void: Option<String>,
    /// Whether the last statement only read, so that nothing hangs on its reply.
    last_was_read: bool,
}

impl Tx {
    pub(crate) fn db(&self) -> &Db {
        self.shared.connection.db()
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.shared.connection
    }

    /// Refuses a statement with other concerns than those that the transaction was begun with.
    pub(crate) fn allows(&self, concerns: &Concerns) -> Result<()> {
        if *concerns == Concerns::new() || concerns == self.connection().concerns() {
            return Ok(());
        }
        let message = "a statement inside of a transaction has the concerns of the transaction";
        Err(self.locate(Error::invalid(message)).with_hint(
            "begin the transaction on the connection with these concerns, or run the statement outside",
        ))
    }

    /// The session, ready for a statement of this level.
    pub(crate) async fn enter(&self, is_read: bool) -> Result<Entered> {
        let mut entered = self.lock().await?;
        entered.ready(self).await?;
        entered.guard.last_was_read = is_read;
        Ok(entered)
    }

    /// The same, if nothing has to be done or waited for.
    pub(crate) fn try_enter(&self, is_read: bool) -> Option<Entered> {
        let guard = self.shared.state.clone().try_lock_owned().ok()?;
        let mut entered = Entered { guard, shared: self.shared.clone() };
        if !matches!(entered.is_ready(self), Ok(true)) {
            return None;
        }
        entered.guard.last_was_read = is_read;
        Some(entered)
    }

    async fn lock(&self) -> Result<Entered> {
        let state = self.shared.state.clone();
        let guard = match state.clone().try_lock_owned() {
            Ok(guard) => guard,
            Err(_) => {
                let bound = self.shared.connection.pool().options().acquire_timeout;
                timeout(bound, state.lock_owned()).await.map_err(|_| self.occupied(bound))?
            }
        };
        Ok(Entered { guard, shared: self.shared.clone() })
    }

    fn occupied(&self, bound: Duration) -> Error {
        let message = format!("the transaction's session did not become free within {bound:?}");
        self.locate(Error::new(ErrorKind::PoolTimeout, message)).with_hint(
            "a stream of this transaction is still open; read it to the end or drop it first",
        )
    }

    fn locate(&self, error: Error) -> Error {
        self.shared.connection.pool().locate(error)
    }

    pub(crate) fn after_commit(&self, hook: Hook) {
        self.hooks().push((self.level.depth, hook));
    }

    fn hooks(&self) -> std::sync::MutexGuard<'_, Vec<(u32, Hook)>> {
        self.shared.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins on a session of the pool, and once more on another one when the first turns out to be lost:
    /// nothing has been done yet.
    async fn begin(connection: &Connection, options: TransactionOptions) -> Result<Tx> {
        connection.pool().replicas().note_write();
        let mut is_second = false;
        loop {
            let mut lease = connection.pool().acquire().await?;
            lease.set_concerns(connection.concerns())?;
            // before the step: one that fails may have begun all the same
            lease.set_open(true);
            match step(connection, &mut lease, Step::Begin(0, options)).await {
                Ok(()) => return Ok(Tx::on(connection, lease, false)),
                Err(error) if error.kind() == ErrorKind::ConnectionLost && !is_second => {
                    is_second = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn pinned(connection: &Connection) -> Result<Tx> {
        connection.pool().replicas().note_write();
        let mut lease = connection.pool().acquire().await?;
        lease.set_concerns(connection.concerns())?;
        lease.close_afterwards();
        Ok(Tx::on(connection, lease, true))
    }

    fn on(connection: &Connection, lease: Lease, pinned: bool) -> Tx {
        let level = Arc::new(Level { depth: 0, abandoned: AtomicBool::new(false) });
        let state = State {
            lease: Some(lease),
            levels: vec![level.clone()],
            void: None,
            last_was_read: true,
        };
        let shared = Shared {
            connection: connection.clone(),
            state: Arc::new(Mutex::new(state)),
            hooks: SyncMutex::default(),
            over: AtomicBool::new(false),
            pinned,
        };
        Tx { shared: Arc::new(shared), level }
    }

    /// The depth that the driver knows of a level; `None` when it knows nothing of it.
    fn sent(&self, depth: u32) -> Option<u32> {
        if self.shared.pinned { depth.checked_sub(1) } else { Some(depth) }
    }

    async fn nested(&self) -> Result<Tx> {
        let mut entered = self.enter(false).await?;
        let depth = self.level.depth + 1;
        let level = Arc::new(Level { depth, abandoned: AtomicBool::new(false) });
        // pushed first: if this future is dropped while the savepoint is set, the level is there to see
        let unfinished = Abandon(&level);
        entered.guard.levels.push(level.clone());
        let connection = self.connection().clone();
        let begin = Step::Begin(self.sent(depth).unwrap_or_default(), Default::default());
        let outcome = step(&connection, entered.lease()?, begin).await;
        if outcome.is_err() {
            entered.guard.levels.pop();
        }
        outcome?;
        std::mem::forget(unfinished);
        Ok(Tx { shared: self.shared.clone(), level })
    }

    async fn end(&self, commit: bool) -> Result<()> {
        let mut entered = self.lock().await?;
        let depth = self.level.depth;
        let ready = entered.ready(self).await;
        if let (true, Err(error)) = (commit, ready) {
            return Err(error); // the guard's drop rolls back
        }
        let connection = self.connection().clone();
        if let Some(sent) = self.sent(depth) {
            let kind = if commit { Step::Commit(sent) } else { Step::Rollback(sent) };
            step(&connection, entered.lease()?, kind).await?;
        }
        while entered.guard.levels.last().is_some_and(|level| level.depth >= depth) {
            entered.guard.levels.pop();
        }
        if !commit {
            self.hooks().retain(|(level, _)| *level < depth);
        } else if depth > 0 {
            self.hooks().iter_mut().for_each(|(level, _)| *level = (*level).min(depth - 1));
        }
        if depth == 0 {
            connection.pool().replicas().note_write();
            entered.lease()?.set_open(false);
            entered.guard.lease = None;
            self.shared.over.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// The guard has gone: no await here.
    fn abandon(&self) {
        self.level.abandoned.store(true, Ordering::Release);
        self.hooks().retain(|(level, _)| *level < self.level.depth);
        if self.level.depth == 0 {
            self.shared.over.store(true, Ordering::Release);
            if let Ok(mut state) = self.shared.state.try_lock() {
                state.lease = None;
            }
        }
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx")
            .field("connection", &self.connection().name())
            .field("depth", &self.level.depth)
            .finish_non_exhaustive()
    }
}

/// Marks a level abandoned, unless forgotten.
struct Abandon<'l>(&'l Level);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.0.abandoned.store(true, Ordering::Release);
    }
}

/// The state of a transaction, held for one statement.
pub(crate) struct Entered {
    guard: OwnedMutexGuard<State>,
    shared: Arc<Shared>,
}

impl Entered {
    pub(crate) fn lease(&mut self) -> Result<&mut Lease> {
        match &mut self.guard.lease {
            Some(lease) => Ok(lease),
            None => Err(self
                .shared
                .connection
                .pool()
                .locate(Error::new(ErrorKind::TransactionAborted, "the transaction is over"))
                .with_hint("a task that outlives the transaction must not use it")),
        }
    }

    /// Notes an error after which the database has given up the whole transaction.
    pub(crate) fn note(&mut self, error: &Error) {
        use ErrorKind::{
            ConnectionLost, Deadlock, SerializationFailure, Timeout, TransactionAborted,
        };
        if matches!(
            error.kind(),
            ConnectionLost | Deadlock | SerializationFailure | Timeout | TransactionAborted
        ) {
            self.guard.void.get_or_insert_with(|| format!("{}: {}", error.code(), error.message()));
        }
    }

    /// Whether the session is at the level of `tx`, or can be brought there.
    fn is_ready(&mut self, tx: &Tx) -> Result<bool> {
        let depth = tx.level.depth as usize;
        if tx.shared.over.load(Ordering::Acquire)
            || tx.level.abandoned.load(Ordering::Acquire)
            || !self.guard.levels.get(depth).is_some_and(|level| Arc::ptr_eq(level, &tx.level))
        {
            return Err(aborted(tx, "it is over")
                .with_hint("a task that outlives the transaction must not use it"));
        }
        if let Some(reason) = &self.guard.void {
            return Err(aborted(tx, reason));
        }
        let at_level = self.guard.levels.len() == depth + 1;
        Ok(at_level && !self.lease()?.is_uncertain())
    }

    /// Brings the session to the level of `tx`: rolls abandoned levels above it back, and refuses when
    /// that cannot be.
    async fn ready(&mut self, tx: &Tx) -> Result<()> {
        if self.is_ready(tx)? {
            return Ok(());
        }
        let depth = tx.level.depth as usize;
        let was_read = self.guard.last_was_read;
        let bound = Some(tx.shared.connection.pool().options().reset_timeout);
        let lease = self.lease()?;
        if lease.is_uncertain() {
            let outcome = within(bound, lease.start()?.settle()).await;
            lease.finish(outcome)?;
            if !was_read {
                let reason = "a write in it was cancelled, and whether it took effect is unknown";
                self.guard.void = Some(reason.to_owned());
                return Err(aborted(tx, reason));
            }
        }
        while let Some(top) =
            self.guard.levels.last().filter(|top| top.depth as usize > depth).cloned()
        {
            if !top.abandoned.load(Ordering::Acquire) {
                return Err(tx.locate(Error::invalid("a nested transaction is open")).with_hint(
                    "await nested transactions one after the other, and use the inner one inside",
                ));
            }
            if let Some(sent) = tx.sent(top.depth) {
                step(&tx.shared.connection, self.lease()?, Step::Rollback(sent)).await?;
            }
            self.guard.levels.pop();
        }
        Ok(())
    }
}

fn aborted(tx: &Tx, reason: &str) -> Error {
    let message = format!("the transaction is void: {reason}");
    tx.locate(Error::new(ErrorKind::TransactionAborted, message))
}

impl Drop for Entered {
    fn drop(&mut self) {
        if self.shared.over.load(Ordering::Acquire) {
            self.guard.lease = None;
        }
    }
}

/// An explicit transaction: queries take part with `.on(&transaction)`. Dropping it rolls it back.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String }
/// # async fn example(db: &Db) -> eloquent::Result<()> {
/// let transaction = db.begin().await?;
/// let user = User::find(1).on(&transaction).or_fail().await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Transaction {
    tx: Tx,
    finished: bool,
}

impl Transaction {
    pub(super) async fn begin(
        connection: &Connection,
        options: TransactionOptions,
    ) -> Result<Self> {
        Ok(Transaction { tx: Tx::begin(connection, options).await?, finished: false })
    }

    /// A transaction for several statements of one call: a savepoint where there is one already.
    pub(crate) async fn within(executor: &Executor) -> Result<Self> {
        match executor {
            Executor::Connection(connection, inside) => {
                refuse_outside(connection, inside.as_deref())?;
                Self::begin(connection, Default::default()).await
            }
            Executor::Transaction(tx) => {
                Ok(Transaction { tx: tx.nested().await?, finished: false })
            }
            Executor::Pretence(connection, _) => Err(connection.pool().locate(pretence::refused())),
        }
    }

    /// A session of its own for several statements, without a transaction around them: one begun inside is
    /// no savepoint. The session is closed at the end.
    pub(crate) async fn pinned(connection: &Connection) -> Result<Self> {
        Ok(Transaction { tx: Tx::pinned(connection).await?, finished: false })
    }

    /// Has the session closed at the end, and not used again.
    pub(crate) async fn close_afterwards(&self) -> Result<()> {
        self.tx.lock().await?.lease()?.close_afterwards();
        Ok(())
    }

    /// Where its statements run.
    pub(crate) fn executor(&self) -> Executor {
        Executor::Transaction(self.tx.clone())
    }

    pub(crate) fn tx(&self) -> &Tx {
        &self.tx
    }

    /// Sets a savepoint: a transaction in the transaction.
    ///
    /// # Errors
    /// What the database reports, or that it has none.
    pub async fn nested(&self) -> Result<Transaction> {
        Ok(Transaction { tx: self.tx.nested().await?, finished: false })
    }

    /// Runs a future with this as the transaction in scope.
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        scope::with_transaction(self.tx.clone(), future).await
    }

    /// Commits, then runs the after-commit hooks.
    ///
    /// # Errors
    /// What the database reports; the transaction is then rolled back.
    /// [`ErrorKind::CommitUnknown`] when it cannot be known whether it committed.
    pub async fn commit(mut self) -> Result<()> {
        self.tx.end(true).await?;
        self.finished = true;
        if self.tx.level.depth == 0 {
            let hooks = std::mem::take(&mut *self.tx.hooks());
            hooks.into_iter().for_each(|(_, hook)| hook());
        }
        Ok(())
    }

    /// Rolls back.
    ///
    /// # Errors
    /// What the database reports; the session is then closed, which has the same effect.
    pub async fn rollback(mut self) -> Result<()> {
        self.tx.end(false).await?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.finished {
            self.tx.abandon();
        }
    }
}
