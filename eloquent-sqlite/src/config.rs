//! The settings of a connection.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use eloquent_core::Result;
use eloquent_core::config::{ConnectionConfig, Setting};

/// The settings that a connection takes.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("path", "the database file, or `:memory:`").database(),
    Setting::new("mode", "`rwc` creates the file, `rw` needs it, `ro` only reads").default("rwc"),
    Setting::new("busy_timeout_ms", "how long to wait for a lock").default("5000"),
    Setting::new("inline", "what runs on the calling task: `reads_and_writes`, `reads`, `off`")
        .default("reads_and_writes"),
    Setting::new("inline_budget_us", "how long a read may run there").default("200"),
    Setting::new("synchronous", "`off`, `normal`, `full`, `extra`").default("normal"),
    Setting::new("journal", "`wal`, `delete`, `truncate`, `persist`").default("wal"),
    Setting::new("statement_cache", "how many statements a session keeps prepared").default("256"),
];

/// The settings, read.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) place: Place,
    pub(crate) mode: Mode,
    pub(crate) busy_timeout: Duration,
    pub(crate) inline: Inline,
    pub(crate) inline_budget: Duration,
    pub(crate) synchronous: Synchronous,
    pub(crate) journal: Journal,
    pub(crate) statement_cache: usize,
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In memory, until the connection is closed.
    Memory,
    /// In a file.
    File(PathBuf),
}

/// An enum of which each variant has a name in the settings.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// What a wrong value is told.
            const EXPECTED: &str = concat!("one of:" $(, " ", $text)+);

            /// The name in the settings.
            #[allow(dead_code)] // not every choice is spelled out again
            pub(crate) const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($text => Ok($name::$variant),)+ _ => Err(()) }
            }
        }
    };
}

choices! {
    /// How the file is opened.
    Mode {
        /// For reading and writing; it is created when it does not exist.
        Create = "rwc",
        /// For reading and writing; it has to exist.
        Write = "rw",
        /// For reading; it has to exist.
        Read = "ro",
    }
}

choices! {
    /// What may run on the calling task.
    Inline {
        /// Nothing: everything goes to the thread of the session.
        Off = "off",
        /// Reads.
        Reads = "reads",
        /// Reads, and writes that are short by their form.
        Writes = "reads_and_writes",
    }
}

choices! {
    /// How much a commit waits for the disk, in the order of SQLite's numbers.
    Synchronous {
        Off = "off",
        Normal = "normal",
        Full = "full",
        Extra = "extra",
    }
}

choices! {
    /// How a transaction is made whole after a crash.
    Journal {
        Wal = "wal",
        Delete = "delete",
        Truncate = "truncate",
        Persist = "persist",
    }
}

impl Settings {
    /// Reads the settings of a connection.
    ///
    /// # Errors
    /// [`Config`](eloquent_core::ErrorKind::Config) naming the key that is unknown, missing or wrong.
    pub(crate) fn read(config: &ConnectionConfig) -> Result<Self> {
        config.check_keys(SETTINGS)?;
        let milliseconds =
            config.parsed("busy_timeout_ms", "a number of milliseconds", 5000_u32)?;
        let budget = config.parsed("inline_budget_us", "a number of microseconds", 200_u32)?;
        let (place, mode) = (place(config)?, config.parsed("mode", Mode::EXPECTED, Mode::Create)?);
        if place == Place::Memory && mode == Mode::Read {
            return Err(config.error("a database in memory begins empty, so `mode` cannot be `ro`"));
        }
        Ok(Settings {
            place,
            mode,
            busy_timeout: Duration::from_millis(milliseconds.into()),
            inline: config.parsed("inline", Inline::EXPECTED, Inline::Writes)?,
            inline_budget: Duration::from_micros(budget.into()),
            synchronous: config.parsed(
                "synchronous",
                Synchronous::EXPECTED,
                Synchronous::Normal,
            )?,
            journal: config.parsed("journal", Journal::EXPECTED, Journal::Wal)?,
            statement_cache: config.parsed("statement_cache", "a number", 256_usize)?,
        })
    }
}

fn place(config: &ConnectionConfig) -> Result<Place> {
    let path = config.require("path")?;
    if path == ":memory:" {
        return Ok(Place::Memory);
    }
    if path.contains('\0') {
        return Err(config.error("the setting `path` holds a NUL character"));
    }
    // SQLite itself would read these as something else than the name of a file.
    if path.starts_with("file:") || path.starts_with(':') {
        return Err(config
            .error("the setting `path` is not the path of a file")
            .with_hint("write the path alone, `./` in front of it if need be, and use `mode`"));
    }
    // The working directory may change between the first session and the next.
    std::path::absolute(path)
        .map(Place::File)
        .map_err(|_| config.error("the setting `path` is not the path of a file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(key: &str, value: &str) -> ConnectionConfig {
        ConnectionConfig::new("main", "sqlite").set("path", "canary.sqlite").set(key, value)
    }

    #[test]
    fn the_defaults_are_those_that_are_told() {
        let mut told = ConnectionConfig::new("main", "sqlite").set("path", ":memory:");
        for setting in SETTINGS.iter().filter(|setting| setting.default.is_some()) {
            told.insert(setting.key, setting.default.unwrap());
        }
        let bare = ConnectionConfig::new("main", "sqlite").set("path", ":memory:");
        let (told, bare) = (Settings::read(&told).unwrap(), Settings::read(&bare).unwrap());
        assert_eq!(format!("{told:?}"), format!("{bare:?}"));
        assert_eq!(bare.place, Place::Memory);
    }

    #[test]
    fn wrong_settings_name_the_key_and_not_the_value() {
        let wrong = [
            ("mode", "canary"),
            ("busy_timeout_ms", "-1"),
            ("inline", "canary"),
            ("synchronous", "canary"),
            ("journal", "off"),
            ("statement_cache", "canary"),
            ("sslmod", "canary"),
        ];
        for (key, value) in wrong {
            let error = Settings::read(&config(key, value)).unwrap_err().to_string();
            assert!(error.contains(key) && !error.contains("canary"), "{error}");
        }
        for path in ["", "file:canary?mode=ro", ":canary", "can\0ary"] {
            let error = Settings::read(&config("path", path)).unwrap_err().to_string();
            assert!(error.contains("path") && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn memory_is_there_to_be_written() {
        let config = ConnectionConfig::new("main", "sqlite").set("path", ":memory:");
        assert!(Settings::read(&config.clone().set("mode", "rw")).is_ok());
        let error = Settings::read(&config.set("mode", "ro")).unwrap_err();
        assert_eq!(error.kind(), eloquent_core::ErrorKind::Config);
    }

    #[test]
    fn a_relative_path_is_tied_to_the_directory_of_now() {
        let settings = Settings::read(&config("mode", "ro")).unwrap();
        let Place::File(path) = settings.place else { panic!("not a file") };
        assert!(path.is_absolute());
        assert_eq!(settings.mode, Mode::Read);
    }
}
