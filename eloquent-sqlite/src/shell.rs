//! The shell of SQLite, for people to type in.

use eloquent_core::Result;
use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::Shell;

use crate::config::{Mode, Place, Settings};

/// How it is started on a connection's file.
///
/// # Errors
/// Settings that are wrong, and a database that has no file.
pub(crate) fn of(config: &ConnectionConfig) -> Result<Vec<Shell>> {
    let settings = Settings::read(config)?;
    let Place::File(path) = &settings.place else {
        return Err(config.error("a database in memory belongs to the process that opened it"));
    };
    let shell = Shell::new("sqlite3");
    let shell = match settings.mode {
        Mode::Read => shell.argument("-readonly"),
        Mode::Create | Mode::Write => shell,
    };
    // it begins with the folder, so that its name is never taken for an option
    let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    Ok(vec![shell.argument(path.to_string_lossy())])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those in front of the path, which has to be that of the file in this folder.
    fn arguments(path: &str, mode: &str) -> Vec<String> {
        let config = ConnectionConfig::new("main", "sqlite").set("path", path).set("mode", mode);
        let mut arguments = of(&config).unwrap().remove(0).arguments;
        let file = std::env::current_dir().unwrap().join(path);
        assert_eq!(arguments.pop().unwrap(), file.to_string_lossy());
        arguments
    }

    #[test]
    fn a_file_is_opened_as_the_application_does() {
        assert_eq!(arguments("app.sqlite", "rwc"), [""; 0]);
        assert_eq!(arguments("app.sqlite", "ro"), ["-readonly"]);
        assert_eq!(arguments("-cmd", "rw"), [""; 0]);
        assert!(of(&ConnectionConfig::new("main", "sqlite").set("path", ":memory:")).is_err());
    }
}
