//! `eloquent make:migration`: a migration in files, or in Rust.

use std::path::{Path, PathBuf};

use eloquent::migration::Migrations;
use eloquent::{Environment, Error, ErrorKind, Family, Result, Utc};
use heck::ToUpperCamelCase as _;
use minijinja::{Value, context};

use super::module::{self, Entry};
use super::{Files, Made, Migration, Template, name, render};
use crate::command::Context;
use crate::command::migrate::directory;
use crate::command::ping::place;
use crate::output::Failure;
use crate::target::Targets;

/// The way there and the way back, in SQL.
const SQL: [(&str, Template); 2] = [
    (
        "up.sql",
        Template {
            file: "migration.up.sql",
            text: include_str!("../../../templates/migration.up.sql"),
        },
    ),
    (
        "down.sql",
        Template {
            file: "migration.down.sql",
            text: include_str!("../../../templates/migration.down.sql"),
        },
    ),
];
/// The same in commands of documents.
const JSON: [(&str, Template); 2] = [
    (
        "up.json",
        Template {
            file: "migration.up.json",
            text: include_str!("../../../templates/migration.up.json"),
        },
    ),
    (
        "down.json",
        Template {
            file: "migration.down.json",
            text: include_str!("../../../templates/migration.down.json"),
        },
    ),
];
const RUST: Template =
    Template { file: "migration.rs", text: include_str!("../../../templates/migration.rs") };
pub(crate) const LIST: &str = include_str!("../../../templates/migrations_mod.rs");

/// Where migrations in Rust are.
const FOLDER: &str = "src/migrations";

pub(super) fn run(
    context: &Context<'_>,
    make: &Migration,
    targets: &Targets,
) -> std::result::Result<Made, Failure> {
    name::check(&make.name).map_err(|error| {
        let error = Error::invalid(error.message().to_owned());
        Failure::usage(&error.with_hint("such as `create_users`"))
    })?;
    let environment = targets.mode((context.load)()?);
    let connections = targets.names(&environment, context.registry)?;
    if make.rust {
        let mut files = Files::of(".");
        for connection in &connections {
            in_rust(&mut files, &make.name, connection, &make.path, None)?;
        }
        let mut made = files.write()?;
        made.notes.extend(super::model::declared(Path::new("."), "migrations"));
        return Ok(made);
    }
    let mut made = Made::default();
    for connection in &connections {
        let folder = directory(&make.path, connection);
        let (root, relative) = split(&folder)?;
        let mut files = Files::of(root);
        let stamp = stamp(&[&folder, Path::new(FOLDER)])?;
        let is_document = family(context, &environment, connection) == Some(Family::Document);
        let table = make.name.strip_prefix("create_").unwrap_or_default();
        let values = context! { name => make.name, connection => connection, table => table };
        for (ending, template) in if is_document { JSON } else { SQL } {
            let text = render(Path::new("."), template, values.clone())?;
            files.add(relative.join(format!("{stamp}_{}.{ending}", make.name)), text);
        }
        if is_document && table.is_empty() {
            made.notes.push("write its commands between the brackets".to_owned());
        }
        let written = files.write()?.made;
        let shown = |path: &PathBuf| folder.join(path.file_name().unwrap_or_default());
        made.made.extend(written.iter().map(shown));
    }
    Ok(made)
}

/// What a connection keeps, if its driver is linked.
fn family(context: &Context<'_>, environment: &Environment, connection: &str) -> Option<Family> {
    let (driver, _) = place(context, environment, connection);
    context.registry.driver(driver?).ok().map(|driver| driver.family())
}

/// A folder that is told from the root of the file system is taken as it is; any other is in the project.
fn split(folder: &Path) -> Result<(PathBuf, PathBuf)> {
    if folder.is_absolute() {
        return Ok((folder.to_owned(), PathBuf::new()));
    }
    let plain: PathBuf =
        folder.components().filter(|part| *part != std::path::Component::CurDir).collect();
    Ok((PathBuf::from("."), plain))
}

/// Adds a migration in Rust: its file, and its line in the list.
///
/// # Errors
/// A template or a list that is wrong.
pub(super) fn in_rust(
    files: &mut Files,
    words: &str,
    connection: &str,
    path: &Path,
    table: Option<(&str, Vec<String>)>,
) -> Result<()> {
    let base = connection.strip_suffix("_test").unwrap_or(connection);
    let root = files.root().to_owned();
    let folder = root.join(FOLDER);
    let stamp = stamp(&[&directory(path, connection), &folder])?;
    let stamp = free(files, stamp);
    let (file, pascal) = (format!("m{stamp}_{words}"), words.to_upper_camel_case());
    let sentence = sentence(words);
    let (table, columns) = table.unwrap_or_default();
    let values: Value = context! {
        name => format!("{stamp}_{words}"),
        words => sentence,
        pascal => pascal,
        connection => base,
        table => table,
        columns => columns,
    };
    let text = render(&root, RUST, values)?;
    files.add(format!("{FOLDER}/{file}.rs"), text);
    let list = Path::new(FOLDER).join("mod.rs");
    let entries = [
        Entry::module(format!("mod {file};")),
        Entry::list(format!("({base:?}, Migrations::new().add({file}::{pascal})),"), false),
    ];
    module::change(files, &list, LIST, &entries)
}

/// `create_users`: "Create users".
pub(super) fn sentence(words: &str) -> String {
    let text = words.replace('_', " ");
    let mut letters = text.trim().chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}

/// A moment that no migration of these folders has: a stamp is given once, also to two that are made within
/// a second.
fn stamp(folders: &[&Path]) -> Result<String> {
    let mut known: Vec<String> = Vec::new();
    for folder in folders.iter().filter(|folder| folder.exists()) {
        if folder.ends_with(FOLDER) {
            known.extend(modules(folder)?);
        } else {
            known.extend(Migrations::new().directory(folder)?.names().map(str::to_owned));
        }
    }
    let mut moment = Utc::now();
    loop {
        let stamp = moment.format("%Y%m%d%H%M%S").to_string();
        if !known.iter().any(|known| known.starts_with(&stamp)) {
            return Ok(stamp);
        }
        moment += std::time::Duration::from_secs(1);
    }
}

/// The same, among those that are about to be written.
fn free(files: &Files, stamp: String) -> String {
    let mut number: u64 = stamp.parse().unwrap_or_default();
    let is_taken = |number: u64| {
        files.paths().any(|path| {
            path.file_name().is_some_and(|name| {
                name.to_string_lossy().trim_start_matches('m').starts_with(&number.to_string())
            })
        })
    };
    while is_taken(number) {
        number += 1;
    }
    number.to_string()
}

/// The names of the migrations in Rust.
fn modules(folder: &Path) -> Result<Vec<String>> {
    let unreadable = |cause: std::io::Error| {
        let message = format!("{} cannot be read: {}", folder.display(), cause.kind());
        Error::new(ErrorKind::Config, message).with_source(cause)
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_prefix('m').map(str::to_owned));
    }
    Ok(names)
}
