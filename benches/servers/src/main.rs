//! Eloquent and its peers on PostgreSQL and MariaDB, side by side with the bare drivers.

mod connect;
mod contender;
mod mysql;
mod pg;
mod server;
mod sql;

use anyhow::bail;
use contender::{SeaOrm, Toasty};
use harness::{CountingAllocator, Database, Suite};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> anyhow::Result<()> {
    harness::main(|database| match database {
        Database::Sqlite => bail!("SQLite has a program of its own, see `run`"),
        Database::Pg => Ok(Suite::new::<pg::Raw>(pg::Postgres::from_env()?)
//E             .with::<Eloquent>()
            .with::<pg::Sqlx>()
            .with::<pg::SqlxPooled>()
            .with::<SeaOrm>()
            .with::<pg::DieselAsync>()
            .with::<Toasty>()
            .with::<pg::Prax>()
            .with_distinct::<pg::Raw>()
//E             .with_distinct::<Eloquent>()
            .with_distinct::<pg::Sqlx>()),
        Database::Mysql => Ok(Suite::new::<mysql::Raw>(mysql::Mariadb::from_env()?)
//E             .with::<Eloquent>()
            .with::<mysql::Sqlx>()
            .with::<mysql::SqlxPooled>()
            .with::<SeaOrm>()
            .with::<mysql::DieselAsync>()
            .with::<Toasty>()
            .with_distinct::<mysql::Raw>()
//E             .with_distinct::<Eloquent>()
            .with_distinct::<mysql::Sqlx>()),
    })
}
