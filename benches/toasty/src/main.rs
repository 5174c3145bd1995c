//! Toasty on SQLite, side by side with bare rusqlite of the version it links.

mod connect;
#[path = "../../src/contender/raw.rs"]
mod raw;
#[path = "../../src/sql.rs"]
mod sql;
#[path = "../../src/store.rs"]
mod store;
mod toasty;

use anyhow::ensure;
use harness::{CountingAllocator, Database, Suite};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> anyhow::Result<()> {
    let suite = Suite::new::<raw::Raw>(store::Rusqlite).with::<toasty::Toasty>();
    harness::main(|database| {
        ensure!(database == Database::Sqlite, "the servers have a program of their own, see `run`");
        Ok(suite)
    })
}
