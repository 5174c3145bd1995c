//! Eloquent and its peers on SQLite, side by side with bare rusqlite.

mod contender;
mod sql;
mod store;

use contender::{Diesel, DieselAsync, Eloquent, Raw, SeaOrm, Sqlx};
use harness::{CountingAllocator, Suite};
use store::Rusqlite;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> anyhow::Result<()> {
    let suite = Suite::new::<Raw>(Rusqlite)
        .with::<Eloquent>()
        .with::<Sqlx>()
        .with::<SeaOrm>()
        .with::<Diesel>()
        .with::<DieselAsync>()
        .with_held::<contender::EloquentPool>("eloquent")
        .with_held::<contender::RawPool>("rusqlite")
        .with_held::<contender::SqlxPool>("sqlx");
    harness::main(&suite)
}
