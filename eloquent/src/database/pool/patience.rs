//! Opening sessions at a server that takes nobody for the moment: all its connections are taken, or it
//! is starting.

use std::time::{Duration, Instant};

use eloquent_core::{Error, ErrorKind};

/// The first pause, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(500)];

/// Decides whether opening is tried again, and waits before it is: each time twice as long.
#[derive(Debug)]
pub(super) struct Patience {
    since: Option<Instant>,
    bound: Duration,
    pause: Duration,
}

impl Patience {
    /// Lasts for as long as callers wait for a session.
    pub(super) fn new(bound: Duration) -> Self {
        Patience { since: None, bound, pause: PAUSES[0] }
    }

    /// Waits when that may help and there is time left, and says whether it did.
    pub(super) async fn bears(&mut self, error: &Error) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let passes = matches!(error.kind(), ErrorKind::Full | ErrorKind::Unavailable);
        if !passes || since.elapsed() + self.pause >= self.bound {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSES[1]);
        true
    }
}
