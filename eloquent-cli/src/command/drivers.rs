//! `eloquent drivers`: what is linked.

use eloquent::environment::{ConnectionReport, SettingReport};
use eloquent::{DriverEntry, Environment, Family};
use serde_json::{Value, json};

use super::Context;
use crate::missing;
use crate::output::{Exit, Failure, Page, Report, Table};

pub(super) fn run(context: &Context<'_>) -> Result<Report, Failure> {
    // what an empty environment lacks is all that can be set
    let reports = Environment::default().report(context.registry);
    let of = |entry: &DriverEntry| {
        let name = entry.driver.name();
        reports.iter().filter(|report| report.driver() == name).collect::<Vec<_>>()
    };
    let drivers: Vec<_> = context.registry.drivers().map(|entry| (entry, of(entry))).collect();
    let described: Vec<Value> =
        drivers.iter().map(|(entry, reports)| describe(entry, reports)).collect();
    let page = if drivers.is_empty() { none() } else { list(&drivers) };
    let json = json!({ "ok": true, "drivers": described });
    Ok(Report { exit: Exit::Done, json, page, errors: Vec::new() })
}

/// The name of a family.
pub(super) fn family(family: Family) -> &'static str {
    match family {
        Family::Relational => "relational",
        Family::Document => "document",
        _ => "other",
    }
}

fn describe(entry: &DriverEntry, reports: &[&ConnectionReport]) -> Value {
    let setting = |setting: &SettingReport| {
        json!({
            "key": setting.key(),
            "variable": setting.variable(),
            "about": setting.about(),
            "default": setting.value(),
            "secret": setting.is_secret(),
        })
    };
    let settings = reports.first().map(|report| report.settings()).unwrap_or_default();
    json!({
        "name": entry.driver.name(),
        "family": family(entry.driver.family()),
        "package": entry.package,
        "version": entry.version,
        "connections": reports.iter().map(|report| report.name()).collect::<Vec<_>>(),
        "settings": settings.iter().map(setting).collect::<Vec<_>>(),
    })
}

fn none() -> Page {
    let mut page = Page::default();
    page.line("no driver is part of this program");
    page.line(&format!("to add one, {}", missing::remedy("pg")));
    page.line(&format!("the drivers of Eloquent are: {}", missing::OURS.join(", ")));
    page
}

fn list(drivers: &[(&DriverEntry, Vec<&ConnectionReport>)]) -> Page {
    let mut page = Page::default();
    let mut table = Table::new(&["DRIVER", "FAMILY", "PACKAGE", "CONNECTIONS"]);
    for (entry, reports) in drivers {
        let names: Vec<&str> = reports.iter().map(|report| report.name()).collect();
        table.row([
            entry.driver.name(),
            family(entry.driver.family()),
            &format!("{} {}", entry.package, entry.version),
            &names.join(", "),
        ]);
    }
    page.table(table);
    for (entry, reports) in drivers {
        let settings = reports.first().map(|report| report.settings()).unwrap_or_default();
        page.title(entry.driver.name());
        if settings.is_empty() {
            page.line("  has no settings");
        }
        let mut table = Table::new(&["VARIABLE", "DEFAULT", "WHAT FOR"]).indented();
        for setting in settings {
            let secret = if setting.is_secret() { " (never shown)" } else { "" };
            let about = format!("{}{secret}", setting.about());
            table.row([setting.variable(), setting.value().unwrap_or_default(), &about]);
        }
        page.table(table);
    }
    page.title("Each driver");
    let mut table = Table::new(&["VARIABLE", "WHAT FOR"]).indented();
    for line in SHARED {
        table.row(line);
    }
    page.table(table);
    page
}

/// What every driver takes beside its settings.
const SHARED: &[[&str; 2]] = &[
    ["P_URL", "in place of host, port, user, password and database; P is the prefix: PG_URL"],
    ["P_TEST_..", "the same for the twin: PG_TEST_NAME"],
    ["P_RUNTIME_.., P_MIGRATION_..", "goes first in that role: PG_MIGRATION_USER"],
    ["P_POOL_MAX", "how many sessions at most"],
    ["P_POOL_ACQUIRE_TIMEOUT_MS", "how long to wait for one"],
    ["P_READ_HOST", "replicas to read from, with commas between them"],
];
