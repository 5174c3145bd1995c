//! Turns: how much a thread answers at once before other tasks run.
//!
//! Without a pause, a loop of statements that are all answered on the calling task would hold the thread
//! for as long as it runs.

use std::cell::Cell;
use std::time::Duration;

/// A turn of a task that is alone: statements, and time.
const WHOLE: (u32, Duration) = (256, Duration::from_millis(1));

/// How many tasks a turn is divided among at most.
const CROWD: u32 = 64;

/// A task of the crowd in parts; each turn moves the estimate by one of them.
const PART: u32 = 8;

thread_local! {
    static TURN: Cell<Turn> =
        const { Cell::new(Turn { statements: WHOLE.0, time: WHOLE.1, ended: 0, crowd: PART }) };
}

/// What is left of the turn on this thread.
#[derive(Clone, Copy)]
struct Turn {
    statements: u32,
    time: Duration,
    /// How many turns have ended here.
    ended: u32,
    /// How many tasks share a turn, as far as one can tell, in parts.
    crowd: u32,
}

impl Turn {
    fn is_over(self) -> bool {
        self.statements == 0 || self.time.is_zero()
    }
}

/// Whether this thread has answered enough.
pub(super) fn is_over() -> bool {
    TURN.get().is_over()
}

/// Counts a statement that this thread has answered.
pub(super) fn spend(elapsed: Duration) {
    let turn = TURN.get();
    TURN.set(Turn {
        statements: turn.statements.saturating_sub(1),
        time: turn.time.saturating_sub(elapsed),
        ..turn
    });
}

/// Lets other tasks run, if this thread has answered enough. Before a statement, not after it: a future
/// that is dropped here has not done anything yet.
pub(super) async fn take() {
    let turn = TURN.get();
    if !turn.is_over() {
        return;
    }
    TURN.set(Turn { ended: turn.ended.wrapping_add(1), ..turn });
    tokio::task::yield_now().await;
    // As many as have ended a turn in the meantime want the next one too, and others must not wait
    // longer for all of them than for one that is alone. The greatest lately, because a runtime may wake
    // the last one first. A number of another thread's is as good as any.
    let Turn { ended, crowd, .. } = TURN.get();
    let met = ended.wrapping_sub(turn.ended).clamp(1, CROWD);
    let crowd = (crowd - crowd / PART + met).max(met * PART);
    TURN.set(Turn {
        statements: WHOLE.0 * PART / crowd,
        time: WHOLE.1 * PART / crowd,
        ended,
        crowd,
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const TASKS: u32 = 16;
    const EACH: u32 = 2000;

    /// The most statements that tasks, which answer them as fast as they can, ran between two looks of
    /// another task.
    async fn longest(statement: Duration) -> u32 {
        let answered = Arc::new(AtomicU32::new(0));
        for _ in 0..TASKS {
            let answered = answered.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    take().await;
                    answered.fetch_add(1, Ordering::Relaxed);
                    spend(statement);
                }
            });
        }
        let (mut longest, mut seen) = (0, 0);
        while seen < TASKS * EACH {
            tokio::task::yield_now().await;
            let now = answered.load(Ordering::Relaxed);
            longest = longest.max(now - seen);
            seen = now;
        }
        longest
    }

    #[tokio::test(flavor = "current_thread")]
    async fn many_tasks_take_no_longer_than_one_before_others_run() {
        for (statement, most) in [(Duration::ZERO, 256), (Duration::from_micros(10), 100)] {
            let longest = tokio::spawn(longest(statement)).await.unwrap();
            // Twice as many where the last one is woken first, and more until all have met.
            assert!(longest <= 5 * most, "{longest} statements at once");
        }
    }
}
