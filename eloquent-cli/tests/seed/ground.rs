//! Databases of all kinds for one test, each with its twin, and the program run in this process.

use std::fs;
use std::path::PathBuf;

use eloquent::prelude::*;
use eloquent::seeding::{Models, Seeders};
use eloquent::{Environment, RawSql, Schema};
use eloquent_cli::{Cli, Console};
use tempfile::TempDir;

use crate::project::{GeoLocation, User};

const USERS: &str =
    "CREATE TABLE users (email VARCHAR(100) NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL);";

/// What the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: u8,
    pub(crate) all: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn expect(&self, code: u8, texts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{}", self.all);
        for text in texts {
            assert!(self.all.contains(text), "`{text}` is not in\n{}", self.all);
        }
        self
    }
}

pub(crate) struct Ground {
    folder: TempDir,
    pub(crate) environment: Environment,
    /// Databases of servers that are to be removed: the prefix of their variables, and the names.
    made: Vec<(&'static str, String)>,
}

impl Ground {
    /// With SQLite alone.
    pub(crate) fn small() -> Ground {
        let folder = TempDir::new().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let environment = Environment::default()
            .set("DB_CONNECTION", "sqlite")
            .set("DB_TEST_CONNECTION", "sqlite_test")
            .set("SQLITE_PATH", path("app.sqlite"))
            .set("SQLITE_TEST_PATH", path("test.sqlite"))
            .set("APP_ENV", "local")
            .set("USER", "ada")
            // tests need not outlive a power cut
            .set("SQLITE_SYNCHRONOUS", "off")
            .set("SQLITE_TEST_SYNCHRONOUS", "off");
        let ground = Ground { folder, environment, made: Vec::new() };
        ground.migration("sqlite", USERS);
        ground
    }

    /// With databases of its own on all servers, too.
    pub(crate) async fn whole(test: &str) -> Ground {
        let mut ground = Ground::small();
        for prefix in ["PG", "DB"] {
            for key in ["HOST", "PORT", "USER", "PASSWORD"] {
                let value = variable(&format!("{prefix}_{key}"));
                ground.set(&format!("{prefix}_{key}"), &value);
            }
            ground.set(&format!("{prefix}_SSL_MODE"), "disable");
            for (key, twin) in [("NAME", ""), ("TEST_NAME", "_t")] {
                let database = format!("seed_{test}_{}{twin}", std::process::id());
                server(prefix, &format!("DROP DATABASE IF EXISTS {database}")).await;
                server(prefix, &format!("CREATE DATABASE {database}")).await;
                ground.set(&format!("{prefix}_{key}"), &database);
                ground.made.push((prefix, database));
            }
        }
        let uri = variable("MONGO_URI");
        for (key, twin) in [("MONGO", ""), ("MONGO_TEST", "_t")] {
            ground.set(&format!("{key}_URI"), &uri);
            ground.set(&format!("{key}_DB"), &format!("seed_{test}_{}{twin}", std::process::id()));
        }
        ground.migration("pg", USERS);
        ground.migration("mysql", USERS);
        ground
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.environment = self.environment.clone().set(key, value);
    }

    pub(crate) fn migration(&self, connection: &str, up: &str) {
        let folder = self.migrations().join(connection);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("20260101000000_users.up.sql"), up).expect("a file");
        fs::write(folder.join("20260101000000_users.down.sql"), "DROP TABLE users;")
            .expect("a file");
    }

    pub(crate) fn migrations(&self) -> PathBuf {
        self.folder.path().join("migrations")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn cli(&self, seeders: Seeders) -> Cli {
        let models = Models::new().add::<User>().add::<GeoLocation>();
        Cli::new().environment(self.environment.clone()).models(models).seeders(seeders)
    }

    /// Runs a line with these seeders.
    pub(crate) async fn run(&self, line: &str, seeders: Seeders) -> Said {
        self.answered(&self.cli(seeders), line, None).await
    }

    /// Runs a line; with answers, there is somebody at a terminal.
    pub(crate) async fn answered(&self, cli: &Cli, line: &str, answers: Option<&[&str]>) -> Said {
        let migrations = self.migrations().display().to_string();
        // `~` stands for a space within an argument
        let mut arguments: Vec<String> =
            line.split_whitespace().map(|word| word.replace('~', " ")).collect();
        if line.contains("migrate:") || line.contains("db:seed") {
            arguments.extend(["--path".to_owned(), migrations]);
        }
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console::new(&mut out, &mut err);
        if let Some(answers) = answers {
            console = console.answers(answers.iter().copied());
        }
        let code = cli.run_with(arguments, &mut console).await;
        drop(console);
        let all = format!("{}{}", String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
        Said { code, all }
    }

    /// A database of all connections.
    pub(crate) fn db(&self) -> Db {
        Db::builder().environment(self.environment.clone()).build().expect("connections")
    }

    /// The tables of a connection with how many rows each has; of documents, those of the models.
    pub(crate) async fn rows(&self, connection: &str) -> Vec<(String, i64)> {
        let db = self.db();
        let on = db.connection(connection).expect("a connection");
        let mut found = Vec::new();
        if on.driver() == "mongo" {
            let count = GeoLocation::query().on(&on).count().await.expect("a number");
            found.push(("geolocations".to_owned(), i64::try_from(count).unwrap()));
            let count = User::query().on(&on).count().await.expect("a number");
            found.push(("users".to_owned(), i64::try_from(count).unwrap()));
        } else {
            for table in Schema::on(&on).tables().await.expect("the tables") {
                let sql = RawSql::trusted(format!("SELECT COUNT(*) FROM {table}"));
                let count = Db::raw(sql).on(&on).scalar().await.expect("a number").expect("a row");
                found.push((table, count));
            }
        }
        db.close().await.expect("closes");
        found
    }

    /// How many rows a table has; -1 when there is none.
    pub(crate) async fn count(&self, connection: &str, table: &str) -> i64 {
        let rows = self.rows(connection).await;
        rows.iter().find(|(name, _)| name == table).map_or(-1, |(_, count)| *count)
    }

    pub(crate) async fn execute(&self, connection: &str, sql: &str) {
        let db = self.db();
        let on = db.connection(connection).expect("a connection");
        Db::raw(RawSql::trusted(sql.to_owned())).on(&on).execute().await.expect("it is done");
        db.close().await.expect("closes");
    }

    /// Removes what was made on servers.
    pub(crate) async fn end(self) {
        for (prefix, database) in &self.made {
            let force = if *prefix == "PG" { " WITH (FORCE)" } else { "" };
            server(prefix, &format!("DROP DATABASE IF EXISTS {database}{force}")).await;
        }
    }
}

fn variable(name: &str) -> String {
    let value = std::env::var(name).unwrap_or_default();
    assert!(!value.is_empty(), "{name} is not set: run this with scripts/test");
    value
}

async fn server(prefix: &str, sql: &str) {
    let driver = if prefix == "PG" { "pg" } else { "mysql" };
    let part = |key: &str| variable(&format!("{prefix}_{key}"));
    let url = format!(
        "{driver}://{}:{}@{}:{}/{}?ssl_mode=disable",
        part("USER"),
        part("PASSWORD"),
        part("HOST"),
        part("PORT"),
        part("NAME")
    );
    let db = Db::connect(&url).await.expect("the server");
    Db::raw(RawSql::trusted(sql.to_owned())).on(&db).execute().await.expect("it is done");
    db.close().await.expect("closes");
}
