//! Compiles and runs the examples of the guide, as doc tests: `cargo test -p eloquent-guide`.
//!
//! The chapters are the Markdown files beside this one; `build.rs` says how their examples are
//! completed.

#[cfg(doctest)]
include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
