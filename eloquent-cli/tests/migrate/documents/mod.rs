//! The same on a database of documents: files of commands, and a lease for a lock.

mod faults;
pub(crate) mod ground;
mod locks;
mod order;
mod rust;
