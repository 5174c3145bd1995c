//! Files that are written together: all of them or none.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use eloquent::{Error, ErrorKind, Result};

use super::Made;

/// Files of a project, to be written.
#[derive(Debug)]
pub(crate) struct Files {
    root: PathBuf,
    new: Vec<(PathBuf, String)>,
    changed: Vec<(PathBuf, String)>,
    private: Vec<PathBuf>,
}

impl Files {
    /// Of the project in this folder.
    pub(crate) fn of(root: impl Into<PathBuf>) -> Self {
        Files { root: root.into(), new: Vec::new(), changed: Vec::new(), private: Vec::new() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// One that must not be there yet.
    pub(crate) fn add(&mut self, path: impl Into<PathBuf>, text: String) {
        self.new.push((path.into(), text));
    }

    /// One that only its owner may read.
    pub(crate) fn add_private(&mut self, path: impl Into<PathBuf>, text: String) {
        let path = path.into();
        self.private.push(path.clone());
        self.add(path, text);
    }

    /// One that takes the place of what is there, if something is.
    pub(crate) fn change(&mut self, path: impl Into<PathBuf>, text: String) {
        let path = path.into();
        let mut pending = self.new.iter_mut().chain(&mut self.changed);
        if let Some((_, known)) = pending.find(|(known, _)| *known == path) {
            *known = text;
            return;
        }
        match self.root.join(&path).exists() {
            true => self.changed.push((path, text)),
            false => self.new.push((path, text)),
        }
    }

    /// The paths of all of them.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.new.iter().chain(&self.changed).map(|(path, _)| path.as_path())
    }

    /// What a file will hold, if it is among those to be written.
    pub(crate) fn pending(&self, path: &Path) -> Option<&str> {
        let mut all = self.new.iter().chain(&self.changed);
        all.find(|(known, _)| known == path).map(|(_, text)| text.as_str())
    }

    /// Writes all of them. What was made is removed again if a later one fails.
    ///
    /// # Errors
    /// One that is there already, a path that leads out of the project or through a link, and what the
    /// system reports.
    pub(crate) fn write(self) -> Result<Made> {
        let taken: Vec<String> = self
            .new
            .iter()
            .filter(|(path, _)| fs::symlink_metadata(self.root.join(path)).is_ok())
            .map(|(path, _)| path.display().to_string())
            .collect();
        if !taken.is_empty() {
            let message = match taken.as_slice() {
                [one] => format!("{one} is there already"),
                _ => format!("these are there already: {}", taken.join(", ")),
            };
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("nothing was written; take another name, or move it away"));
        }
        for (path, _) in self.new.iter().chain(&self.changed) {
            self.check_inside(path)?;
        }
        let mut made = Vec::new();
        let outcome = self.write_all(&mut made);
        if outcome.is_err() {
            for path in &made {
                // what is left over is seen by its name
                let _ = fs::remove_file(path);
            }
        }
        outcome?;
        let names = |all: Vec<(PathBuf, String)>| all.into_iter().map(|(path, _)| path).collect();
        Ok(Made { made: names(self.new), changed: names(self.changed), notes: Vec::new() })
    }

    fn write_all(&self, made: &mut Vec<PathBuf>) -> Result<()> {
        for (relative, text) in &self.new {
            let path = self.root.join(relative);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|cause| failed(folder, cause))?;
            }
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            if self.private.contains(relative) {
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            }
            let mut file = options.open(&path).map_err(|cause| failed(&path, cause))?;
            made.push(path.clone());
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(|cause| failed(&path, cause))?;
        }
        for (relative, text) in &self.changed {
            let path = self.root.join(relative);
            // a reader sees the old file or the new one
            let beside = path.with_extension(format!("{}.new", std::process::id()));
            let mut file = fs::File::create_new(&beside).map_err(|cause| failed(&beside, cause))?;
            let written = file
                .write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
                .and_then(|()| fs::rename(&beside, &path));
            if written.is_err() {
                let _ = fs::remove_file(&beside);
            }
            written.map_err(|cause| failed(&path, cause))?;
        }
        Ok(())
    }

    /// Refuses a path that leads out of the project, by its words or by a link on the way.
    fn check_inside(&self, path: &Path) -> Result<()> {
        let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        let mut on = self.root.clone();
        let has_link = path.components().any(|part| {
            on.push(part);
            fs::symlink_metadata(&on).is_ok_and(|found| found.file_type().is_symlink())
        });
        match is_plain && !has_link {
            true => Ok(()),
            false => {
                let message =
                    format!("{} leads out of the project, or through a link", path.display());
                Err(Error::new(ErrorKind::Config, message))
            }
        }
    }
}

fn failed(path: &Path, cause: std::io::Error) -> Error {
    let message = format!("{} cannot be written: {}", path.display(), cause.kind());
    Error::new(ErrorKind::Config, message).with_source(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b"), "mine").unwrap();
        let mut files = Files::of(folder.path());
        files.add("a", "x".to_owned());
        files.add("b", "x".to_owned());
        assert!(files.write().unwrap_err().message().contains("b is there already"));
        assert!(!folder.path().join("a").exists());
        assert_eq!(fs::read_to_string(folder.path().join("b")).unwrap(), "mine");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(other.path(), folder.path().join("src")).unwrap();
        std::os::unix::fs::symlink(other.path().join("x"), folder.path().join("x")).unwrap();
        for path in ["src/a", "../a", "/a", "x"] {
            let mut files = Files::of(folder.path());
            files.add(path, "x".to_owned());
            assert!(files.write().is_err(), "{path}");
        }
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_is_changed_whole() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mod.rs"), "old").unwrap();
        let mut files = Files::of(folder.path());
        files.change("mod.rs", "new".to_owned());
        let made = files.write().unwrap();
        assert_eq!(made.changed, [PathBuf::from("mod.rs")]);
        assert_eq!(fs::read_to_string(folder.path().join("mod.rs")).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
