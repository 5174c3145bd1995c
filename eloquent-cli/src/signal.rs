//! Being told to end.

use std::pin::pin;
use std::task::Poll;

use eloquent::migration::Stop;

/// Asks for the stop when the process is told to end, and ends when it is told so again.
pub(crate) async fn asks_twice(stop: Stop) {
    told().await;
    stop.ask();
    told().await;
}

/// The first to end of a command and of a wait, which then stands for this code.
pub(crate) async fn either(
    command: impl Future<Output = u8>,
    wait: impl Future<Output = ()>,
    code: u8,
) -> u8 {
    let (mut command, mut wait) = (pin!(command), pin!(wait));
    std::future::poll_fn(|cx| match command.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(done),
        Poll::Pending => wait.as_mut().poll(cx).map(|()| code),
    })
    .await
}

#[cfg(unix)]
async fn told() {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    match (interrupt, terminate) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        // without handlers the process ends by itself
        _ => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn told() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
