//! What a statement costs once a program has more of them than a cache holds.
//!
//! A driver that closes a statement to make room for another sends two packets in a row; if it waits
//! for an answer to the first, or lets the system hold the second back, that is far more than the
//! statement itself.

use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::{
    clock::{Cost, Stopwatch},
    contender::Contender,
    data::{NewUser, User},
    inputs::key,
    options::{RuntimeKind, Wanted},
    report::median,
    store::Store,
};

/// Statements in the loop: what every cache holds, and more than any holds by default.
const COUNTS: [u32; 2] = [100, 1_200];
/// Bits in which the statements differ.
pub const BITS: usize = 11;
/// Times the loop is run, unless that takes longer than [`ENOUGH`]; the first is the warm-up.
const PASSES: u32 = 4;
const ENOUGH: Duration = Duration::from_secs(5);

/// A contender that can ask the same in many ways.
pub trait Distinct: Contender {
    /// Finds the user by its key and further conditions, which hold for all users: one for each of
    /// the `bits`, which says which of two it is. So every set of bits is a statement of its own,
    /// and all are about as long.
    fn find_by_bits(
        &mut self,
        id: i64,
        bits: [bool; BITS],
    ) -> impl Future<Output = Result<Option<Self::User>>> + Send;
}

type Outcome = Pin<Box<dyn Future<Output = Result<Vec<Figures>>> + Send>>;

/// A contender that may enter.
pub struct Entry {
    name: &'static str,
    run: fn(String) -> Outcome,
}

/// Per statement, in seconds.
#[derive(Serialize)]
struct Figures {
    statements: u32,
    mean: Cost,
    median: f64,
}

#[derive(Serialize)]
struct Line {
    contender: &'static str,
    figures: Vec<Figures>,
}

impl Entry {
    pub fn of<D: Distinct>() -> Self {
        Self { name: D::NAME, run: |database| Box::pin(run::<D>(database)) }
    }
}

/// Every contender that is wanted, as one table.
pub fn report(store: &dyn Store, entries: &[Entry], wanted: &Wanted) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut lines = Vec::new();
    for entry in entries.iter().filter(|entry| wanted.wants(entry.name)) {
        eprintln!("distinct: {}", entry.name);
        let database = store.address(folder.path(), entry.name);
        store.create(&database)?;
        let runtime = RuntimeKind::CurrentThread.build()?;
        let task = runtime.spawn((entry.run)(database.clone()));
        let figures = runtime.block_on(task)?.context(entry.name);
        drop(runtime);
        store.remove(&database)?;
        lines.push(Line { contender: entry.name, figures: figures? });
    }
    match wanted.json {
        true => println!("{}", serde_json::to_string_pretty(&lines)?),
        false => println!("{}", markdown(&lines)),
    }
    Ok(())
}

async fn run<D: Distinct>(database: String) -> Result<Vec<Figures>> {
    let mut figures = Vec::new();
    for statements in COUNTS {
        // A session of its own, so that nothing is cached yet.
        let mut contender = D::open(&database).await?;
        pass(&mut contender, statements).await?;
        let start = Stopwatch::start();
        let began = Instant::now();
        let mut times = Vec::new();
        for _ in 1..PASSES {
            if began.elapsed() < ENOUGH {
                times.extend(pass(&mut contender, statements).await?);
            }
        }
        let mean = start.stop() / times.len() as f64;
        let median = median(times.into_iter().map(|time| time.as_secs_f64()));
        figures.push(Figures { statements, mean, median });
    }
    Ok(figures)
}

/// Each statement once, or as many as there is time for.
async fn pass<D: Distinct>(contender: &mut D, statements: u32) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    let began = Instant::now();
    for statement in 0..statements {
        if began.elapsed() > ENOUGH {
            break;
        }
        let id = key(statement);
        let bits = std::array::from_fn(|bit| statement >> bit & 1 == 1);
        let start = Instant::now();
        let user = contender.find_by_bits(id, bits).await?.context("no such user")?;
        times.push(start.elapsed());
        let NewUser { name, hair_color } = NewUser::numbered(id);
        ensure!(user.into() == User { id, name, hair_color }, "another user than {id}");
    }
    Ok(times)
}

fn markdown(lines: &[Line]) -> String {
    let mut text = "| contender |".to_owned();
    for count in COUNTS {
        text += &format!(" {count} statements: mean us (CPU) | median us |");
    }
    text += "\n|---|";
    text += &"---:|---:|".repeat(COUNTS.len());
    text += "\n";
    for line in lines {
        text += &format!("| {} |", line.contender);
        for Figures { mean, median, .. } in &line.figures {
            let (wall, cpu, median) = (mean.wall * 1e6, mean.cpu * 1e6, median * 1e6);
            text += &format!(" {wall:.1} ({cpu:.1}) | {median:.1} |");
        }
        text += "\n";
    }
    text
}
