//! Both suites against every driver of the project.

// Helpers fail on behalf of their tests.
#![allow(clippy::expect_used)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut targets = Vec::new();
    if cfg!(feature = "sqlite") {
        targets.extend(sqlite::targets());
    }
    if cfg!(feature = "mongo") {
        targets.extend(mongo::targets());
    }
    if cfg!(feature = "mysql") {
        targets.extend(mysql::targets());
    }
    if cfg!(feature = "pg") {
        targets.extend(pg::targets());
    }
    let outcome = eloquent_conformance::main(&targets);
    if cfg!(feature = "mysql") {
        mysql::clear();
    }
    if cfg!(feature = "pg") {
        pg::clear();
    }
    // a failure here leaves a folder behind and nothing else
    let _ = std::fs::remove_dir_all(sqlite::folder());
    outcome
}

/// Whether cases of a target may run: each case may be a process of its own, and making databases that
/// nobody uses takes longer than the case.
fn is_wanted(target: &str) -> bool {
    if std::env::args().any(|argument| argument == "--list") {
        return false;
    }
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    filter.is_none_or(|filter| !filter.contains("::") || filter.starts_with(&format!("{target}::")))
}

mod sqlite {
    use eloquent::{Capabilities, ConnectionConfig};
    use eloquent_conformance::Target;
    use eloquent_conformance::wrapper::Wrapper;

    /// SQLite in a file and in memory, with everything on its own thread, behind a wrapper that makes
    /// every step wait, and behind one that takes every capability away.
    pub(super) fn targets() -> Vec<Target> {
        let bare = Wrapper::around("sqlite").expect("a linked driver");
        bare.limit(without_capabilities);
        let slow = Wrapper::around("sqlite").expect("a linked driver");
        slow.set_pauses(2);
        vec![
            Target::url("sqlite-file", format!("sqlite:{}", file("file"))),
            Target::url("sqlite-memory", "sqlite::memory:"),
            Target::url("sqlite-worker", format!("sqlite:{}?inline=off", file("worker"))),
            wrapped("sqlite-slow", &slow),
            wrapped("sqlite-bare", &bare),
        ]
    }

    fn wrapped(name: &str, wrapper: &Wrapper) -> Target {
        let config: ConnectionConfig = wrapper.config(name).set("path", file(name));
        Target::config(name, config).driver(wrapper.entry())
    }

    fn without_capabilities(capabilities: Capabilities) -> Capabilities {
        let mut bare = Capabilities::minimal(capabilities.family);
        bare.max_binds = capabilities.max_binds;
        bare.insert_rows = 7;
        bare
    }

    /// A file in the folder of this run.
    fn file(name: &str) -> String {
        std::fs::create_dir_all(folder()).expect("a folder");
        format!("{}/{name}.sqlite", folder())
    }

    /// Where the files of this run are.
    pub(super) fn folder() -> String {
        format!("{}/conformance-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id())
    }
}

mod mongo {
    use eloquent::ConnectionConfig;
    use eloquent_conformance::Target;

    /// A database of its own, which the server makes when it is written to.
    pub(super) fn targets() -> Vec<Target> {
        let hint = "MONGO_URI is not set: run this with scripts/test or scripts/with-servers";
        let uri = std::env::var("MONGO_URI").expect(hint);
        let database = format!("eloquent_conformance_{}", std::process::id());
        let config = ConnectionConfig::new("mongo", "mongo").set("uri", uri).set("db", database);
        vec![Target::config("mongo", config)]
    }
}

mod mysql {
    use eloquent::{ConnectionConfig, Db};
    use eloquent_conformance::Target;

    const HINT: &str = "run it within `scripts/with-servers`, or set DB_HOST, DB_PORT, DB_USER and \
                        DB_PASSWORD to a server that may be written to";

    /// A database of its own.
    pub(super) fn targets() -> Vec<Target> {
        if super::is_wanted("mysql") {
            run(&format!("CREATE DATABASE {}", database()));
        }
        let config = server("mysql").set("name", database()).set("lock_timeout_s", "5");
        vec![Target::config("mysql", config)]
    }

    /// Drops the database.
    pub(super) fn clear() {
        if super::is_wanted("mysql") {
            run(&format!("DROP DATABASE IF EXISTS {}", database()));
        }
    }

    /// Several of these tests may run against one server.
    fn database() -> String {
        format!("eloquent_conformance_{}", std::process::id())
    }

    fn run(text: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let outcome = runtime.expect("a runtime").block_on(async {
            let db = Db::builder().connection(server("server")).build()?;
            Db::raw(eloquent::RawSql::trusted(text)).on(&db).execute().await?;
            db.close().await
        });
        outcome.expect(HINT);
    }

    /// The server of the environment, or one on this machine.
    fn server(name: &str) -> ConnectionConfig {
        let keys = [("host", "DB_HOST"), ("port", "DB_PORT"), ("user", "DB_USER")];
        let keys = keys.into_iter().chain([("password", "DB_PASSWORD")]);
        let config = ConnectionConfig::new(name, "mysql").set("host", "127.0.0.1");
        keys.fold(config, |config, (key, variable)| match std::env::var(variable) {
            Ok(value) => config.set(key, value),
            Err(_) => config,
        })
    }
}

mod pg {
    use std::env;

    use eloquent::{ConnectionConfig, Db, RawSql};
    use eloquent_conformance::Target;

    /// PostgreSQL with statements that stay prepared, and with nothing kept between them; the latter with
    /// text in the order of a language.
    pub(super) fn targets() -> Vec<Target> {
        let language = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'";
        let [kept, at_once] = NAMES;
        vec![target(kept, "on", ""), target(at_once, "off", language)]
    }

    const NAMES: [&str; 2] = ["pg", "pg-at-once"];

    fn target(name: &str, prepare: &str, how: &str) -> Target {
        let database = database(name);
        if super::is_wanted(name) {
            run(&[
                format!("CREATE DATABASE {database} {how}"),
                // a session to which nothing can be set begins like this
                format!("ALTER DATABASE {database} SET timezone = 'UTC'"),
            ]);
        }
        Target::config(name, config(name).set("name", database).set("prepare", prepare))
    }

    /// The server that the environment tells of, without a database.
    fn config(name: &str) -> ConnectionConfig {
        let variable = |name: &str| env::var(format!("PG_{name}")).ok();
        let hint = "PG_HOST is not set: run this with scripts/test or scripts/with-servers";
        let mut config =
            ConnectionConfig::new(name, "pg").set("host", variable("HOST").expect(hint));
        for (key, value) in [("port", "PORT"), ("user", "USER"), ("password", "PASSWORD")] {
            if let Some(value) = variable(value) {
                config.insert(key, value);
            }
        }
        config.set("ssl_mode", "disable")
    }

    /// Drops the databases.
    pub(super) fn clear() {
        let wanted = NAMES.into_iter().filter(|name| super::is_wanted(name));
        let drop = |name| format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", database(name));
        let texts: Vec<String> = wanted.map(drop).collect();
        if !texts.is_empty() {
            run(&texts);
        }
    }

    /// Several of these tests may run against one server.
    fn database(name: &str) -> String {
        format!("eloquent_{}_{}", name.replace('-', "_"), std::process::id())
    }

    fn run(texts: &[String]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let outcome = runtime.expect("a runtime").block_on(async {
            let database = env::var("PG_NAME").unwrap_or_else(|_| String::from("postgres"));
            let config = config("server").set("name", database);
            let db = Db::builder().connection(config).build()?;
            for text in texts {
                Db::raw(RawSql::trusted(text.clone())).on(&db).execute().await?;
            }
            db.close().await
        });
        outcome.expect("the server of the environment lets databases be made");
    }
}
