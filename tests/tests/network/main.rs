//! What Eloquent does when the network or the server fails, against real servers and through a proxy.
//!
//! `scripts/test` starts the servers and says by environment variables where they are.

// Helpers fail on behalf of their tests, and figures are printed for those who ask with `--nocapture`.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

/// Declares tests that run against each of the servers.
macro_rules! on_servers {
    ($($name:ident),+ $(,)?) => {
        mod pg {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() -> eloquent::Result<()> {
                    crate::ground::within_minutes(super::$name(&crate::server::PG)).await
                }
            )+
        }
        mod mysql {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() -> eloquent::Result<()> {
                    crate::ground::within_minutes(super::$name(&crate::server::MYSQL)).await
                }
            )+
        }
    };
}

mod conflicts;
mod cuts;
mod ground;
mod logins;
mod losses;
mod restarts;
mod server;
mod sessions;
mod silence;
mod strangers;
mod traffic;
mod waits;
