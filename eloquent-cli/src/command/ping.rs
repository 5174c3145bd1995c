//! `eloquent db:ping`: whether the databases answer.

use std::time::{Duration, Instant};

use eloquent::{Db, Environment, Result};
use serde_json::json;

use super::{Context, side_by_side};
use crate::output::{Failure, Page, Part, Report, Table};
use crate::target::Targets;

/// What became of one connection.
struct Answer {
    connection: String,
    driver: Option<&'static str>,
    database: Option<String>,
    elapsed: Duration,
    /// The server's version, where its driver tells.
    outcome: Result<Option<String>>,
}

pub(super) async fn run(context: &Context<'_>, targets: &Targets) -> Result<Report, Failure> {
    let environment = targets.mode((context.load)()?);
    let names = targets.names(&environment, context.registry)?;
    let mut answers = Vec::new();
    for (name, asked) in side_by_side::ask(context, &environment, names, ping).await {
        let (elapsed, outcome) = asked.unwrap_or_else(|error| (Duration::ZERO, Err(error)));
        let (driver, database) = place(context, &environment, &name);
        answers.push(Answer { connection: name, driver, database, elapsed, outcome });
    }
    Ok(report(&answers))
}

async fn ping(db: Result<Db>, name: String) -> Result<(Duration, Result<Option<String>>)> {
    let start = Instant::now();
    let outcome = async {
        let db = db?;
        let connection = db.connection(&name)?;
        let pinged = connection.ping().await;
        let elapsed = start.elapsed();
        let version = match &pinged {
            Ok(()) => connection.server_version().await.ok().flatten(),
            Err(_) => None,
        };
        // what matters is that it answered
        let _ = db.close().await;
        pinged.map(|()| (elapsed, version))
    };
    Ok(match outcome.await {
        Ok((elapsed, version)) => (elapsed, Ok(version)),
        Err(error) => (start.elapsed(), Err(error)),
    })
}

/// The driver of a connection, and which database its settings name.
pub(in crate::command) fn place(
    context: &Context<'_>,
    environment: &Environment,
    name: &str,
) -> (Option<&'static str>, Option<String>) {
    let reports = environment.report(context.registry);
    let Some(report) = reports.iter().find(|report| report.name() == name) else {
        return (None, None);
    };
    let driver = context.registry.driver(report.driver()).ok();
    let known = driver.map(|driver| driver.settings()).unwrap_or_default();
    let database = known.iter().find(|setting| setting.is_database && !setting.secret);
    let database = database.and_then(|database| {
        let setting = report.settings().iter().find(|setting| setting.key() == database.key)?;
        setting.value().map(str::to_owned)
    });
    (Some(report.driver()), database)
}

fn report(answers: &[Answer]) -> Report {
    let mut page = Page::default();
    let mut table = Table::new(&["STATE", "CONNECTION", "DRIVER", "DATABASE", "VERSION", "TIME"]);
    for answer in answers {
        let state = if answer.outcome.is_ok() { "ok" } else { "failed" };
        let version = answer.outcome.as_ref().ok().and_then(|version| version.as_deref());
        table.row([
            state,
            &answer.connection,
            answer.driver.unwrap_or_default(),
            answer.database.as_deref().unwrap_or_default(),
            version.unwrap_or_default(),
            &format!("{:.1} ms", milliseconds(answer.elapsed)),
        ]);
    }
    page.table(table);
    Report::of_parts(page, answers.iter().map(Answer::part).collect())
}

impl Answer {
    fn part(&self) -> Part {
        let known = json!({
            "driver": self.driver,
            "database": self.database,
            "server_version": self.outcome.as_ref().ok().and_then(|version| version.as_deref()),
            "elapsed_ms": (milliseconds(self.elapsed) * 1000.0).round() / 1000.0,
        });
        Part::of(&self.connection, self.outcome.as_ref().err(), known)
    }
}

fn milliseconds(elapsed: Duration) -> f64 {
    elapsed.as_secs_f64() * 1000.0
}
