//! `eloquent make:…`: files of a project, made from templates.

mod field;
mod files;
pub(super) mod migration;
mod model;
mod module;
mod name;
mod seeder;
mod template;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::Context;
use crate::output::{Exit, Failure, Page, Report};
use crate::target::Targets;

pub(super) use files::Files;
pub(super) use name::{Name, check as check_word};
pub(super) use template::{Template, render};

#[derive(Debug, Subcommand)]
pub(crate) enum Make {
    /// Make the files of a migration
    #[command(name = "make:migration")]
    Migration(Migration),
    /// Make a model
    #[command(name = "make:model")]
    Model(Model),
    /// Make a seeder
    #[command(name = "make:seeder")]
    Seeder(Seeder),
}

#[derive(Debug, Args)]
pub(crate) struct Migration {
    /// What it does: `create_users`
    name: String,
    /// The directory that has one for each connection
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    path: PathBuf,
    /// In Rust, in `src/migrations`, in place of files
    #[arg(long)]
    rust: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Model {
    /// What a row is: `user`, `shop/order`
    name: String,
    /// Its fields: `title:string`, `body:text?`, `email:string:unique`, `team_id:i64:index`
    #[arg(value_name = "FIELD")]
    fields: Vec<String>,
    /// The model lives in collections of documents
    #[arg(long)]
    document: bool,
    /// The table, when it is not the plural of the name
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Without `created_at` and `updated_at`
    #[arg(long)]
    no_timestamps: bool,
    /// Also the migration that creates its table, in Rust
    #[arg(long)]
    migration: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Seeder {
    /// What it writes: `user_seeder`
    name: String,
    /// The model whose rows it writes: `user`
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
}

pub(super) fn run(
    context: &Context<'_>,
    make: &Make,
    targets: &Targets,
) -> Result<Report, Failure> {
    let made = match make {
        Make::Migration(make) => migration::run(context, make, targets)?,
        Make::Model(make) => model::run(context, make, targets)?,
        Make::Seeder(make) => seeder::run(make)?,
    };
    Ok(made.report())
}

/// What was made and changed, and what is left to do.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) made: Vec<PathBuf>,
    pub(super) changed: Vec<PathBuf>,
    pub(super) notes: Vec<String>,
}

impl Made {
    pub(super) fn report(&self) -> Report {
        let shown = |paths: &[PathBuf]| -> Vec<String> {
            paths.iter().map(|path| path.display().to_string()).collect()
        };
        let (made, changed) = (shown(&self.made), shown(&self.changed));
        let mut page = Page::default();
        made.iter().for_each(|path| page.line(&format!("made {path}")));
        changed.iter().for_each(|path| page.line(&format!("changed {path}")));
        self.notes.iter().for_each(|note| page.line(note));
        let json = json!({ "ok": true, "files": made, "changed": changed, "notes": self.notes });
        Report { exit: Exit::Done, json, page, errors: Vec::new() }
    }
}
