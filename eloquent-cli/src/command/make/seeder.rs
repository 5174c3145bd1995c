//! `eloquent make:seeder`: what writes the rows that a database starts with.

use std::path::Path;

use minijinja::context;

use super::module::Entry;
use super::{Files, Made, Name, Seeder, Template, migration, model, render};
use crate::output::Failure;

const SEEDER: Template =
    Template { file: "seeder.rs", text: include_str!("../../../templates/seeder.rs") };
pub(crate) const LIST: &str = include_str!("../../../templates/seeders_mod.rs");

pub(super) fn run(make: &Seeder) -> Result<Made, Failure> {
    let name = Name::parse(&make.name).map_err(|error| Failure::usage(&error))?;
    let written = make.model.as_deref().map(Name::parse).transpose();
    let written = written.map_err(|error| Failure::usage(&error))?;
    let path = written.as_ref().map(|model| {
        let folders = model.folders.iter().map(|folder| format!("{folder}::"));
        folders.collect::<String>() + &model.pascal
    });
    let values = context! {
        name => name.snake,
        pascal => name.pascal,
        words => migration::sentence(&name.snake),
        model => written.as_ref().map(|model| &model.pascal),
        model_path => path,
    };
    let mut files = Files::of(".");
    let text = render(Path::new("."), SEEDER, values)?;
    let entry = Entry::list(format!(".add({}::{})", name.snake, name.pascal), false);
    model::add(&mut files, "src/seeders", LIST, &name, text, entry, |folder| {
        Some(Entry::list(format!(".and({folder}::all())"), false))
    })?;
    let mut made = files.write()?;
    made.notes.extend(model::declared(Path::new("."), "seeders"));
    Ok(made)
}
