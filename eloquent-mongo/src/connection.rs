//! Named connections: one client each, which keeps the connections to the servers itself.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use eloquent_core::driver::{Capabilities, Connection, Feed, Session, Transport, Watched};
use eloquent_core::{ErrorKind, Result, async_trait};
use mongodb::bson::doc;
use mongodb::options::Acknowledgment::Nodes;
use mongodb::options::{ClientOptions, Credential, Tls, TlsOptions};
use tokio::sync::watch;

use crate::clients::{Clients, Live};
use crate::concerns;
use crate::config::{Settings, is_local, wants_tls};
use crate::error::{NO_NAME, error, of_connect};
use crate::feed::MongoFeed;
use crate::session::MongoSession;
use crate::translate::capabilities;

/// How often the client asks each server whether it is there, unless the URI says something else. Who waits
/// for a server that is back waits for the next time.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// How long to wait for cursors that are still held when the connection is closed.
const CLOSING: Duration = Duration::from_secs(1);

/// What the sessions of a connection have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    clients: Clients,
    /// Whether the server is one of a replica set.
    pub(crate) transactions: bool,
    /// How long the server may work on a command.
    pub(crate) statement_timeout: Option<Duration>,
    /// Whether a read may be sent a second time: `retryReads` of the URI.
    pub(crate) reads_again: bool,
    pub(crate) connect_timeout: Duration,
    /// Whether the connection is being closed.
    pub(crate) closing: watch::Sender<bool>,
    transport: Transport,
    max_connections: u32,
    version: Option<String>,
}

impl Shared {
    /// The client for what is sent next.
    pub(crate) fn live(&self) -> Arc<Live> {
        self.clients.live()
    }
}

/// A database of a server.
#[derive(Debug)]
pub(crate) struct MongoConnection {
    shared: Arc<Shared>,
}

impl MongoConnection {
    /// Reaches the server, to see whether it is there and what it can do.
    ///
    /// # Errors
    /// When it cannot be reached, or refuses the login.
    pub(crate) async fn open(settings: Settings) -> Result<Self> {
        let options = options(&settings).await?;
        let is_encrypted = matches!(options.tls, Some(Tls::Enabled(_)));
        let transport = Transport::of(is_encrypted, is_local(&settings));
        let reads_again = options.retry_reads != Some(false);
        let clients = Clients::new(options, settings.db.clone(), settings.connect_timeout)?;
        let db = clients.live().db.clone();
        let deadline = settings.connect_timeout + settings.server_selection_timeout;
        let asked = async {
            let hello = db.run_command(doc! { "hello": 1 }).await?;
            // asked of the database itself, so that a login that may not use it is refused here
            db.run_command(doc! { "ping": 1 }).await?;
            let build = db.run_command(doc! { "buildInfo": 1 }).await;
            Ok((hello, build.ok()))
        };
        let (hello, build) = within(deadline, asked).await?;
        let is_set = hello.contains_key("setName")
            || hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
        let version = build.and_then(|build| build.get_str("version").ok().map(str::to_owned));
        let shared = Shared {
            clients,
            transactions: is_set,
            statement_timeout: settings.statement_timeout,
            reads_again,
            connect_timeout: settings.connect_timeout,
            closing: watch::channel(false).0,
            transport,
            max_connections: settings.max_connections,
            version: version.map(|version| format!("MongoDB {version}")),
        };
        Ok(MongoConnection { shared: Arc::new(shared) })
    }
}

async fn within<T>(
    deadline: Duration,
    step: impl Future<Output = mongodb::error::Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(deadline, step).await {
        Ok(outcome) => outcome.map_err(|e| of_connect(&e)),
        Err(_) => Err(error(ErrorKind::Connect, "the server did not answer in time")),
    }
}

async fn options(settings: &Settings) -> Result<ClientOptions> {
    let parsed =
        tokio::time::timeout(settings.connect_timeout, ClientOptions::parse(&settings.uri));
    let parsed = parsed.await.map_err(|_| {
        error(ErrorKind::Connect, "the name of the server was not resolved in time")
            .with_hint(NO_NAME)
    })?;
    let mut options = parsed.map_err(|failed| match &*failed.kind {
        mongodb::error::ErrorKind::InvalidArgument { .. } => {
            error(ErrorKind::Config, "the setting `uri` is no URI of MongoDB").with_hint(
                "write it as `mongodb://user:password@host:27017/`; inside a user or password write `@` as \
                 `%40`, `/` as `%2F`, `:` as `%3A` and `%` as `%25`",
            )
        }
        _ => of_connect(&failed),
    })?;
    if wants_tls(settings) && !matches!(options.tls, Some(Tls::Enabled(_))) {
        options.tls = Some(Tls::Enabled(TlsOptions::default()));
    }
    if settings.tls == Some(false) {
        options.tls = Some(Tls::Disabled);
    }
    if let (Some(file), Some(Tls::Enabled(tls))) = (&settings.tls_ca_file, &mut options.tls) {
        tls.ca_file_path = Some(file.clone());
    }
    if let Some((user, password)) = &settings.login {
        let mut credential =
            options.credential.take().unwrap_or_else(|| Credential::builder().build());
        credential.username = Some(user.clone());
        credential.password = password.clone();
        options.credential = Some(credential);
    }
    if let (Some(source), Some(credential)) = (&settings.auth_source, &mut options.credential) {
        credential.source = Some(source.clone());
    }
    if let Some(preference) = settings.read_preference {
        options.selection_criteria = Some(concerns::prefer(preference));
    }
    if let Some(concern) = settings.read_concern {
        options.read_concern = Some(concerns::read(concern));
    }
    if let Some(concern) = settings.write_concern {
        options.write_concern = Some(concerns::write(concern));
    }
    if options.write_concern.as_ref().is_some_and(|concern| concern.w == Some(Nodes(0))) {
        return Err(error(
            ErrorKind::Config,
            "the setting `uri` asks for writes that nobody acknowledges",
        )
        .with_hint("leave `w=0` out: such a write could fail unseen"));
    }
    options.heartbeat_freq.get_or_insert(HEARTBEAT);
    options.connect_timeout = Some(settings.connect_timeout);
    options.server_selection_timeout = Some(settings.server_selection_timeout);
    options.max_pool_size = Some(settings.max_connections);
    options.app_name.get_or_insert_with(|| settings.app_name.clone());
    Ok(options)
}

#[async_trait]
impl Connection for MongoConnection {
    fn capabilities(&self) -> Capabilities {
        capabilities(self.shared.transactions)
    }

    /// A session is a thin handle: what it sends goes over a connection of the client's own pool.
    async fn session(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(MongoSession::new(self.shared.clone())))
    }

    fn max_sessions(&self) -> Option<usize> {
        usize::try_from(self.shared.max_connections).ok()
    }

    fn transport(&self) -> Option<Transport> {
        Some(self.shared.transport)
    }

    fn server_version(&self) -> Option<String> {
        self.shared.version.clone()
    }

    /// The client watches its connections itself.
    fn ping_after(&self) -> Option<Duration> {
        None
    }

    async fn watch(&self, watched: Watched) -> Result<Box<dyn Feed>> {
        Ok(Box::new(MongoFeed::open(self.shared.clone(), watched).await?))
    }

    fn native(&self) -> Option<&(dyn Any + Send + Sync)> {
        Some(&self.shared)
    }

    /// Ends what still watches. The client waits for cursors that somebody holds, which may be for ever.
    async fn close(&self) -> Result<()> {
        self.shared.closing.send_replace(true);
        let client = self.shared.live().client.clone();
        let shutdown = client.clone().shutdown();
        if tokio::time::timeout(CLOSING, shutdown.into_future()).await.is_err() {
            client.shutdown().immediate(true).await;
        }
        Ok(())
    }
}
