//! Opening a connection of SQLite's, setting it up, and making sure that the settings hold.

use std::path::Path;

use eloquent_core::{Error, ErrorKind, Result};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use crate::config::{Journal, Mode, Place, Settings, Synchronous};
use crate::error::{at_open, error, translate};
use crate::{busy, checkpoint, functions};

/// What is known of a connection once it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Whether a commit does not wait for the disk: with a write-ahead log that is not synced each
    /// time, or in memory.
    pub(crate) fast_commit: bool,
    /// Whether the database accepts no writes.
    pub(crate) read_only: bool,
    /// How many values a statement can bind.
    pub(crate) max_binds: usize,
}

/// Opens a connection. `name` is the name of the database in memory, if it is in memory. To be called
/// on a worker: it reads and may write files.
///
/// # Errors
/// When the file cannot be opened or is no database, or a setting does not hold.
pub(crate) fn open(settings: &Settings, name: &str) -> Result<(Connection, Facts)> {
    match &settings.place {
        Place::Memory => {
            let connection = memory(name).map_err(|cause| translate(&cause))?;
            let facts = prepare(&connection, settings).map_err(Unprepared::into_error)?;
            Ok((connection, facts))
        }
        Place::File(path) => {
            check_directory(path, settings.mode)?;
            let connection =
                file(path, settings.mode).map_err(|cause| cannot_open(cause, path, settings))?;
            let facts = prepare(&connection, settings).map_err(|unprepared| match unprepared {
                Unprepared::Sqlite(cause) => cannot_open(cause, path, settings),
                other => other.into_error(),
            })?;
            Ok((connection, facts))
        }
    }
}

/// Whether there is something to open. What cannot be made counts as there, so that opening it says why.
///
/// # Errors
/// When the file is to be made in a directory that is not there.
pub(crate) fn is_there(settings: &Settings) -> Result<bool> {
    match &settings.place {
        Place::File(path) if settings.mode == Mode::Create => match path.metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                check_directory(path, settings.mode).map(|()| false)
            }
            _ => Ok(true),
        },
        _ => Ok(true),
    }
}

/// Opens a connection to a database in memory, without any settings: it keeps the database alive.
///
/// # Errors
/// When SQLite refuses.
pub(crate) fn memory(name: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:/{name}?vfs=memdb"), flags)
}

fn file(path: &Path, mode: Mode) -> rusqlite::Result<Connection> {
    let access = match mode {
        Mode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Mode::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

fn check_directory(path: &Path, mode: Mode) -> Result<()> {
    match path.parent() {
        Some(parent) if mode == Mode::Create && !parent.is_dir() => Err(error(
            ErrorKind::Connect,
            format!("the directory of the database file {} does not exist", path.display()),
        )
        .with_hint("create the directory, or correct the setting `path`")),
        _ => Ok(()),
    }
}

fn cannot_open(cause: rusqlite::Error, path: &Path, settings: &Settings) -> Error {
    if path.is_dir() {
        let text = format!("{} is a directory and not a database file", path.display());
        return error(ErrorKind::Connect, text);
    }
    let missing = !path.exists();
    let error = at_open(cause, path);
    match (error.kind(), missing, settings.mode) {
        (ErrorKind::Connect, true, Mode::Write | Mode::Read) => self::error(
            ErrorKind::Connect,
            format!("the database file {} does not exist", path.display()),
        )
        .with_hint("`mode=rwc` creates it"),
        _ => error,
    }
}

/// Why a connection is not as it should be.
enum Unprepared {
    Sqlite(rusqlite::Error),
    Refused(&'static str),
}

impl From<rusqlite::Error> for Unprepared {
    fn from(error: rusqlite::Error) -> Self {
        Unprepared::Sqlite(error)
    }
}

impl Unprepared {
    fn into_error(self) -> Error {
        match self {
            Unprepared::Sqlite(cause) => translate(&cause),
            Unprepared::Refused(setting) => {
                error(ErrorKind::Connect, format!("SQLite does not take the setting {setting}"))
            }
        }
    }
}

/// Settings of a connection that are switched, and how they have to stand.
const SWITCHES: [(DbConfig, bool, &str); 6] = [
    (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true, "foreign_keys"),
    // A misspelt column in double quotes must not become a text.
    (DbConfig::SQLITE_DBCONFIG_DQS_DML, false, "dqs_dml"),
    (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false, "dqs_ddl"),
    // Without it a statement with a bound LIMIT is compiled anew at each run.
    (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true, "qpsg"),
    // A damaged or hostile file must not be able to do more than hold wrong data.
    (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true, "defensive"),
    (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false, "trusted_schema"),
];

fn prepare(connection: &Connection, settings: &Settings) -> Result<Facts, Unprepared> {
    busy::install(connection)?;
    for (switch, wanted, name) in SWITCHES {
        if connection.set_db_config(switch, wanted)? != wanted {
            return Err(Unprepared::Refused(name));
        }
    }
    functions::register(connection)?;
    let read_only_mode = settings.mode == Mode::Read;
    // several that open a new file at once get in each other's way
    let journal = busy::patiently(|| journal(connection, settings))?;
    let read_only = read_only_mode || connection.is_readonly(c"main")?;
    set_number(connection, "synchronous", settings.synchronous as i64)?;
    set_number(connection, "wal_autocheckpoint", 0)?;
    checkpoint::install(connection);
    // Reads the schema and mends what a crash left behind, so that the first statement need not.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(settings.statement_cache);
    let logged = journal == Journal::Wal.name() && settings.synchronous <= Synchronous::Normal;
    Ok(Facts {
        fast_commit: !read_only && (logged || settings.place == Place::Memory),
        read_only,
        max_binds: connection
            .limit(Limit::SQLITE_LIMIT_VARIABLE_NUMBER)
            .ok()
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(999),
    })
}

/// Sets how transactions are made whole, unless it stands so already: setting it takes a lock. What
/// stands afterwards is what counts, for a file that cannot be written keeps what it has.
fn journal(connection: &Connection, settings: &Settings) -> rusqlite::Result<String> {
    let stands: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let settled = settings.place == Place::Memory
        || settings.mode == Mode::Read
        || stands == settings.journal.name()
        || connection.is_readonly(c"main")?;
    if settled {
        return Ok(stands);
    }
    connection
        .pragma_update_and_check(None, "journal_mode", settings.journal.name(), |row| row.get(0))
}

fn set_number(connection: &Connection, name: &'static str, wanted: i64) -> Result<(), Unprepared> {
    // Some answer when they are set and some do not, hence a question of its own.
    connection.execute_batch(&format!("PRAGMA {name}={wanted}"))?;
    let stands: i64 = connection.pragma_query_value(None, name, |row| row.get(0))?;
    if stands == wanted { Ok(()) } else { Err(Unprepared::Refused(name)) }
}

#[cfg(test)]
mod tests {
    use eloquent_core::config::ConnectionConfig;

    use super::*;

    fn settings(path: &Path, options: &[(&str, &str)]) -> Settings {
        let config = ConnectionConfig::new("main", "sqlite").set("path", path.to_str().unwrap());
        let config = options.iter().fold(config, |config, (key, value)| config.set(*key, *value));
        Settings::read(&config).unwrap()
    }

    fn opened(path: &Path, options: &[(&str, &str)]) -> Result<(Connection, Facts)> {
        open(&settings(path, options), "unused")
    }

    fn pragma(connection: &Connection, name: &str) -> String {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| match value {
                rusqlite::types::Value::Integer(value) => value.to_string(),
                rusqlite::types::Value::Text(value) => value,
                other => panic!("{other:?}"),
            })
            .unwrap()
    }

    #[test]
    fn the_settings_hold() {
        let directory = tempfile::tempdir().unwrap();
        let (connection, facts) = opened(&directory.path().join("a.db"), &[]).unwrap();
        let wanted = [
            ("journal_mode", "wal"),
            ("synchronous", "1"),
            ("foreign_keys", "1"),
            ("wal_autocheckpoint", "0"),
            ("trusted_schema", "0"),
        ];
        for (name, value) in wanted {
            assert_eq!(pragma(&connection, name), value, "{name}");
        }
        assert!(connection.prepare("SELECT \"no such column\"").is_err());
        assert!(facts.fast_commit && !facts.read_only);
        assert!(facts.max_binds >= 32_766);
    }

    #[test]
    fn a_commit_that_waits_for_the_disk_is_known() {
        let directory = tempfile::tempdir().unwrap();
        for options in [[("synchronous", "full")], [("journal", "delete")]] {
            let path = directory.path().join(options[0].0);
            let (connection, facts) = opened(&path, &options).unwrap();
            assert!(!facts.fast_commit, "{options:?}");
            let expected = if options[0].0 == "journal" { "delete" } else { "wal" };
            assert_eq!(pragma(&connection, "journal_mode"), expected);
        }
    }

    #[test]
    fn faults_of_the_file_are_told_apart_and_name_it() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(
            at("garbage.db"),
            "no database at all, but long enough to have a header".repeat(20),
        )
        .unwrap();
        std::fs::create_dir(at("directory.db")).unwrap();
        let cases: [(&str, &[_], ErrorKind, &str); 7] = [
            ("missing/a.db", &[], ErrorKind::Connect, "the directory of"),
            ("missing.db", &[("mode", "rw")], ErrorKind::Connect, "does not exist"),
            ("missing.db", &[("mode", "ro")], ErrorKind::Connect, "does not exist"),
            ("directory.db", &[], ErrorKind::Connect, "is a directory"),
            ("directory.db", &[("mode", "ro")], ErrorKind::Connect, "is a directory"),
            ("garbage.db/a.db", &[], ErrorKind::Connect, "the directory of"),
            ("garbage.db", &[], ErrorKind::Corrupt, "is not a SQLite database"),
        ];
        for (name, options, kind, part) in cases {
            let error = opened(&at(name), options).unwrap_err();
            assert_eq!(error.kind(), kind, "{name}: {error}");
            let text = error.to_string();
            assert!(text.contains(part) && text.contains(name), "{text}");
            assert!(!at("missing.db").exists());
        }
    }

    #[test]
    fn a_read_only_connection_writes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        opened(&path, &[]).unwrap().0.execute_batch("CREATE TABLE t (a INT)").unwrap();
        let (connection, facts) = opened(&path, &[("mode", "ro")]).unwrap();
        assert!(facts.read_only && !facts.fast_commit);
        let error = translate(&connection.execute_batch("INSERT INTO t VALUES (1)").unwrap_err());
        assert_eq!(error.kind(), ErrorKind::ReadOnly);
    }

    /// SQLite asks nobody whether to wait when the journal is changed while another one writes.
    #[test]
    fn a_writer_in_the_way_of_the_journal_is_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("BEGIN IMMEDIATE; CREATE TABLE t (a INT)").unwrap();
        assert_eq!(opened(&path, &[]).unwrap_err().kind(), ErrorKind::Busy, "without patience");
        let gate = std::sync::Arc::new(busy::Gate::default());
        let waiting = gate.clone();
        let opens = std::thread::spawn(move || {
            let watch = std::sync::Arc::default();
            let minute = std::time::Duration::from_secs(60);
            let _patient = busy::Patience::new(&waiting, &watch, minute).here();
            opened(&path, &[]).map(|(connection, _)| pragma(&connection, "journal_mode"))
        });
        while gate.waiting() == 0 && !opens.is_finished() {
            std::thread::yield_now();
        }
        writer.execute_batch("COMMIT").unwrap();
        gate.released();
        assert_eq!(opens.join().unwrap().unwrap(), "wal");
    }

    #[test]
    fn memory_is_shared_by_name_only() {
        let settings = {
            let config = ConnectionConfig::new("main", "sqlite").set("path", ":memory:");
            Settings::read(&config).unwrap()
        };
        let (one, facts) = open(&settings, "open-test-a").unwrap();
        assert!(facts.fast_commit);
        one.execute_batch("CREATE TABLE t (a INT)").unwrap();
        let (same, _) = open(&settings, "open-test-a").unwrap();
        assert!(same.prepare("SELECT a FROM t").is_ok());
        let (other, _) = open(&settings, "open-test-b").unwrap();
        assert!(other.prepare("SELECT a FROM t").is_err());
    }
}
