//! The application.

use eloquent::prelude::*;
use {{ krate }}::models::User;

#[tokio::main]
async fn main() -> eloquent::Result<()> {
    let db = Db::from_env()?;
    db.install();
    let users = User::query().order_by(|u| u.name.asc()).await?;
    for user in &users {
        println!("{} <{}>", user.name, user.email);
    }
    println!("there are {} users", users.len());
    db.close().await
}
