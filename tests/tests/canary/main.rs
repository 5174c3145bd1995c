//! A password and bound values are nowhere in what is printed, logged or said.
//!
//! All that a program can get to see is captured, and looked through: what public types print, errors with
//! what they come from, messages of panics, the log of the clients, and the output of the command line.

// Helpers fail on behalf of their tests, and the figures are printed for those who ask.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod capture;
mod line;
mod servers;
mod settings;
mod values;

use capture::Captured;

/// Different outputs that are looked through at least, without what is logged.
const OUTPUTS: usize = 500;

// one test, because what is logged is captured for the whole process
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_ever_shown() -> eloquent::Result<()> {
    let mut captured = Captured::of_process();
    settings::capture(&mut captured).await;
    line::capture(&mut captured).await;
    servers::capture(&mut captured).await?;
    values::capture(&mut captured).await?;
    let (outputs, logged) = captured.finish();
    println!("{outputs} different outputs and {logged} lines of the log");
    assert!(outputs >= OUTPUTS, "only {outputs} outputs were captured");
    assert!(logged >= OUTPUTS, "only {logged} lines were logged");
    Ok(())
}
