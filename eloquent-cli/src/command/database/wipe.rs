//! `eloquent db:wipe`: all tables and views, dropped.

use std::time::Duration;

use eloquent::environment::Role;
use eloquent::migration::{Migrations, Migrator, async_trait};
use eloquent::{Connection, Result};
use serde_json::json;

use super::{Wipe, with_connection};
use crate::command::Context;
use crate::command::guard::{self, Deed, Planner, Weight};
use crate::output::{Failure, Page, Part, Report};
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
    let part =
        |(name, answer): &(String, Result<()>)| Part::of(name, answer.as_ref().err(), json!({}));
    Report::of_parts(page, answers.iter().map(part).collect())
}
