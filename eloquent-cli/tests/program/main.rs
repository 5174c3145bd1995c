//! The program as its users run it: arguments and variables in, text and exit codes out.

#![allow(clippy::expect_used, clippy::panic)] // in a test it is the message of a failure

mod completions;
mod env_check;
mod make;
mod mongo;
mod output;
mod ping;
mod run;
mod secrets;
mod usage;
