//! Eloquent on MongoDB, side by side with the bare client and a typed collection.

mod contender;
mod store;

use anyhow::bail;
use contender::{Eloquent, Raw};
use harness::{CountingAllocator, Database, Suite};
use store::Mongo;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> anyhow::Result<()> {
    harness::main(|database| match database {
        Database::Mongo => Ok(Suite::new::<Raw>(Mongo::from_env()?).with::<Eloquent>()),
        _ => bail!("this database has a program of its own, see `run`"),
    })
}
