//! The thread of a session, for what takes long or waits: started when it is first needed, ended when
//! it has been idle for a while.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eloquent_core::{ErrorKind, Result};

use crate::error::error;

/// How long the thread waits for work before it ends. Short in tests, so that they see it end.
const IDLE: Duration = if cfg!(test) { Duration::from_millis(5) } else { Duration::from_secs(10) };

/// A piece of work.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// The thread, or the possibility of one. When this is dropped, the thread ends after its work.
#[derive(Debug, Default)]
pub(crate) struct Worker(Arc<Mailbox>);

#[derive(Debug, Default)]
struct Mailbox {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    job: Option<Job>,
    alive: bool,
    closed: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("alive", &self.alive).finish_non_exhaustive()
    }
}

/// A thread that stands ready, until a job is put to it.
pub(crate) struct Ready<'w> {
    mailbox: &'w Mailbox,
    state: MutexGuard<'w, State>,
}

impl Worker {
    /// Makes sure that there is a thread. It cannot end before the result is used or dropped, so what
    /// is put to it is done.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn ready(&self) -> Result<Ready<'_>> {
        let mut state = self.0.lock();
        if !state.alive {
            let mailbox = self.0.clone();
            std::thread::Builder::new()
                .name("eloquent-sqlite".to_owned())
                .spawn(move || mailbox.serve())
                .map_err(|cause| {
                    error(ErrorKind::Full, "the system gives no further thread").with_source(cause)
                })?;
            state.alive = true;
        }
        Ok(Ready { mailbox: &self.0, state })
    }
}

impl Ready<'_> {
    /// Hands over a piece of work. There must be none underway.
    pub(crate) fn put(mut self, job: impl FnOnce() + Send + 'static) {
        self.state.job = Some(Box::new(job));
        self.mailbox.filled.notify_one();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.filled.notify_one();
    }
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        while let Some(job) = self.next() {
            // A job reports its own panics; this one would be of a destructor.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }

    /// The next job; none when the thread is to end.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.job.take() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            let (woken, timeout) =
                self.filled.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if timeout.timed_out() && state.job.is_none() {
                state.alive = false;
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn jobs_run_on_another_thread() {
        let worker = Worker::default();
        let (sender, receiver) = mpsc::channel();
        for _ in 0..3 {
            let sender = sender.clone();
            worker.ready().unwrap().put(move || {
                let _ = sender.send(std::thread::current().id());
            });
            assert_ne!(receiver.recv().unwrap(), std::thread::current().id());
        }
    }

    #[test]
    fn an_idle_thread_ends_and_another_one_takes_over() {
        let worker = Worker::default();
        for _ in 0..20 {
            let (sender, receiver) = mpsc::channel();
            worker.ready().unwrap().put(move || {
                let _ = sender.send(());
            });
            receiver.recv().unwrap();
            while worker.0.lock().alive {
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn the_last_job_is_done_and_a_panic_ends_nothing() {
        let (sender, receiver) = mpsc::channel();
        let worker = Worker::default();
        let after = sender.clone();
        worker.ready().unwrap().put(move || {
            let _ = sender.send(());
            std::panic::resume_unwind(Box::new(()));
        });
        receiver.recv().unwrap();
        // The panic leaves the thread alive, and dropping the worker leaves the job its time.
        loop {
            let ready = worker.ready().unwrap();
            if ready.state.job.is_none() {
                ready.put(move || {
                    let _ = after.send(());
                });
                break;
            }
        }
        drop(worker);
        receiver.recv().unwrap();
    }
}
