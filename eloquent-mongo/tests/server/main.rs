//! The driver against the server of `MONGO_URI`. What every driver has to do is held by the conformance
//! suite; here is what is peculiar to this one.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod ground;
mod keys;
mod logins;
mod schema;
mod selects;
mod sessions;
mod writes;
