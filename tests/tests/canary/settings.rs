//! Settings, URLs and environments: what prints them, and what is said of wrong ones.

use std::time::Duration;

use eloquent::environment::{Origin, Role, Source};
use eloquent::{ConnectionConfig, Db, DbBuilder, Environment, Registry, Target};

use crate::capture::{CANARY, CODED, Captured};

/// URLs with a password; `*` stands for it. Most are wrong in one part.
const URLS: &[&str] = &[
    "pg://app:*@127.0.0.1:1/shop",
    "postgres://app:*@db.example/shop",
    "postgresql://*@db.example/shop",
    "pg://app:*@db.example:99999/shop",
    "pg://app:*@db.example:port/shop",
    "pg://app:*@/shop",
    "pg://app:*@db.example",
    "pg://app:*@db.example/",
    "pg://app:*@[::1/shop",
    "pg://app:*@[::1]:5432/shop",
    "pg://app:*@db.example/shop?sslmode=*",
    "pg://app:*@db.example/shop?ssl_mode=*",
    "pg://app:*@db.example/shop?password=*",
    "pg://app@db.example/shop?password=*&pasword=*",
    "pg://app:*@db.example/shop?statement_timeout_ms=*",
    "pg://app:*@db.example/shop?prepare=*",
    "pg://app:%zz*@db.example/shop",
    "pg://app:*%@db.example/shop",
    "pg://app:*%00@db.example/shop",
    "pg://app:*@@db.example/shop",
    "pg://app:*/x@db.example/shop",
    "pg://app:*#x@db.example/shop",
    "pg://app:*@db.example/shop/*",
    "pg://app:*\n@db.example/shop",
    "pg:/app:*@db.example/shop",
    "pg:app:*@db.example",
    "mysql://root:*@127.0.0.1:1/shop",
    "mariadb://root:*@db.example/shop?charset=*",
    "mysql://root:*@db.example:0/shop",
    "mysql://root:*@db.example/shop?ssl-mode=*",
    "mysql://root:*@db.example/shop?lock_timeout_s=*",
    "mysql://root:*@db.example/shop?uuid=*",
    "mysql://root:*@[::1/shop",
    "mysql://root:%zz*@db.example/shop",
    "mysql://root:*@@db.example/shop",
    "sqlite:app.sqlite?password=*",
    "sqlite:app.sqlite?mode=*",
    "sqlite:app.sqlite?busy_timeout_ms=*",
    "sqlite://app:*@host/app.sqlite",
    "mongodb://app:*@db.example/shop",
    "oracle://app:*@db.example/shop",
    "app:*@db.example/shop",
    "://app:*@db.example",
    "//app:*@db.example/shop",
    "*",
    " pg://app:*@db.example/shop",
    "PG://app:*@db.example/shop",
];

pub(crate) async fn capture(captured: &mut Captured) {
    let registry = Registry::linked().expect("no two drivers of one name");
    captured.debug("Registry", registry);
    for url in URLS {
        for secret in [CANARY, CODED] {
            by_url(captured, &url.replace('*', secret)).await;
        }
    }
    for entry in registry.drivers() {
        captured.debug("DriverEntry", entry);
        by_setting(captured, registry, entry.driver.name()).await;
    }
    for environment in environments() {
        of_environment(captured, registry, &environment).await;
    }
    for text in [format!("PG_PASSWORD='{CANARY}"), CANARY.to_owned(), format!("A={CANARY}\0")] {
        let path = std::env::temp_dir().join(format!("canary-{}.env", std::process::id()));
        std::fs::write(&path, format!("DB_CONNECTION=pg\n{text}\n")).expect("a file");
        captured.refused("Environment::file", Environment::file(&path));
        std::fs::remove_file(&path).expect("the file");
    }
}

/// A builder with it, and what becomes of that.
async fn by_url(captured: &mut Captured, url: &str) {
    let builders: [DbBuilder; 2] = [
        Db::builder().url("main", url),
        Db::builder().url("main", "sqlite::memory:").replica_url(url),
    ];
    for builder in builders {
        captured.debug("DbBuilder", &builder);
        built(captured, builder).await;
    }
}

async fn built(captured: &mut Captured, builder: DbBuilder) {
    match builder.build() {
        Err(error) => captured.error("DbBuilder::build", error),
        Ok(db) => opened(captured, &db).await,
    }
}

/// What a database prints that cannot be reached, and what it says of that.
async fn opened(captured: &mut Captured, db: &Db) {
    captured.debug("Db", db);
    let connection = match db.connection("main") {
        Ok(connection) => connection,
        Err(error) => return captured.error("Db::connection", error),
    };
    captured.debug("Connection", &connection);
    captured.debug("PoolStatus", &connection.status());
    captured.debug("Target", &Target::from(db));
    captured.debug("Target", &Target::from(&connection));
    captured.debug("Capabilities", &tokio::time::timeout(MOMENT, db.capabilities()).await);
    match tokio::time::timeout(MOMENT, connection.begin()).await {
        Ok(Err(error)) => captured.error("Connection::begin", error),
        Ok(Ok(transaction)) => captured.debug("Transaction", &transaction),
        Err(_) => {}
    }
}

/// Nothing that answers takes as long.
const MOMENT: Duration = Duration::from_millis(300);

/// The secret in each of the settings, beside those that lead nowhere.
async fn by_setting(captured: &mut Captured, registry: &Registry, driver: &'static str) {
    let found = registry.driver(driver).expect("it is linked");
    for setting in found.settings() {
        captured.debug("Setting", setting);
        for value in
            [CANARY.to_owned(), format!("root:{CANARY}@localhost"), format!("x://{CANARY}")]
        {
            // where the database is, and who logs in, may be told
            if ["path", "socket", "host", "user", "name"].contains(&setting.key) {
                continue;
            }
            let mut config = ConnectionConfig::new("main", driver);
            let defaults =
                [("host", "127.0.0.1"), ("port", "1"), ("name", "shop"), ("path", ":memory:")];
            for (key, default) in defaults {
                if found.settings().iter().any(|known| known.key == key) {
                    config.insert(key, default);
                }
            }
            config.insert(setting.key, value.as_str());
            captured.debug("ConnectionConfig", &config);
            captured.text("ConnectionConfig::label", config.label(setting.key));
            captured.error("ConnectionConfig::error", config.error("it is wrong"));
            let builder = Db::builder().connection(config.clone()).replica(config);
            captured.debug("DbBuilder", &builder);
            built(captured, builder).await;
        }
    }
}

/// Environments with the secret where one belongs, and where none does.
pub(crate) fn environments() -> Vec<Environment> {
    let url = format!("postgres://app:{CANARY}@127.0.0.1:1/shop");
    let odd = format!("postgres://app:{CANARY}@[::1/shop?sslmode=nonsense&password={CANARY}");
    let coded = format!("mysql://root:{CODED}@127.0.0.1:1/shop");
    let login = format!("root:{CANARY}@localhost");
    let blank = format!("{CANARY}\n");
    let sets: [&[(&str, &str)]; 14] = [
        &[("DB_CONNECTION", "pg"), ("PG_PASSWORD", CANARY), ("PG_NAME", "a"), ("PG_PORT", "1")],
        &[("DB_CONNECTION", "pg"), ("PG_URL", &url)],
        &[("DB_CONNECTION", "pg"), ("PG_URL", &odd)],
        &[("DB_CONNECTION", "pg"), ("PG_URL", &url), ("PG_PASSWORD", CANARY)],
        &[("DB_CONNECTION", "mysql"), ("DB_URL", &coded)],
        &[("DB_CONNECTION", "mysql"), ("DB_PASSWORD", &blank), ("DB_NAME", "a"), ("DB_PORT", "1")],
        &[("DB_CONNECTION", &url), ("SQLITE_PATH", ":memory:")],
        &[("DB_CONNECTION", "sqlite"), ("SQLITE_PATH", ":memory:"), ("PG_PASWORD", CANARY)],
        &[("DB_CONNECTION", "sqlite"), ("SQLITE_PATH", ":memory:"), ("SQLITE_MODE", CANARY)],
        &[("DB_CONNECTION", "pg"), ("PG_PORT", CANARY), ("PG_NAME", "a"), ("PG_USER", "a")],
        &[("DB_CONNECTION", "pg"), ("PG_HOST", &login), ("PG_NAME", "a")],
        &[("DB_CONNECTION", "pg"), ("PG_NAME", "a"), ("PG_READ_HOST", &login)],
        &[("DB_CONNECTION", "pg"), ("PG_NAME", "a"), ("PG_POOL_MAX", CANARY)],
        &[
            ("DB_CONNECTION", "pg"),
            ("PG_TEST_URL", &url),
            ("PG_URL", &url),
            ("ELOQUENT_TEST", CANARY),
        ],
    ];
    let mut environments: Vec<Environment> =
        sets.iter().map(|set| set.iter().map(|(key, value)| (*key, *value)).collect()).collect();
    let roles = [("PG_MIGRATION_PASSWORD", CANARY), ("ELOQUENT_DB_ROLE", CANARY), ("PG_NAME", "a")];
    environments.push(roles.into_iter().collect());
    environments
}

async fn of_environment(captured: &mut Captured, registry: &Registry, environment: &Environment) {
    captured.debug("Environment", environment);
    captured.debug("Environment::is_test", &environment.is_test());
    captured.debug("Environment::role", &environment.role());
    captured.debug("Role", &Role::Migration);
    captured.debug("default_connection", &environment.default_connection(registry));
    for key in ["PG_PASSWORD", "PG_URL", "DB_URL"] {
        let origin: Option<&Origin> = environment.origin(key);
        captured.debug("Origin", &origin);
    }
    for note in environment.notes(registry) {
        captured.debug("Note", &note);
        captured.text("Note::message", note.message());
        captured.text("Note::suggestion", note.suggestion().unwrap_or_default());
    }
    for report in environment.report(registry) {
        captured.debug("ConnectionReport", &report);
        for setting in report.settings() {
            captured.debug("SettingReport", setting);
            let source: &Source = setting.source();
            captured.debug("Source", source);
            if setting.is_secret() {
                captured.text("SettingReport::value", setting.value().unwrap_or_default());
            }
        }
        match environment.config(registry, report.name()) {
            Ok(config) => captured.debug("ConnectionConfig", &config),
            Err(error) => captured.error("Environment::config", error),
        }
    }
    let builder = Db::builder().environment(environment.clone());
    captured.debug("DbBuilder", &builder);
    match builder.build() {
        Err(error) => captured.error("DbBuilder::build", error),
        Ok(db) => {
            captured.debug("Db", &db);
            captured.debug("Db::environment", &db.environment());
            for name in db.connection_names() {
                match db.connection(name) {
                    Ok(connection) => captured.debug("Connection", &connection),
                    Err(error) => captured.error("Db::connection", error),
                }
            }
            match tokio::time::timeout(MOMENT, db.begin()).await {
                Ok(Err(error)) => captured.error("Db::begin", error),
                Ok(Ok(transaction)) => captured.debug("Transaction", &transaction),
                Err(_) => {}
            }
        }
    }
}
