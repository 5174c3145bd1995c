//! What every contender has in common: the data, the workloads, the rounds and the report.
//!
//! This crate links no database, so that contenders which cannot share a build (cargo allows one
//! `libsqlite3-sys` per lock file) can still share one method. A program brings a [`Store`] that
//! makes the databases, one [`Contender`] per library with the bare driver first, and calls [`main`].

mod allocator;
mod clock;
mod contender;
mod data;
mod distinct;
mod held;
mod inputs;
mod lane;
mod options;
mod peer;
mod report;
mod rounds;
mod sessions;
mod store;
mod suite;
mod workload;

pub use allocator::CountingAllocator;
pub use contender::{Contender, Pool};
pub use data::{NewUser, Post, USERS, User};
pub use distinct::{BITS, Distinct};
pub use held::{Held, RuntimeHeld};
pub use options::Database;
pub use sessions::Sessions;
pub use store::{AUTHORS, HeldStore, POSTS_PER_AUTHOR, Store};
pub use suite::{Suite, main};
pub use workload::Workload;
