//! `LIKE`, in place of SQLite's own, which takes a NUL character for the end of the pattern and of the
//! text: a search for one would match everything. Otherwise it is the same: ASCII letters match in
//! either case, all other characters only themselves.

use std::borrow::Cow;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

use crate::error::OWN_PREFIX;

/// Registers it in both of its forms.
pub(crate) fn register(connection: &Connection, flags: FunctionFlags) -> Result<()> {
    connection.create_scalar_function(c"like", 2, flags, |context| like(context, None))?;
    connection.create_scalar_function(c"like", 3, flags, |context| {
        let escape = match context.get_raw(2) {
            ValueRef::Null => return Ok(None),
            value => bytes(value),
        };
        match *escape {
            [escape] => like(context, Some(escape)),
            _ => {
                let reason = format!("{OWN_PREFIX}ESCAPE takes a single ASCII character");
                Err(Error::UserFunctionError(reason.into()))
            }
        }
    })
}

/// `X LIKE Y` comes as `like(Y, X)`.
fn like(context: &Context<'_>, escape: Option<u8>) -> Result<Option<bool>> {
    Ok(match (context.get_raw(0), context.get_raw(1)) {
        (ValueRef::Null, _) | (_, ValueRef::Null) => None,
        (pattern, text) => Some(matches(&bytes(pattern), &bytes(text), escape)),
    })
}

/// The text of a value, as SQLite would write it.
fn bytes(value: ValueRef<'_>) -> Cow<'_, [u8]> {
    match value {
        ValueRef::Null => Cow::Borrowed(&[]),
        ValueRef::Integer(number) => Cow::Owned(number.to_string().into_bytes()),
        ValueRef::Real(number) => {
            let text = if number == number.trunc() && number.is_finite() && number.abs() < 1e15 {
                format!("{number:.1}")
            } else {
                number.to_string()
            };
            Cow::Owned(text.into_bytes())
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Cow::Borrowed(bytes),
    }
}

/// What a piece of a pattern asks for, and what is left of the pattern behind it.
enum Piece<'p> {
    Any(&'p [u8]),
    One(&'p [u8]),
    Byte(u8, &'p [u8]),
    /// An escape with nothing behind it.
    Never,
    End,
}

fn piece(pattern: &[u8], escape: Option<u8>) -> Piece<'_> {
    match pattern {
        [] => Piece::End,
        [first, second, rest @ ..] if Some(*first) == escape => Piece::Byte(*second, rest),
        [last] if Some(*last) == escape => Piece::Never,
        [b'%', rest @ ..] => Piece::Any(rest),
        [b'_', rest @ ..] => Piece::One(rest),
        [first, rest @ ..] => Piece::Byte(*first, rest),
    }
}

/// Goes back only to the last `%`, so that the time is bounded by the product of the lengths.
fn matches(pattern: &[u8], text: &[u8], escape: Option<u8>) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    // where to go on after a mismatch: behind the last `%`, with one more character given to it
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        let next = match piece(pattern, escape) {
            Piece::Any(rest) => {
                again = Some((rest, text));
                pattern = rest;
                continue;
            }
            Piece::End if text.is_empty() => return true,
            Piece::One(rest) if !text.is_empty() => Some((rest, behind_character(text))),
            Piece::Byte(byte, rest) => match text {
                [first, more @ ..] if first.eq_ignore_ascii_case(&byte) => Some((rest, more)),
                _ => None,
            },
            Piece::End | Piece::One(_) | Piece::Never => None,
        };
        (pattern, text) = match (next, again) {
            (Some(next), _) => next,
            (None, Some((rest, from))) if !from.is_empty() => {
                let from = behind_character(from);
                again = Some((rest, from));
                (rest, from)
            }
            (None, _) => return false,
        };
    }
}

/// The text behind its first character.
fn behind_character(text: &[u8]) -> &[u8] {
    let more = text.iter().skip(1).take_while(|byte| **byte & 0xc0 == 0x80).count();
    text.get(1 + more..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;

    /// What ours answers, and what SQLite's own does.
    fn both(pattern: &str, text: &str) -> (bool, bool) {
        let ours = Connection::open_in_memory().unwrap();
        register(&ours, FunctionFlags::SQLITE_UTF8).unwrap();
        let own = Connection::open_in_memory().unwrap();
        let ask = |connection: &Connection| {
            let sql = r"SELECT ?1 LIKE ?2 ESCAPE '\'";
            connection.query_row(sql, params![text, pattern], |row| row.get(0)).unwrap()
        };
        (ask(&ours), ask(&own))
    }

    #[test]
    fn without_a_nul_it_answers_as_sqlite_does() {
        let texts = [
            "", "a", "A", "ab", "abc", "a%c", "a_c", r"a\c", "äöü", "ÄÖÜ", "aXbXc", "🦀", "aaab",
            "%", "_",
        ];
        let patterns = [
            "", "%", "_", "__", "a%", "%c", "a%c", "A_C", r"a\%c", r"a\_c", r"a\\c", "%b%", "ä%",
            "___", "%%%", "%a%b%c%", "%aab", r"a\", r"\", r"%\", "🦀", "_%_", r"\%", r"\_", "abcd",
            "a%%c",
        ];
        for text in texts {
            for pattern in patterns {
                let (ours, own) = both(pattern, text);
                assert_eq!(ours, own, "{text:?} LIKE {pattern:?}");
            }
        }
    }

    #[test]
    fn a_nul_is_a_character_like_any_other() {
        assert!(both("%\0%", "a\0b").0);
        assert!(!both("%\0%", "plain").0);
        assert!(both("%b", "a\0b").0);
        assert!(!both("a", "a\0b").0);
        assert!(both("a_b", "a\0b").0);
    }

    #[test]
    fn null_numbers_and_a_pattern_of_many_wildcards() {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection, FunctionFlags::SQLITE_UTF8).unwrap();
        let ask =
            |sql: &str| connection.query_row(sql, [], |row| row.get::<_, Option<bool>>(0)).unwrap();
        assert_eq!(ask("SELECT NULL LIKE 'a'"), None);
        assert_eq!(ask("SELECT 'a' LIKE NULL"), None);
        assert_eq!(ask("SELECT 123 LIKE '1%'"), Some(true));
        assert_eq!(ask("SELECT 1.5 LIKE '1.5'"), Some(true));
        let slow = format!("SELECT '{}' LIKE '{}b'", "a".repeat(5000), "%a".repeat(200));
        assert_eq!(ask(&slow), Some(false));
    }
}
