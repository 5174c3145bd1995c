//! Seeders and guards, as a project's own program runs them: against all databases. The servers are those
//! of scripts/test.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // in a test it is the message of a failure

mod ground;
mod guard;
mod lines;
mod project;
mod seeding;
