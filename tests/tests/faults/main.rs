//! What Eloquent does when a driver fails: with errors, lost sessions, silence and panics.

// Helpers fail on behalf of their tests.
#![allow(clippy::expect_used)]

mod ground;
mod pool;
mod sessions;
mod transactions;
