//! How bytes get through in one direction.

use std::time::Duration;

/// A direction through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// What the client sends.
    ToServer,
    /// What the server sends.
    ToClient,
    /// Either.
    Both,
}

/// How bytes get through in one direction; at first at once and as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    pub(super) delay: Duration,
    pub(super) piece: usize,
    pub(super) rate: Option<u32>,
    pub(super) passage: Passage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    Free,
    Held,
    Lost,
}

impl Default for Lane {
    fn default() -> Self {
        Lane { delay: Duration::ZERO, piece: usize::MAX, rate: None, passage: Passage::Free }
    }
}

impl Lane {
    /// Takes every byte and gives none on; the end of the stream is lost as well. A connection that has
    /// lost anything is silent in this direction for good, as where a firewall has forgotten it.
    pub fn black_hole() -> Self {
        Lane { passage: Passage::Lost, ..Lane::default() }
    }

    /// Keeps what comes until this lane is replaced: nothing is lost.
    pub fn held() -> Self {
        Lane { passage: Passage::Held, ..Lane::default() }
    }

    /// Waits before each piece that arrives is given on.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Writes so many bytes at a time at most.
    #[must_use]
    pub fn slices(mut self, bytes: usize) -> Self {
        self.piece = bytes.max(1);
        self
    }

    /// Lets so many bytes through in a second.
    #[must_use]
    pub fn rate(mut self, bytes_per_second: u32) -> Self {
        self.rate = Some(bytes_per_second.max(1));
        self
    }

    /// How many bytes are written at once, and how long to wait after so many.
    pub(super) fn pace(&self, bytes: usize) -> (usize, Duration) {
        match self.rate {
            None => (self.piece.min(bytes), Duration::ZERO),
            Some(rate) => {
                let in_a_while = usize::try_from(rate / 50).unwrap_or(usize::MAX).max(1);
                let piece = self.piece.min(in_a_while).min(bytes);
                let share = u32::try_from(piece).unwrap_or(u32::MAX);
                (piece, Duration::from_secs(1) * share / rate)
            }
        }
    }
}
