//! Eloquent and its peers on PostgreSQL and MariaDB, side by side with the bare drivers.

#![expect(
    clippy::duplicate_mod,
    reason = "sqlx and Diesel are generic in ways only a copy expresses"
)]

mod connect;
mod contender;
mod mysql;
mod pg;
mod server;
mod sql;

use anyhow::bail;
use contender::{Eloquent, SeaOrm, Toasty};
use harness::{CountingAllocator, Database, Suite};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> anyhow::Result<()> {
    harness::main(|database| match database {
        Database::Sqlite | Database::Mongo => {
            bail!("this database has a program of its own, see `run`")
        }
        Database::Pg => Ok(Suite::new::<pg::Raw>(pg::Postgres::from_env()?)
            .with::<Eloquent>()
            .with::<pg::Sqlx>()
            .with::<pg::SqlxPooled>()
            .with::<SeaOrm>()
            .with::<pg::DieselAsync>()
            .with::<Toasty>()
            .with::<pg::Prax>()
            .with_distinct::<pg::Raw>()
            .with_distinct::<Eloquent>()
            .with_distinct::<pg::Sqlx>()),
        Database::Mysql => Ok(Suite::new::<mysql::Raw>(mysql::Mariadb::from_env()?)
            .with::<Eloquent>()
            .with::<mysql::Sqlx>()
            .with::<mysql::SqlxPooled>()
            .with::<SeaOrm>()
            .with::<mysql::DieselAsync>()
            .with::<Toasty>()
            .with_distinct::<mysql::Raw>()
            .with_distinct::<Eloquent>()
            .with_distinct::<mysql::Sqlx>()),
    })
}
