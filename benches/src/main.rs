//! Eloquent and its peers on SQLite, side by side with bare rusqlite.

mod connect;
mod contender;
mod sql;
mod store;

use anyhow::ensure;
use contender::{Diesel, DieselAsync, Eloquent, Raw, SeaOrm, Sqlx};
use harness::{CountingAllocator, Database, RuntimeHeld, Suite};
use store::Rusqlite;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> anyhow::Result<()> {
    let held = RuntimeHeld::on(Rusqlite)
        .with::<contender::EloquentPool>("eloquent")
        .with::<contender::RawPool>("rusqlite")
        .with::<contender::SqlxPool>("sqlx");
    let suite = Suite::new::<Raw>(Rusqlite)
        .with::<Eloquent>()
        .with::<Sqlx>()
        .with::<SeaOrm>()
        .with::<Diesel>()
        .with::<DieselAsync>()
        .with_held(held);
    harness::main(|database| {
        ensure!(database == Database::Sqlite, "the servers have a program of their own, see `run`");
        Ok(suite)
    })
}
