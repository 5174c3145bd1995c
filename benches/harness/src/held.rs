//! How long a contender keeps the runtime's thread from its other tasks.
//!
//! A ticker does nothing but yield, beside the contender's work on one current_thread runtime.
//! What lies between two ticks is a gap in which no other task could run. On a busy machine a
//! gap's wall time says little, so each has its CPU time too, and those in which the thread went
//! to sleep by itself (a lock, a sync) are counted as blocked.

mod cases;
mod ticker;

use std::{path::Path, pin::Pin, sync::Arc};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::{
    contender::Pool,
    options::{RuntimeKind, Wanted},
    store::HeldStore,
    workload::SESSIONS,
};
use cases::{Case, Work};
use ticker::Gaps;

/// A pool that can also do what may take long.
pub trait Held: Pool {
    /// The sum of `amount` over `events` of the kind `sale`: a tenth of a second of work.
    fn total(&self) -> impl Future<Output = Result<i64>> + Send;

    /// Inserts a row into `notes`.
    fn note(&self, body: String) -> impl Future<Output = Result<()>> + Send;
}

type Outcomes = Pin<Box<dyn Future<Output = Result<Vec<Outcome>>>>>;

/// A contender that may enter.
struct Entry {
    name: &'static str,
    run: fn(Arc<dyn HeldStore>, String) -> Outcomes,
}

struct Outcome {
    case: Case,
    gaps: Gaps,
    work: Work,
    /// Bytes of the write-ahead log, which never shrinks while the file is open.
    log: u64,
}

/// One line of the table, times in milliseconds.
#[derive(Serialize)]
struct Line {
    contender: &'static str,
    case: &'static str,
    longest_gap_cpu: f64,
    longest_gap_wall: f64,
    blocked_gaps: u32,
    longest_blocked_gap: f64,
    operations_per_ms: f64,
    median_operation: f64,
    log_megabytes: f64,
}

impl Entry {
    fn of<H: Held>(name: &'static str) -> Self {
        Self { name, run: |store, database| Box::pin(run::<H>(store, database)) }
    }
}

/// The contenders of `runtime-held`, and what they run on.
pub struct RuntimeHeld {
    store: Arc<dyn HeldStore>,
    entries: Vec<Entry>,
}

impl RuntimeHeld {
    pub fn on(store: impl HeldStore + 'static) -> Self {
        Self { store: Arc::new(store), entries: Vec::new() }
    }

    #[must_use]
    pub fn with<H: Held>(mut self, name: &'static str) -> Self {
        self.entries.push(Entry::of::<H>(name));
        self
    }
}

/// Every case for every contender that is wanted, as one table.
pub fn report(held: &RuntimeHeld, wanted: &Wanted) -> Result<()> {
    let RuntimeHeld { store, entries } = held;
    let folder = tempfile::tempdir()?;
    let mut lines = Vec::new();
    for entry in entries.iter().filter(|entry| wanted.wants(entry.name)) {
        eprintln!("runtime held: {}", entry.name);
        let database = store.address(folder.path(), entry.name);
        store.create(&database)?;
        store.create_events(&database)?;
        let runtime = RuntimeKind::CurrentThread.build()?;
        let outcomes =
            runtime.block_on((entry.run)(Arc::clone(store), database)).context(entry.name)?;
        lines.extend(outcomes.iter().map(|outcome| outcome.line(entry.name)));
    }
    match wanted.json {
        true => println!("{}", serde_json::to_string_pretty(&lines)?),
        false => println!("{}", markdown(&lines)),
    }
    Ok(())
}

async fn run<H: Held>(store: Arc<dyn HeldStore>, database: String) -> Result<Vec<Outcome>> {
    let pool = H::open(&database, SESSIONS).await?;
    let mut outcomes = Vec::new();
    for case in Case::ALL {
        // Statements are prepared and worker threads started before the ticker looks.
        pool.find(1).await?;
        pool.note("warm".to_owned()).await?;
        let work = case.work(pool.clone(), Arc::clone(&store), database.clone());
        let (work, gaps) = ticker::beside(work).await?;
        outcomes.push(Outcome { case, gaps, work: work?, log: log_size(&database) });
    }
    Ok(outcomes)
}

fn log_size(database: &str) -> u64 {
    let log = format!("{database}-wal");
    Path::new(&log).metadata().map_or(0, |log| log.len())
}

impl Outcome {
    fn line(&self, contender: &'static str) -> Line {
        let Self { gaps, work, .. } = self;
        let took = work.took.as_secs_f64() * 1e3;
        Line {
            contender,
            case: self.case.label(),
            longest_gap_cpu: gaps.longest_cpu.as_secs_f64() * 1e3,
            longest_gap_wall: gaps.longest_wall.as_secs_f64() * 1e3,
            blocked_gaps: gaps.blocked,
            longest_blocked_gap: gaps.longest_blocked.as_secs_f64() * 1e3,
            operations_per_ms: work.operations() as f64 / took,
            median_operation: work.median() * 1e3,
            log_megabytes: self.log as f64 / 1e6,
        }
    }
}

fn markdown(lines: &[Line]) -> String {
    let mut text = "| contender | beside the ticker | longest gap, CPU ms | wall ms \
        | blocked gaps | longest, ms | operations per ms | median ms | WAL, MB |\n\
        |---|---|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for line in lines {
        text += &format!(
            "| {} | {} | {:.1} | {:.1} | {} | {:.1} | {:.3} | {:.3} | {:.1} |\n",
            line.contender,
            line.case,
            line.longest_gap_cpu,
            line.longest_gap_wall,
            line.blocked_gaps,
            line.longest_blocked_gap,
            line.operations_per_ms,
            line.median_operation,
            line.log_megabytes,
        );
    }
    text
}
