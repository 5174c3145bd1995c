//! What is not done without consent.
//!
//! A command that destroys data, or that runs in production, asks [`allow`] first. It is allowed where the
//! environment and the tag that the database has of itself agree that data may be lost. Elsewhere it takes
//! things that do not come from one place: flags that name the database, somebody at the terminal or a
//! policy of the process, and for programs that act for a person the words of that person. What is allowed
//! is written down in the database before it begins, and what came of it afterwards.

mod consent;
mod plan;
mod record;
mod rule;
mod stock;

use eloquent::environment::{Origin, Role};
use eloquent::migration::async_trait;
use eloquent::prelude::*;
use eloquent::{Connection, Environment, Error, ErrorKind, Result};

use super::Context;
use crate::output::Failure;
use plan::Plan;
use record::{Audit, unwritten};
use rule::{Need, Place, Site};
use stock::Stock;

pub(crate) use consent::Consent;
pub(super) use record::{actor, tag as tag_of};
pub(crate) use rule::Weight;

/// What a command is about to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deed<'d> {
    /// The command: `migrate:fresh`.
    pub(crate) command: &'static str,
    /// What it does, behind "this": `drops all tables and views`.
    pub(crate) what: &'d str,
    pub(crate) weight: Weight,
}

impl Deed<'_> {
    /// Whether it is written down.
    fn is_noted(self, need: Need) -> bool {
        self.weight == Weight::Destroys || need > Need::Nothing
    }
}

/// Who knows what a command is about to send.
#[async_trait]
pub(crate) trait Planner: Sync {
    /// What it would send to a connection, as far as that is known before.
    ///
    /// # Errors
    /// When that cannot be found out.
    async fn plan(&self, on: &Connection) -> Result<Vec<String>>;
}

/// Of a command that sends nothing but a line of our own.
pub(crate) struct Unplanned;

#[async_trait]
impl Planner for Unplanned {
    async fn plan(&self, _: &Connection) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

/// A command that may run on a connection. It is to be [finished](Permit::finish).
pub(crate) struct Permit {
    /// The row of the record, with where it is.
    noted: Option<(Db, Connection, Audit)>,
}

/// Where a command is to run, with all that a person wants to know of it.
struct Spot {
    connection: String,
    /// The name of the database, which has to be confirmed.
    database: String,
    host: Option<String>,
    environment: Option<String>,
    tag: Option<String>,
    stock: Option<Stock>,
    plan: Plan,
    need: Need,
    db: Db,
    on: Connection,
}

/// Finds out whether a command may run on these connections: on all of them, or on none. Those that it may
/// run on are given back in their order, each written down.
///
/// # Errors
/// What is missing, with the exit code of guards; what a database reports.
pub(crate) async fn allow(
    context: &Context<'_>,
    environment: &Environment,
    deed: Deed<'_>,
    names: &[String],
    consent: &Consent,
    planner: &dyn Planner,
) -> Result<Vec<Permit>, Failure> {
    let is_interactive = context.terminal.is_interactive();
    // what cannot be allowed whatever the database says opens none
    for name in names {
        let database = database(context, environment, name);
        let least = site(environment, name, None, true).least(deed.weight);
        let lacking = consent.lacking(context, environment, least, &database, is_interactive);
        if !lacking.is_empty() {
            let place = format!("{name} ({database})");
            return Err(refusal(deed, &place, environment, None, &lacking));
        }
    }
    let mut spots = Vec::new();
    for name in names {
        let mut spot = look(context, environment, deed, name).await?;
        if deed.is_noted(spot.need) {
            spot.plan = Plan::of(planner.plan(&spot.on).await);
        }
        spots.push(spot);
    }
    if spots.iter().any(|spot| spot.need > Need::Nothing) {
        context.terminal.say(&announcement(deed, &spots));
    }
    for spot in &spots {
        let database = &spot.database;
        let lacking = consent.lacking(context, environment, spot.need, database, is_interactive);
        if !lacking.is_empty() {
            let tag = Some(spot.tag.as_deref().unwrap_or("none"));
            return Err(refusal(deed, &spot.place(), environment, tag, &lacking));
        }
    }
    for spot in &spots {
        if !consent.is_given_by_hand(context, spot.need, &spot.database).await {
            let error = Error::new(ErrorKind::InvalidInput, "it was not confirmed")
                .with_hint("nothing was done")
                .with_connection(spot.connection.clone());
            return Err(Failure::guard(&error));
        }
    }
    let mut permits = Vec::new();
    for spot in spots {
        let is_noted = deed.is_noted(spot.need);
        permits.push(spot.permit(deed, environment, consent, is_noted).await?);
    }
    Ok(permits)
}

/// Says which environment a database is of, if `APP_ENV` tells and the database does not yet. A twin is for
/// tests.
pub(super) async fn tag(environment: &Environment, on: &Connection) -> Result<()> {
    let name = match is_twin(on.name()) {
        true => Some("test"),
        false => environment.get("APP_ENV").map(str::trim),
    };
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(()) };
    let name: String = name.to_lowercase().chars().filter(|c| !c.is_control()).take(100).collect();
    record::set_tag(on, &name, &actor(environment).unwrap_or_default()).await
}

/// Says which environment a database is of, whatever it said before.
pub(super) async fn retag(environment: &Environment, on: &Connection, name: &str) -> Result<()> {
    record::reset_tag(on, &name.to_lowercase(), &actor(environment).unwrap_or_default()).await
}

/// Whether the name is one of production.
pub(super) fn is_production(name: &str) -> bool {
    Place::of(Some(name)) == Place::Production
}

fn is_twin(connection: &str) -> bool {
    connection.ends_with("_test")
}

fn site(environment: &Environment, connection: &str, tag: Option<&str>, is_empty: bool) -> Site {
    Site {
        environment: Place::of(environment.get("APP_ENV")),
        tag: tag.map(|tag| Place::of(Some(tag))),
        is_twin: is_twin(connection),
        is_empty,
    }
}

/// The name of a connection's database; its own name where its settings have none.
fn database(context: &Context<'_>, environment: &Environment, connection: &str) -> String {
    let (driver, database) = super::ping::place(context, environment, connection);
    // a URL names it, too
    let of_url = || {
        let driver = context.registry.driver(driver?).ok()?;
        let known = driver.settings().iter().find(|setting| setting.is_database)?;
        let config = environment.config(context.registry, connection).ok()?;
        config.get(known.key).filter(|_| !known.secret).map(str::to_owned)
    };
    database.or_else(of_url).unwrap_or_else(|| connection.to_owned())
}

async fn look(
    context: &Context<'_>,
    environment: &Environment,
    deed: Deed<'_>,
    name: &str,
) -> Result<Spot> {
    // who may only read and write rows may not be able to write this down
    let environment = &environment.clone().with_role(Role::Migration);
    let db = context.database(environment, name)?;
    let on = db.connection(name)?.writer();
    let tag = tag_of(&on).await?;
    let mut stock = Stock::of(&on).await?;
    let is_empty = stock.as_ref().is_some_and(Stock::is_empty);
    let need = site(environment, name, tag.as_deref(), is_empty).need(deed.weight);
    if let Some(stock) = stock.as_mut().filter(|_| need == Need::Full) {
        stock.weigh(&on).await;
    }
    let reports = environment.report(context.registry);
    let report = reports.iter().find(|report| report.name() == name);
    let setting = |key| report?.settings().iter().find(|setting| setting.key() == key)?.value();
    Ok(Spot {
        connection: name.to_owned(),
        database: database(context, environment, name),
        host: setting("host").map(str::to_owned),
        environment: environment.get("APP_ENV").map(str::to_owned),
        tag,
        stock,
        plan: Plan::default(),
        need,
        db,
        on,
    })
}

impl Spot {
    fn place(&self) -> String {
        let host = self.host.as_ref().map(|host| format!(" on {host}")).unwrap_or_default();
        format!("{} ({}{host})", self.connection, self.database)
    }

    fn describe(&self) -> String {
        let environment = self.environment.as_deref().unwrap_or("not set");
        let tag = self.tag.as_deref().unwrap_or("none");
        let place = self.place();
        let count = self.stock.as_ref().map_or_else(|| "not known".to_owned(), Stock::count);
        let mut text =
            format!("  {place}\n    APP_ENV: {environment}; its tag: {tag}; tables: {count}\n");
        if self.need == Need::Full {
            text.extend(self.stock.as_ref().map(Stock::describe));
        }
        text + &self.plan.describe()
    }

    async fn permit(
        self,
        deed: Deed<'_>,
        environment: &Environment,
        consent: &Consent,
        is_noted: bool,
    ) -> Result<Permit, Failure> {
        let mut noted = None;
        if is_noted {
            let row = new!(Audit {
                id: Uuid::now_v7(),
                command: deed.command,
                what: deed.what,
                connection: self.connection.clone(),
                database: self.database,
                environment: self.environment.unwrap_or_default(),
                tag: self.tag,
                actor: actor(environment).unwrap_or_default(),
                host: record::host(environment),
                pid: i64::from(std::process::id()),
                version: env!("CARGO_PKG_VERSION"),
                commit: record::commit(environment),
                plan: self.plan.fingerprint(),
                consent: consent.words(),
                started_at: record::now(),
                finished_at: None,
                outcome: None,
            });
            let written = async {
                record::make::<Audit>(&self.on).await?;
                Audit::create(row).on(&self.on).await
            };
            let located = |error| unwritten(error).with_connection(self.connection.clone());
            let row = written.await.map_err(|error| Failure::guard(&located(error)))?;
            noted = Some((self.db, self.on, row));
        }
        Ok(Permit { noted })
    }
}

impl Permit {
    /// Writes down what came of it: an error, or that it was done.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) async fn finish(self, ended: std::result::Result<(), &Error>) -> Result<()> {
        let Some((db, on, mut row)) = self.noted else { return Ok(()) };
        let outcome = match ended {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("failed: {}", error.code()),
        };
        let change = |row: &mut Audit| {
            row.finished_at = Some(record::now());
            row.outcome = Some(outcome);
        };
        let written = row.update(change).on(&on).await.map(drop);
        // what matters is the record
        let _ = db.close().await;
        written
    }
}

/// What a person reads before they say that it is meant.
fn announcement(deed: Deed<'_>, spots: &[Spot]) -> String {
    let places: String = spots.iter().map(Spot::describe).collect();
    format!("{}: this {} of\n{places}", deed.command, deed.what)
}

fn refusal(
    deed: Deed<'_>,
    place: &str,
    environment: &Environment,
    tag: Option<&str>,
    lacking: &[String],
) -> Failure {
    let named = match environment.get("APP_ENV") {
        None => "`APP_ENV` is not set, which counts as production".to_owned(),
        Some(name) => format!("`APP_ENV` is `{}`", name.trim()),
    };
    let tag = tag.map(|tag| format!(" and the tag of the database is `{tag}`"));
    let tag = tag.unwrap_or_default();
    let message = format!("this {} of {place}; {named}{tag}", deed.what);
    let error = Error::new(ErrorKind::InvalidInput, message)
        .with_hint(format!("nothing was done; if it is meant: {}", lacking.join("; ")));
    Failure::guard(&error)
}

/// Whether a variable is set by whoever started the process, and not by a file.
fn is_of_process(environment: &Environment, key: &str) -> bool {
    !matches!(environment.origin(key), None | Some(Origin::File { .. }))
}
