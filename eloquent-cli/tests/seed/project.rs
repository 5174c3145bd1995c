//! The models and seeders of a project that keeps users in tables and places in documents.

use std::sync::atomic::{AtomicBool, Ordering};

use eloquent::prelude::*;
use eloquent::seeding::{Models, Seeder, Seeders, async_trait};
use eloquent::{Error, Result};

#[derive(Model, Debug)]
#[model(portable)]
pub(crate) struct User {
    #[model(key)]
    pub(crate) email: String,
    pub(crate) name: String,
}

#[derive(Model, Debug)]
#[model(document, connection = "mongo", table = "geolocations")]
pub(crate) struct GeoLocation {
    #[model(key)]
    pub(crate) name: String,
    pub(crate) latitude: f64,
}

/// Kept on one connection.
#[derive(Model, Debug)]
#[model(connection = "pg", table = "users")]
pub(crate) struct Pinned {
    #[model(key)]
    pub(crate) email: String,
    pub(crate) name: String,
}

pub(crate) struct UserSeeder;

#[async_trait]
impl Seeder for UserSeeder {
    fn models(&self) -> Models {
        Models::new().add::<User>()
    }

    async fn run(&self) -> Result<()> {
        let rows = ["ada", "grace", "joan"]
            .map(|name| new!(User { email: format!("{name}@example.org"), name }));
        User::upsert(rows).unique_by(|u| u.email).ignore().await?;
        Ok(())
    }
}

pub(crate) struct GeoLocationSeeder;

#[async_trait]
impl Seeder for GeoLocationSeeder {
    fn models(&self) -> Models {
        Models::new().add::<GeoLocation>()
    }

    async fn run(&self) -> Result<()> {
        for (name, latitude) in [("Paris", 48.9), ("Quito", -0.2)] {
            let draft = new!(GeoLocation { name, latitude });
            GeoLocation::first_or_create(|place| place.name.eq(name), draft).await?;
        }
        Ok(())
    }
}

/// Writes a row through a pinned model.
pub(crate) struct PinnedSeeder;

#[async_trait]
impl Seeder for PinnedSeeder {
    fn models(&self) -> Models {
        Models::new().add::<Pinned>()
    }

    async fn run(&self) -> Result<()> {
        let row = new!(Pinned { email: "pinned@example.org", name: "pinned" });
        Pinned::upsert([row]).unique_by(|p| p.email).ignore().await?;
        Ok(())
    }
}

/// Says nothing of the pinned model that it writes to.
pub(crate) struct SilentSeeder;

#[async_trait]
impl Seeder for SilentSeeder {
    fn models(&self) -> Models {
        Models::new()
    }

    async fn run(&self) -> Result<()> {
        PinnedSeeder.run().await
    }
}

/// Calls two others, and writes a row behind them, or fails.
pub(crate) struct ProjectSeeder {
    pub(crate) fails: &'static AtomicBool,
}

#[async_trait]
impl Seeder for ProjectSeeder {
    fn models(&self) -> Models {
        Models::new().add::<User>()
    }

    fn calls(&self) -> Seeders {
        Seeders::new().add(UserSeeder)
    }

    async fn run(&self) -> Result<()> {
        let draft = new!(User { email: "late@example.org", name: "late" });
        User::first_or_create(|u| u.email.eq("late@example.org"), draft).await?;
        match self.fails.load(Ordering::Relaxed) {
            true => Err(Error::invalid("told to fail")),
            false => Ok(()),
        }
    }
}
