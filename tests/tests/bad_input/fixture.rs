//! What the tests share: databases of their own, and how a refusal is judged.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use eloquent::{ConnectionConfig, Db, Error, ErrorKind, Model, PoolOptions, Result};

/// The name of the connection, which every error has to tell.
pub(crate) const CONNECTION: &str = "main";

/// Stands in values that no error may show.
pub(crate) const CANARY: &str = "canary-7f3a";

/// Runs a test on a database in memory that has the table of `M` and a single session, and then makes
/// sure that the session is fit for use.
pub(crate) async fn within<M: Model>(test: impl AsyncFnOnce()) {
    let db = Db::builder()
        .url(CONNECTION, "sqlite::memory:")
        .pool(PoolOptions::default().max_sessions(1))
        .build()
        .unwrap();
    db.scope(async {
        M::create_table().await.unwrap();
        test().await;
        healthy().await;
    })
    .await;
}

/// The connection in scope answers, and no session of it is stuck in a transaction.
pub(crate) async fn healthy() {
    assert_eq!(Db::raw("SELECT 1").scalar::<i64>().await.unwrap(), Some(1));
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
    assert_eq!(error.driver(), Some("sqlite"), "the driver is not named: {error}");
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
