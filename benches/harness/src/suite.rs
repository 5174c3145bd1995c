//! What a program of this harness is.

use std::sync::Arc;

use anyhow::{Result, ensure};
use clap::Parser;

use crate::{
    Held, allocator,
    contender::Contender,
    held,
    lane::Entry,
    options::{Command, Compare, Options, RuntimeKind},
    peer,
    report::{Measure, Report, Row, Table},
    rounds::Track,
    store::Store,
};

/// The contenders of one program, the bare driver first.
pub struct Suite {
    store: Arc<dyn Store>,
    entries: Vec<Entry>,
    held: Vec<held::Entry>,
}

impl Suite {
    pub fn new<Bare: Contender>(store: impl Store + 'static) -> Self {
        Self { store: Arc::new(store), entries: vec![Entry::of::<Bare>()], held: Vec::new() }
    }

    /// Enters a contender for the comparison.
    #[must_use]
    pub fn with<C: Contender>(mut self) -> Self {
        self.entries.push(Entry::of::<C>());
        self
    }

    /// Enters a contender for `runtime-held`.
    #[must_use]
    pub fn with_held<H: Held>(mut self, name: &'static str) -> Self {
        self.held.push(held::Entry::of::<H>(name));
        self
    }
}

/// Reads the command line and does what it says.
pub fn main(suite: &Suite) -> Result<()> {
    let options = Options::parse();
    match options.command {
        None => compare(suite, &options.compare),
        Some(Command::RuntimeHeld { only, json }) => {
            held::report(&suite.store, &suite.held, &only, json)
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
        columns: entries[1..].iter().map(|entry| entry.name.to_owned()).collect(),
        rows,
    })
}
