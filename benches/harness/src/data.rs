//! The rows: made by formula, so every file and every program holds the same ones.

/// Rows in `users` when a workload starts.
pub const USERS: i64 = 10_000;

/// A row of `users`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
}

/// A row of `users` that has no key yet.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub name: String,
    pub hair_color: Option<String>,
}

/// A row of `posts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
    pub title: String,
    pub body: Option<String>,
}

impl NewUser {
    /// The user every file holds under key `number`: four in five have a hair color, half of
    /// those black.
    pub fn numbered(number: i64) -> Self {
        let hair_color = match number % 5 {
            0 => None,
            1 | 2 => Some("black"),
            _ => Some("brown"),
        };
        Self { name: format!("User {number:05}"), hair_color: hair_color.map(str::to_owned) }
    }
}

impl Post {
    /// The `number`th post, counted from 1. Titles are unique and not in the order of the keys.
    pub fn numbered(number: i64, user_id: i64) -> Self {
        Self {
            id: number,
            user_id,
            title: format!("Title {:05}", number * 7919 % 10_007),
            body: (number % 4 != 0).then(|| format!("What post {number} has to say")),
        }
    }
}
