//! The users to begin with.

use eloquent::prelude::*;
use eloquent::seeding::{Models, Seeder, async_trait};

use crate::models::User;

/// The users to begin with.
#[derive(Debug)]
pub struct UserSeeder;

#[async_trait]
impl Seeder for UserSeeder {
    fn models(&self) -> Models {
        Models::new().add::<User>()
    }

    async fn run(&self) -> eloquent::Result<()> {
        let users = [("Ada", "ada@example.org"), ("Grace", "grace@example.org")]
            .map(|(name, email)| new!(User { name, email }));
        // those that are there already stay as they are
        User::upsert(users).unique_by(|u| u.email).ignore().await?;
        Ok(())
    }
}
