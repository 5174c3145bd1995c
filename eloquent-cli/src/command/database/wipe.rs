//! `eloquent db:wipe`: all tables and views, dropped.

use std::time::Duration;

use eloquent::environment::Role;
use eloquent::migration::{Migrations, Migrator, async_trait};
use eloquent::{Connection, Error, Result};
use serde_json::{Value, json};

use super::{Wipe, with_connection};
use crate::command::Context;
use crate::command::guard::{self, Deed, Planner, Weight};
use crate::output::{Exit, Failure, Fault, Page, Report};
use crate::target::Targets;

#[async_trait]
impl Planner for Wipe {
    async fn plan(&self, on: &Connection) -> Result<Vec<String>> {
        Migrator::new(on, Migrations::new()).pretend_wipe().await
    }
}

pub(super) async fn run(
    context: &Context<'_>,
    wipe: &Wipe,
    targets: &Targets,
) -> std::result::Result<Report, Failure> {
    let environment = targets.mode((context.load)()?).with_role(Role::Migration);
    let names = targets.names(&environment, context.registry)?;
    let deed =
        Deed { command: "db:wipe", what: "drops all tables and views", weight: Weight::Destroys };
    let permits = guard::allow(context, &environment, deed, &names, &wipe.consent, wipe).await?;
    let mut answers: Vec<(String, Result<()>)> = Vec::new();
    for (name, permit) in names.into_iter().zip(permits) {
        let wiped = with_connection(context, &environment, &name, async |connection| {
            Migrator::new(connection, Migrations::new())
                .wait(Duration::from_secs(wipe.wait))
                .stop(context.stop.clone())
                .wipe()
                .await
        });
        let wiped = wiped.await;
        let finished = permit.finish(wiped.as_ref().copied()).await;
        // of two errors the first one matters
        let wiped = wiped.and(finished).map_err(|error| error.with_connection(name.clone()));
        answers.push((name, wiped));
    }
    Ok(report(&answers))
}

fn report(answers: &[(String, Result<()>)]) -> Report {
    let mut page = Page::default();
    for (name, answer) in answers {
        page.line(&match answer {
            Ok(()) => format!("{name}: all tables and views are dropped"),
            Err(_) => format!("{name}: failed"),
        });
    }
    let errors: Vec<&Error> =
        answers.iter().filter_map(|(_, answer)| answer.as_ref().err()).collect();
    let exit = Exit::of_all(errors.iter().map(|error| Exit::of(error)));
    let connection = |(name, answer): &(String, Result<()>)| {
        let error = answer.as_ref().err().map(|error| Fault::from(error).json());
        json!({ "name": name, "ok": answer.is_ok(), "error": error })
    };
    let connections: Vec<Value> = answers.iter().map(connection).collect();
    Report {
        exit,
        json: json!({ "ok": exit == Exit::Done, "connections": connections }),
        page,
        errors: errors.into_iter().map(Fault::from).collect(),
    }
}
