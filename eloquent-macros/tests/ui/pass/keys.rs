//! All kinds of keys.

use eloquent::model::{KeySource, ModelDef};
use eloquent::prelude::*;

#[derive(ColumnValue, Debug, Clone, Copy, PartialEq)]
struct UserId(i64);

#[derive(ColumnValue, Debug, Clone, PartialEq)]
struct Token(Uuid);

#[derive(Model)]
struct Membership {
    #[model(key)]
    user_id: UserId,
    #[model(key)]
    team_id: i64,
    since: i32,
}

#[derive(Model)]
struct Numbered {
    #[model(key, auto)]
    id: UserId,
}

#[derive(Model)]
struct Given {
    id: UserId,
}

#[derive(Model)]
struct Session {
    #[model(key, uuid)]
    token: Token,
}

#[derive(Model)]
struct Order {
    id: Uuid,
}

#[derive(Model)]
struct Country {
    #[model(key, length = 2)]
    code: String,
    id: i64,
}

#[derive(Model)]
struct Ticket {
    #[model(database_default)]
    id: Uuid,
}

fn source(definition: &ModelDef) -> (KeySource, &[usize], bool) {
    (definition.key_source, definition.key, definition.columns[definition.key[0]].auto_increment)
}

fn main() {
    assert_eq!(source(Membership::definition()), (KeySource::Given, &[0, 1][..], false));
    assert_eq!(source(Numbered::definition()), (KeySource::Database, &[0][..], true));
    assert_eq!(source(Given::definition()), (KeySource::Given, &[0][..], false));
    assert_eq!(source(Session::definition()), (KeySource::Uuid, &[0][..], false));
    assert_eq!(source(Order::definition()), (KeySource::Uuid, &[0][..], false));
    assert_eq!(source(Country::definition()), (KeySource::Given, &[0][..], false));
    assert_eq!(source(Ticket::definition()), (KeySource::Database, &[0][..], false));
    assert_eq!(Membership::REQUIRED.len(), 3);
    assert_eq!(Country::REQUIRED.len(), 2);
    assert!(Order::REQUIRED.is_empty() && Session::REQUIRED.is_empty());

    let member = Membership { user_id: UserId(1), team_id: 2, since: 1999 };
    let key: (UserId, i64) = member.key();
    assert_eq!(key, (UserId(1), 2));
    let _ = Membership::find((UserId(1), 2));
    let _ = Numbered::find(UserId(1));
}
