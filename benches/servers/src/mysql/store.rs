//! The databases, made and mended through bare mysql_async.

use std::path::Path;

use anyhow::Result;
use harness::{AUTHORS, NewUser, POSTS_PER_AUTHOR, Post, Store, USERS, User};
use mysql_async::{Conn, Opts, OptsBuilder, prelude::Queryable};
use tokio::runtime::{Builder, Runtime};

use super::SCHEME;
use crate::{
    server::{Defaults, Server},
    sql::STREAM,
};

/// The tables of Diesel's own benchmarks, with an index.
const SCHEMA: [&str; 2] = [
    "CREATE TABLE users (
        id BIGINT AUTO_INCREMENT PRIMARY KEY,
        name TEXT NOT NULL,
        hair_color TEXT NULL
    )",
    "CREATE TABLE posts (
        id BIGINT AUTO_INCREMENT PRIMARY KEY,
        user_id BIGINT NOT NULL,
        title TEXT NOT NULL,
        body TEXT NULL,
        KEY posts_user_id (user_id),
        FOREIGN KEY (user_id) REFERENCES users (id)
    )",
];

pub struct Mariadb {
    server: Server,
    runtime: Runtime,
}

/// The columns of a user, in their order.
pub type Columns = (i64, String, Option<String>);

pub fn user((id, name, hair_color): Columns) -> User {
    User { id, name, hair_color }
}

/// A session as every contender has its own; whoever prepares statements keeps them.
pub async fn connect(url: &str) -> Result<Conn> {
    let options = OptsBuilder::from_opts(Opts::from_url(url)?).stmt_cache_size(0);
    Ok(Conn::new(options).await?)
}

impl Mariadb {
    pub fn from_env() -> Result<Self> {
        let defaults = Defaults { port: "3306", user: "root", database: "mysql" };
        let server = Server::from_env("DB", SCHEME, "", &defaults)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { server, runtime })
    }

    fn with<T>(&self, url: &str, work: impl AsyncFnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        self.runtime.block_on(async {
            let mut session = connect(url).await?;
            let result = work(&mut session).await;
            session.disconnect().await?;
            result
        })
    }

    /// Runs a statement on the database to create others from.
    fn administer(&self, statement: &str) -> Result<()> {
        let url = self.server.url(&self.server.database);
        self.with(&url, async |session| Ok(session.query_drop(statement).await?))
    }
}

async fn fill(session: &mut Conn) -> Result<()> {
    session.query_drop("BEGIN").await?;
    let users = (1..=USERS).map(|id| {
        let NewUser { name, hair_color } = NewUser::numbered(id);
        (id, name, hair_color)
    });
    session.exec_batch("INSERT INTO users VALUES (?, ?, ?)", users).await?;
    let posts = (1..=AUTHORS * POSTS_PER_AUTHOR).map(|id| {
        let Post { id, user_id, title, body } = Post::numbered(id, (id - 1) / POSTS_PER_AUTHOR + 1);
        (id, user_id, title, body)
    });
    session.exec_batch("INSERT INTO posts VALUES (?, ?, ?, ?)", posts).await?;
    Ok(session.query_drop("COMMIT").await?)
}

impl Store for Mariadb {
    fn address(&self, _folder: &Path, contender: &str) -> String {
        self.server.own(contender)
    }

    fn create(&self, database: &str) -> Result<()> {
        self.remove(database)?;
        let name = self.server.name(database);
        self.administer(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"))?;
        self.with(database, async |session| {
            for table in SCHEMA {
                session.query_drop(table).await?;
            }
            fill(session).await?;
            Ok(session.query_drop("ANALYZE TABLE users, posts").await?)
        })
    }

    fn reset(&self, database: &str) -> Result<()> {
        self.with(database, async |session| {
            let statements = [
                format!("DELETE FROM users WHERE id > {USERS}"),
                "UPDATE users SET name = CONCAT('User ', LPAD(id, 5, '0'))
                 WHERE name NOT LIKE 'User %'"
                    .to_owned(),
                format!("ALTER TABLE users AUTO_INCREMENT = {}", USERS + 1),
            ];
            for statement in statements {
                session.query_drop(statement).await?;
            }
            Ok(())
        })
    }

    fn users(&self, database: &str) -> Result<Vec<User>> {
        self.with(database, async |session| Ok(session.query_map(STREAM, user).await?))
    }

    fn remove(&self, database: &str) -> Result<()> {
        self.administer(&format!("DROP DATABASE IF EXISTS {}", self.server.name(database)))
    }
}
