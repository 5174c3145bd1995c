//! The MySQL and MariaDB driver of Eloquent.
//!
//! An application enables the cargo feature `mysql` of `eloquent` and names the driver in its settings or
//! by URL:
//!
//! ```text
//! DB_HOST=db.example.org   DB_USER=app   DB_PASSWORD=…   DB_NAME=shop
//! mysql://app:secret@db.example.org:3306/shop?ssl_mode=verify-full
//! mysql://app@%2Frun%2Fmysqld%2Fmysqld.sock/shop      mariadb://app@[::1]/shop
//! ```
//!
//! It needs MySQL 8.0.17 or MariaDB 10.6. Which of the two it is, the server tells. All of it is run
//! against MariaDB; of what differs for MySQL, the text of the statements is tested and nothing else.
//!
//! # Settings
//!
//! | setting | values | default |
//! |---|---|---|
//! | `host`, `port` | where the server is | `localhost`, `3306` |
//! | `socket` | the path of a local socket, in place of host and port | |
//! | `user`, `password` | the login | `root`, none |
//! | `name` | the database | none |
//! | `ssl_mode` | `disable`; `require` encrypts; `verify-ca` and `verify-full` check the server too | `verify-full`, for this machine `disable` |
//! | `ssl_root_cert` | a file of certificates to trust besides the system's | |
//! | `connect_timeout_ms` | how long opening a session may take | `5000` |
//! | `statement_timeout_ms` | how long a statement may take; 0 is any time | `0` |
//! | `lock_timeout_s` | how many seconds a statement waits for a lock | the server's own |
//! | `statement_cache` | how many statements a session keeps prepared | `1024` |
//! | `uuid` | how UUIDs are sent and stored: `binary` or `text` | `binary` |
//! | `zero_dates` | what `0000-00-00` is read as: `error` or `null` | `error` |
//!
//! All but `host`, `port`, `user`, `password` and `name` may stand behind a `?` in the URL. `ssl_mode` is
//! kept to: there is no connection that is less protected than it says. When the `statement_cache` is
//! full, the session goes over to a new connection, and inside a transaction all of it is closed at once,
//! which delays the next statement by some 40 milliseconds; so it should hold all that an application sends
//! often. The server keeps `max_prepared_stmt_count` for all sessions together.
//!
//! Each session is set up, and what is set is read back: strict `sql_mode` (values that do not fit, zero
//! dates and division by zero are errors in writes; `ONLY_FULL_GROUP_BY`; 0 is a number and not a wish
//! for the next one), UTC as its zone, utf8mb4, a collation in which text is equal when its characters
//! are. The isolation is the server's own.
//!
//! # How values are stored
//!
//! | [`Value`](eloquent_core::value::Value) | column of a table made here | refused |
//! |---|---|---|
//! | `Bool` | `TINYINT(1)`, checked to be 0 or 1 | |
//! | `I64`, `U64` | `TINYINT` to `BIGINT`, `UNSIGNED` where the type is | |
//! | `F64` | `FLOAT` or `DOUBLE` | NaN, infinities |
//! | `Decimal` | `DECIMAL(p, s)`; without digits `DECIMAL(57, 28)`, which holds every one | |
//! | `Text` | `VARCHAR(n)`, `LONGTEXT` above 16383 characters or without a length | |
//! | `Bytes` | `LONGBLOB` | |
//! | `Uuid` | `BINARY(16)`, in the order of its bytes; with `uuid=text`, `CHAR(36)` | |
//! | `Date` | `DATE` | years outside 1 to 9999 |
//! | `Time` | `TIME(6)` | leap seconds, what is finer than a microsecond |
//! | `DateTime` | `DATETIME(6)` | as above |
//! | `Timestamp` | `DATETIME(6)`, in UTC | as above |
//! | `Json`, `Array`, `Document` | `LONGTEXT`, so that fields keep their order | more than 127 levels, bytes inside |
//! | `ObjectId` | none; text of 24 digits where there is a column for it | |
//!
//! Tables are InnoDB's, in utf8mb4 with `utf8mb4_0900_bin` or `utf8mb4_nopad_bin`: text is compared by
//! its characters, case, accents and blanks at the end included. In tables that others have made,
//! their collations decide. A text column without a length cannot be a key, unique or indexed.
//!
//! Read are further: `TIMESTAMP` as an instant, `YEAR` and `BIT` as numbers, `ENUM`, `SET`, `JSON` and
//! MariaDB's `UUID` as text. `TIME` beyond a day or below zero is an error. UUIDs in columns of text are
//! found with `uuid=text` only.
//!
//! # What the servers do of their own accord
//!
//! - A decimal with more digits behind the point than its column has is rounded; models refuse it before
//!   it is sent. So is text that is longer than its column by nothing but blanks.
//! - A number is compared with a text column as a number. Typed columns do not let that happen; raw text
//!   does. In a write it is an error where the text is none.
//! - A change to the schema commits. Inside a transaction it is refused, and so is raw text that begins
//!   or ends a transaction.
//! - MySQL assigns columns one after the other. They are put into an order in which each reads the row as
//!   it was; where there is none, as for a swap, the update is refused. MariaDB has a mode for it.
//! - An upsert has no target. The columns that are named have to be unique, which is looked up once for
//!   each statement, and where another unique index is in the way the statement fails.
//! - Rows of inserts and deletes are given back by MariaDB only. MySQL tells the numbers of new rows,
//!   if they follow each other.
//!
//! # Futures that are dropped
//!
//! Any future may be dropped. The session keeps the conversation and brings it to its end before it does
//! anything else; a statement that takes longer than a moment is ended on the server by `KILL QUERY`,
//! for which a second connection is opened. Begin, commit and rollback run to their end. When the
//! connection is lost during a commit, the error is
//! [`CommitUnknown`](eloquent_core::ErrorKind::CommitUnknown).
//!
//! When the server rolls a transaction back by itself, as after a deadlock, the session refuses what
//! follows until it is told to roll back: the server would take it for statements on their own.
//!
//! What raw text sets stays with its session until that is reset.

mod client;
mod config;
mod connection;
mod dialect;
mod driver;
mod error;
mod flavour;
mod inspect;
mod migrate;
mod numbers;
mod open;
mod query;
mod row;
mod session;
mod shell;
#[cfg(test)]
mod tests;
mod unique;
mod upsert;
mod value;
mod verb;

pub use driver::MySqlDriver;

eloquent_core::register_driver!(MySqlDriver);
