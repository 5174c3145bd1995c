//! What the tests share: databases of their own, and how a refusal is judged.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use eloquent::{ConnectionConfig, Db, Error, ErrorKind, Model, PoolOptions, Result};
use eloquent_conformance::server::Server;

/// The name of the connection, which every error has to tell.
pub(crate) const CONNECTION: &str = "main";

/// Stands in values that no error may show.
pub(crate) const CANARY: &str = "canary-7f3a";

/// Runs tests of the module that hold for servers as well, once more on each of those that are named.
macro_rules! on_servers {
    (pg: $($pg:ident)* ; mysql: $($mysql:ident)* ; $(mongo: $($mongo:ident)* ;)?) => {
        #[cfg(feature = "pg")]
        mod pg {
            $(#[test]
            fn $pg() {
                crate::fixture::on(crate::fixture::PG, super::$pg);
            })*
        }
        #[cfg(feature = "mysql")]
        mod mysql {
            $(#[test]
            fn $mysql() {
                crate::fixture::on(crate::fixture::MYSQL, super::$mysql);
            })*
        }
        $(
        #[cfg(feature = "mongo")]
        mod mongo {
            $(#[test]
            fn $mongo() {
                crate::fixture::on(crate::fixture::MONGO, super::$mongo);
            })*
        }
        )?
    };
}
pub(crate) use on_servers;

/// Where a test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// SQLite in memory.
    Memory,
    Server(Server),
    /// The server of `MONGO_URI`.
    Documents,
}

#[cfg(feature = "pg")]
pub(crate) const PG: Ground = Ground::Server(Server::Pg);
#[cfg(feature = "mysql")]
pub(crate) const MYSQL: Ground = Ground::Server(Server::Mysql);
#[cfg(feature = "mongo")]
pub(crate) const MONGO: Ground = Ground::Documents;

thread_local! {
    /// Where the test of this thread runs.
    static GROUND: Cell<Ground> = const { Cell::new(Ground::Memory) };
}

/// Runs a test, which stays on its thread, elsewhere than in memory.
#[cfg(any(feature = "pg", feature = "mysql", feature = "mongo"))]
pub(crate) fn on(ground: Ground, test: fn()) {
    GROUND.set(ground);
    test();
    GROUND.set(Ground::Memory);
}

/// The server of SQL that the test of this thread runs on.
pub(crate) fn server() -> Option<Server> {
    match GROUND.get() {
        Ground::Server(server) => Some(server),
        Ground::Memory | Ground::Documents => None,
    }
}

/// Whether the test of this thread can ask in SQL.
pub(crate) fn has_sql() -> bool {
    GROUND.get() != Ground::Documents
}

fn driver() -> &'static str {
    match GROUND.get() {
        Ground::Memory => "sqlite",
        Ground::Server(server) => server.driver(),
        Ground::Documents => "mongo",
    }
}

/// A database on the server of `MONGO_URI`, which is there as long as something is in it.
fn documents() -> ConnectionConfig {
    let hint = "MONGO_URI is not set: run this with scripts/test or scripts/with-servers";
    let uri = std::env::var("MONGO_URI").expect(hint);
    ConnectionConfig::new(CONNECTION, "mongo").set("uri", uri).set("db", fresh())
}

/// A name that no other database has.
fn fresh() -> String {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    format!("bad_input_{}_{number}", std::process::id())
}

/// A database on a server that ends with the value, also when the test fails.
struct Database(Server, String);

impl Database {
    async fn new(server: Server) -> Self {
        let name = fresh();
        server.make(&name).await.unwrap();
        Database(server, name)
    }

    fn config(&self) -> ConnectionConfig {
        let config = ConnectionConfig::new(CONNECTION, self.0.driver());
        self.0.reach(config, &self.1).set("statement_timeout_ms", "60000")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.0, std::mem::take(&mut self.1));
        // this thread has a runtime already
        let removal = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(server.remove(&name))
        });
        let _ = removal.join(); // what is left has a name that is not used again
    }
}

/// Runs a test on a database in memory, or on its server, that has the table of `M` and a single
/// session, and then makes sure that the session is fit for use.
pub(crate) async fn within<M: Model>(test: impl AsyncFnOnce()) {
    within_settings::<M>(&[], test).await;
}

/// The same on a connection with these settings.
pub(crate) async fn within_settings<M: Model>(settings: &[(&str, &str)], test: impl AsyncFnOnce()) {
    within_any::<M>(settings, 1, test).await;
}

/// The same with so many sessions.
#[cfg(all(feature = "pg", feature = "mysql"))]
pub(crate) async fn within_sessions<M: Model>(sessions: usize, test: impl AsyncFnOnce()) {
    within_any::<M>(&[], sessions, test).await;
}

async fn within_any<M: Model>(
    settings: &[(&str, &str)],
    sessions: usize,
    test: impl AsyncFnOnce(),
) {
    let database = match server() {
        Some(server) => Some(Database::new(server).await),
        None => None,
    };
    let config = match &database {
        Some(database) => database.config(),
        None if !has_sql() => documents(),
        None => ConnectionConfig::new(CONNECTION, "sqlite").set("path", ":memory:"),
    };
    let config = settings.iter().fold(config, |config, (key, value)| config.set(*key, *value));
    let options = PoolOptions::default().max_sessions(sessions);
    let db = Db::builder().connection(config).pool(options).build().unwrap();
    db.scope(async {
        M::create_table().await.unwrap();
        test().await;
        healthy().await;
        if !has_sql() {
            M::drop_table().await.unwrap();
        }
    })
    .await;
    db.close().await.unwrap();
}

/// The connection in scope answers, and no session of it is stuck in a transaction.
pub(crate) async fn healthy() {
    if !has_sql() {
        Db::current().unwrap().connection(CONNECTION).unwrap().ping().await.unwrap();
    } else {
        assert_eq!(Db::raw("SELECT 1").scalar::<i64>().await.unwrap(), Some(1));
    }
    let transaction = Db::current().unwrap().begin().await.unwrap();
    transaction.rollback().await.unwrap();
}

/// Runs statements as they stand, each of which has to succeed.
pub(crate) async fn execute<const N: usize>(statements: [&'static str; N]) {
    for sql in statements {
        Db::raw(sql).execute().await.unwrap();
    }
}

/// The number of rows in the table of `M`.
pub(crate) async fn rows<M: Model>() -> u64 {
    M::query().count().await.unwrap()
}

/// A database in a file.
pub(crate) fn file(path: &Path, settings: &[(&str, &str)]) -> Db {
    let config = ConnectionConfig::new(CONNECTION, "sqlite").set("path", path.to_str().unwrap());
    let config = settings.iter().fold(config, |config, (key, value)| config.set(*key, *value));
    Db::builder().connection(config).build().unwrap()
}

/// A folder that is removed with all that is in it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("bad-input-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // what is left is in a folder for temporary files
    }
}

/// An error, to be looked at further.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) Error);

/// The error of a call that reaches for a connection: of this kind, naming the connection and its
/// driver, and silent on values.
#[track_caller]
pub(crate) fn refused<T>(outcome: Result<T>, kind: ErrorKind) -> Refusal {
    let refusal = refused_at_once(outcome, kind);
    let error = &refusal.0;
    assert_eq!(error.connection(), Some(CONNECTION), "the connection is not named: {error}");
    assert_eq!(error.driver(), Some(driver()), "the driver is not named: {error}");
    refusal
}

/// The error of a call that knows of no connection yet.
#[track_caller]
pub(crate) fn refused_at_once<T>(outcome: Result<T>, kind: ErrorKind) -> Refusal {
    let error = match outcome {
        Ok(_) => panic!("this was not refused"),
        Err(error) => error,
    };
    assert_eq!(error.kind(), kind, "{error}");
    Refusal(error).hides(&[CANARY])
}

impl Refusal {
    /// It names the model and its table.
    #[track_caller]
    pub(crate) fn of<M: Model>(self) -> Self {
        let definition = M::definition();
        assert_eq!(self.0.model(), Some(definition.name), "the model is not named: {}", self.0);
        self.table(definition.table)
    }

    /// It names the table.
    #[track_caller]
    pub(crate) fn table(self, table: &str) -> Self {
        assert_eq!(self.0.table(), Some(table), "the table is not named: {}", self.0);
        self
    }

    /// It names the column.
    #[track_caller]
    pub(crate) fn column(self, column: &str) -> Self {
        assert_eq!(self.0.column(), Some(column), "the column is not named: {}", self.0);
        self
    }

    /// Its text has this part.
    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Self {
        assert!(self.0.to_string().contains(part), "`{part}` is missing in: {}", self.0);
        self
    }

    /// Neither it nor what it comes from shows any of these, or a control character.
    #[track_caller]
    pub(crate) fn hides(self, values: &[&str]) -> Self {
        let mut texts = vec![self.0.to_string(), format!("{:?}", self.0), format!("{:#?}", self.0)];
        let mut source = std::error::Error::source(&self.0);
        while let Some(error) = source {
            texts.extend([error.to_string(), format!("{error:?}")]);
            source = error.source();
        }
        for text in texts {
            assert!(!text.chars().any(char::is_control), "a control character is shown: {text:?}");
            for value in values {
                assert!(!text.contains(value), "`{value}` is shown in: {text}");
            }
        }
        self
    }
}
