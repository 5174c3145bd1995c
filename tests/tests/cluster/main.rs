//! Several servers that act as one. `scripts/test --cluster` starts them and says by environment
//! variables where they are; the tests of what is not there are shown as ignored.

// Helpers fail on behalf of their tests, and figures are printed for those who ask with `--nocapture`.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod galera;
mod ground;
mod migrations;
mod pgbouncer;
mod replicas;

use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use eloquent::Result;
use libtest_mimic::{Arguments, Completion, Trial};

/// How long a test may take before it counts as hung.
const DEADLINE: Duration = Duration::from_secs(240);

type Outcome = Pin<Box<dyn Future<Output = Result<()>>>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    trials.extend(
        galera::TESTS.iter().map(|(name, test)| trial("ELOQUENT_TEST_GALERA", name, *test)),
    );
    trials.extend(
        replicas::TESTS.iter().map(|(name, test)| trial("ELOQUENT_TEST_PG_REPLICAS", name, *test)),
    );
    trials.extend(
        pgbouncer::TESTS.iter().map(|(name, test)| trial("ELOQUENT_TEST_PGBOUNCER", name, *test)),
    );
    trials.extend(migrations::TESTS.iter().map(|(name, test)| {
        let variable = match name.contains("pooler") {
            true => "ELOQUENT_TEST_PGBOUNCER",
            false => "ELOQUENT_TEST_GALERA",
        };
        trial(variable, name, *test)
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(variable: &'static str, name: &str, test: fn() -> Outcome) -> Trial {
    Trial::ignorable_test(name, move || {
        if std::env::var_os(variable).is_none() {
            return Ok(Completion::ignored_with(format!(
                "{variable} is not set: scripts/test --cluster"
            )));
        }
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async { tokio::time::timeout(DEADLINE, test()).await })??;
        Ok(Completion::Completed)
    })
}

/// The tests of a module, with their names.
macro_rules! tests {
    ($module:literal: $($name:ident),+ $(,)?) => {
        pub(crate) const TESTS: &[(&str, fn() -> crate::Outcome)] =
            &[$((concat!($module, "::", stringify!($name)), || Box::pin($name()))),+];
    };
}
pub(crate) use tests;
