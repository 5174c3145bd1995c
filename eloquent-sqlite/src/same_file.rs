//! Whether two paths are one file, also where it does not exist yet.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use eloquent_core::config::ConnectionConfig;

/// How many links are followed until that counts as a circle.
const LINKS: usize = 40;

/// Whether two connections lead to one file. A database in memory is always one of its own.
pub(crate) fn same_file(one: &ConnectionConfig, other: &ConnectionConfig) -> bool {
    let (Some(one), Some(other)) = (one.get("path"), other.get("path")) else { return false };
    if one == ":memory:" || other == ":memory:" {
        return false;
    }
    let (one, other) = (resolve(Path::new(one)), resolve(Path::new(other)));
    one == other || is_hard_link(&one, &other)
}

/// The path without links and dots; where a file does not exist yet, as it will be.
fn resolve(path: &Path) -> PathBuf {
    let mut path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for _ in 0..LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new("/")).join(target);
    }
    let mut missing: Vec<OsString> = Vec::new();
    for folder in path.ancestors() {
        if let Ok(mut resolved) = fs::canonicalize(folder) {
            resolved.extend(missing.iter().rev());
            return resolved;
        }
        match folder.components().next_back() {
            Some(Component::Normal(name)) => missing.push(name.to_owned()),
            // dots behind a folder that does not exist: SQLite cannot open it either
            _ => return path,
        }
    }
    path
}

#[cfg(unix)]
fn is_hard_link(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_hard_link(_: &Path, _: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &Path, other: &Path) -> bool {
        let config =
            |path: &Path| ConnectionConfig::new("x", "sqlite").set("path", path.to_str().unwrap());
        same_file(&config(one), &config(other))
    }

    #[test]
    fn spellings_of_one_file_are_one() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(same(&at("a.db"), &at("./a.db")), "before it exists");
        assert!(same(&at("no/a.db"), &at("no/./a.db")));
        fs::create_dir(at("sub")).unwrap();
        assert!(same(&at("a.db"), &at("sub/../a.db")));
        assert!(!same(&at("a.db"), &at("b.db")));
        fs::write(at("a.db"), "").unwrap();
        assert!(same(&at("a.db"), &at("sub/../a.db")));
        assert!(!same(Path::new(":memory:"), Path::new(":memory:")));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink("a.db", at("link.db")).unwrap();
        std::os::unix::fs::symlink(at("link.db"), at("second.db")).unwrap();
        assert!(same(&at("a.db"), &at("second.db")), "before it exists");
        fs::write(at("a.db"), "").unwrap();
        assert!(same(&at("a.db"), &at("second.db")));
        fs::hard_link(at("a.db"), at("hard.db")).unwrap();
        assert!(same(&at("a.db"), &at("hard.db")));
        std::os::unix::fs::symlink("circle.db", at("circle.db")).unwrap();
        assert!(!same(&at("a.db"), &at("circle.db")));
    }
}
