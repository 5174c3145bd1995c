//! The statements of the contenders that are given SQL.

pub const FIND: &str = "SELECT id, name, hair_color FROM users WHERE id = ?1";
pub const STREAM: &str = "SELECT id, name, hair_color FROM users ORDER BY id";
pub const JOIN: &str = "
    SELECT users.id, users.name, users.hair_color,
           posts.id, posts.user_id, posts.title, posts.body
    FROM posts JOIN users ON users.id = posts.user_id
    WHERE users.hair_color = ?1 ORDER BY posts.title";
pub const RENAME: &str = "UPDATE users SET name = ?2 WHERE id = ?1";
pub const INSERT: &str = "INSERT INTO users (name, hair_color) VALUES (?1, ?2)";
pub const TOTAL: &str = "SELECT sum(amount) FROM events WHERE kind = 'sale'";
pub const NOTE: &str = "INSERT INTO notes (body) VALUES (?1)";

macro_rules! select {
    ($limit:literal) => {
        concat!("SELECT id, name, hair_color FROM users ORDER BY id LIMIT ", $limit)
    };
}

/// The limit stands in the text: SQLite prepares a statement anew on every run if its limit is
/// bound, which costs more than finding one row.
pub fn select(limit: i64) -> &'static str {
    match limit {
        1 => select!(1),
        100 => select!(100),
        _ => select!(10000),
    }
}
