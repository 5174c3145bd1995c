//! Connections from an environment: which there are, where each setting comes from, and what is refused.

// Helpers fail on behalf of their tests.
#![allow(clippy::expect_used)]

mod coded;
mod contract;
mod crossing;
mod hosted;
mod refused;
mod replicas;
