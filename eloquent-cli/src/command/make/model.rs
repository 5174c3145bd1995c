//! `eloquent make:model`: a struct that is a row.

use std::fs;
use std::path::{Path, PathBuf};

use eloquent::{Error, ErrorKind, Family, Result};
use minijinja::{Value, context};

use super::module::{self, Entry};
use super::{Files, Made, Model, Name, Template, field, migration, render};
use crate::command::Context;
use crate::missing;
use crate::output::Failure;
use crate::target::Targets;

const MODEL: Template =
    Template { file: "model.rs", text: include_str!("../../../templates/model.rs") };
pub(crate) const LIST: &str = include_str!("../../../templates/models_mod.rs");

pub(super) fn run(
    context: &Context<'_>,
    make: &Model,
    targets: &Targets,
) -> std::result::Result<Made, Failure> {
    let usage = |error: Error| Failure::usage(&error);
    let name = Name::parse(&make.name).map_err(usage)?;
    let own: &[&str] =
        if make.no_timestamps { &["id"] } else { &["id", "created_at", "updated_at"] };
    let fields = field::parse(&make.fields, own).map_err(usage)?;
    let connection = pinned(context, make, targets)?;
    if make.document && make.migration {
        let error = Error::invalid("the collection of a document model needs no migration");
        return Err(usage(error.with_hint("leave `--migration` or `--document` out")));
    }
    if let Some(table) = &make.table {
        super::name::check(table).map_err(usage)?;
    }
    let mut says = Vec::new();
    if make.document {
        says.push("document".to_owned());
    }
    says.extend(connection.as_ref().map(|name| format!("connection = {name:?}")));
    if let Some(table) = &make.table {
        says.push(format!("table = {table:?}"));
    }
    let values = context! {
        name => name.snake,
        pascal => name.pascal,
        what => migration::sentence(&name.snake),
        key => if make.document { "eloquent::value::ObjectId" } else { "i64" },
        says => says.join(", "),
        table => make.table,
        connection => connection,
        document => make.document,
        fields => fields.iter().map(field::Field::value).collect::<Vec<Value>>(),
        timestamps => !make.no_timestamps,
    };
    let mut files = Files::of(".");
    let text = render(Path::new("."), MODEL, values)?;
    let entry = Entry::list(format!("pub use {}::{};", name.snake, name.pascal), true);
    add(&mut files, "src/models", LIST, &name, text, entry, |_| None)?;
    if make.migration {
        let table = make.table.clone().unwrap_or_else(|| name.table());
        let environment = targets.mode((context.load)()?);
        let connections = targets.names(&environment, context.registry)?;
        let columns = fields.iter().map(|field| field.value().get_attr("column"));
        let mut columns: Vec<String> = std::iter::once("id()".to_owned())
            .chain(columns.filter_map(|column| Some(column.ok()?.as_str()?.to_owned())))
            .collect();
        if !make.no_timestamps {
            columns.push("timestamps()".to_owned());
        }
        for connection in connections {
            let words = format!("create_{table}");
            super::name::check(&words).map_err(usage)?;
            let table = Some((table.as_str(), columns.clone()));
            migration::in_rust(&mut files, &words, &connection, Path::new("migrations"), table)?;
        }
    }
    let mut made = files.write()?;
    made.notes.extend(declared(Path::new("."), "models"));
    if make.migration {
        made.notes.extend(declared(Path::new("."), "migrations"));
    }
    Ok(made)
}

/// The connection that the model is to be pinned to.
fn pinned(
    context: &Context<'_>,
    make: &Model,
    targets: &Targets,
) -> std::result::Result<Option<String>, Failure> {
    if targets.are_all() {
        let error = Error::invalid("a model lives on one connection");
        return Err(Failure::usage(&error.with_hint("name it with `--connection`")));
    }
    let Some(name) = targets.named() else { return Ok(None) };
    if let Some(error) = missing::connection(context.registry, name) {
        return Err(Failure::usage(&error));
    }
    if name.ends_with("_test") {
        let error = Error::invalid(format!("`{name}` is a twin for tests"));
        return Err(Failure::usage(
            &error.with_hint("name the connection: in test mode its twin is used by itself"),
        ));
    }
    let family = context.registry.driver(name).map(|driver| driver.family()).ok();
    if family.is_some_and(|family| (family == Family::Document) != make.document) {
        let what = if make.document { "no documents" } else { "only documents" };
        let error = Error::invalid(format!("`{name}` has {what}"));
        let hint = if make.document { "leave `--document` out" } else { "say `--document`" };
        return Err(Failure::usage(&error.with_hint(hint)));
    }
    Ok(Some(name.to_owned()))
}

/// Adds a module in a folder of the source, and its line in the list of the folder.
///
/// # Errors
/// A list that is wrong, and a module of that name.
pub(super) fn add(
    files: &mut Files,
    folder: &str,
    list: &str,
    name: &Name,
    text: String,
    entry: Entry,
    of_folder: impl Fn(&str) -> Option<Entry>,
) -> Result<()> {
    let root = files.root().to_owned();
    if !root.join("src").is_dir() {
        let error = Error::new(ErrorKind::Config, "there is no folder `src` here");
        return Err(
            error.with_hint("run it in the folder of a project; `eloquent new NAME` makes one")
        );
    }
    let mut folder = PathBuf::from(folder);
    for inner in &name.folders {
        let path = folder.join("mod.rs");
        let is_file = root.join(&folder).join(format!("{inner}.rs")).exists();
        if is_file {
            let message = format!("{} is a file, and no folder", folder.join(inner).display());
            return Err(Error::new(ErrorKind::Config, message));
        }
        let entries = [Some(Entry::module(format!("pub mod {inner};"))), of_folder(inner)];
        let entries: Vec<Entry> = entries.into_iter().flatten().collect();
        module::change(files, &path, list, &entries)?;
        folder.push(inner);
    }
    let is_folder = root.join(&folder).join(&name.snake).exists();
    if is_folder {
        let message = format!("{} is a folder with modules", folder.join(&name.snake).display());
        return Err(Error::new(ErrorKind::Config, message).with_hint("take another name"));
    }
    let path = folder.join("mod.rs");
    let entries = [Entry::module(format!("mod {};", name.snake)), entry];
    files.add(folder.join(format!("{}.rs", name.snake)), text);
    module::change(files, &path, list, &entries)
}

/// What is to be done for a folder of modules to be a part of the program, if it is not.
pub(super) fn declared(root: &Path, module: &str) -> Option<String> {
    let read = |name: &str| fs::read_to_string(root.join("src").join(name)).ok();
    let file = if root.join("src/lib.rs").exists() { "lib.rs" } else { "main.rs" };
    let text = read(file)?;
    let parsed = syn::parse_file(&text).ok()?;
    let is_declared = parsed
        .items
        .iter()
        .any(|item| matches!(item, syn::Item::Mod(found) if found.ident == module));
    (!is_declared).then(|| format!("add `pub mod {module};` to src/{file}"))
}
