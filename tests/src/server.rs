//! The database servers that tests use, as the environment tells of them.

use std::env;

use eloquent::{ConnectionConfig, Db, RawSql, Result};

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// PostgreSQL: `PG_HOST`, `PG_PORT`, `PG_USER`, `PG_PASSWORD` and `PG_NAME`.
    Pg,
    /// MariaDB: `DB_HOST`, `DB_PORT`, `DB_USER`, `DB_PASSWORD` and `DB_NAME`.
    Mysql,
    /// MongoDB: `MONGO_URI` and `MONGO_DB`.
    #[cfg(feature = "mongo")]
    Mongo,
}

impl Server {
    /// The name of the driver.
    pub fn driver(self) -> &'static str {
        match self {
            Server::Pg => "pg",
            Server::Mysql => "mysql",
            #[cfg(feature = "mongo")]
            Server::Mongo => "mongo",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Server::Pg => "PG",
            Server::Mysql => "DB",
            #[cfg(feature = "mongo")]
            Server::Mongo => "MONGO",
        }
    }

    fn variable(self, name: &str) -> Option<String> {
        env::var(format!("{}_{name}", self.prefix())).ok().filter(|value| !value.is_empty())
    }

    /// Adds how the server is reached, and a database on it.
    ///
    /// # Panics
    /// When the environment does not tell of a server: the message says what to do.
    #[must_use]
    pub fn reach(self, config: ConnectionConfig, database: &str) -> ConnectionConfig {
        let hint = "run this with scripts/test or scripts/with-servers";
        #[cfg(feature = "mongo")]
        if self == Server::Mongo {
            let uri = self.variable("URI");
            assert!(uri.is_some(), "MONGO_URI is not set: {hint}");
            return config.set("uri", uri.unwrap_or_default()).set("db", database);
        }
        let host = self.variable("HOST");
        assert!(host.is_some(), "{}_HOST is not set: {hint}", self.prefix());
        let keys = [("host", "HOST"), ("port", "PORT"), ("user", "USER"), ("password", "PASSWORD")];
        let config =
            keys.into_iter().fold(config, |config, (key, name)| match self.variable(name) {
                Some(value) => config.set(key, value),
                None => config,
            });
        config.set("name", database).set("ssl_mode", "disable")
    }

    /// The URL of a database on the server.
    pub fn url(self, database: &str) -> String {
        #[cfg(feature = "mongo")]
        if self == Server::Mongo {
            let uri = self.variable("URI").unwrap_or_default();
            let (place, options) = uri.split_once('?').unwrap_or((&uri, ""));
            let (scheme, place) = place.split_once("://").unwrap_or(("mongodb", place));
            let place = place.split_once('/').map_or(place, |(place, _)| place);
            return format!("{scheme}://{place}/{database}?{options}");
        }
        let part = |name: &str| self.variable(name).unwrap_or_default();
        let port = self.variable("PORT").map(|port| format!(":{port}")).unwrap_or_default();
        let password = self.variable("PASSWORD").map(|text| format!(":{text}")).unwrap_or_default();
        let driver = self.driver();
        let (user, host) = (part("USER"), part("HOST"));
        format!("{driver}://{user}{password}@{host}{port}/{database}?ssl_mode=disable")
    }

    /// Makes a database anew.
    ///
    /// # Errors
    /// When the server cannot be reached, or its user may not create databases.
    pub async fn make(self, database: &str) -> Result<()> {
        self.remove(database).await?;
        #[cfg(feature = "mongo")]
        if self == Server::Mongo {
            return Ok(()); // it is there with its first collection
        }
        self.execute(&[format!("CREATE DATABASE {database}")]).await
    }

    /// Removes a database.
    ///
    /// # Errors
    /// As [`make`](Self::make).
    pub async fn remove(self, database: &str) -> Result<()> {
        #[cfg(feature = "mongo")]
        if self == Server::Mongo {
            let config = self.reach(ConnectionConfig::new("shared", self.driver()), database);
            let db = Db::builder().connection(config).build()?;
            let drop = eloquent::mongo::bson::doc! { "dropDatabase": 1 };
            eloquent::mongo::run_command(&db.connection("shared")?, drop).await?;
            return db.close().await;
        }
        let force = if self == Server::Pg { " WITH (FORCE)" } else { "" };
        self.execute(&[format!("DROP DATABASE IF EXISTS {database}{force}")]).await
    }

    /// Runs statements in the database that is always there.
    async fn execute(self, statements: &[String]) -> Result<()> {
        let usual = if self == Server::Pg { "postgres" } else { "mysql" };
        let database = self.variable("NAME").unwrap_or_else(|| usual.to_owned());
        let mut config = self.reach(ConnectionConfig::new("shared", self.driver()), &database);
        // a test that failed may hold a database, which it then keeps
        config.insert("statement_timeout_ms", "10000");
        let db = Db::builder().connection(config).build()?;
        for sql in statements {
            Db::raw(RawSql::trusted(sql.clone())).on(&db).execute().await?;
        }
        db.close().await
    }
}
