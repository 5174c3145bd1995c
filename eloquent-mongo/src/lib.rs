//! The MongoDB driver of Eloquent.
//!
//! An application enables the cargo feature `mongo` of `eloquent` and names the driver in its settings or by
//! URL:
//!
//! ```text
//! MONGO_URI=mongodb://app:secret@db.example.org:27017/?replicaSet=rs0   MONGO_DB=shop
//! mongodb+srv://app:secret@cluster.example.org/shop
//! ```
//!
//! # Settings
//!
//! | setting | values | default |
//! |---|---|---|
//! | `uri` | the servers, with the options of MongoDB | must be set |
//! | `db` | the database | the path of `uri` |
//! | `user`, `password` | the login, in place of that in `uri` | none |
//! | `auth_source` | the database in which the user was made | what `uri` says, else `admin` |
//! | `tls` | `on` or `off` | what `uri` says, else `on`, and `off` for servers on this machine |
//! | `tls_ca_file` | a file of certificates to trust, in PEM, in place of those of Mozilla | |
//! | `connect_timeout_ms` | how long reaching a server may take | `10000` |
//! | `server_selection_timeout_ms` | how long to wait for a server that can answer | `10000` |
//! | `statement_timeout_ms` | how long a statement may take; 0 is any time | `0` |
//! | `read_preference` | `primary`, `primaryPreferred`, `secondary`, `secondaryPreferred`, `nearest` | what `uri` says |
//! | `read_concern` | `local`, `available`, `majority`, `linearizable`, `snapshot` | what `uri` says |
//! | `write_concern` | `majority`, or a number of members | what `uri` says |
//! | `max_connections` | how many connections the client keeps to a server | `100` |
//! | `app_name` | what the server calls the application | `eloquent` |
//!
//! There is one client for each named connection, with its own pool of connections. A session is a handle
//! on it; there are at most as many as it keeps connections.
//!
//! # Documents
//!
//! A row is a document, a column a field of its name. The column `id` is the field `_id`, the key of the
//! document, whatever its type: a number, text, a UUID, an object id. A key that a model lets the database
//! number is counted in the collection `eloquent_counters`, outside of transactions, so that a number may be
//! left out. A number that is given by hand does not move the counter. An insert without a key makes an
//! object id where the key is one. A key of other columns is a unique index over them.
//!
//! Null is not stored: the field is left out, and what is null in the documents of others is read as null.
//! An index that is unique lets any number of documents without a value in, as in other databases.
//!
//! A validator that is [made of columns](eloquent_core::schema::Validator) has the title `columns`; it follows
//! when they change. Fields and indexes are renamed in several commands, which others may see half done.
//! Conditions of indexes and validators, and the commands of scripts, are JSON with the forms of MongoDB for
//! what JSON has not, such as `{"$oid": "…"}` and `{"$date": "…"}`.
//!
//! A name that is empty, begins with `$`, or has a `.` or NUL in it is refused, for columns and at any depth
//! of a value. So nothing that comes from outside becomes an operator.
//!
//! # How values are stored
//!
//! | [`Value`](eloquent_core::value::Value) | BSON | refused |
//! |---|---|---|
//! | `Bool` | boolean | |
//! | `I64`, `U64` | long | beyond 9223372036854775807 |
//! | `F64` | double, NaN and infinities too | |
//! | `Decimal` | decimal128 | |
//! | `Text` | string | |
//! | `Bytes` | binary | |
//! | `Uuid` | binary, subtype 4 | |
//! | `Date`, `DateTime`, `Timestamp` | date | what is finer than a millisecond, leap seconds, other years than 1 to 9999 |
//! | `Time` | string | leap seconds |
//! | `Json` | what JSON holds; an integer beyond a long is a decimal128 | the names above, more than 100 levels |
//! | `Array`, `Document` | array, document in order | as above |
//! | `ObjectId` | object id | |
//!
//! In a document, a date without a time or a zone is text: nothing there tells it from an instant. Null in a
//! column of JSON is a value, and stored. A double that is whole is read as an integer where a column wants
//! one. A decimal with more digits than there are is an error, but for means and quotients, which are
//! rounded. Other types of BSON cannot be read here, and are errors that name the column.
//!
//! # What is different
//!
//! - A condition on a list holds if it holds for one of the elements, as is the server's habit.
//! - Bytes are ordered by their length first.
//! - Arithmetic is exact or an error, also where its result is too large for the column that it is for.
//!   The error ends the transaction.
//! - An insert of several documents, an update and an upsert that may concern several are done as a whole,
//!   in a transaction of their own, if the server is one of a replica set. Deletes, and all writes to a
//!   standalone server, are done document by document.
//! - Rows that an update or delete of several gives back are written one by one.
//! - An upsert is decided by the columns that it names, with or without an index over them.
//! - Joins are look-ups (`$lookup`). There are no row locks, and no raw text.
//!
//! # Transactions
//!
//! They need a replica set, which may be one of a single server; on a standalone server they are refused.
//! They see the data as of their first statement, and no other isolation can be asked for. There are no
//! savepoints, so that a transaction inside of another is refused. After an error a transaction is void.
//!
//! The server lets no transaction wait for another. One whose first statement meets a document that another
//! has written waits for up to five seconds and tries again; later statements fail with
//! [`SerializationFailure`](eloquent_core::ErrorKind), and it may be run again. So it may wherever the client
//! says so: [`Error::is_retryable`](eloquent_core::Error::is_retryable). A commit whose answer was lost is asked
//! for again for up to five seconds.
//!
//! # Beside the models
//!
//! [`database`] and [`client`] give the handles of the official client, [`run_command`] runs a command,
//! [`pipeline`] makes the stages of an aggregation. Change streams are `Model::watch` of `eloquent`.
//!
//! # What is dropped
//!
//! Any future may be dropped. A write, and all of a transaction, is brought to its end all the same, and the
//! session waits for that before it is used again; after a minute without an answer it is given up. A read
//! outside of transactions just ends, and its cursor is closed. A session that is dropped lets its transaction
//! be rolled back.

mod account;
mod clients;
mod command;
mod concerns;
mod config;
mod connection;
mod driver;
mod error;
mod explain;
mod feed;
mod json;
mod migrate;
mod native;
mod script;
mod session;
mod shape;
mod shell;
mod translate;
mod value;
mod worker;

pub use driver::MongoDriver;
pub use mongodb::{Client, Database, bson};
pub use native::{client, database, literal, pipeline, run_command, value};

eloquent_core::register_driver!(MongoDriver);
