#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), deny(unused_crate_dependencies))]

mod database;
pub mod migration;
pub mod model;
pub mod pagination;
pub mod query;
pub mod schema;
pub mod seeding;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

// The only place where features meet drivers; the `pub use` is also what links them.
#[cfg(feature = "mongo")]
pub use eloquent_mongo as mongo;
#[cfg(feature = "mysql")]
pub use eloquent_mysql as mysql;
#[cfg(feature = "pg")]
pub use eloquent_pg as pg;
#[cfg(feature = "sqlite")]
pub use eloquent_sqlite as sqlite;

pub use database::{
    Account, Connection, Db, DbBuilder, Environment, PoolOptions, PoolStatus, Progress, QueryEvent,
    Retry, Rows, Target, Transaction, TransactionBuilder, environment,
};
pub use eloquent_core::config::{ConnectionConfig, Setting};
pub use eloquent_core::driver::{
    Acknowledgment, Capabilities, ChangeKind, Concerns, DriverEntry, Family, Isolation,
    ReadConcern, ReadPreference, Registry, ResumeToken, TransactionOptions, Transport,
    WriteConcern,
};
pub use eloquent_core::row::OwnedRow;
pub use eloquent_core::statement::{RawSql, Stages};
pub use eloquent_core::value;
pub use eloquent_core::value::{ColumnValue, DateTime, Decimal, Json, ObjectId, Utc, Uuid};
pub use eloquent_core::{Error, ErrorKind, Result};
pub use eloquent_macros::{ColumnValue, Embedded, Model, View};
pub use model::{Change, Changes, Embedded, FromRow, Model, View, Watch};
pub use pagination::{CursorPage, Page, SimplePage};
pub use query::{Aggregation, Query, count, raw};
pub use schema::Schema;

/// What most programs need: `use eloquent::prelude::*;`.
pub mod prelude {
    pub use crate::model::{Embedded, FromRow as _, Model, View};
    pub use crate::query::{
        Assign as _, ChangeList as _, Compare as _, Condition as _, Operand as _, Query, count, raw,
    };
    pub use crate::value::{DateTime, Decimal, Json, ObjectId, Utc, Uuid};
    pub use crate::{Db, new};
    pub use eloquent_core::value::ColumnValue;
    pub use eloquent_macros::{ColumnValue, Embedded, Model, View};
}
