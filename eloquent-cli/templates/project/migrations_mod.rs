//! The migrations in Rust. `eloquent make:migration --rust` keeps what stands between the marks.

use eloquent::migration::Migrations;

// <eloquent:modules>
mod m{{ stamp }}_create_users;
// </eloquent:modules>

/// All of them, each with the connection that it is for.
pub fn all() -> Vec<(&'static str, Migrations)> {
    vec![
        // <eloquent:list>
        ("{{ kind }}", Migrations::new().add(m{{ stamp }}_create_users::CreateUsers)),
        // </eloquent:list>
    ]
}
