//! `eloquent about`: what this program is, and what it found.

use std::env::consts::{ARCH, OS};

use serde_json::json;

use super::{Context, selector};
use crate::output::{Exit, Failure, Fault, Page, Report, Table};

pub(super) fn run(context: &Context<'_>) -> Result<Report, Failure> {
    let drivers: Vec<String> = context
        .registry
        .drivers()
        .map(|entry| format!("{} {}", entry.driver.name(), entry.version))
        .collect();
    let environment = (context.load)()?;
    let file = environment.path().map(|path| path.display().to_string());
    let selectors = selector::read(&environment, context.registry);
    let errors: Vec<Fault> =
        selectors.iter().filter_map(|selector| selector.error.as_ref()).map(Fault::from).collect();
    let [default, test_default, mode, role] = &selectors;
    let exit = if errors.is_empty() { Exit::Done } else { Exit::Failed };
    let json = json!({
        "ok": exit == Exit::Done,
        "version": VERSION,
        "drivers": context
            .registry
            .drivers()
            .map(|entry| json!({
                "name": entry.driver.name(),
                "package": entry.package,
                "version": entry.version,
            }))
            .collect::<Vec<_>>(),
        "file": file,
        "default_connection": default.value,
        "default_test_connection": test_default.value,
        "test_mode": mode.value.as_ref().map(|mode| mode == "on"),
        "role": role.value,
        "platform": { "os": OS, "arch": ARCH },
        "errors": errors.iter().map(Fault::json).collect::<Vec<_>>(),
    });
    let mut table = Table::pairs();
    let none = |text: &str, instead: &str| match text {
        "" => instead.to_owned(),
        text => text.to_owned(),
    };
    table.row(["eloquent", VERSION]);
    table.row(["platform", &format!("{OS} {ARCH}")]);
    table.row(["drivers", &none(&drivers.join(", "), "none")]);
    table.row(["file", &none(file.as_deref().unwrap_or_default(), "none, there is no `.env`")]);
    for (label, selector) in
        ["default", "default of tests", "test mode", "role"].iter().zip(&selectors)
    {
        let [variable, value, from] = selector.row();
        table.row([*label, &format!("{} ({variable}, {from})", none(value, "none"))]);
    }
    let mut page = Page::default();
    page.table(table);
    Ok(Report { exit, json, page, errors })
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
