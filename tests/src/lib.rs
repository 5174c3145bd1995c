//! The tests that every driver of Eloquent has to pass.
//!
//! They come in two suites: the [contract] speaks to a driver as
//! [`eloquent_core::driver`] describes it, the [ORM suite](orm) runs models on top of it. Which cases
//! apply is decided while they run, by what the database says that it can do; one that does not apply
//! is shown as ignored, with the reason. A database that cannot be reached is a failure.
//!
//! The whole test of a driver is a file `tests/conformance.rs`, declared with `harness = false`:
//!
//! ```no_run
//! use eloquent_conformance::Target;
//! // use my_driver as _;
//!
//! fn main() -> std::process::ExitCode {
//!     eloquent_conformance::main(&[Target::url("mine", "mine:test")])
//! }
//! ```
//!
//! Four tools are of use beyond the suites: the [`wrapper`] is a driver around another one that
//! listens, counts and injects faults; the [`proxy`] does the like between a driver and its server;
//! [`cancellation`] drops a future at each of its awaits; [`server`] finds the servers of the tests.

// A case fails by panicking, and its helpers do so on its behalf.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod cancellation;
pub mod case;
pub mod contract;
pub mod orm;
pub mod proxy;
pub mod server;
mod target;
pub mod wrapper;

pub use target::{Target, main};
