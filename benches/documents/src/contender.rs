//! The contenders.

mod eloquent;
mod raw;

use harness::USERS;

pub use self::{eloquent::Eloquent, raw::Raw};

/// The keys of new documents, which no server gives.
struct Keys(i64);

impl Keys {
    fn new() -> Self {
        Self(USERS)
    }

    fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }
}
