//! The SQLite driver of Eloquent.
