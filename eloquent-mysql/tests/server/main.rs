//! The driver against a server: that of `DB_HOST`, `DB_PORT`, `DB_USER`, `DB_PASSWORD`, or one on this
//! machine. What every driver has to do is held by the conformance suite; here is what is peculiar to
//! this one.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod ground;
mod logins;
mod numbers;
mod sessions;
mod values;
mod writes;
