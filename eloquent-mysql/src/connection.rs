//! Named connections.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eloquent_core::driver::{Capabilities, Connection, Session, Transport};
use eloquent_core::sql::{Dialect as _, StatementCache};
use eloquent_core::{Error, ErrorKind, Result, async_trait};
use sqlx::mysql::MySqlConnectOptions;
use tokio::time::timeout;

use crate::client::Client;
use crate::config::Settings;
use crate::dialect::{MySqlDialect, dialect};
use crate::error::error;
use crate::flavour::{Flavour, Server};
use crate::open;
use crate::session::ServerSession;

/// What the sessions of a connection have in common.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) options: MySqlConnectOptions,
    pub(crate) dialect: &'static MySqlDialect,
    pub(crate) statements: StatementCache,
    /// The settings of a session.
    pub(crate) setup: Arc<str>,
    /// Whose server it was that was reached first.
    pub(crate) server: Server,
}

/// The options hold the password.
impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("settings", &self.settings)
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Logs in, and makes the settings of a session.
    pub(crate) async fn client(&self) -> Result<Client> {
        let client = open::connect(&self.settings, &self.options).await?;
        set_up(&self.settings, client, &self.setup).await
    }
}

async fn set_up(settings: &Settings, mut client: Client, setup: &str) -> Result<Client> {
    match timeout(settings.connect_timeout, open::set_up(&mut client, setup)).await {
        Ok(outcome) => outcome.map(|()| client),
        Err(_) => Err(late()),
    }
}

fn late() -> Error {
    error(ErrorKind::Timeout, "the server stopped to answer while the session was set up")
}

/// A database of a server.
#[derive(Debug)]
pub(crate) struct ServerConnection {
    shared: Arc<Shared>,
    /// The session that was opened to see whether one can be.
    first: Mutex<Option<ServerSession>>,
}

impl ServerConnection {
    /// Opens a session, to see whether the database is there and whose server it is.
    ///
    /// # Errors
    /// Those of opening a session.
    pub(crate) async fn open(settings: Settings) -> Result<Self> {
        ServerConnection::open_as(settings, None).await
    }

    /// The same, for a server that is taken for another one.
    pub(crate) async fn open_as(settings: Settings, flavour: Option<Flavour>) -> Result<Self> {
        let options = open::options(&settings)?;
        let client = open::connect(&settings, &options).await?;
        let server = client.server;
        let setup: Arc<str> = open::setup(&settings, client.server.flavour).into();
        let client = set_up(&settings, client, &setup).await?;
        let dialect = dialect(flavour.unwrap_or(client.server.flavour), settings.uuid);
        let statements = StatementCache::with_capacity(settings.statement_cache);
        let shared = Shared { settings, options, dialect, statements, setup, server };
        let shared = Arc::new(shared);
        let first = ServerSession::new(shared.clone(), client);
        Ok(ServerConnection { shared, first: Mutex::new(Some(first)) })
    }

    fn take_first(&self) -> Option<ServerSession> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl Connection for ServerConnection {
    fn capabilities(&self) -> Capabilities {
        self.shared.dialect.capabilities()
    }

    async fn session(&self) -> Result<Box<dyn Session>> {
        Ok(match self.take_first() {
            Some(session) => Box::new(session),
            None => {
                let client = self.shared.client().await?;
                Box::new(ServerSession::new(self.shared.clone(), client))
            }
        })
    }

    fn server_version(&self) -> Option<String> {
        Some(self.shared.server.to_string())
    }

    fn transport(&self) -> Option<Transport> {
        Some(self.shared.settings.transport())
    }

    /// Soon: the client does not look at an idle connection, so nobody sees the server close it.
    fn ping_after(&self) -> Option<Duration> {
        Some(Duration::from_millis(100))
    }

    async fn close(&self) -> Result<()> {
        drop(self.take_first());
        Ok(())
    }
}
