//! The smallest pool that works, for libraries that bring none.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A semaphore and a stack of sessions.
pub struct Sessions<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    free: Semaphore,
    idle: Mutex<Vec<S>>,
}

impl<S> Sessions<S> {
    pub fn new(sessions: Vec<S>) -> Self {
        Self {
            shared: Arc::new(Shared {
                free: Semaphore::new(sessions.len()),
                idle: Mutex::new(sessions),
            }),
        }
    }

    pub async fn checkout(&self) -> Result<Lent<'_, S>> {
        let permit = self.shared.free.acquire().await?;
        let session = self.shared.idle().pop();
        Ok(Lent { session, shared: &self.shared, _permit: permit })
    }
}

impl<S> Clone for Sessions<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S> Shared<S> {
    fn idle(&self) -> MutexGuard<'_, Vec<S>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session on loan; dropping it gives it back, and only then the permit.
pub struct Lent<'a, S> {
    session: Option<S>,
    shared: &'a Shared<S>,
    _permit: SemaphorePermit<'a>,
}

impl<S> Deref for Lent<'_, S> {
    type Target = S;

    fn deref(&self) -> &S {
        self.session.as_ref().expect("a permit stands for a session")
    }
}

impl<S> DerefMut for Lent<'_, S> {
    fn deref_mut(&mut self) -> &mut S {
        self.session.as_mut().expect("a permit stands for a session")
    }
}

impl<S> Drop for Lent<'_, S> {
    fn drop(&mut self) {
        self.shared.idle().extend(self.session.take());
    }
}
