//! Generated code raises no lint in the application.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused)]
#![deny(unused_qualifications, single_use_lifetimes, trivial_casts, unsafe_code)]
#![deny(non_snake_case, rust_2018_idioms, let_underscore_drop)]

use eloquent::prelude::*;

/// A user.
#[derive(Model, Debug, Clone)]
pub struct User {
    /// The key.
    pub id: i64,
    /// Whether she may do everything.
    pub is_admin: bool,
    note: Note,
}

/// A private type in a public model.
#[derive(ColumnValue, Debug, Clone)]
struct Note(String);

/// How a user is shown.
#[derive(View, Debug)]
#[view(of = User)]
pub struct Card {
    /// The key.
    pub id: i64,
    /// How many there are.
    #[view(count)]
    pub users: i64,
}

/// A rank.
#[derive(ColumnValue, Debug, Clone, Copy)]
#[column(integer)]
pub enum Rank {
    /// The first.
    First = 1,
}

fn main() {
    let user = new!(User { id: 1, is_admin: Rank::First as i64 == 1, note: Note(String::new()) });
    drop(user);
}
