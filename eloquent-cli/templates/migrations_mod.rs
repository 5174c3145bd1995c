//! The migrations in Rust. `eloquent make:migration --rust` keeps what stands between the marks.

use eloquent::migration::Migrations;

// <eloquent:modules>
// </eloquent:modules>

/// All of them, each with the connection that it is for.
pub fn all() -> Vec<(&'static str, Migrations)> {
    vec![
        // <eloquent:list>
        // </eloquent:list>
    ]
}
