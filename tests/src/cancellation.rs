//! Dropping a future at each of its awaits.
//!
//! A future can be dropped wherever it waits: by a timeout, by `select!`, because a client has gone.
//! [`drop_everywhere`] does so on purpose. It polls a fresh future once and drops it, polls the next one
//! twice and drops it, and goes on until one comes to its end; after each it lets the caller look
//! whether all is well.
//!
//! A future that is answered at once has no awaits to be dropped at. The
//! [`wrapper`](crate::wrapper::Wrapper::set_pauses) adds some in front of and behind each call of a
//! driver.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// When a future that has been polled often enough is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// As soon as it waits: what it asked for is still under way.
    Waiting,
    /// Once it has been woken: what it asked for has happened, and nobody has looked at it.
    Woken,
}

/// More awaits than any future has: one that is woken without end is an error.
const ENDLESS: usize = 100_000;

/// Polls a future at most so many times, then drops it. Gives what it came to, if it did.
pub async fn poll_times<F: Future>(times: usize, moment: Moment, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 && moment == Moment::Waiting => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Drops a future at each of its awaits, and gives the number of drops.
///
/// `make` gives a fresh future each time. `check` is called after each drop with `None`, and at last
/// with what the future came to.
///
/// # Panics
/// When the future never comes to its end, and when `check` does.
pub async fn drop_everywhere<T, F, C>(
    moment: Moment,
    mut make: impl FnMut() -> F,
    mut check: impl FnMut(Option<T>) -> C,
) -> usize
where
    F: Future<Output = T>,
    C: Future<Output = ()>,
{
    for polls in 0..ENDLESS {
        let output = poll_times(polls, moment, make()).await;
        let ended = output.is_some();
        check(output).await;
        if ended {
            return polls;
        }
    }
    panic!("the future did not come to its end in {ENDLESS} polls");
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn every_await_is_one_drop() {
        let (steps, ends) = (AtomicUsize::new(0), AtomicUsize::new(0));
        for moment in [Moment::Waiting, Moment::Woken] {
            let drops = drop_everywhere(
                moment,
                || async {
                    for _ in 0..3 {
                        steps.fetch_add(1, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                    }
                },
                |output| {
                    ends.fetch_add(usize::from(output.is_some()), Ordering::Relaxed);
                    async {}
                },
            )
            .await;
            assert_eq!(drops, 4, "before the first poll and at each of three awaits");
        }
        // 0 + 1 + 2 + 3 + 3 steps, twice
        assert_eq!((steps.into_inner(), ends.into_inner()), (18, 2));
    }
}
