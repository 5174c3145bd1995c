//! The driver.

use std::sync::Arc;

use eloquent_core::config::{ConnectionConfig, Setting};
use eloquent_core::driver::{Connection, Driver, Family, Shell};
use eloquent_core::{Result, async_trait};

use crate::config::{self, SETTINGS, Settings};
use crate::connection::MongoConnection;
use crate::error::DRIVER;
use crate::shell;

/// MongoDB. See the [crate's page](crate).
#[derive(Debug, Clone, Copy, Default)]
pub struct MongoDriver;

#[async_trait]
impl Driver for MongoDriver {
    fn name(&self) -> &'static str {
        DRIVER
    }

    fn family(&self) -> Family {
        Family::Document
    }

    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["mongodb", "mongodb+srv"]
    }

    fn parse_url(&self, rest: &str, config: &mut ConnectionConfig) -> Result<()> {
        config::parse_url("mongodb", rest, config)
    }

    fn parse_url_of(&self, scheme: &str, rest: &str, config: &mut ConnectionConfig) -> Result<()> {
        config::parse_url(scheme, rest, config)
    }

    fn check(&self, config: &ConnectionConfig) -> Result<()> {
        Settings::read(config).map(drop)
    }

    fn same_database(&self, one: &ConnectionConfig, other: &ConnectionConfig) -> bool {
        config::same_database(one, other)
    }

    fn shells(&self, config: &ConnectionConfig) -> Result<Vec<Shell>> {
        shell::of(config)
    }

    async fn connect(&self, config: &ConnectionConfig) -> Result<Arc<dyn Connection>> {
        Ok(Arc::new(MongoConnection::open(Settings::read(config)?).await?))
    }
}
