//! Generated programs of writes and queries, on each database and on a reference in memory.
//!
//! A program is made from a seed. `ELOQUENT_PROGRAMS` says how many are run, `ELOQUENT_SEED` which is the
//! first; the latter alone runs that one. A failure prints its seed, and the smallest program that was
//! found to fail, step by step. Where databases may differ stands in one list, in `differences`.

// Helpers fail on behalf of their tests.
#![allow(clippy::expect_used, clippy::panic)]

mod cells;
mod choices;
mod differences;
mod generate;
mod ground;
mod program;
mod reference;
mod show;
mod tables;

use std::env;
use std::ops::Range;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use eloquent_conformance::Target;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::{Builder, Runtime};

use choices::{Choices, Made};
use ground::Ground;
use reference::Reference;

/// How many programs are run unless the caller says how many.
const PROGRAMS: u64 = 256;

/// How many programs a session sees.
const PER_SESSION: u64 = 300;

/// How many programs are run at most to make one that fails smaller, and for how long.
const TRIES: usize = 20_000;
const PATIENCE: Duration = Duration::from_secs(40);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![Trial::test("choices", || {
        choices::check();
        Ok(())
    })];
    for target in ground::targets() {
        trials.push(Trial::test(target.name().to_owned(), move || Test::open(&target)?.seeds()));
    }
    let outcome = libtest_mimic::run(&arguments, trials).exit_code();
    // a failure here leaves a folder behind and nothing else
    let _ = std::fs::remove_dir_all(ground::folder());
    outcome
}

/// The seeds to run.
fn seeds() -> Result<Range<u64>, Failed> {
    let number = |name: &str| -> Result<Option<u64>, Failed> {
        let text = env::var(name).ok().filter(|text| !text.is_empty());
        let number = text.map(|text| text.parse()).transpose();
        number.map_err(|_| Failed::from(format!("{name} is not a whole number")))
    };
    Ok(match (number("ELOQUENT_SEED")?, number("ELOQUENT_PROGRAMS")?) {
        (None, count) => 0..count.unwrap_or(PROGRAMS),
        (Some(seed), count) => seed..seed.saturating_add(count.unwrap_or(1)),
    })
}

struct Test {
    name: String,
    runtime: Runtime,
    ground: Ground,
}

impl Test {
    fn open(target: &Target) -> Result<Self, Failed> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let ground = runtime.block_on(Ground::open(target))?;
        Ok(Test { name: target.name().to_owned(), runtime, ground })
    }

    fn seeds(mut self) -> Result<(), Failed> {
        for (number, seed) in (1_u64..).zip(seeds()?) {
            if number % PER_SESSION == 0 {
                self.runtime.block_on(self.ground.renew())?;
            }
            let mut choices = Choices::random(seed);
            if let Some(report) = self.fails(&mut choices)? {
                return Err(self.report(seed, choices.into_made(), &report).into());
            }
        }
        self.runtime.block_on(self.ground.close())?;
        Ok(())
    }

    /// Runs the program of the choices, and tells of the first difference.
    fn fails(&mut self, choices: &mut Choices) -> Result<Option<String>, Failed> {
        let (tables, steps) = generate::program(choices);
        let ground = &mut self.ground;
        self.runtime.block_on(async {
            ground.clear(&tables).await?;
            let expected = program::run(&steps, &mut Reference::default()).await;
            let found = program::run(&steps, ground).await;
            let difference = differences::first(&ground.driver, &expected, &found);
            Ok(difference
                .map(|(at, difference)| show::report(&expected[..=at], &difference, ground)))
        })
    }

    fn report(&mut self, seed: u64, made: Made, first: &str) -> String {
        let began = Instant::now();
        let least = choices::simplest(made, TRIES, |choices| {
            if began.elapsed() > PATIENCE {
                return None;
            }
            let mut choices = Choices::again(choices);
            let outcome = self.fails(&mut choices);
            matches!(outcome, Ok(Some(_))).then(|| choices.into_made())
        });
        let outcome = self.fails(&mut Choices::again(least.choices));
        let report = match outcome {
            Ok(Some(report)) => report,
            Ok(None) => format!("It does not fail every time. At first it was:\n{first}"),
            Err(error) => error.message().unwrap_or("the database is gone").to_owned(),
        };
        let name = &self.name;
        format!(
            "seed {seed} on {name}; to run it again:\n  ELOQUENT_SEED={seed} cargo test \
             --package eloquent-conformance --all-features --test differential {name}\n{report}"
        )
    }
}
