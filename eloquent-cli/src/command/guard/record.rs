//! What the database keeps of guards: which environment it is of, and who has destroyed what.

use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{Connection, Environment, Error, ErrorKind, Result, Schema};

/// Which environment the database is of: one row.
#[derive(Model, Debug)]
#[model(portable, table = "eloquent_environment")]
pub(super) struct Tag {
    #[model(key, length = 32)]
    pub(super) scope: String,
    pub(super) name: String,
    pub(super) set_at: DateTime<Utc>,
    pub(super) set_by: String,
}

/// A command that needed a guard.
#[derive(Model, Debug)]
#[model(portable, table = "eloquent_audit")]
pub(super) struct Audit {
    pub(super) id: Uuid,
    pub(super) command: String,
    pub(super) what: String,
    pub(super) connection: String,
    pub(super) database: String,
    pub(super) environment: String,
    pub(super) tag: Option<String>,
    pub(super) actor: String,
    pub(super) host: String,
    pub(super) pid: i64,
    pub(super) version: String,
    pub(super) commit: Option<String>,
    /// The checksum of what it was about to send.
    #[model(length = 64)]
    pub(super) plan: Option<String>,
    pub(super) consent: Option<String>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) finished_at: Option<DateTime<Utc>>,
    pub(super) outcome: Option<String>,
}

/// The key of the one row of [`Tag`].
const DATABASE: &str = "database";

/// What the database says that it is of.
pub(in crate::command) async fn tag(on: &Connection) -> Result<Option<String>> {
    if !is_there(on, Tag::definition().table).await? {
        return Ok(None);
    }
    Ok(Tag::find(DATABASE).on(on).await?.map(|tag| tag.name))
}

/// Says which environment the database is of, if it says nothing yet.
pub(super) async fn set_tag(on: &Connection, name: &str, actor: &str) -> Result<()> {
    if tag(on).await?.is_some() {
        return Ok(());
    }
    make::<Tag>(on).await?;
    let row = new!(Tag { scope: DATABASE, name, set_at: now(), set_by: actor });
    // of several that begin at once, one is the first
    match Tag::create(row).on(on).await {
        Err(error) if error.kind() == ErrorKind::UniqueViolation => Ok(()),
        created => created.map(drop),
    }
}

/// Says which environment the database is of.
pub(super) async fn reset_tag(on: &Connection, name: &str, actor: &str) -> Result<()> {
    make::<Tag>(on).await?;
    let row = new!(Tag { scope: DATABASE, name, set_at: now(), set_by: actor });
    Tag::upsert([row]).unique_by(|tag| tag.scope).on(on).await.map(drop)
}

/// Makes a table, if it is not there. Where several do so at once, some databases fail for all but one.
pub(super) async fn make<M: Model>(on: &Connection) -> Result<()> {
    let mut attempts = 0..20;
    loop {
        if is_there(on, M::definition().table).await? {
            return Ok(());
        }
        match M::create_table().on(on).await {
            Err(_) if attempts.next().is_some() => {
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            made => return made.map_err(|error| unmade(error, M::definition().table)),
        }
    }
}

fn unmade(error: Error, table: &str) -> Error {
    let message = format!("the table `{table}` cannot be made: {}", error.message());
    let hint = "give the role that migrates the right to create tables, or make it as another role";
    Error::new(error.kind(), message).with_source(error).with_hint(hint)
}

async fn is_there(on: &Connection, table: &str) -> Result<bool> {
    match Schema::on(on).has_table(table).await {
        // what keeps documents finds none where there is no collection
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(true),
        known => known,
    }
}

/// The present moment, to the millisecond: the finest that every database keeps.
pub(super) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
}

/// Who runs a command, for records.
pub(in crate::command) fn actor(environment: &Environment) -> Option<String> {
    let keys = ["ELOQUENT_ACTOR", "GITHUB_ACTOR", "USER", "USERNAME"];
    let name = keys.iter().find_map(|key| environment.get(key))?;
    Some(name.chars().filter(|c| !c.is_control()).take(100).collect())
}

/// The machine, as far as it is known.
pub(super) fn host(environment: &Environment) -> String {
    let named = ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|key| environment.get(key));
    let read = || std::fs::read_to_string("/etc/hostname").ok();
    let name = named.map(str::to_owned).or_else(read).unwrap_or_default();
    name.trim().chars().filter(|c| !c.is_control()).take(100).collect()
}

/// The commit that is deployed, where the surroundings tell.
pub(super) fn commit(environment: &Environment) -> Option<String> {
    let keys = ["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"];
    let commit = keys.iter().find_map(|key| environment.get(key))?;
    Some(commit.chars().filter(char::is_ascii_hexdigit).take(40).collect())
}

/// The error of a record that cannot be written: then nothing is done.
pub(super) fn unwritten(error: Error) -> Error {
    let message = "who does this cannot be written down, so it is not done";
    let hint = format!(
        "the role that migrates has to be able to create `{}` and to write to it",
        Audit::definition().table
    );
    Error::new(ErrorKind::Database, message).with_source(error).with_hint(hint)
}
