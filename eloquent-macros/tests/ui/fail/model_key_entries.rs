use eloquent::prelude::*;

#[derive(Model)]
struct Membership {
    #[model(key, auto)]
    user_id: i64,
    #[model(key)]
    team_id: i64,
    #[model(uuid)]
    token: String,
}

fn main() {}
