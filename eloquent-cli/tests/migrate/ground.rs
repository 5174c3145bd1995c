//! A folder and a database for one test.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use eloquent::migration::KEPT_TABLES;
use eloquent::{Db, ErrorKind, RawSql};
use serde_json::Value;
use tempfile::TempDir;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Pg,
    Mysql,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Sqlite => "sqlite",
            Kind::Pg => "pg",
            Kind::Mysql => "mysql",
        }
    }

    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Kind::Sqlite => "SQLITE",
            Kind::Pg => "PG",
            Kind::Mysql => "DB",
        }
    }

    /// Whether a migration is all or nothing.
    pub(crate) fn is_whole(self) -> bool {
        self != Kind::Mysql
    }
}

/// What the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, texts: &[&str]) -> &Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert_eq!(self.code, code, "{all}");
        for text in texts {
            assert!(all.contains(text), "`{text}` is not in\n{all}");
        }
        self
    }
}

pub(crate) struct Ground {
    pub(crate) kind: Kind,
    folder: TempDir,
    database: String,
    /// How the server is reached, if there is one.
    variables: Vec<(String, String)>,
}

impl Ground {
    pub(crate) fn new(kind: Kind, module: &str, test: &str) -> Self {
        let module = module.split("::").nth(1).unwrap_or_default();
        let mut database = format!("m_{module}_{test}_{}", std::process::id());
        database.truncate(60);
        let folder = TempDir::new().expect("a folder");
        let mut ground = Ground { kind, folder, database, variables: Vec::new() };
        if kind == Kind::Sqlite {
            ground.set("SQLITE_PATH", "app.sqlite");
        } else {
            let prefix = kind.prefix();
            for key in ["HOST", "PORT", "USER", "PASSWORD"] {
                let name = format!("{prefix}_{key}");
                let value = std::env::var(&name).unwrap_or_default();
                assert!(!value.is_empty(), "{name} is not set: run this with scripts/test");
                ground.set(&name, &value);
            }
            let database = ground.database.clone();
            ground.set(&format!("{prefix}_NAME"), &database);
            ground.server(&[
                format!("DROP DATABASE IF EXISTS {database}"),
                format!("CREATE DATABASE {database}"),
            ]);
        }
        ground.set("DB_CONNECTION", kind.name());
        ground.set("APP_ENV", "test");
        ground.set("USER", "ada");
        ground
    }

    fn set(&mut self, key: &str, value: &str) {
        self.variables.push((key.to_owned(), value.to_owned()));
    }

    pub(crate) fn variable(&self, key: &str) -> &str {
        let key = format!("{}_{key}", self.kind.prefix());
        let found = self.variables.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// What the database is called.
    pub(crate) fn database(&self) -> &str {
        if self.kind == Kind::Sqlite { "app.sqlite" } else { &self.database }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the files of a migration.
    pub(crate) fn migration(&self, name: &str, up: &str, down: &str) -> PathBuf {
        let folder = self.path().join("migrations").join(self.kind.name());
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("{name}.up.sql"));
        fs::write(&path, up).expect("a file");
        if !down.is_empty() {
            fs::write(folder.join(format!("{name}.down.sql")), down).expect("a file");
        }
        path
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eloquent"));
        command.args(line.split_whitespace()).current_dir(self.path()).env_clear();
        command.envs(self.variables.iter().map(|(key, value)| (key, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Said {
        said(self.start(line))
    }

    pub(crate) fn start(&self, line: &str) -> Child {
        self.command(line).spawn().expect("the program runs")
    }

    pub(crate) fn json(&self, line: &str) -> (i32, Value) {
        let said = self.run(&format!("{line} --json"));
        let document = serde_json::from_str(&said.stdout);
        (said.code, document.unwrap_or_else(|_| panic!("{said:?}")))
    }

    /// The states of all migrations, as `migrate:status` tells.
    pub(crate) fn states(&self) -> Vec<String> {
        let (code, document) = self.json("migrate:status");
        assert_eq!(code, 0, "{document}");
        let all = document["connections"][0]["migrations"].as_array().expect("a list").clone();
        all.iter().map(|one| one["state"].as_str().expect("a text").to_owned()).collect()
    }

    /// The names of all tables, but for those in which guards write.
    pub(crate) fn tables(&self) -> Vec<String> {
        let sql = match self.kind {
            Kind::Sqlite => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' \
                 AND name NOT LIKE 'sqlite%' ORDER BY name"
            }
            Kind::Pg => {
                "SELECT table_name::text FROM information_schema.tables \
                 WHERE table_schema = 'public' ORDER BY 1"
            }
            Kind::Mysql => {
                "SELECT TABLE_NAME FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1"
            }
        };
        self.opened(async |db| {
            let rows = Db::raw(sql).on(&db).rows().await.expect("the tables");
            let names = rows.iter().map(|row| text(&row.values()[0]));
            names.filter(|name| !KEPT_TABLES.contains(&name.as_str())).collect()
        })
    }

    /// The number that a query gives.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let sql = RawSql::trusted(sql);
        self.opened(async |db| {
            Db::raw(sql).on(&db).scalar::<i64>().await.expect("a number").expect("a row")
        })
    }

    pub(crate) fn execute(&self, statements: &[&'static str]) {
        self.opened(async |db| {
            for sql in statements {
                Db::raw(*sql).on(&db).execute().await.expect("it is done");
            }
        });
    }

    /// Whether a migration is at a statement that takes long.
    pub(crate) fn is_at_work(&self) -> bool {
        let sql = match self.kind {
            Kind::Sqlite => return self.is_being_written(),
            Kind::Pg => {
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND state = 'active' AND query LIKE '%pg_sleep(%' AND pid <> pg_backend_pid()"
            }
            Kind::Mysql => {
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() \
                 AND INFO LIKE '%SLEEP(%' AND ID <> CONNECTION_ID()"
            }
        };
        self.number(sql) > 0
    }

    /// Once there is a history, what writes for long is a migration.
    fn is_being_written(&self) -> bool {
        if !self.tables().iter().any(|table| table == "eloquent_migrations") {
            return false;
        }
        let path = self.path().join("app.sqlite");
        block_on(async {
            let url = format!("sqlite:{}?busy_timeout_ms=1", path.display());
            let db = Db::connect(&url).await.expect("the database");
            let begun = db.begin().await;
            let is_busy = begun.as_ref().is_err_and(|error| error.kind() == ErrorKind::Busy);
            drop(begun);
            db.close().await.expect("closes");
            is_busy
        })
    }

    pub(crate) fn opened<T>(&self, work: impl AsyncFnOnce(Db) -> T) -> T {
        let url = match self.kind {
            Kind::Sqlite => format!("sqlite:{}", self.path().join("app.sqlite").display()),
            _ => self.url(&self.database),
        };
        block_on(async {
            let db = Db::connect(&url).await.expect("the database");
            let outcome = work(db.clone()).await;
            db.close().await.expect("closes");
            outcome
        })
    }

    fn server(&self, statements: &[String]) {
        let usual = std::env::var(format!("{}_NAME", self.kind.prefix())).expect("a database");
        let url = self.url(&usual);
        block_on(async {
            let db = Db::connect(&url).await.expect("the server");
            for sql in statements {
                let _ = Db::raw(RawSql::trusted(sql.clone())).on(&db).execute().await;
            }
            db.close().await.expect("closes");
        });
    }

    fn url(&self, database: &str) -> String {
        format!(
            "{}://{}:{}@{}:{}/{database}?ssl_mode=disable",
            self.kind.name(),
            self.variable("USER"),
            self.variable("PASSWORD"),
            self.variable("HOST"),
            self.variable("PORT"),
        )
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if self.kind != Kind::Sqlite && !std::thread::panicking() {
            let force = if self.kind == Kind::Pg { " WITH (FORCE)" } else { "" };
            self.server(&[format!("DROP DATABASE IF EXISTS {}{force}", self.database)]);
        }
    }
}

fn text(value: &eloquent::value::Value) -> String {
    match value {
        eloquent::value::Value::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// How long a program may take that is not meant to wait.
const PATIENCE: Duration = Duration::from_secs(240);

/// What a program says until it ends. One that does not end is killed, and says so by its code.
pub(crate) fn said(mut child: Child) -> Said {
    let id = child.id().to_string();
    let (ended, end) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if end.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-KILL", &id]).status();
        }
    });
    let mut said = Said { code: -1, stdout: String::new(), stderr: String::new() };
    child.stdout.take().expect("piped").read_to_string(&mut said.stdout).expect("text");
    child.stderr.take().expect("piped").read_to_string(&mut said.stderr).expect("text");
    drop(ended);
    watch.join().expect("watched");
    said.code = child.wait().expect("ends").code().unwrap_or(-1);
    assert!(!said.stderr.contains("panicked"), "{said:?}");
    said
}

/// Sends a signal to a process.
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(90), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}
