//! Drivers and their named connections.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::{Capabilities, Family, Feed, Session, Shell, Transport, Watched};
use crate::config::{self, ConnectionConfig, Setting};
use crate::{Error, ErrorKind, Result, async_trait};

/// A database product, as Eloquent knows it. Zero-sized, registered with
/// [`register_driver!`](crate::register_driver).
#[async_trait]
pub trait Driver: Debug + Send + Sync + 'static {
    /// The name, as written in settings: lower case, unique among the linked drivers.
    fn name(&self) -> &'static str;

    /// Rows or documents.
    fn family(&self) -> Family;

    /// The settings that a connection takes.
    fn settings(&self) -> &'static [Setting] {
        &[]
    }

    /// What the names of its environment variables begin with, in upper case and without the `_` behind
    /// it: a connection's setting `ssl_mode` is read from `<PREFIX>_SSL_MODE`, that of its twin for tests
    /// from `<PREFIX>_TEST_SSL_MODE`. `None`: the name in upper case.
    fn prefix(&self) -> Option<&'static str> {
        None
    }

    /// The schemes of URLs that are this driver's, when they are not just its name.
    fn schemes(&self) -> &'static [&'static str] {
        &[]
    }

    /// Takes a URL apart into the settings of `config`. The scheme is one of
    /// [`schemes`](Self::schemes) or the name, and has been taken off: `rest` is what follows its colon.
    /// A driver without settings, which need not say more, takes nothing there.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind) saying which part is wrong, without showing it.
    fn parse_url(&self, rest: &str, config: &mut ConnectionConfig) -> Result<()> {
        match rest {
            "" => Ok(()),
            _ => Err(config.error("nothing follows the scheme in a URL of this driver")),
        }
    }

    /// The same, for a driver to which it matters which of its schemes the URL has.
    ///
    /// # Errors
    /// As [`parse_url`](Self::parse_url).
    fn parse_url_of(&self, _scheme: &str, rest: &str, config: &mut ConnectionConfig) -> Result<()> {
        self.parse_url(rest, config)
    }

    /// Checks the settings as far as that goes without a connection: keys, numbers, choices.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind) naming the setting, not its value.
    fn check(&self, config: &ConnectionConfig) -> Result<()> {
        config.check_keys(self.settings())
    }

    /// Whether two connections of this driver lead to the same database, as far as their settings tell:
    /// tests are refused one that is the application's. In doubt, yes.
    ///
    /// By default: when the setting that is marked as the [database](Setting::database) is equal, and so
    /// are `host` and `port`, where the driver has them. Case does not count; all names and addresses of
    /// this machine are one.
    fn same_database(&self, one: &ConnectionConfig, other: &ConnectionConfig) -> bool {
        config::same_database(self.settings(), one, other)
    }

    /// How the database's own client is started for a connection: each program that will do, the best
    /// first. No I/O.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind) for settings that are wrong, and
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) where there is no such program.
    fn shells(&self, _config: &ConnectionConfig) -> Result<Vec<Shell>> {
        Err(Error::unsupported("a client of its own for people to type in", self.name()))
    }

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

    /// Opens a session that only looks. Where a session would make a database that is not there, this one
    /// sees an empty one instead, and makes nothing.
    ///
    /// # Errors
    /// As [`session`](Self::session).
    async fn session_to_look(&self) -> Result<Box<dyn Session>> {
        self.session().await
    }

    /// How many sessions there may be, where the database sets a limit of its own.
    fn max_sessions(&self) -> Option<usize> {
        None
    }

    /// The product and version of the server, as it told when it was reached; `None` where it did not, or
    /// before it was.
    fn server_version(&self) -> Option<String> {
        None
    }

    /// What others could see of what its sessions send. `None` where that is not known.
    fn transport(&self) -> Option<Transport> {
        None
    }

    /// After how long without use a session must answer a ping before it is used again. `None`: never,
    /// because it cannot be lost.
    fn ping_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(30))
    }

    /// Watches a table for changes, from now on or from a place on. Nothing of the pool is held by it.
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn watch(&self, _watched: Watched) -> Result<Box<dyn Feed>> {
        let message = "watching a table for changes is not supported by this database";
        Err(Error::new(ErrorKind::Unsupported, message)
            .with_hint("ask it from time to time, or keep what is to be watched in one that can"))
    }

    /// What the driver's crate gives to those who need more of the database than Eloquent has: a handle of
    /// the client library, which only that crate knows the type of.
    fn native(&self) -> Option<&(dyn Any + Send + Sync)> {
        None
    }

    /// Gives up what the connection holds beside its sessions. Those have been dropped before.
    ///
    /// # Errors
    /// Where giving it up can fail.
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// A named connection of Eloquent, for the crates of drivers: how they reach what they opened themselves.
#[async_trait]
pub trait Opened: Sync {
    /// The connection, opened if need be.
    ///
    /// # Errors
    /// When it cannot be opened.
    async fn opened(&self) -> Result<Arc<dyn Connection>>;

    /// Adds the name and the driver of the connection to an error.
    fn locate(&self, error: Error) -> Error;
}
