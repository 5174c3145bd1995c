//! What all sessions of a wrapper share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eloquent_core::driver::Capabilities;
use eloquent_core::{Error, ErrorKind, Result};

use super::{Fault, Step, fault::Effect};

/// What a driver was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The step.
    pub step: Step,
    /// How deep, for a step of a transaction.
    pub depth: u32,
    /// The text that would be sent, for a statement.
    pub text: String,
}

/// How many sessions there were and are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// How many have been opened.
    pub opened: usize,
    /// How many of them have been closed.
    pub closed: usize,
    /// How many have, or may have, a transaction open.
    pub in_transaction: usize,
}

#[derive(Debug, Default)]
pub(super) struct State {
    faults: Mutex<VecDeque<Fault>>,
    calls: Mutex<Option<Vec<Call>>>,
    counts: Mutex<Counts>,
    settings: Mutex<Settings>,
    pauses: AtomicUsize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Settings {
    ping_after: Option<Duration>,
    limit: Option<fn(Capabilities) -> Capabilities>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(super) fn inject(&self, fault: Fault) {
        lock(&self.faults).push_back(fault);
    }

    pub(super) fn pending(&self) -> usize {
        lock(&self.faults).len()
    }

    pub(super) fn set_pauses(&self, pauses: usize) {
        self.pauses.store(pauses, Ordering::Relaxed);
    }

    pub(super) fn set_ping_after(&self, silence: Duration) {
        lock(&self.settings).ping_after = Some(silence);
    }

    pub(super) fn ping_after(&self) -> Option<Duration> {
        lock(&self.settings).ping_after
    }

    pub(super) fn set_limit(&self, limit: fn(Capabilities) -> Capabilities) {
        lock(&self.settings).limit = Some(limit);
    }

    pub(super) fn limited(&self, capabilities: Capabilities) -> Capabilities {
        let limit = lock(&self.settings).limit;
        limit.map_or(capabilities, |limit| limit(capabilities))
    }

    pub(super) fn listen(&self) {
        lock(&self.calls).get_or_insert_default();
    }

    pub(super) fn take_calls(&self) -> Vec<Call> {
        lock(&self.calls).as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn counts(&self) -> Counts {
        *lock(&self.counts)
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut lock(&self.counts));
    }

    /// Whether a statement may be answered at once: nothing is to happen to it.
    pub(super) fn is_quiet(&self) -> bool {
        let faulty = lock(&self.faults).front().is_some_and(|fault| fault.step == Step::Statement);
        self.pauses.load(Ordering::Relaxed) == 0 && !faulty
    }

    /// Notes a step, and takes the fault that waits for it.
    pub(super) fn step(
        self: &Arc<Self>,
        step: Step,
        depth: u32,
        text: impl FnOnce() -> String,
    ) -> Taken {
        if let Some(calls) = lock(&self.calls).as_mut() {
            calls.push(Call { step, depth, text: text() });
        }
        let mut faults = lock(&self.faults);
        let due = faults.front().is_some_and(|fault| fault.step == step);
        let fault = if due { faults.pop_front() } else { None };
        Taken { fault, pauses: self.pauses.load(Ordering::Relaxed) }
    }
}

/// A step that is being taken.
pub(super) struct Taken {
    fault: Option<Fault>,
    pauses: usize,
}

/// A step that has been taken.
pub(super) struct Took<T> {
    pub(super) outcome: Result<T>,
    /// Whether the session is gone.
    pub(super) lost: bool,
    /// Whether it was taken although it failed.
    pub(super) happened: bool,
}

impl Taken {
    /// Takes the step, with what goes wrong.
    pub(super) async fn around<T>(self, inner: impl Future<Output = Result<T>>) -> Took<T> {
        for _ in 0..self.pauses {
            tokio::task::yield_now().await;
        }
        let failed = |kind: ErrorKind| Err(Error::new(kind, "the wrapper was told to fail"));
        let took = |outcome| Took { outcome, lost: false, happened: false };
        let Some(fault) = self.fault else {
            let outcome = inner.await;
            for _ in 0..self.pauses {
                tokio::task::yield_now().await;
            }
            return took(outcome);
        };
        match fault.effect {
            Effect::Before(kind) => took(failed(kind)),
            Effect::After(kind) => {
                let outcome = inner.await;
                let happened = outcome.is_ok();
                Took { outcome: outcome.and_then(|_| failed(kind)), lost: false, happened }
            }
            Effect::LostBefore => Took { outcome: Err(fault.lost()), lost: true, happened: false },
            Effect::LostAfter => {
                let outcome = inner.await.and_then(|_| Err(fault.lost()));
                Took { outcome, lost: true, happened: false }
            }
            Effect::Late(delay) => {
                tokio::time::sleep(delay).await;
                took(inner.await)
            }
            Effect::Never => std::future::pending().await,
            Effect::Panic => panic!("the wrapper was told to panic"),
        }
    }
}
