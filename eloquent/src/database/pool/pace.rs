//! A timer that comes before those of the callers who wait.
//!
//! Setting a timer that is the next one to end makes the runtime interrupt itself, with two calls of the
//! system. Waiting for a session mostly lasts microseconds, but each wait has a bound and so would set
//! such a timer. While one is pending that ends before the bounds do, they cost next to nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// How long the timer takes. It is set anew while there are callers who wait.
const PERIOD: Duration = Duration::from_secs(1);

const STOPPED: u8 = 0;
const RUNNING: u8 = 1;
/// Somebody has waited since the timer was set.
const WANTED: u8 = 2;

/// Keeps the timer, on a task of its own that ends when nobody has waited for a while.
#[derive(Default)]
pub(super) struct Pace(Arc<AtomicU8>);

impl Pace {
    /// Somebody waits. Has to be called on a runtime.
    pub(super) fn want(&self) {
        if self.0.load(Ordering::Relaxed) == WANTED {
            return;
        }
        if self.0.swap(WANTED, Ordering::Relaxed) == STOPPED {
            let state = Running(self.0.clone());
            tokio::spawn(async move {
                while state.goes_on() {
                    tokio::time::sleep(PERIOD).await;
                }
            });
        }
    }
}

/// Says that it has stopped, also when its runtime has.
struct Running(Arc<AtomicU8>);

impl Running {
    fn goes_on(&self) -> bool {
        self.0.swap(RUNNING, Ordering::Relaxed) == WANTED
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(STOPPED, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_runs_for_as_long_as_somebody_waits() {
        let pace = Pace::default();
        let state = || pace.0.load(Ordering::Relaxed);
        for _ in 0..2 {
            pace.want();
            pace.want();
            tokio::time::sleep(PERIOD).await;
            assert_ne!(state(), STOPPED);
        }
        tokio::time::sleep(PERIOD * 3).await;
        assert_eq!(state(), STOPPED);
    }
}
