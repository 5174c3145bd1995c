//! What is in scope of a task: its database and its transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task_local;

use super::pretence::Pretence;
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
        match (scope.transactions.iter().rfind(of_it), scope.transactions.last()) {
            (Some(tx), _) => Found::Of(tx.clone()),
            (None, Some(other)) => Found::Other(other.connection().pool().clone()),
            (None, None) => Found::None,
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

pub(super) async fn with_database<F: Future>(db: Db, future: F) -> F::Output {
    let (id, pretence) = match SCOPE.try_with(|scope| (scope.id, scope.pretence.clone())) {
        Ok(outer) => outer,
        Err(_) => (NEXT.fetch_add(1, Ordering::Relaxed), None),
    };
    SCOPE.scope(Scope { id, db, transactions: Arc::new([]), pretence }, future).await
}

/// Runs a future whose writes are noted down and not sent.
pub(super) async fn with_pretence<F: Future>(
    db: Db,
    pretence: Arc<Pretence>,
    future: F,
) -> F::Output {
    let id = id().unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed));
    let pretence = Some(pretence);
    SCOPE.scope(Scope { id, db, transactions: Arc::new([]), pretence }, future).await
}

pub(super) async fn with_transaction<F: Future>(transaction: Tx, future: F) -> F::Output {
    let db = transaction.db().clone();
    let outer =
        SCOPE.try_with(|scope| (scope.id, scope.transactions.clone(), scope.pretence.clone()));
    let (id, outer, pretence) = match outer {
        Ok(outer) => outer,
        Err(_) => (NEXT.fetch_add(1, Ordering::Relaxed), Arc::from([]), None),
    };
    let transactions = outer.iter().cloned().chain([transaction]).collect();
    SCOPE.scope(Scope { id, db, transactions, pretence }, future).await
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
