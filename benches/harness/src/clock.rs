//! Wall time, CPU time and context switches.

use std::{
    ops::{Div, Sub},
    time::{Duration, Instant},
};

use nix::{
    sys::resource::{UsageWho, getrusage},
    time::{ClockId, clock_gettime},
};
use serde::{Deserialize, Serialize};

/// What an operation took, in seconds. CPU is that of all threads, so a contender's own workers
/// count.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Cost {
    pub wall: f64,
    pub cpu: f64,
}

impl Div<f64> for Cost {
    type Output = Self;

    fn div(self, by: f64) -> Self {
        Self { wall: self.wall / by, cpu: self.cpu / by }
    }
}

pub struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self { cpu: cpu_time(ClockId::CLOCK_PROCESS_CPUTIME_ID), wall: Instant::now() }
    }

    pub fn stop(self) -> Cost {
        let wall = self.wall.elapsed();
        let cpu = cpu_time(ClockId::CLOCK_PROCESS_CPUTIME_ID) - self.cpu;
        Cost { wall: wall.as_secs_f64(), cpu: cpu.as_secs_f64() }
    }
}

/// Where the calling thread stands.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    wall: Instant,
    cpu: Duration,
    waits: i64,
}

/// What lies between two moments of one thread.
#[derive(Debug, Clone, Copy)]
pub struct Gap {
    pub wall: Duration,
    pub cpu: Duration,
    /// Times the thread went to sleep by itself: a lock, a sync, a timer.
    pub waits: i64,
}

impl Moment {
    pub fn now() -> Self {
        Self {
            wall: Instant::now(),
            cpu: cpu_time(ClockId::CLOCK_THREAD_CPUTIME_ID),
            waits: getrusage(UsageWho::RUSAGE_THREAD)
                .map_or(0, |usage| usage.voluntary_context_switches()),
        }
    }
}

impl Sub for Moment {
    type Output = Gap;

    fn sub(self, earlier: Self) -> Gap {
        Gap {
            wall: self.wall - earlier.wall,
            cpu: self.cpu - earlier.cpu,
            waits: self.waits - earlier.waits,
        }
    }
}

fn cpu_time(clock: ClockId) -> Duration {
    clock_gettime(clock).map_or(Duration::ZERO, Duration::from)
}
