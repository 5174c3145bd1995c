//! What a driver is, and who calls what.
//!
//! ```text
//! registry ── finds by name ──▶ Driver ── connect(config) ──▶ Connection ── session() ──▶ Session
//!  (once per process)          (zero-sized)              (one per name, shared)       (one conversation)
//! ```
//!
//! 1. A crate registers its [`Driver`] with [`register_driver!`](crate::register_driver).
//! 2. On first use of a named connection Eloquent calls [`Driver::connect`], once.
//! 3. Its pool calls [`Connection::session`] as often as it needs sessions, up to its limit, and keeps
//!    them. A driver MUST NOT pool sessions itself, unless its client does and it says so through
//!    [`Connection::max_sessions`].
//! 4. For a statement the pool lends a session. Eloquent first calls [`Session::try_now`]; on
//!    [`Now::Later`] it awaits [`Session::fetch`] or [`Session::execute`].
//! 5. Transactions are [`Session::begin`], [`Session::commit`], [`Session::rollback`] with a depth:
//!    0 is the transaction, n the n-th savepoint in it. Nesting, hooks and retries are Eloquent's.
//!
//! # What a driver MUST keep to
//! - **Errors** carry a [kind](crate::ErrorKind) for every fault that a caller would branch on, with
//!   table, column and constraint where the database names them. No bound value, no secret.
//! - **Refuse before I/O** what the database lacks: [`Error::unsupported`](crate::Error::unsupported).
//!   Never do a part of a statement. An update or delete without a filter is refused unless it says
//!   `all`.
//! - **Exact or an error**: a value that the database cannot hold exactly is refused with
//!   [`ErrorKind::Encode`](crate::ErrorKind).
//! - **Cancellation**: any future may be dropped at any await. Afterwards the pool calls
//!   [`Session::reset`] (or [`Session::settle`] inside a transaction); until then it does not use the
//!   session. When these fail or take too long, the session is dropped, which MUST close it.
//! - **No panics.** A panic of a sink on a thread of the driver becomes an error.

mod capabilities;
mod concerns;
mod connection;
mod feed;
mod question;
mod registry;
mod session;
mod shell;
mod transport;

pub use capabilities::{Capabilities, Family};
pub use concerns::{Acknowledgment, Concerns, ReadConcern, ReadPreference, WriteConcern};
pub use connection::{Connection, Driver, Opened};
pub use feed::{ChangeKind, Feed, FullRow, RawChange, ResumeToken, Watched};
pub use question::{Object, Question};
pub use registry::{DriverEntry, Registry};
pub use session::{Affected, Fetched, Isolation, Now, Session, TransactionOptions};
pub use shell::Shell;
pub use transport::Transport;
