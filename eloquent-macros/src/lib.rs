//! The derives of Eloquent.
