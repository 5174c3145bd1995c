//! What MongoDB adds at run time, on the models of an application: pipelines, the client itself, concerns,
//! change streams, time limits. `scripts/test` starts the server; `MONGO_URI` says where it is.

// Helpers fail on behalf of their tests.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod concerns;
mod faults;
mod ground;
mod native;
mod pipelines;
mod time;
mod watching;
