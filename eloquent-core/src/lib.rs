//! The contract between Eloquent and its database drivers.
//!
//! An application uses the `eloquent` crate. This one is for those who write a driver: it has the
//! [statements](statement) that a driver is handed, the [values](value) and [rows](row) that it hands
//! back, the [driver traits](driver) and the registry through which it is found. It knows no client
//! library, no runtime and no database by name. With the feature `sql` it also has the compiler that
//! all SQL drivers share.
//!
//! Start with [`driver`], which describes who calls what.

pub mod config;
pub mod driver;
mod error;
pub mod row;
pub mod schema;
#[cfg(feature = "sql")]
pub mod sql;
pub mod statement;
pub mod value;

pub use async_trait::async_trait;
pub use error::{Error, ErrorKind, Result};

/// A name of a table, column or index: static where it comes from a model, owned where it is made at
/// run time.
pub type Name = std::borrow::Cow<'static, str>;

#[doc(hidden)]
pub mod __private {
    pub use inventory;
}
