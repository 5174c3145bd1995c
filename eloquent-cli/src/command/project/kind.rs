//! The databases that a project can begin with.

use super::Options;

/// What a project says of its database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// Its driver, which is also the name of the cargo feature and of the connection.
    pub(super) name: &'static str,
    pub(super) product: &'static str,
    /// The oldest Rust that compiles it.
    pub(super) rust: &'static str,
    pub(super) is_document: bool,
    /// Whether there is a server to be started.
    pub(super) has_server: bool,
    /// The lines of `.env`, with `NAME` for the name of the database.
    pub(super) settings: &'static [&'static str],
}

const SQLITE: Kind = Kind {
    name: "sqlite",
    product: "SQLite",
    rust: "1.88",
    is_document: false,
    has_server: false,
    settings: &["SQLITE_PATH=NAME.sqlite", "SQLITE_TEST_PATH=NAME_test.sqlite"],
};

const PG: Kind = Kind {
    name: "pg",
    product: "PostgreSQL",
    rust: "1.88",
    is_document: false,
    has_server: true,
    settings: &[
        "PG_HOST=127.0.0.1",
        "PG_PORT=5432",
        "PG_USER=postgres",
        "PG_PASSWORD=",
        "PG_NAME=NAME",
        "PG_TEST_NAME=NAME_test",
    ],
};

const MYSQL: Kind = Kind {
    name: "mysql",
    product: "MySQL or MariaDB",
    rust: "1.94",
    is_document: false,
    has_server: true,
    settings: &[
        "DB_HOST=127.0.0.1",
        "DB_PORT=3306",
        "DB_USER=root",
        "DB_PASSWORD=",
        "DB_NAME=NAME",
        "DB_TEST_NAME=NAME_test",
    ],
};

const MONGO: Kind = Kind {
    name: "mongo",
    product: "MongoDB",
    rust: "1.88",
    is_document: true,
    has_server: true,
    settings: &["MONGO_URI=mongodb://127.0.0.1:27017", "MONGO_DB=NAME", "MONGO_TEST_DB=NAME_test"],
};

impl Kind {
    pub(super) fn of(options: &Options) -> Kind {
        match (options.pg, options.mysql, options.mongo) {
            (true, ..) => PG,
            (_, true, _) => MYSQL,
            (.., true) => MONGO,
            _ => SQLITE,
        }
    }
}
