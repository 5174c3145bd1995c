//! `eloquent new` and `eloquent init`: a project that compiles, migrates, seeds and runs.

mod kind;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use eloquent::{Error, ErrorKind, Utc};
use minijinja::context;

use super::make::{self, Files, Made, Template, render};
use crate::output::{Failure, Report};
use kind::Kind;

#[derive(Debug, Subcommand)]
pub(crate) enum Project {
    /// Make a project in a new folder
    New {
        /// Its name, which is that of the folder
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Make a project in this folder
    Init {
        #[command(flatten)]
        options: Options,
    },
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("database")), group(ArgGroup::new("source")))]
pub(crate) struct Options {
    /// With SQLite, as without it
    #[arg(long, group = "database")]
    sqlite: bool,
    /// With PostgreSQL
    #[arg(long, group = "database")]
    pg: bool,
    /// With MySQL or MariaDB
    #[arg(long, group = "database")]
    mysql: bool,
    /// With MongoDB
    #[arg(long, group = "database")]
    mongo: bool,
    /// The folder with a clone of Eloquent, in place of the version in the registry
    #[arg(long, value_name = "DIR", group = "source")]
    eloquent_path: Option<PathBuf>,
    /// A git repository with Eloquent, in place of the version in the registry
    #[arg(long, value_name = "URL", group = "source")]
    eloquent_git: Option<String>,
}

macro_rules! template {
    ($file:literal) => {
        Template { file: $file, text: include_str!(concat!("../../templates/project/", $file)) }
    };
}

/// The files, and what they are made of. The stamp of the migration takes the place of `STAMP`.
const FILES: &[(&str, Template)] = &[
    ("Cargo.toml", template!("Cargo.toml")),
    ("README.md", template!("README.md")),
    (".gitignore", template!("gitignore")),
    (".env.example", template!("env")),
    ("src/main.rs", template!("main.rs")),
    ("src/lib.rs", template!("lib.rs")),
    ("src/bin/eloquent.rs", template!("eloquent.rs")),
    ("src/models/mod.rs", template!("models_mod.rs")),
    ("src/models/user.rs", template!("user.rs")),
    ("src/migrations/mod.rs", template!("migrations_mod.rs")),
    ("src/migrations/mSTAMP_create_users.rs", template!("create_users.rs")),
    ("src/seeders/mod.rs", template!("seeders_mod.rs")),
    ("src/seeders/user_seeder.rs", template!("user_seeder.rs")),
];

const ENV: Template = template!("env");

pub(super) fn run(project: &Project) -> Result<Report, Failure> {
    let (name, root, options) = match project {
        Project::New { name, options } => (name.clone(), PathBuf::from(name), options),
        Project::Init { options } => (here()?, PathBuf::from("."), options),
    };
    check(&name).map_err(|error| Failure::usage(&error))?;
    let is_new = matches!(project, Project::New { .. });
    if is_new && fs::symlink_metadata(&root).is_ok() {
        let error = Error::new(ErrorKind::Config, format!("there is a `{name}` here already"));
        return Err(error.with_hint("take another name, or run `eloquent init` in it").into());
    }
    let kind = Kind::of(options);
    let source = source::lines(options, kind).map_err(|error| Failure::usage(&error))?;
    let stamp = Utc::now().format("%Y%m%d%H%M%S").to_string();
    let values = context! {
        name => name,
        krate => name.replace('-', "_"),
        database => name.replace('-', "_"),
        stamp => stamp,
        kind => kind.name,
        product => kind.product,
        rust => kind.rust,
        document => kind.is_document,
        server => kind.has_server,
        settings => kind.settings,
        apart => is_in_workspace(),
        eloquent => source.eloquent,
        cli => source.cli,
    };
    if is_new {
        fs::create_dir(&root).map_err(|cause| {
            let message = format!("the folder {name} cannot be made: {}", cause.kind());
            Failure::from(Error::new(ErrorKind::Config, message).with_source(cause))
        })?;
    }
    let written = write(&root, &stamp, &values);
    if written.is_err() && is_new {
        // only what is empty goes
        let _ = fs::remove_dir(&root);
    }
    let mut made = written?;
    made.made = made.made.iter().map(|path| root.join(path)).collect();
    made.notes.push(match is_new {
        true => format!("next: cd {name}, and what README.md says"),
        false => "next: what README.md says".to_owned(),
    });
    Ok(made.report())
}

fn write(root: &Path, stamp: &str, values: &minijinja::Value) -> eloquent::Result<Made> {
    let mut files = Files::of(root);
    for (path, template) in FILES {
        files.add(path.replace("STAMP", stamp), render(root, *template, values.clone())?);
    }
    files.add_private(".env", render(root, ENV, values.clone())?);
    files.write()
}

/// Whether a folder around this one is a workspace, which the project would be taken for a member of.
fn is_in_workspace() -> bool {
    let has_workspace = |folder: &Path| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().any(|line| line.trim() == "[workspace]")
    };
    let here = std::env::current_dir();
    here.is_ok_and(|here| here.ancestors().any(has_workspace))
}

/// The name of the folder that this runs in.
fn here() -> eloquent::Result<String> {
    let folder = std::env::current_dir().map_err(|cause| {
        let message = format!("this folder cannot be read: {}", cause.kind());
        Error::new(ErrorKind::Config, message).with_source(cause)
    })?;
    Ok(folder.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

/// A name that a package can have: words in lower case, with `-` or `_` between them.
fn check(name: &str) -> eloquent::Result<()> {
    let taken = ["alloc", "core", "eloquent", "proc_macro", "std", "test", "tokio"];
    let plain = name.replace('-', "_");
    let ours = plain.starts_with("eloquent_");
    if taken.contains(&plain.as_str()) || ours {
        let error = Error::invalid(format!("a project cannot be called `{name}`"));
        return Err(error.with_hint("the name is that of something that it is built with"));
    }
    let is_fine = name.len() <= 60 && !name.ends_with('-');
    make::check_word(&plain).and(match is_fine {
        true => Ok(()),
        false => Err(Error::invalid("the name of a project has at most 60 characters")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_a_package_and_of_a_folder() {
        for name in ["shop", "my-shop", "shop_2"] {
            assert!(check(name).is_ok(), "{name}");
        }
        let long = "a".repeat(61);
        for name in [
            "",
            ".",
            "..",
            "../x",
            "/x",
            "a/b",
            "-x",
            "x-",
            "Shop",
            "fn",
            "self",
            "test",
            "std",
            "eloquent",
            "eloquent-cli",
            "a b",
            "a.b",
            "ä",
            "con/x",
            "a\n",
            &long,
        ] {
            assert!(check(name).is_err(), "{name:?}");
        }
    }
}
