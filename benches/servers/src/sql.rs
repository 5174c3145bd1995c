//! What the statements of both servers have in common; each writes its parameters in its own way.

use harness::BITS;

pub const STREAM: &str = "SELECT id, name, hair_color FROM users ORDER BY id";

macro_rules! select {
    ($limit:literal) => {
        concat!("SELECT id, name, hair_color FROM users ORDER BY id LIMIT ", $limit)
    };
}

/// The limit stands in the text, as on SQLite.
pub fn select(limit: i64) -> &'static str {
    match limit {
        1 => select!(1),
        100 => select!(100),
        _ => select!(10000),
    }
}

/// An INSERT of so many users, with a parameter for each value: `parameter` spells those counted
/// from 1.
pub fn insert(rows: usize, parameter: impl Fn(usize) -> String) -> String {
    let row = |row: usize| format!("({}, {})", parameter(2 * row + 1), parameter(2 * row + 2));
    let rows: Vec<_> = (0..rows).map(row).collect();
    format!("INSERT INTO users (name, hair_color) VALUES {}", rows.join(", "))
}

/// Finds a user by key and conditions that hold for all users, all with parameters.
pub fn find_by_bits(bits: [bool; BITS], parameter: impl Fn(usize) -> String) -> String {
    let mut find = format!("SELECT id, name, hair_color FROM users WHERE id = {}", parameter(1));
    for (bit, set) in bits.into_iter().enumerate() {
        let operator = match set {
            true => '>',
            false => '<',
        };
        find += &format!(" AND id {operator} {}", parameter(bit + 2));
    }
    find
}

/// What the conditions compare keys with.
pub fn bounds(bits: [bool; BITS]) -> [i64; BITS] {
    bits.map(|set| match set {
        true => 0,
        false => i64::MAX,
    })
}
