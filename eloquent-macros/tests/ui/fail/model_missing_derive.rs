use eloquent::Query;

struct User {
    id: i64,
}

fn adults(users: Query<User>) {}

fn main() {}
