//! What a program of this harness is.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::{
    allocator,
    contender::Contender,
    distinct::{self, Distinct},
    held::{self, RuntimeHeld},
    lane::Entry,
    options::{Command, Compare, Database, Options, RuntimeKind},
    peer,
    report::{Measure, Report, Row, Table},
    rounds::Track,
    store::Store,
};

/// The contenders on one database, the bare driver first.
pub struct Suite {
    store: Arc<dyn Store>,
    entries: Vec<Entry>,
    held: Option<RuntimeHeld>,
    distinct: Vec<distinct::Entry>,
}

impl Suite {
    pub fn new<Bare: Contender>(store: impl Store + 'static) -> Self {
        Self {
            store: Arc::new(store),
            entries: vec![Entry::of::<Bare>()],
            held: None,
            distinct: Vec::new(),
        }
    }

    /// Enters a contender for the comparison.
    #[must_use]
    pub fn with<C: Contender>(mut self) -> Self {
        self.entries.push(Entry::of::<C>());
        self
    }

    /// Enters contenders for `runtime-held`.
    #[must_use]
    pub fn with_held(mut self, held: RuntimeHeld) -> Self {
        self.held = Some(held);
        self
    }

    /// Enters a contender for `distinct`.
    #[must_use]
    pub fn with_distinct<D: Distinct>(mut self) -> Self {
        self.distinct.push(distinct::Entry::of::<D>());
        self
    }
}

/// Reads the command line and does what it says, with the program's suite for the database.
pub fn main(suite: impl FnOnce(Database) -> Result<Suite>) -> Result<()> {
    let options = Options::parse();
    let suite = suite(options.on)?;
    match options.command {
        None => compare(&suite, &options.compare),
        Some(Command::RuntimeHeld(wanted)) => {
            let held = suite.held.context("nobody takes part in runtime-held on this database")?;
            held::report(&held, &wanted)
        }
        Some(Command::Distinct(wanted)) => {
            ensure!(!suite.distinct.is_empty(), "nobody takes part in distinct on this database");
            distinct::report(&*suite.store, &suite.distinct, &wanted)
        }
    }
}

fn compare(suite: &Suite, options: &Compare) -> Result<()> {
    ensure!(options.rounds > 0, "no rounds, no medians");
    if options.alloc {
        allocator::count();
    }
    let mut report = Report::default();
    for &kind in options.runtime.kinds() {
        report.tables.push(table(suite, options, kind)?);
    }
    for program in &options.with {
        report.join(peer::report(program, options)?);
    }
    match options.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => println!("{}", report.markdown()),
    }
    Ok(())
}

fn table(suite: &Suite, options: &Compare, kind: RuntimeKind) -> Result<Table> {
    let (bare, others) = suite.entries.split_first().expect("a suite has the bare driver");
    let mut entries = vec![bare];
    entries.extend(others.iter().filter(|entry| options.wants(entry.name)));

    let runtime = kind.build()?;
    let folder = tempfile::tempdir()?;
    let mut track = Track::open(&runtime, &*suite.store, &entries, folder.path())?;
    let mut rows = Vec::new();
    for workload in options.workloads() {
        eprintln!("{}: {}", kind.label(), workload.label());
        track.check(workload)?;
        rows.extend(Row::new(workload, &track.race(workload, options.rounds)?));
    }
    Ok(Table {
        runtime: kind,
        measure: match options.alloc {
            true => Measure::Allocations,
            false => Measure::Time,
        },
        bare: bare.name.to_owned(),
        columns: entries[1..].iter().map(|entry| entry.name.to_owned()).collect(),
        rows,
    })
}
