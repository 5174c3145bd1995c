//! The seeders. `eloquent make:seeder` keeps what stands between the marks.

use eloquent::seeding::Seeders;

// <eloquent:modules>
// </eloquent:modules>

/// All of them, in the order in which they run.
pub fn all() -> Seeders {
    Seeders::new()
    // <eloquent:list>
    // </eloquent:list>
}
