//! `eloquent make:migration`: the files of a migration.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use eloquent::migration::Migrations;
use eloquent::{Error, ErrorKind, Result, Utc};
use serde_json::json;

use super::Context;
use super::migrate::directory;
use crate::output::{Exit, Failure, Page, Report};
use crate::target::Targets;

const UP: &str = "-- Statements end with `;`. What cannot run inside a transaction needs a first line of\n\
                  -- `-- eloquent: no-transaction`.\n\n";
const DOWN: &str =
    "-- Undoes what the file `.up.sql` does. Without this file it cannot be undone.\n\n";

#[derive(Debug, Args)]
pub(crate) struct Make {
    /// What it does: `create_users`
    name: String,
    /// The directory that has one for each connection
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    path: PathBuf,
}

pub(super) fn run(
    context: &Context<'_>,
    make: &Make,
    targets: &Targets,
) -> Result<Report, Failure> {
    check(&make.name).map_err(|error| Failure::usage(&error))?;
    let environment = targets.mode((context.load)()?);
    let names = targets.names(&environment, context.registry)?;
    let mut made = Vec::new();
    for name in names {
        made.extend(write(&directory(&make.path, &name), &make.name)?);
    }
    let mut page = Page::default();
    let shown: Vec<String> = made.iter().map(|path| path.display().to_string()).collect();
    for path in &shown {
        page.line(&format!("made {path}"));
    }
    let json = json!({ "ok": true, "files": shown });
    Ok(Report { exit: Exit::Done, json, page, errors: Vec::new() })
}

/// Words in lower case, with `_` between them.
fn check(name: &str) -> Result<()> {
    let is_fine = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 150
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    match is_fine {
        true => Ok(()),
        false => Err(Error::invalid("the name of a migration is made of a-z, 0-9 and `_`")
            .with_hint("such as `create_users`")),
    }
}

/// Makes both files. None that exists is written over.
fn write(directory: &Path, name: &str) -> Result<[PathBuf; 2]> {
    let failed = |path: &Path, cause: std::io::Error| {
        let message = format!("{} cannot be made: {}", path.display(), cause.kind());
        Error::new(ErrorKind::Config, message).with_source(cause)
    };
    fs::create_dir_all(directory).map_err(|cause| failed(directory, cause))?;
    check_inside(directory)?;
    // a stamp is given once, also to two that are made within a second
    let known = Migrations::new().directory(directory)?;
    let mut moment = Utc::now();
    let stamp = loop {
        let stamp = moment.format("%Y%m%d%H%M%S").to_string();
        if !known.names().any(|known| known.starts_with(&stamp)) {
            break stamp;
        }
        moment += std::time::Duration::from_secs(1);
    };
    let path = |way: &str| directory.join(format!("{stamp}_{name}.{way}.sql"));
    let paths = [path("up"), path("down")];
    for (path, text) in paths.iter().zip([UP, DOWN]) {
        let mut file = fs::File::create_new(path).map_err(|cause| failed(path, cause))?;
        file.write_all(text.as_bytes()).map_err(|cause| failed(path, cause))?;
    }
    Ok(paths)
}

/// Refuses a directory that leads out of the project by a link.
fn check_inside(directory: &Path) -> Result<()> {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    match (here, directory.canonicalize()) {
        (Ok(here), Ok(there)) if directory.is_absolute() || there.starts_with(&here) => Ok(()),
        _ => {
            let message = format!("{} leads out of the project", directory.display());
            Err(Error::new(ErrorKind::Config, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        for name in ["create_users", "a", "a2_b"] {
            assert!(check(name).is_ok(), "{name}");
        }
        let long = "a".repeat(151);
        for name in ["", "../x", "/etc/x", "a/b", "9x", "Ä", "A", "a b", "a.b", "x\";", &long] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
