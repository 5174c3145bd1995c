//! Drivers and their named connections.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::{Capabilities, Family, Session};
use crate::config::{ConnectionConfig, Setting};
use crate::{Result, async_trait};

/// A database product, as Eloquent knows it. Zero-sized, registered with
/// [`register_driver!`](crate::register_driver).
#[async_trait]
pub trait Driver: Debug + Send + Sync + 'static {
    /// The name, as written in settings: lower case, unique among the linked drivers.
    fn name(&self) -> &'static str;

    /// Rows or documents.
    fn family(&self) -> Family;

    /// The settings that a connection takes.
    fn settings(&self) -> &'static [Setting];

    /// The schemes of URLs that are this driver's, when they are not just its name.
    fn schemes(&self) -> &'static [&'static str] {
        &[]
    }

    /// Takes a URL apart into the settings of `config`. The scheme is one of
    /// [`schemes`](Self::schemes) or the name, and has been taken off: `rest` is what follows its colon.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind) saying which part is wrong, without showing it.
    fn parse_url(&self, rest: &str, config: &mut ConnectionConfig) -> Result<()>;

    /// Opens a named connection. Called once for each, on its first use; again after it failed.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind) or [`ErrorKind::Connect`](crate::ErrorKind).
    async fn connect(&self, config: &ConnectionConfig) -> Result<Arc<dyn Connection>>;
}

/// One named connection, shared by the whole process: where sessions come from.
#[async_trait]
pub trait Connection: Debug + Send + Sync + 'static {
    /// What the database behind it can do.
    fn capabilities(&self) -> Capabilities;

    /// Opens a session.
    ///
    /// # Errors
    /// [`ErrorKind::Connect`](crate::ErrorKind), [`ErrorKind::Permission`](crate::ErrorKind) and kin.
    async fn session(&self) -> Result<Box<dyn Session>>;

    /// How many sessions there may be, where the database sets a limit of its own.
    fn max_sessions(&self) -> Option<usize> {
        None
    }

    /// After how long without use a session must answer a ping before it is used again. `None`: never,
    /// because it cannot be lost.
    fn ping_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(30))
    }

    /// Gives up what the connection holds beside its sessions. Those have been dropped before.
    ///
    /// # Errors
    /// Where giving it up can fail.
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}
