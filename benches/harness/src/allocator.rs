//! Counts what the process asks of the heap while someone wants to know.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
};

use serde::{Deserialize, Serialize};

static COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
/// Above the level at the start; below zero once older blocks are freed.
static LEVEL: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

/// The system's allocator with counters, which cost one untaken branch while they are off.
pub struct CountingAllocator;

// SAFETY: every call goes to `System` with the caller's own arguments, under the caller's own
// guarantees; the counters around it never allocate.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        shrunk(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        shrunk(layout.size());
        grown(size);
        // SAFETY: as above.
        unsafe { System.realloc(block, layout, size) }
    }
}

fn grown(size: usize) {
    if COUNTING.load(Relaxed) {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(size as u64, Relaxed);
        let level = LEVEL.fetch_add(size as i64, Relaxed) + size as i64;
        PEAK.fetch_max(level, Relaxed);
    }
}

fn shrunk(size: usize) {
    if COUNTING.load(Relaxed) {
        LEVEL.fetch_sub(size as i64, Relaxed);
    }
}

/// What was asked of the Rust heap. SQLite's own C heap is not in it.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Heap {
    pub allocations: f64,
    pub bytes: f64,
    pub peak: f64,
}

impl Heap {
    /// Per operation; the peak is that of the whole.
    pub fn per(self, operations: f64) -> Self {
        Self {
            allocations: self.allocations / operations,
            bytes: self.bytes / operations,
            peak: self.peak,
        }
    }
}

/// From here on, allocations are counted.
pub fn count() {
    COUNTING.store(true, Relaxed);
}

pub fn restart() {
    ALLOCATIONS.store(0, Relaxed);
    BYTES.store(0, Relaxed);
    LEVEL.store(0, Relaxed);
    PEAK.store(0, Relaxed);
}

/// What was counted since the last restart: nothing, unless counting was asked for.
pub fn read() -> Heap {
    Heap {
        allocations: ALLOCATIONS.load(Relaxed) as f64,
        bytes: BYTES.load(Relaxed) as f64,
        peak: PEAK.load(Relaxed) as f64,
    }
}
