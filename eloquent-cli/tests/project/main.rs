//! Projects, made and built: what `eloquent new` and the generators write compiles and runs. The servers are
//! those of scripts/test.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // in a test it is the message of a failure

mod made;
mod place;
mod tutorial;
