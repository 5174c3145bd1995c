//! The libraries, and what a model looks like in each.

use clap::ValueEnum;

/// Eloquent models that each belong to the next and have many of the one before.
pub const RING: &str = include_str!("../templates/eloquent_ring.txt");

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Library {
    Eloquent,
    SeaOrm,
    Toasty,
    Diesel,
}

impl Library {
    pub const ALL: [Self; 4] = [Self::Eloquent, Self::SeaOrm, Self::Toasty, Self::Diesel];

    pub fn name(self) -> &'static str {
        match self {
            Self::Eloquent => "eloquent",
            Self::SeaOrm => "sea-library",
            Self::Toasty => "toasty",
            Self::Diesel => "diesel",
        }
    }

    /// One model of eight columns, a find and a filtered, ordered query.
    pub fn template(self) -> &'static str {
        match self {
            Self::Eloquent => include_str!("../templates/eloquent.txt"),
            Self::SeaOrm => include_str!("../templates/sea_orm.txt"),
            Self::Toasty => include_str!("../templates/toasty.txt"),
            Self::Diesel => include_str!("../templates/diesel.txt"),
        }
    }

    /// The crate's dependency, with as few features as SQLite needs.
    pub fn dependency(self) -> String {
        let features = match self {
            Self::Eloquent => {
                let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../eloquent");
                return format!(
                    r#"eloquent = {{ path = "{path}", default-features = false, features = ["sqlite"] }}"#
                );
            }
            Self::SeaOrm => {
                r#"version = "2.0", features = ["macros", "sqlx-sqlite", "runtime-tokio"]"#
            }
            Self::Toasty => r#"version = "0.11", features = ["sqlite"]"#,
            Self::Diesel => r#"version = "2.3", features = ["sqlite", "32-column-tables"]"#,
        };
        format!("{} = {{ default-features = false, {features} }}", self.name())
    }
}
