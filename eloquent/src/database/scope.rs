//! What is in scope of a task: its database and its transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task_local;

use super::pretence::Pretence;
use super::progress::Progress;
use super::transaction::Tx;
use super::{Db, Pool};

#[derive(Clone)]
struct Scope {
    /// The same in all scopes inside.
    id: u64,
    db: Db,
    /// The innermost comes last. One for each connection counts: the last.
    transactions: Arc<[Tx]>,
    /// Writes are noted down and not sent.
    pretence: Option<Arc<Pretence>>,
    seeded: Option<Seeded>,
}

/// The connection that is being seeded.
#[derive(Clone)]
pub(super) struct Seeded {
    pub(super) pool: Arc<Pool>,
    /// Where its rows are counted.
    pub(super) progress: Progress,
    /// Whether nobody is told of its statements.
    pub(super) is_muted: bool,
}

task_local! {
    static SCOPE: Scope;
}

static NEXT: AtomicU64 = AtomicU64::new(0);

pub(super) fn database() -> Option<Db> {
    SCOPE.try_with(|scope| scope.db.clone()).ok()
}

/// Which scope this is: the outermost one counts.
pub(super) fn id() -> Option<u64> {
    SCOPE.try_with(|scope| scope.id).ok()
}

/// The innermost transaction.
pub(super) fn transaction() -> Option<Tx> {
    SCOPE.try_with(|scope| scope.transactions.last().cloned()).ok().flatten()
}

/// The innermost transaction of a connection; else whether there is one of another connection, and of
/// which.
pub(super) fn transaction_of(pool: &Arc<Pool>) -> Found {
    let find = |scope: &Scope| {
        if let Some(pretence) = &scope.pretence {
            return Found::Pretence(pretence.clone());
        }
        let of_it = |tx: &&Tx| Arc::ptr_eq(tx.connection().pool(), pool);
        match (scope.transactions.iter().rfind(of_it), scope.transactions.last(), &scope.seeded) {
            (Some(tx), ..) => Found::Of(tx.clone()),
            (None, Some(other), _) => Found::Other(other.connection().pool().clone()),
            (None, None, Some(Seeded { pool: home, .. })) if !Arc::ptr_eq(home, pool) => {
                Found::Other(home.clone())
            }
            (None, None, _) => Found::None,
        }
    };
    SCOPE.try_with(find).unwrap_or(Found::None)
}

/// The transaction in scope, as a connection sees it.
pub(super) enum Found {
    Of(Tx),
    /// It is of another connection.
    Other(Arc<Pool>),
    /// Nothing is to be written.
    Pretence(Arc<Pretence>),
    None,
}

/// The scope that is around, or the first one.
fn outer(db: Db) -> Scope {
    match SCOPE.try_with(Scope::clone) {
        Ok(outer) => Scope { db, ..outer },
        Err(_) => Scope {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            db,
            transactions: Arc::new([]),
            pretence: None,
            seeded: None,
        },
    }
}

pub(super) async fn with_database<F: Future>(db: Db, future: F) -> F::Output {
    SCOPE.scope(Scope { transactions: Arc::new([]), seeded: None, ..outer(db) }, future).await
}

/// Runs a future whose writes are noted down and not sent.
pub(super) async fn with_pretence<F: Future>(
    db: Db,
    pretence: Arc<Pretence>,
    future: F,
) -> F::Output {
    let (transactions, pretence) = (Arc::new([]), Some(pretence));
    SCOPE.scope(Scope { transactions, pretence, ..outer(db) }, future).await
}

pub(super) async fn with_transaction<F: Future>(transaction: Tx, future: F) -> F::Output {
    let outer = outer(transaction.db().clone());
    let transactions = outer.transactions.iter().cloned().chain([transaction]).collect();
    SCOPE.scope(Scope { transactions, ..outer }, future).await
}

/// Runs a future that seeds a connection of this database: its rows are counted, and what goes elsewhere
/// without saying so is refused.
pub(super) async fn with_seeding<F: Future>(db: Db, seeded: Seeded, future: F) -> F::Output {
    SCOPE.scope(Scope { seeded: Some(seeded), ..outer(db) }, future).await
}

/// Counts rows that were written, if they are those of the connection that is being seeded.
pub(super) fn wrote(pool: &Arc<Pool>, rows: u64) {
    let count = |scope: &Scope| match &scope.seeded {
        Some(seeded) if Arc::ptr_eq(&seeded.pool, pool) => seeded.progress.wrote(rows),
        _ => {}
    };
    // outside of every scope nobody counts
    let _ = SCOPE.try_with(count);
}

/// Whether a connection is being seeded.
pub(super) fn is_seeding() -> bool {
    SCOPE.try_with(|scope| scope.seeded.is_some() && scope.transactions.is_empty()).unwrap_or(false)
}

/// Whether a connection is being seeded without telling anybody of its statements.
pub(super) fn is_muted() -> bool {
    let is_muted = |scope: &Scope| scope.seeded.as_ref().is_some_and(|seeded| seeded.is_muted);
    SCOPE.try_with(is_muted).unwrap_or(false)
}

/// The future, in the scope of the caller wherever it runs.
pub(super) fn carried<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let scope = SCOPE.try_with(Scope::clone).ok();
    async move {
        match scope {
            Some(scope) => SCOPE.scope(scope, future).await,
            None => future.await,
        }
    }
}
