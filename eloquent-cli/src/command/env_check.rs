//! `eloquent env:check`: what the environment says of each connection.

use eloquent::environment::{ConnectionReport, Note};
use eloquent::{Environment, Registry};
use serde_json::{Value, json};

use super::selector::{self, Selector};
use super::settings::{self, place};
use super::{Context, drivers, env_file};
use crate::missing;
use crate::output::{Exit, Failure, Fault, Page, Report, Table};

pub(super) fn run(context: &Context<'_>) -> Result<Report, Failure> {
    let found = Found::read((context.load)()?, context.registry);
    let errors = found.errors();
    let exit = if errors.is_empty() { Exit::Done } else { Exit::Failed };
    let (json, page) = (found.json(exit == Exit::Done), found.page());
    Ok(Report { exit, json, page, errors })
}

/// All that is to be told.
struct Found {
    environment: Environment,
    selectors: [Selector; 4],
    connections: Vec<ConnectionReport>,
    notes: Vec<Note>,
    warnings: Vec<String>,
}

/// How a connection is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    Failed,
    NotConfigured,
}

impl State {
    /// As it is shown.
    const fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Failed => "failed",
            State::NotConfigured => "not configured",
        }
    }
}

impl Found {
    fn read(environment: Environment, registry: &Registry) -> Self {
        Found {
            selectors: selector::read(&environment, registry),
            connections: environment.report(registry),
            notes: environment.notes(registry),
            warnings: environment.path().map(env_file::warnings).unwrap_or_default(),
            environment,
        }
    }

    /// Whether it is to be used: something of it is set, or it is a default.
    fn is_wanted(&self, connection: &ConnectionReport) -> bool {
        let [app, test, ..] = &self.selectors;
        let is = |selector: &Selector| selector.value.as_deref() == Some(connection.name());
        connection.is_configured() || is(app) || is(test)
    }

    fn state(&self, connection: &ConnectionReport) -> State {
        match (connection.problems().is_empty(), self.is_wanted(connection)) {
            (true, _) => State::Ok,
            (false, true) => State::Failed,
            (false, false) => State::NotConfigured,
        }
    }

    /// What is wrong, each once.
    fn errors(&self) -> Vec<Fault> {
        let selectors = self.selectors.iter().filter_map(|selector| selector.error.as_ref());
        let wanted = self.connections.iter().filter(|connection| self.is_wanted(connection));
        let mut errors: Vec<Fault> = Vec::new();
        for error in selectors.chain(wanted.flat_map(ConnectionReport::problems)) {
            let fault = Fault::from(error);
            if !errors.contains(&fault) {
                errors.push(fault);
            }
        }
        errors
    }

    fn json(&self, ok: bool) -> Value {
        let connection = |connection: &ConnectionReport| {
            let problems = connection.problems().iter().map(|error| Fault::from(error).json());
            json!({
                "name": connection.name(),
                "driver": connection.driver(),
                "family": drivers::family(connection.family()),
                "state": self.state(connection).name(),
                "default": connection.is_default(),
                "twin_of": connection.twin_of(),
                "role": connection.role().map(|role| role.name()),
                "replicas": connection.replicas(),
                "settings": connection
                    .settings()
                    .iter()
                    .map(|setting| settings::json(&self.environment, setting))
                    .collect::<Vec<_>>(),
                "problems": problems.collect::<Vec<_>>(),
            })
        };
        let note = |note: &Note| {
            json!({
                "variable": note.key(),
                "origin": place(&self.environment, note.origin()),
                "message": note.message(),
                "suggestion": note.suggestion(),
            })
        };
        json!({
            "ok": ok,
            "file": self.environment.path().map(|path| path.display().to_string()),
            "selectors": self.selectors.iter().map(Selector::json).collect::<Vec<_>>(),
            "connections": self.connections.iter().map(connection).collect::<Vec<_>>(),
            "notes": self.notes.iter().map(note).collect::<Vec<_>>(),
            "warnings": self.warnings,
        })
    }

    fn page(&self) -> Page {
        let mut page = Page::default();
        page.line(&match self.environment.path() {
            Some(path) => format!("file: {}", path.display()),
            None => "file: none, there is no `.env`".to_owned(),
        });
        page.title("Selectors");
        let mut table = Table::new(&["VARIABLE", "VALUE", "FROM"]);
        for selector in &self.selectors {
            table.row(selector.row());
        }
        page.table(table);
        page.title("Connections");
        page.table(self.overview());
        if self.connections.is_empty() {
            page.line(&format!("no driver is part of this program; {}", missing::remedy("pg")));
        }
        for connection in self.connections.iter().filter(|c| self.is_wanted(c)) {
            self.detail(connection, &mut page);
        }
        if !self.notes.is_empty() || !self.warnings.is_empty() {
            page.title("Notes");
        }
        for note in &self.notes {
            let origin = place(&self.environment, note.origin());
            page.line(&format!("`{}` ({origin}) {}", note.key(), note.message()));
        }
        for warning in &self.warnings {
            page.line(&format!("warning: {warning}"));
        }
        page
    }

    fn overview(&self) -> Table {
        let mut table = Table::new(&["STATE", "CONNECTION", "ROLE", "WHAT"]);
        for connection in &self.connections {
            let mut what = Vec::new();
            if connection.is_default() {
                what.push("the default".to_owned());
            }
            what.extend(connection.twin_of().map(|app| format!("twin of {app}")));
            if connection.replicas() > 0 {
                what.push(format!("replicas: {}", connection.replicas()));
            }
            let role = connection.role().map_or("", |role| role.name());
            let state = self.state(connection).name();
            table.row([state, connection.name(), role, &what.join(", ")]);
        }
        table
    }

    /// The settings that are not the driver's, and in one line those that are.
    fn detail(&self, connection: &ConnectionReport, page: &mut Page) {
        page.title(connection.name());
        let mut table = Table::pairs().indented();
        let mut defaults = Vec::new();
        for setting in connection.settings() {
            let is_asked = connection
                .problems()
                .iter()
                .any(|problem| problem.message().contains(&format!("`{}`", setting.variable())));
            if settings::is_set(setting) || is_asked {
                table.row(settings::row(&self.environment, setting));
            } else if let Some(value) = setting.value() {
                defaults.push(format!("{}={value}", setting.key()));
            }
        }
        page.table(table);
        if !defaults.is_empty() {
            let mut table = Table::pairs().indented();
            table.row([format!("by default: {}", defaults.join(" "))]);
            page.table(table);
        }
    }
}
