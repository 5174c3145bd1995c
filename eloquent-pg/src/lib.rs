//! The PostgreSQL driver of Eloquent.
//!
//! An application enables the cargo feature `pg` of `eloquent` and names the driver in its settings or by
//! URL:
//!
//! ```text
//! PG_HOST=db.example.org   PG_USER=app   PG_PASSWORD=…   PG_NAME=shop
//! postgres://app:secret@db.example.org:5432/shop?ssl_mode=verify-full
//! postgres://app@/shop?host=/var/run/postgresql      postgresql://app@[::1]/shop
//! ```
//!
//! It needs PostgreSQL 12 or later.
//!
//! # Settings
//!
//! | setting | values | default |
//! |---|---|---|
//! | `host` | a name, an address, or the directory of a local socket (it begins with `/`) | must be set |
//! | `port` | its port | `5432` |
//! | `user`, `password` | the login | must be set, none |
//! | `name` | the database | must be set |
//! | `ssl_mode` | `disable`; `require` encrypts; `verify-ca` and `verify-full` check the server too | `verify-full`, for this machine `disable` |
//! | `ssl_root_cert` | a file of certificates to trust in place of the system's | |
//! | `connect_timeout_ms` | how long opening a session may take, the login included | `10000` |
//! | `statement_timeout_ms` | how long a statement may take; 0 is any time | `0` |
//! | `statement_cache` | how many statements a session keeps prepared | `256` |
//! | `prepare` | `on`, or `off` for a pooler that gives each transaction another session | `on` |
//! | `application_name` | what the server calls the session | `eloquent` |
//! | `search_path` | the schemas in which names are looked up | the server's |
//!
//! All may stand behind a `?` in the URL. `ssl_mode` is kept to: there is no connection that is less
//! protected than it says, and `require`, which lets anybody be at the other end, is never a default.
//!
//! Each session is set up, and what the server says of it is looked at: UTC as its zone, UTF-8,
//! `standard_conforming_strings`. The isolation is the server's own.
//!
//! With `prepare=off` a session sets nothing and leaves nothing behind, as a PgBouncer in transaction mode
//! wants it. Zone and timeouts are then set for the user (`ALTER ROLE … SET timezone = 'UTC'`) or in the
//! pooler. Values go out as text whose type the server finds, lists for columns of lists only as text in
//! its notation, and each statement is parsed anew. Parameters of raw text whose type nothing tells are
//! text. A type that is not built in, like an enum, is looked up when it is met first, which takes a pooler
//! that knows prepared statements (PgBouncer 1.21); `column::text` does without. `statement_timeout_ms` and
//! `search_path` are refused.
//!
//! # How values are stored
//!
//! | [`Value`](eloquent_core::value::Value) | column of a table made here | refused |
//! |---|---|---|
//! | `Bool` | `boolean` | |
//! | `I64`, `U64` | `smallint` to `bigint`, `numeric(20, 0)` for unsigned ones of 64 bits; narrower ones are checked | |
//! | `F64` | `real` or `double precision`, NaN and infinities too | digits that a `real` does not hold |
//! | `Decimal` | `numeric(p, s)` or `numeric` | |
//! | `Text` | `varchar(n)` or `text` | NUL |
//! | `Bytes` | `bytea` | |
//! | `Uuid` | `uuid` | |
//! | `Date` | `date` | before 4714 BC |
//! | `Time` | `time` | leap seconds, what is finer than a microsecond |
//! | `DateTime` | `timestamp` | as above |
//! | `Timestamp` | `timestamptz` | as above |
//! | `Json`, `Array` | `jsonb` | more than 127 levels, bytes inside, NUL |
//! | `Document` | `json`, which keeps the order of fields | as above |
//! | `ObjectId` | `varchar(24)` | |
//!
//! A value goes to the type that the server takes in its place; where it has no exact form there, it is
//! an error before anything is sent. Text goes to every type: the server reads it as a constant of it.
//!
//! Read as lists are arrays; as text enums, `xml`, `citext`, `inet`, `cidr`, `macaddr`, `interval`,
//! `timetz`, `bit` and ranges; as integers `oid`. A `numeric` with more digits than a decimal has, NaN and
//! its infinities are text. Dates and moments that are infinite or beyond the calendar, and all other
//! types, are errors that name the column; `column::text` reads them.
//!
//! # What is different
//!
//! - Null comes before all values in an order, and behind them from the greatest down, as with all
//!   databases here. The server's own habit is the opposite, and so is that of its indexes: an index on a
//!   column that may be null serves an order when it is made with `NULLS FIRST`.
//! - A list of more than 64 values is sent as one array (`= ANY`).
//! - An insert of 64 rows or more is sent as one list for each column. From 500 rows on it is a `COPY` within
//!   a transaction or savepoint of its own, if the table is plain (no trigger, rule, row security or column
//!   that is always generated as identity) and the keys that are wanted come from a sequence in steps of
//!   one; when others draw from that at the same time, it is undone and sent as lists.
//! - A limit of up to 100 rows is part of the text, so that the server plans the statement once.
//! - Text is ordered by its characters in tables that are made here (`COLLATE "C"`), as with all databases
//!   here, so that an index serves patterns that begin with text, too. In raw text, `ILIKE` and `lower` of
//!   such a column know upper and lower case of ASCII only; `name COLLATE "default"` brings the language of
//!   the database back. In tables that others have made, their collations decide.
//! - After an error, a transaction is void up to its last savepoint: the server refuses the rest, and a
//!   commit rolls back and is an error.
//! - A plan is that for any values. It is shown for reads and writes, not for changes to the schema.
//! - `COPY` in raw text is refused, and so is raw text that begins or ends a transaction.
//!
//! # What is dropped
//!
//! Any future may be dropped. The session then waits for what is in flight to end, and cancels it on the
//! server when that takes long: at once out of a transaction, after half a second in one, which is then void.
//! Rows of a read that nobody wants any more are passed over or, when they are many, ended by the server.
//! A session that is dropped closes, and what it has in flight is cancelled.

mod bulk;
mod config;
mod connection;
mod copy;
mod decode;
mod dialect;
mod driver;
mod encode;
mod error;
mod explain;
mod form;
mod inspect;
mod line;
mod list;
mod migrate;
mod numeric;
mod open;
mod prepared;
mod query;
mod session;
mod shell;
mod show;
mod shown;
mod socket;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod url;
mod verb;

pub use driver::PgDriver;

eloquent_core::register_driver!(PgDriver);
