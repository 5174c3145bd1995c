//! Migrations in files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use eloquent_core::driver::Family;
use eloquent_core::{Error, ErrorKind, Result, async_trait};

use super::{Migration, MigrationContext, checksum};

/// What stands in front of an instruction in the first lines of a file.
const INSTRUCTION: &str = "eloquent:";
const NO_TRANSACTION: &str = "no-transaction";

/// The languages of files, by their ends.
const SQL: &str = ".sql";
const JSON: &str = ".json";

/// `<stamp>_<name>.up.sql` and `<stamp>_<name>.down.sql`, or `.up.json` and `.down.json`.
#[derive(Debug)]
pub(super) struct FileMigration {
    name: String,
    pub(super) up: Text,
    pub(super) down: Option<Text>,
    pub(super) checksum: String,
}

/// A file.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) path: PathBuf,
    pub(super) text: String,
    is_json: bool,
    transactional: bool,
}

#[async_trait]
impl Migration for FileMigration {
    fn name(&self) -> &str {
        &self.name
    }

    async fn up(&self, db: &MigrationContext) -> Result<()> {
        db.script(&self.up.text).await
    }

    async fn down(&self, db: &MigrationContext) -> Result<()> {
        match &self.down {
            Some(down) => db.script(&down.text).await,
            None => Err(Error::invalid("the migration has no file to undo it")),
        }
    }

    fn is_reversible(&self) -> bool {
        self.down.is_some()
    }

    fn is_transactional(&self) -> bool {
        self.up.transactional && self.down.as_ref().is_none_or(|down| down.transactional)
    }
}

/// Reads the migrations of a directory. Files that are neither
/// `.sql` nor `.json` are left alone.
pub(super) fn read(directory: &Path) -> Result<Vec<FileMigration>> {
    let entries = fs::read_dir(directory).map_err(|cause| unreadable(directory, cause))?;
    let mut pairs: BTreeMap<String, [Option<PathBuf>; 2]> = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(|cause| unreadable(directory, cause))?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(wrong(&path, "has a name that is not UTF-8"));
        };
        let stems = [SQL, JSON].into_iter().find_map(|end| file.strip_suffix(end));
        let Some(stem) = stems else { continue };
        let (name, down) = match (stem.strip_suffix(".up"), stem.strip_suffix(".down")) {
            (Some(name), _) => (name, 0),
            (_, Some(name)) => (name, 1),
            _ => return Err(wrong(&path, "says neither `.up` nor `.down` in front of its end")),
        };
        if let Err(why) = check_name(name) {
            return Err(wrong(&path, why));
        }
        if !path.is_file() {
            return Err(wrong(&path, "is no file"));
        }
        let name = name.to_owned();
        let place = &mut pairs.entry(name).or_default()[down];
        if place.is_some() {
            return Err(wrong(&path, "is there as SQL and as JSON"));
        }
        *place = Some(path);
    }
    let mut stamps: BTreeMap<String, String> = BTreeMap::new();
    let mut migrations = Vec::with_capacity(pairs.len());
    for (name, [up, down]) in pairs {
        let stamp = name.split('_').next().unwrap_or_default().to_owned();
        if let Some(other) = stamps.insert(stamp, name.clone()) {
            let message = format!("`{other}` and `{name}` have the same stamp");
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("give the later one another stamp, so that their order is clear"));
        }
        let up = match (up, &down) {
            (Some(up), _) => up,
            (None, Some(down)) => return Err(wrong(down, "has no `.up` file beside it")),
            (None, None) => continue,
        };
        let up = Text::read(up)?;
        let down = down.map(Text::read).transpose()?;
        let checksum = checksum::of_file(&up.text);
        migrations.push(FileMigration { name, up, down, checksum });
    }
    Ok(migrations)
}

/// Checks the name of a migration in a file: a stamp of at least eight digits, `_`, and words.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_name(name: &str) -> Result<(), &'static str> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match name.split_once('_') {
        _ if name.len() > 190 => Err("has a name of more than 190 characters"),
        Some((stamp, word))
            if stamp.len() >= 8
                && stamp.chars().all(|c| c.is_ascii_digit())
                && !word.is_empty()
                && word.chars().all(is_word) =>
        {
            Ok(())
        }
        _ => Err("is not named `<stamp>_<words>`: digits, `_`, then a-z, 0-9 and `_`"),
    }
}

impl Text {
    fn read(path: PathBuf) -> Result<Text> {
        let bytes = fs::read(&path).map_err(|cause| unreadable(&path, cause))?;
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(wrong(&path, "is not UTF-8"));
        };
        let is_json = path.extension().is_some_and(|end| end == "json");
        let mut transactional = true;
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.trim();
            let Some(comment) = line.strip_prefix("--") else {
                if line.is_empty() { continue } else { break }
            };
            match comment.trim().strip_prefix(INSTRUCTION).map(str::trim) {
                Some(NO_TRANSACTION) => transactional = false,
                Some(_) => {
                    return Err(wrong(&path, "has an instruction that there is not")
                        .with_hint("there is one: `-- eloquent: no-transaction`"));
                }
                None => {}
            }
        }
        Ok(Text { path, text, is_json, transactional })
    }

    /// Refuses a file in a language that is not that of the database.
    pub(super) fn check_language(&self, family: Family) -> Result<()> {
        match (family, self.is_json) {
            (Family::Document, false) => {
                Err(wrong(&self.path, "is in SQL, and the database keeps documents").with_hint(
                    "write its commands as JSON, in `<stamp>_<name>.up.json` and `.down.json`",
                ))
            }
            (Family::Relational, true) => {
                Err(wrong(&self.path, "is in JSON, and the database takes SQL").with_hint(
                    "write its statements as SQL, in `<stamp>_<name>.up.sql` and `.down.sql`",
                ))
            }
            _ => Ok(()),
        }
    }
}

fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    let message = format!("{} cannot be read: {}", path.display(), cause.kind());
    Error::new(ErrorKind::Config, message).with_source(cause)
}

fn wrong(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Config, format!("{} {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn pairs_are_read_in_order() {
        let folder = folder(&[
            ("20260102_b.up.sql", "-- eloquent: no-transaction\nVACUUM;"),
            ("20260101_a.up.sql", "\u{feff}SELECT 1;\r\n"),
            ("20260101_a.down.sql", "SELECT 2;"),
            ("README.md", "x"),
        ]);
        let read = read(folder.path()).unwrap();
        let names: Vec<_> = read.iter().map(Migration::name).collect();
        assert_eq!(names, ["20260101_a", "20260102_b"]);
        assert!(read[0].is_reversible() && read[0].is_transactional());
        assert!(!read[1].is_reversible() && !read[1].is_transactional());
        assert_eq!(read[0].checksum, checksum::of_file("SELECT 1;\n"));
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        for (files, what) in [
            (&[("20260101_a.sql", "")][..], "neither"),
            (&[("a.up.sql", "")], "<stamp>"),
            (&[("20260101_A.up.sql", "")], "<stamp>"),
            (&[("20260101_.up.sql", "")], "<stamp>"),
            (&[("20260101_a.down.sql", "")], "no `.up` file"),
            (&[("20260101_a.up.sql", "x"), ("20260101_b.up.sql", "x")], "same stamp"),
            (&[("20260101_a.up.sql", "-- eloquent: fast\nx")], "instruction"),
        ] {
            let folder = folder(files);
            let error = read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
        let missing = tempfile::tempdir().unwrap().path().join("none");
        assert!(read(&missing).unwrap_err().to_string().contains("cannot be read"));
    }
}
