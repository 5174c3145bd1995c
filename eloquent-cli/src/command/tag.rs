//! `eloquent db:tag`: which environment a database says that it is of.

use clap::Args;
use eloquent::environment::Role;
use eloquent::{Environment, Error, Result};
use serde_json::json;

use super::Context;
use super::guard::{self, Consent, Deed, Permit, Unplanned, Weight};
use crate::output::{Failure, Page, Part, Report, Table};
use crate::target::Targets;

#[derive(Debug, Args)]
pub(crate) struct Tag {
    /// What it is to say: `local`, `test`, `production`, ..; without it, what it says is shown
    name: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

pub(super) async fn run(
    context: &Context<'_>,
    tag: &Tag,
    targets: &Targets,
) -> Result<Report, Failure> {
    let environment = targets.mode((context.load)()?).with_role(Role::Migration);
    let names = targets.names(&environment, context.registry)?;
    let mut permits = Vec::new();
    if let Some(name) = &tag.name {
        check(name).map_err(|error| Failure::usage(&error))?;
        let deed = Deed {
            command: "db:tag",
            what: "changes the tag",
            // to be guarded more is no danger
            weight: match guard::is_production(name) {
                true => Weight::Changes,
                false => Weight::Destroys,
            },
        };
        let (consent, planner) = (&tag.consent, &Unplanned);
        permits = guard::allow(context, &environment, deed, &names, consent, planner).await?;
    }
    let (mut permits, mut answers) = (permits.into_iter(), Vec::new());
    for connection in names {
        let told = one(context, &environment, tag, &connection, permits.next()).await;
        answers.push((connection, told));
    }
    Ok(report(&answers))
}

fn check(name: &str) -> Result<()> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match (1..=32).contains(&name.len()) && name.chars().all(is_word) {
        true => Ok(()),
        false => {
            Err(Error::invalid("the name of an environment is a word of a-z, 0-9, `-` and `_`")
                .with_hint("such as `local`, `test` or `production`"))
        }
    }
}

async fn one(
    context: &Context<'_>,
    environment: &Environment,
    tag: &Tag,
    connection: &str,
    permit: Option<Permit>,
) -> Result<Option<String>> {
    let db = context.database(environment, connection)?;
    let on = db.connection(connection)?.writer();
    let mut told = match &tag.name {
        Some(name) => guard::retag(environment, &on, name).await.map(|()| Some(name.clone())),
        None => guard::tag_of(&on).await,
    };
    if let Some(permit) = permit {
        let finished = permit.finish(told.as_ref().map(drop)).await;
        // of two errors the first one matters
        told = told.and_then(|told| finished.map(|()| told));
    }
    // what matters is the tag
    let _ = db.close().await;
    told.map_err(|error| error.with_connection(connection.to_owned()))
}

fn report(answers: &[(String, Result<Option<String>>)]) -> Report {
    let mut page = Page::default();
    let mut table = Table::new(&["STATE", "CONNECTION", "TAG"]);
    for (connection, told) in answers {
        let state = if told.is_ok() { "ok" } else { "failed" };
        let tag = told.as_ref().ok().map(|tag| tag.as_deref().unwrap_or("none"));
        table.row([state, connection, tag.unwrap_or_default()]);
    }
    page.table(table);
    let part = |(name, told): &(String, Result<Option<String>>)| {
        let tag = told.as_ref().ok().and_then(Option::as_ref);
        Part::of(name, told.as_ref().err(), json!({ "tag": tag }))
    };
    Report::of_parts(page, answers.iter().map(part).collect())
}
