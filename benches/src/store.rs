//! The database files, made and mended through bare rusqlite.

use std::{path::Path, thread, time::Duration};

use anyhow::Result;
use harness::{AUTHORS, HeldStore, NewUser, POSTS_PER_AUTHOR, Post, Store, USERS, User};
use rusqlite::{Connection, Row, params};

/// The tables of Diesel's own benchmarks, with an index.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE users (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        hair_color TEXT NULL
    );
    CREATE TABLE posts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id INTEGER NOT NULL REFERENCES users (id),
        title TEXT NOT NULL,
        body TEXT NULL
    );
    CREATE INDEX posts_user_id ON posts (user_id);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL);";

const EVENTS: &str = "
    CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, amount INTEGER NOT NULL);
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 1200000)
    INSERT INTO events SELECT n, iif(n % 3 = 0, 'refund', 'sale'), n % 100 FROM numbers;
    PRAGMA wal_checkpoint(TRUNCATE);";

pub struct Rusqlite;

/// A session as every contender sets its own.
pub fn connect(database: &str) -> Result<Connection> {
    let connection = Connection::open(database)?;
    connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// By position, in the order of the columns.
pub fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, hair_color: row.get(2)? })
}

impl Store for Rusqlite {
    fn address(&self, folder: &Path, contender: &str) -> String {
        folder.join(contender).with_extension("sqlite").to_string_lossy().into_owned()
    }

    fn create(&self, database: &str) -> Result<()> {
        let mut connection = connect(database)?;
        connection.execute_batch(SCHEMA)?;
        let transaction = connection.transaction()?;
        {
            let mut users = transaction.prepare("INSERT INTO users VALUES (?1, ?2, ?3)")?;
            for id in 1..=USERS {
                let user = NewUser::numbered(id);
                users.execute(params![id, user.name, user.hair_color,])?;
            }
            let mut posts = transaction.prepare("INSERT INTO posts VALUES (?1, ?2, ?3, ?4)")?;
            for id in 1..=AUTHORS * POSTS_PER_AUTHOR {
                let post = Post::numbered(id, (id - 1) / POSTS_PER_AUTHOR + 1);
                posts.execute(params![post.id, post.user_id, post.title, post.body])?;
            }
        }
        transaction.commit()?;
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(())
    }

    fn reset(&self, database: &str) -> Result<()> {
        let connection = connect(database)?;
        connection.execute("DELETE FROM users WHERE id > ?1", [USERS])?;
        connection.execute_batch(
            "UPDATE users SET name = printf('User %05d', id) WHERE name NOT LIKE 'User %';
             UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM users) WHERE name = 'users';
             PRAGMA wal_checkpoint(TRUNCATE)",
        )?;
        Ok(())
    }

    fn users(&self, database: &str) -> Result<Vec<User>> {
        let connection = connect(database)?;
        let mut users = connection.prepare("SELECT * FROM users ORDER BY id")?;
        let users = users.query_map([], user)?.collect::<Result<_, _>>()?;
        Ok(users)
    }

    fn remove(&self, _database: &str) -> Result<()> {
        Ok(())
    }
}

impl HeldStore for Rusqlite {
    fn create_events(&self, database: &str) -> Result<()> {
        connect(database)?.execute_batch(EVENTS)?;
        Ok(())
    }

    fn hold_write_lock(
        &self,
        database: &str,
        duration: Duration,
        locked: Box<dyn FnOnce() + Send>,
    ) -> Result<()> {
        let connection = connect(database)?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        locked();
        thread::sleep(duration);
        connection.execute_batch("COMMIT")?;
        Ok(())
    }
}
