//! Interleaved rounds: every contender once per round, each round starting with another one.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokio::runtime::Runtime;

use crate::{
    lane::{Answer, Entry, Lane, Sample, Trip, written},
    store::Store,
    workload::Workload,
};

/// How long a contender's part of a round lasts at least, in seconds, where one operation is
/// shorter.
const PART: f64 = 0.012;

/// Contenders in one list, the bare driver first.
pub struct Track<'a> {
    runtime: &'a Runtime,
    store: &'a dyn Store,
    lanes: Vec<Option<Box<dyn Lane>>>,
    databases: Vec<String>,
}

/// One contender's samples of one workload, a round each; none if it cannot express it.
pub type Samples = Option<Vec<Sample>>;

impl<'a> Track<'a> {
    /// Puts every contender on a new database of its own.
    pub fn open(
        runtime: &'a Runtime,
        store: &'a dyn Store,
        entries: &[&Entry],
        folder: &Path,
    ) -> Result<Self> {
        let mut track = Self { runtime, store, lanes: Vec::new(), databases: Vec::new() };
        for entry in entries {
            let database = store.address(folder, entry.name);
            track.databases.push(database.clone());
            store.create(&database)?;
            let lane = runtime.block_on(runtime.spawn((entry.open)(database)))??;
            track.lanes.push(Some(lane));
        }
        Ok(track)
    }

    /// Compares everyone's answer with the bare driver's.
    pub fn check(&mut self, workload: Workload) -> Result<()> {
        let mut expected = None;
        for lane in 0..self.lanes.len() {
            let Some(name) = self.able(lane, workload) else {
                continue;
            };
            let answer = self.answers(lane, workload).context(name)?;
            let expected = expected.get_or_insert_with(|| answer.clone());
            ensure!(
                answer == *expected,
                "{name} answers {:?} otherwise than the bare driver",
                workload.label()
            );
        }
        Ok(())
    }

    /// Every contender's samples, in the order of the entries.
    pub fn race(&mut self, workload: Workload, rounds: usize) -> Result<Vec<Samples>> {
        let lanes = self.lanes.len();
        let mut iterations = vec![1; lanes];
        let mut samples = vec![None; lanes];
        for lane in 0..lanes {
            if let Some(name) = self.able(lane, workload) {
                iterations[lane] = self.calibrate(lane, workload).context(name)?;
                samples[lane] = Some(Vec::with_capacity(rounds));
            }
        }
        for round in 0..rounds {
            for lane in (0..lanes).map(|lane| (lane + round) % lanes) {
                if let Some(samples) = &mut samples[lane] {
                    samples.push(self.run(lane, workload, iterations[lane])?);
                }
            }
        }
        Ok(samples)
    }

    /// Iterations that fill a contender's part of a round, after a warm-up.
    fn calibrate(&mut self, lane: usize, workload: Workload) -> Result<u32> {
        let most = workload.most_iterations();
        let mut iterations = 1;
        // whoever opens sessions when they are needed has them afterwards
        self.run(lane, workload, iterations)?;
        loop {
            let each = self.run(lane, workload, iterations)?.cost.wall;
            let taken = each * f64::from(iterations * workload.operations());
            if taken >= PART || iterations >= most {
                return Ok(iterations);
            }
            let factor = (PART * 1.1 / taken).clamp(1.1, 10.0);
            iterations = ((f64::from(iterations) * factor).ceil() as u32).min(most);
        }
    }

    fn run(&mut self, lane: usize, workload: Workload, iterations: u32) -> Result<Sample> {
        let sample = self.travel(lane, |lane| lane.run(workload, iterations))?;
        self.mend(lane, workload)?;
        Ok(sample)
    }

    /// The answer, and for a write what the database holds after it.
    fn answers(&mut self, lane: usize, workload: Workload) -> Result<(Answer, Option<Answer>)> {
        let answer = self.travel(lane, |lane| lane.answer(workload))?;
        let written = match workload.writes() {
            true => Some(written(self.store, self.lane(lane)?)?),
            false => None,
        };
        self.mend(lane, workload)?;
        Ok((answer, written))
    }

    fn travel<T: Send + 'static>(
        &mut self,
        lane: usize,
        trip: impl FnOnce(Box<dyn Lane>) -> Trip<T>,
    ) -> Result<T> {
        let away = self.lanes[lane].take().context("the lane was lost")?;
        let name = away.name();
        let task = self.runtime.spawn(trip(away));
        let (back, result) = self.runtime.block_on(task)?.context(name)?;
        self.lanes[lane] = Some(back);
        Ok(result)
    }

    fn mend(&self, lane: usize, workload: Workload) -> Result<()> {
        if workload.writes() {
            self.store.reset(self.lane(lane)?.database())?;
        }
        Ok(())
    }

    fn able(&self, lane: usize, workload: Workload) -> Option<&'static str> {
        let lane = self.lane(lane).ok()?;
        lane.can(workload).then(|| lane.name())
    }

    fn lane(&self, lane: usize) -> Result<&dyn Lane> {
        self.lanes[lane].as_deref().context("the lane was lost")
    }
}

impl Drop for Track<'_> {
    /// Sessions close where their runtime is. A database that is left behind is no reason to fail:
    /// the next run starts by removing it.
    fn drop(&mut self) {
        {
            let _runtime = self.runtime.enter();
            self.lanes.clear();
        }
        for database in &self.databases {
            _ = self.store.remove(database);
        }
    }
}
