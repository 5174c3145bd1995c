//! A folder, and a database of the server of `MONGO_URI`, for one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use eloquent::Db;
use eloquent::schema::Schema;
use serde_json::Value;
use tempfile::TempDir;

use crate::ground::{Said, block_on, said};

pub(crate) struct Ground {
    folder: TempDir,
    uri: String,
    pub(crate) database: String,
}

impl Ground {
    pub(crate) fn new(test: &str) -> Self {
        let uri = std::env::var("MONGO_URI").unwrap_or_default();
        assert!(!uri.is_empty(), "MONGO_URI is not set: run this with scripts/test");
        let mut database = format!("m_{test}_{}", std::process::id());
        database.truncate(60);
        let ground = Ground { folder: TempDir::new().expect("a folder"), uri, database };
        ground.clear();
        ground
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the files of a migration.
    pub(crate) fn migration(&self, name: &str, up: &str, down: &str) -> PathBuf {
        let folder = self.path().join("migrations/mongo");
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("{name}.up.json"));
        fs::write(&path, up).expect("a file");
        if !down.is_empty() {
            fs::write(folder.join(format!("{name}.down.json")), down).expect("a file");
        }
        path
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eloquent"));
        command.args(line.split_whitespace()).current_dir(self.path()).env_clear();
        command.env("MONGO_URI", &self.uri).env("MONGO_DB", &self.database);
        command.env("APP_ENV", "test").env("USER", "ada");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, line: &str) -> Child {
        self.command(&format!("{line} --mongo")).spawn().expect("the program runs")
    }

    pub(crate) fn run(&self, line: &str) -> Said {
        said(self.start(line))
    }

    /// The states of all migrations, as `migrate:status` tells.
    pub(crate) fn states(&self) -> Vec<String> {
        let said = self.run("migrate:status --json");
        let document: Value = serde_json::from_str(&said.stdout).expect("a document");
        let all = document["connections"][0]["migrations"].as_array().expect("a list").clone();
        all.iter().map(|one| one["state"].as_str().expect("a text").to_owned()).collect()
    }

    /// The collections, but for those of guards.
    pub(crate) fn collections(&self) -> Vec<String> {
        let mut all = self.schema(async |schema| schema.tables().await.expect("the collections"));
        all.retain(|name| !eloquent::migration::KEPT_TABLES.contains(&name.as_str()));
        all
    }

    pub(crate) fn count(&self, collection: &str) -> u64 {
        self.schema(async |schema| schema.count(collection).await.expect("a number"))
    }

    /// Drops all there is.
    pub(crate) fn clear(&self) {
        self.schema(async |schema| {
            for table in schema.tables().await.expect("the collections") {
                schema.drop_if_exists(table).await.expect("it is dropped");
            }
        });
    }

    pub(crate) fn schema<T>(&self, work: impl AsyncFnOnce(Schema) -> T) -> T {
        let config = eloquent::ConnectionConfig::new("mongo", "mongo")
            .set("uri", &self.uri)
            .set("db", &self.database);
        block_on(async {
            let db = Db::builder().connection(config).build().expect("a database");
            let outcome = work(Schema::on(&db.connection("mongo").expect("it is known"))).await;
            db.close().await.expect("closes");
            outcome
        })
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.clear();
        }
    }
}

/// Commands, one on each line.
pub(crate) fn lines(commands: &[&str]) -> String {
    commands.join("\n")
}

pub(crate) fn has(ground: &Ground, name: &str) -> bool {
    ground.collections().iter().any(|known| known == name)
}

/// A migration of many steps, so that there is time to meddle: it makes `t0` and writes that many documents
/// into it, each of them apart from the record of the step.
pub(crate) fn many(ground: &Ground, name: &str, count: usize) {
    let steps = (0..count).map(|n| {
        format!(
            "{{\"insert\": \"t0\", \"documents\": [{{\"_id\": {n}}}], \
             \"comment\": \"eloquent: no-transaction\"}}"
        )
    });
    let steps: Vec<String> = ["{\"create\": \"t0\"}".to_owned()].into_iter().chain(steps).collect();
    ground.migration(name, &steps.join("\n"), "");
}
