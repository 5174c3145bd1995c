//! The databases that programs run on.

use std::env;
use std::sync::Arc;

use eloquent::ConnectionConfig;
use eloquent_conformance::Target;
use eloquent_conformance::contract::{execute, query};
use eloquent_core::Result;
use eloquent_core::driver::{Capabilities, Connection, Session, TransactionOptions};
use eloquent_core::schema::SchemaChange;
use eloquent_core::statement::{Delete, Insert, Projection, Statement};

use crate::cells::cells;
use crate::program::{Machine, Outcome};
use crate::tables::{TABLES, Table};

/// SQLite in a file, and with everything on its own thread; the servers, where their drivers are linked.
pub(crate) fn targets() -> Vec<Target> {
    let mut targets = vec![
        Target::url("sqlite-file", format!("sqlite:{}", file("file"))),
        Target::url("sqlite-worker", format!("sqlite:{}?inline=off", file("worker"))),
        Target::url("sqlite-memory", "sqlite::memory:"),
    ];
    if cfg!(feature = "pg") {
        targets.push(Target::config("postgres", server("pg", "PG")));
    }
    if cfg!(feature = "mongo") {
        targets.push(Target::config("mongo", documents()));
    }
    if cfg!(feature = "mysql") {
        // a statement that makes room for another one waits for its network packet to be acknowledged
        let config = server("mysql", "DB").set("statement_cache", "8000");
        targets.push(Target::config("mariadb", config));
    }
    targets
}

/// A server that the environment tells of. One that it does not tell of fails when it is opened.
fn server(driver: &str, prefix: &str) -> ConnectionConfig {
    let mut config = ConnectionConfig::new("differential", driver);
    for key in ["host", "port", "user", "password", "name"] {
        if let Ok(value) = env::var(format!("{prefix}_{}", key.to_uppercase())) {
            config.insert(key, value);
        }
    }
    config.set("ssl_mode", "disable")
}

/// The server of documents that the environment tells of.
fn documents() -> ConnectionConfig {
    let config = ConnectionConfig::new("differential", "mongo");
    [("uri", "MONGO_URI"), ("db", "MONGO_DB")].into_iter().fold(
        config,
        |config, (key, variable)| match env::var(variable) {
            Ok(value) => config.set(key, value),
            Err(_) => config,
        },
    )
}

fn file(name: &str) -> String {
    std::fs::create_dir_all(folder()).expect("a folder");
    format!("{}/{name}.sqlite", folder())
}

/// Where the files of this run are.
pub(crate) fn folder() -> String {
    format!("{}/differential-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id())
}

/// A session of a database with the tables of the programs.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) driver: String,
    connection: Arc<dyn Connection>,
    session: Box<dyn Session>,
}

impl Ground {
    /// Connects and creates the tables.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(crate) async fn open(target: &Target) -> Result<Self> {
        let (driver, config) = target.resolve()?;
        let is_told = ["host", "path", "uri"].iter().any(|key| config.get(key).is_some());
        if !is_told {
            let hint = "run this with scripts/test or scripts/with-servers";
            return Err(config.error("the environment does not tell of a server").with_hint(hint));
        }
        let connection = driver.connect(&config).await?;
        let session = connection.session().await?;
        let mut ground = Ground { driver: driver.name().to_owned(), connection, session };
        ground.drop_tables().await?;
        for table in &TABLES {
            ground.session.alter(&SchemaChange::CreateTable(table.definition())).await?;
        }
        Ok(ground)
    }

    /// Goes on with another session, which has no statements prepared.
    pub(crate) async fn renew(&mut self) -> Result<()> {
        self.session = self.connection.session().await?;
        Ok(())
    }

    /// Makes the tables empty, whatever a program has left behind.
    pub(crate) async fn clear(&mut self, tables: &[&'static Table]) -> Result<()> {
        self.session.reset().await?;
        for table in tables {
            let (filter, returning) = (Vec::new(), None);
            let delete =
                Delete { table: table.name(), filter, all: true, by_key: false, returning };
            execute(&mut *self.session, delete).await?;
        }
        Ok(())
    }

    /// The text of a statement.
    pub(crate) fn render(&self, statement: &Statement) -> String {
        self.session.render(statement).unwrap_or_else(|error| error.to_string())
    }

    /// Drops the tables and disconnects.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.session.reset().await?;
        self.drop_tables().await?;
        drop(self.session);
        self.connection.close().await
    }

    async fn drop_tables(&mut self) -> Result<()> {
        for table in &TABLES {
            let change = SchemaChange::DropTable { table: table.name(), if_exists: true };
            self.session.alter(&change).await?;
        }
        Ok(())
    }
}

impl Machine for Ground {
    async fn run(&mut self, statement: &Statement) -> Outcome {
        let statement = able(statement, self.connection.capabilities());
        let outcome = match projection(&statement) {
            Some(projection) => {
                let rows = query(&mut *self.session, &statement).await;
                rows.and_then(|rows| cells(projection, &rows.rows)).map(Outcome::Read)
            }
            None => {
                let affected = execute(&mut *self.session, &statement).await;
                affected.map(|affected| Outcome::Wrote(affected.rows))
            }
        };
        outcome.unwrap_or_else(failed)
    }

    async fn begin(&mut self, depth: u32) -> Outcome {
        done(self.session.begin(depth, TransactionOptions::default()).await)
    }

    async fn commit(&mut self, depth: u32) -> Outcome {
        done(self.session.commit(depth).await)
    }

    async fn rollback(&mut self, depth: u32) -> Outcome {
        done(self.session.rollback(depth).await)
    }
}

fn done(outcome: Result<()>) -> Outcome {
    outcome.map_or_else(failed, |()| Outcome::Done)
}

fn failed(error: eloquent_core::Error) -> Outcome {
    Outcome::Failed(vec![error.kind()], error.to_string())
}

/// The statement without asking for the rows of a write where the database cannot give them.
fn able(statement: &Statement, capabilities: Capabilities) -> Statement {
    let mut statement = statement.clone();
    match &mut statement {
        Statement::Insert(Insert { returning, .. })
        | Statement::Delete(Delete { returning, .. })
            if !capabilities.returning =>
        {
            *returning = None;
        }
        Statement::Update(update) if !capabilities.returning_updates => update.returning = None,
        _ => {}
    }
    statement
}

/// What is asked of each row.
fn projection(statement: &Statement) -> Option<&Projection> {
    match statement {
        Statement::Select(select) => Some(&select.projection),
        Statement::Insert(insert) => insert.returning.as_ref(),
        Statement::Update(update) => update.returning.as_ref(),
        Statement::Delete(delete) => delete.returning.as_ref(),
        _ => None,
    }
}
