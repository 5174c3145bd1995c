//! Migrations as their users run them: files, and the program, against each database. The servers are
//! those of scripts/test.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // in a test it is the message of a failure

mod bad_input;
mod doctor;
mod documents;
mod faults;
mod ground;
mod locks;
mod long;
mod order;
mod roles;
mod schema;
mod targets;

/// Makes a test of each function for each database.
macro_rules! on_each {
    ($($name:ident),+ $(,)?) => {
        crate::on_each! { @ sqlite Sqlite: $($name),+ }
        crate::on_each! { @ pg Pg: $($name),+ }
        crate::on_each! { @ mysql Mysql: $($name),+ }
    };
    (@ $module:ident $kind:ident: $($name:ident),+) => {
        mod $module {
            use crate::ground::{Ground, Kind};
            $(#[test]
            fn $name() {
                super::$name(&Ground::new(Kind::$kind, module_path!(), stringify!($name)));
            })+
        }
    };
}
pub(crate) use on_each;
