//! The task that notices being kept waiting.

use std::time::Duration;

use crate::clock::{Gap, Moment};

/// A gap is blocked if the thread slept in it and it lasted at least this long.
const BLOCKED: Duration = Duration::from_millis(1);

/// What the ticker saw.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gaps {
    pub longest_cpu: Duration,
    pub longest_wall: Duration,
    pub blocked: u32,
    pub longest_blocked: Duration,
}

impl Gaps {
    fn add(&mut self, gap: Gap) {
        self.longest_cpu = self.longest_cpu.max(gap.cpu);
        self.longest_wall = self.longest_wall.max(gap.wall);
        if gap.waits > 0 && gap.wall >= BLOCKED {
            self.blocked += 1;
            self.longest_blocked = self.longest_blocked.max(gap.wall);
        }
    }
}

/// Runs the work as a task of the current runtime and ticks until it has ended.
pub async fn beside<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<(T, Gaps), tokio::task::JoinError> {
    let mut gaps = Gaps::default();
    let work = tokio::spawn(work);
    let mut last = Moment::now();
    while !work.is_finished() {
        tokio::task::yield_now().await;
        let now = Moment::now();
        gaps.add(now - last);
        last = now;
    }
    Ok((work.await?, gaps))
}
