//! The databases, made and mended through bare tokio-postgres.

use std::path::Path;

use anyhow::Result;
use harness::{AUTHORS, NewUser, POSTS_PER_AUTHOR, Post, Store, USERS, User};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls, Row};

use crate::server::{Defaults, Server};

/// The tables of Diesel's own benchmarks, with an index. What is dead is removed between the parts
/// of a round, so nothing else has to come at a time of its own.
const SCHEMA: &str = "
    CREATE TABLE users (
        id BIGSERIAL PRIMARY KEY,
        name TEXT NOT NULL,
        hair_color TEXT NULL
    ) WITH (autovacuum_enabled = off);
    CREATE TABLE posts (
        id BIGSERIAL PRIMARY KEY,
        user_id BIGINT NOT NULL REFERENCES users (id),
        title TEXT NOT NULL,
        body TEXT NULL
    );
    CREATE INDEX posts_user_id ON posts (user_id);";

const FILL_USERS: &str =
    "INSERT INTO users SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])";
const FILL_POSTS: &str = "
    INSERT INTO posts SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])";

pub struct Postgres {
    server: Server,
    runtime: Runtime,
}

/// A session as every contender has its own.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// By position, in the order of the columns.
pub fn user(row: &Row) -> Result<User> {
    Ok(User { id: row.try_get(0)?, name: row.try_get(1)?, hair_color: row.try_get(2)? })
}

impl Postgres {
    pub fn from_env() -> Result<Self> {
        let defaults = Defaults { port: "5432", user: "postgres", database: "postgres" };
        let server = Server::from_env("PG", "postgres", "?sslmode=disable", &defaults)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { server, runtime })
    }

    fn with<T>(&self, url: &str, work: impl AsyncFnOnce(Client) -> Result<T>) -> Result<T> {
        self.runtime.block_on(async { work(connect(url).await?).await })
    }

    /// Runs statements one by one, each of its own accord, on the database to create others from.
    fn administer(&self, statements: &[&str]) -> Result<()> {
        let url = self.server.url(&self.server.database);
        self.with(&url, async |client| execute(&client, statements).await)
    }
}

async fn execute(client: &Client, statements: &[&str]) -> Result<()> {
    for statement in statements {
        client.batch_execute(statement).await?;
    }
    Ok(())
}

async fn fill(client: &Client) -> Result<()> {
    let ids: Vec<_> = (1..=USERS).collect();
    let users: Vec<_> = ids.iter().map(|&id| NewUser::numbered(id)).collect();
    let names: Vec<_> = users.iter().map(|user| &*user.name).collect();
    let hair_colors: Vec<_> = users.iter().map(|user| user.hair_color.as_deref()).collect();
    client.execute(FILL_USERS, &[&ids, &names, &hair_colors]).await?;

    let post = |id| Post::numbered(id, (id - 1) / POSTS_PER_AUTHOR + 1);
    let posts: Vec<_> = (1..=AUTHORS * POSTS_PER_AUTHOR).map(post).collect();
    let ids: Vec<_> = posts.iter().map(|post| post.id).collect();
    let authors: Vec<_> = posts.iter().map(|post| post.user_id).collect();
    let titles: Vec<_> = posts.iter().map(|post| &*post.title).collect();
    let bodies: Vec<_> = posts.iter().map(|post| post.body.as_deref()).collect();
    client.execute(FILL_POSTS, &[&ids, &authors, &titles, &bodies]).await?;
    Ok(())
}

impl Store for Postgres {
    fn address(&self, _folder: &Path, contender: &str) -> String {
        self.server.own(contender)
    }

    fn create(&self, database: &str) -> Result<()> {
        self.remove(database)?;
        self.administer(&[&format!("CREATE DATABASE {}", self.server.name(database))])?;
        self.with(database, async |client| {
            client.batch_execute(SCHEMA).await?;
            fill(&client).await?;
            let first_key = format!("SELECT setval('users_id_seq', {USERS})");
            execute(&client, &[&first_key, "VACUUM ANALYZE"]).await
        })
    }

    fn reset(&self, database: &str) -> Result<()> {
        self.with(database, async |client| {
            let undo = format!(
                "DELETE FROM users WHERE id > {USERS};
                 UPDATE users SET name = 'User ' || lpad(id::text, 5, '0')
                 WHERE name NOT LIKE 'User %';
                 SELECT setval('users_id_seq', {USERS});"
            );
            execute(&client, &[&undo, "VACUUM users"]).await
        })
    }

    fn users(&self, database: &str) -> Result<Vec<User>> {
        self.with(database, async |client| {
            let users =
                client.query("SELECT id, name, hair_color FROM users ORDER BY id", &[]).await?;
            users.iter().map(user).collect()
        })
    }

    fn remove(&self, database: &str) -> Result<()> {
        let name = self.server.name(database);
        self.administer(&[&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")])
    }
}
