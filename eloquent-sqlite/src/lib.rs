//! The SQLite driver of Eloquent: an embedded database that answers cheap statements at once, on the
//! calling task, and everything else on a thread of its own.
//!
//! An application enables the cargo feature `sqlite` of `eloquent` and names the driver in its settings
//! or by URL:
//!
//! ```text
//! SQLITE_PATH=app.sqlite
//! sqlite:app.sqlite   sqlite:/var/lib/app.sqlite?mode=rw   sqlite::memory:
//! ```
//!
//! # Settings
//!
//! | setting | values | default |
//! |---|---|---|
//! | `path` | a file, or `:memory:` for a database that lives as long as the connection | must be set |
//! | `mode` | `rwc` creates the file, `rw` needs it, `ro` only reads | `rwc` |
//! | `busy_timeout_ms` | how long a statement waits for a lock | `5000` |
//! | `journal` | `wal`, `delete`, `truncate`, `persist` | `wal` |
//! | `synchronous` | `off`, `normal`, `full`, `extra` | `normal` |
//! | `inline` | what runs on the calling task: `reads_and_writes`, `reads`, `off` | `reads_and_writes` |
//! | `inline_budget_us` | how long a read may run there | `200` |
//! | `statement_cache` | how many statements a session keeps prepared | `256` |
//!
//! All but `path` may stand behind a `?` in the URL. With a write-ahead log and `synchronous=normal`, a
//! power cut may take the last commits along but never damages the file; `full` keeps them and waits for
//! the disk at each commit; `off` may lose the file.
//!
//! Beyond the settings, each session enforces foreign keys, reads text in double quotes as a name and
//! nothing else, and trusts neither the schema nor damaged files with more than data. What is set is
//! read back: opening fails where SQLite does not take it. A file that cannot be written keeps its
//! journal, and then no write runs on the calling task.
//!
//! # How values are stored
//!
//! | [`Value`](eloquent_core::value::Value) | stored as | refused |
//! |---|---|---|
//! | `Bool` | `0` or `1` | |
//! | `I64`, `U64` | integer | above 2^63 - 1: SQLite would make a double of it |
//! | `F64` | real; infinities too, but -0 may lose its sign | NaN: SQLite would make null of it |
//! | `Decimal` | text without trailing zeros, so that equal decimals are equal text | |
//! | `Text` | text, with NUL if it has one | |
//! | `Bytes` | blob | |
//! | `Uuid` | text in groups: readable, equal to what JSON holds, in the order of its bytes | |
//! | `Date`, `Time`, `DateTime` | text: `2024-02-29 23:59:59.5` | years beyond 9999, leap seconds |
//! | `Timestamp` | the same, in UTC | as above |
//! | `Json`, `Array`, `Document` | JSON text | more than 127 levels, bytes inside |
//! | `ObjectId` | text of 24 hexadecimal digits | |
//!
//! Text that is not UTF-8 is an error to read and names its column. Decimals as text are compared, added
//! up and averaged exactly: each connection has the collation `eloquent_decimal` and the functions
//! `eloquent_add`, `eloquent_sub`, `eloquent_mul`, `eloquent_div`, `eloquent_decimal_sum` and
//! `eloquent_decimal_avg`. A pattern finds text behind a NUL as well. Integers that overflow are an error and never become doubles. Tables made by
//! Eloquent need none of this to be written by other programs; indexes on decimals do.
//!
//! # What runs where
//!
//! A session has its connection at home or away on its thread. At home it answers reads under the
//! budget, and writes whose form bounds them: a few rows inserted, or one row by its key. A read that
//! goes over the budget is ended and done over on the thread, and the next 64 of its kind go there at
//! once. Writes are never ended: SQLite may have committed a statement that it reports as interrupted.
//! Also on the thread: waiting for locks, opening and closing, schema changes, scans that SQLite does in
//! one step, large transactions, copying the write-ahead log and the write that starts it over, and all
//! writes where a commit waits for the disk (`synchronous=full`, or another journal).
//!
//! Any future may be dropped. A read is then ended; a write runs to its end, except while it still waits
//! for a lock; the session waits for its connection before it does anything else.
//!
//! These cannot be ended once they run: a write, one single long operation (the count of a whole table,
//! one call of an expensive function), opening and closing.
//!
//! # Several sessions
//!
//! One transaction writes at a time. One that may write takes the lock when it begins, and waits for it
//! up to `busy_timeout_ms`; sessions of one process wake each other. Readers see the last commit and
//! wait for nobody. A transaction that only reads sees the state as of its first read; it refuses
//! writes.
//!
//! In memory there is one database for each named connection, gone when that is closed. It has no
//! write-ahead log: while a transaction writes, other sessions wait even to read, and a commit waits for
//! readers. It holds up to a gigabyte.
//!
//! A raw statement cannot begin or end a transaction. What it attaches or sets by pragma stays with its
//! session, except for foreign keys and read-only, which a reset restores.
//!
//! The number of the last row ([`Affected::last_id`](eloquent_core::driver::Affected)) is given for
//! inserts that cannot turn into updates. In a table without rowid it means nothing; there, as
//! everywhere, `RETURNING` is exact.

mod binds;
mod busy;
mod checkpoint;
mod config;
mod connection;
mod decimal;
mod dialect;
mod driver;
mod engine;
mod error;
mod explain;
mod functions;
mod ids;
mod inline;
mod like;
mod migrate;
mod open;
mod same_file;
mod schema;
mod session;
mod shell;
mod show;
mod task;
#[cfg(test)]
mod tests;
mod transaction;
mod url;
mod value;
mod verb;
mod watch;
mod worker;

pub use driver::SqliteDriver;

eloquent_core::register_driver!(SqliteDriver);
