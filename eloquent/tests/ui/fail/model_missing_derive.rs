use eloquent::prelude::*;

struct User {
    id: i64,
}

fn users(query: eloquent::Query<User>) -> eloquent::Query<User> {
    query
}

fn main() {}
