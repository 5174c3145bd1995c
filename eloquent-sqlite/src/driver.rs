//! The driver.

use std::sync::Arc;

use eloquent_core::config::{ConnectionConfig, Setting};
use eloquent_core::driver::{Connection, Driver, Family, Shell};
use eloquent_core::{Result, async_trait};

use crate::config::{SETTINGS, Settings};
use crate::connection::SqliteConnection;
use crate::error::DRIVER as NAME;
use crate::{same_file, shell, url};

/// SQLite. See the [crate's page](crate).
#[derive(Debug, Clone, Copy, Default)]
pub struct SqliteDriver;

#[async_trait]
impl Driver for SqliteDriver {
    fn name(&self) -> &'static str {
        NAME
    }

    fn family(&self) -> Family {
        Family::Relational
    }

    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }

    fn parse_url(&self, rest: &str, config: &mut ConnectionConfig) -> Result<()> {
        url::parse(rest, config)
    }

    fn check(&self, config: &ConnectionConfig) -> Result<()> {
        Settings::read(config).map(drop)
    }

    fn same_database(&self, one: &ConnectionConfig, other: &ConnectionConfig) -> bool {
        same_file::same_file(one, other)
    }

    fn shells(&self, config: &ConnectionConfig) -> Result<Vec<Shell>> {
        shell::of(config)
    }

    async fn connect(&self, config: &ConnectionConfig) -> Result<Arc<dyn Connection>> {
        let settings = Settings::read(config)?;
        Ok(Arc::new(SqliteConnection::open(settings).await?))
    }
}
