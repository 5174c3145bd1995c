//! Toasty on SQLite, side by side with bare rusqlite of the version it links.

#[path = "../../src/contender/raw.rs"]
mod raw;
#[path = "../../src/sql.rs"]
mod sql;
#[path = "../../src/store.rs"]
mod store;
mod toasty;

use harness::{CountingAllocator, Suite};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> anyhow::Result<()> {
    let suite = Suite::new::<raw::Raw>(store::Rusqlite).with::<toasty::Toasty>();
    harness::main(&suite)
}
