//! The statements of the contenders that are given SQL.

pub const FIND: &str = "SELECT id, name, hair_color FROM users WHERE id = $1";
pub const JOIN: &str = "
    SELECT users.id, users.name, users.hair_color,
           posts.id, posts.user_id, posts.title, posts.body
    FROM posts JOIN users ON users.id = posts.user_id
    WHERE users.hair_color = $1 ORDER BY posts.title";
pub const RENAME: &str = "UPDATE users SET name = $1 WHERE id = $2";
pub const INSERT: &str = "INSERT INTO users (name, hair_color) VALUES ($1, $2) RETURNING id";

pub fn parameter(number: usize) -> String {
    format!("${number}")
}
