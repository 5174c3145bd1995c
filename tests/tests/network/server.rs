//! The servers, and what is said to them differently.

use std::env;
use std::process::Command;

use eloquent::ConnectionConfig;

/// A kind of server.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The name of the driver.
    pub(crate) driver: &'static str,
    /// What the environment variables begin with.
    prefix: &'static str,
    /// What `scripts/instance` calls it.
    instance: &'static str,
    /// Asks for the number of the session.
    pub(crate) session: &'static str,
    /// Waits for a second.
    pub(crate) sleep: &'static str,
}

pub(crate) const PG: Kind = Kind {
    driver: "pg",
    prefix: "PG",
    instance: "postgres",
    session: "SELECT CAST(pg_backend_pid() AS BIGINT)",
    sleep: "SELECT 1 FROM pg_sleep(1)",
};

pub(crate) const MYSQL: Kind = Kind {
    driver: "mysql",
    prefix: "DB",
    instance: "mariadb",
    session: "SELECT CONNECTION_ID()",
    sleep: "SELECT SLEEP(1)",
};

impl Kind {
    /// What ends a session of that number.
    pub(crate) fn kill(&self, session: i64) -> String {
        match self.driver {
            "pg" => format!("SELECT pg_terminate_backend({session})"),
            _ => format!("KILL {session}"),
        }
    }

    /// What makes a user who may have so many sessions, with the name as password.
    pub(crate) fn limited_user(&self, name: &str, sessions: u32) -> [String; 2] {
        match self.driver {
            "pg" => [
                format!("CREATE ROLE {name} LOGIN PASSWORD '{name}' CONNECTION LIMIT {sessions}"),
                format!("GRANT ALL ON SCHEMA public TO {name}"),
            ],
            _ => [
                format!(
                    "CREATE USER {name}@'127.0.0.1' IDENTIFIED BY '{name}' WITH MAX_USER_CONNECTIONS {sessions}"
                ),
                format!("GRANT ALL ON *.* TO {name}@'127.0.0.1'"),
            ],
        }
    }

    /// What takes all rights at a table from a user.
    pub(crate) fn forbid(&self, user: &str, table: &str) -> Vec<String> {
        match self.driver {
            "pg" => vec![format!("REVOKE ALL ON {table} FROM {user}, PUBLIC")],
            _ => vec![format!("REVOKE ALL ON *.* FROM {user}@'127.0.0.1'")],
        }
    }

    /// What makes the server end this session soon when nothing is asked of it: outside of a transaction,
    /// and in one.
    pub(crate) fn impatience(&self) -> [&'static str; 2] {
        match self.driver {
            "pg" => [
                "SET idle_session_timeout = '500ms'",
                "SET idle_in_transaction_session_timeout = '500ms'",
            ],
            _ => ["SET SESSION wait_timeout = 1", "SET SESSION idle_transaction_timeout = 1"],
        }
    }

    /// The settings of the server that all tests share, without a database.
    pub(crate) fn config(&self, name: &str) -> ConnectionConfig {
        let mut config = ConnectionConfig::new(name, self.driver);
        for (key, variable) in
            [("host", "HOST"), ("port", "PORT"), ("user", "USER"), ("password", "PASSWORD")]
        {
            if let Ok(value) = env::var(format!("{}_{variable}", self.prefix)) {
                config.insert(key, value);
            }
        }
        let hint = "run this with scripts/test or scripts/with-servers";
        assert!(config.get("host").is_some(), "{}_HOST is not set: {hint}", self.prefix);
        config.set("ssl_mode", "disable")
    }

    /// A database that is there on every server, from which others are created.
    pub(crate) fn database(&self) -> String {
        env::var(format!("{}_NAME", self.prefix)).expect("the variable with the name of a database")
    }

    /// Where the server is.
    pub(crate) fn address(&self) -> String {
        let config = self.config("shared");
        let usual = if self.driver == "pg" { "5432" } else { "3306" };
        format!(
            "{}:{}",
            config.get("host").unwrap_or("localhost"),
            config.get("port").unwrap_or(usual)
        )
    }
}

/// A server that belongs to one test, which may break it. It ends with the value.
pub(crate) struct Instance {
    port: String,
}

impl Instance {
    /// A database that is there.
    pub(crate) const DATABASE: &'static str = "eloquent";

    /// Makes one and starts it.
    pub(crate) async fn new(kind: &Kind) -> Self {
        Instance { port: control(&["new", kind.instance]).await }
    }

    /// How it is reached, without a database.
    pub(crate) fn config(&self, kind: &Kind) -> ConnectionConfig {
        ConnectionConfig::new("main", kind.driver)
            .set("host", "127.0.0.1")
            .set("port", &self.port)
            .set("user", "eloquent")
            .set("password", "eloquent")
            .set("ssl_mode", "disable")
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `start`, `stop`, `kill` or `restart`.
    pub(crate) async fn control(&self, command: &str) {
        control(&[command, &self.port]).await;
    }

    /// Restarts it with a certificate that is `expired`, or for a machine `elsewhere`.
    pub(crate) async fn show_certificate(&self, name: &str) {
        control(&["certificate", &self.port, name]).await;
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(mut command) = command(&["drop", &self.port]) {
            // it is dropped at the end of the run at the latest
            let _ = command.output();
        }
    }
}

fn command(arguments: &[&str]) -> Option<Command> {
    let mut command = Command::new(env::var_os("ELOQUENT_TEST_INSTANCE")?);
    command.args(arguments);
    Some(command)
}

async fn control(arguments: &[&str]) -> String {
    let mut command = command(arguments).expect(
        "ELOQUENT_TEST_INSTANCE is not set: run this with scripts/test or scripts/with-servers",
    );
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.expect("no panic").expect("scripts/instance can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
