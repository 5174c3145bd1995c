//! Named connections.

use std::sync::{Arc, Mutex, PoisonError};

use eloquent_core::driver::{Capabilities, Connection, Session, Transport};
use eloquent_core::sql::{Dialect as _, StatementCache};
use eloquent_core::{Result, async_trait};

use crate::config::Settings;
use crate::dialect::PgDialect;
use crate::open::Opener;
use crate::session::PgSession;

/// What the sessions of a connection have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) opener: Opener,
    pub(crate) statements: StatementCache,
}

/// A database of a server.
#[derive(Debug)]
pub(crate) struct PgConnection {
    shared: Arc<Shared>,
    /// The session that was opened to see whether one can be.
    first: Mutex<Option<PgSession>>,
    version: String,
}

impl PgConnection {
    /// Opens a session, to see whether the database is there.
    ///
    /// # Errors
    /// Those of opening a session.
    pub(crate) async fn open(settings: Settings) -> Result<Self> {
        let opener = Opener::new(settings)?;
        let shared = Arc::new(Shared { opener, statements: StatementCache::default() });
        let first = PgSession::open(shared.clone()).await?;
        let version = format!("PostgreSQL {}", first.opened.version);
        Ok(PgConnection { shared, first: Mutex::new(Some(first)), version })
    }

    fn take_first(&self) -> Option<PgSession> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl Connection for PgConnection {
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = PgDialect.capabilities();
        // behind a pooler, a lock would stay with a session that is somebody else's by now
        capabilities.named_locks = self.shared.opener.settings().prepare;
        capabilities
    }

    async fn session(&self) -> Result<Box<dyn Session>> {
        Ok(match self.take_first() {
            Some(session) if !eloquent_core::sql::SqlSession::is_broken(&session) => {
                Box::new(session)
            }
            _ => Box::new(PgSession::open(self.shared.clone()).await?),
        })
    }

    fn server_version(&self) -> Option<String> {
        Some(self.version.clone())
    }

    fn transport(&self) -> Option<Transport> {
        Some(self.shared.opener.settings().transport())
    }

    async fn close(&self) -> Result<()> {
        drop(self.take_first());
        Ok(())
    }
}
