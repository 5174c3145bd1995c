//! What a statement does, by the word that its text begins with.

use eloquent_core::{ErrorKind, Result};

use crate::error::error;

/// The words of statements that are worth keeping prepared.
const LASTING: &[&str] =
    &["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "MERGE", "TABLE"];
/// The words that begin or end a transaction.
const CONTROL: &[&str] =
    &["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"];

/// Whether a statement is worth keeping prepared: others change the schema or a setting, once.
pub(crate) fn is_lasting(sql: &str) -> bool {
    let word = first_word(sql);
    LASTING.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Refuses text that begins or ends a transaction behind the back of the one that is open, or copies
/// rows in a way of its own.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] or [`ErrorKind::Unsupported`].
pub(crate) fn check(sql: &str) -> Result<()> {
    let (word, rest) = word(sql);
    // `PREPARE` alone gives a statement a name
    let prepares = word.eq_ignore_ascii_case("PREPARE");
    let ends = prepares && first_word(rest).eq_ignore_ascii_case("TRANSACTION");
    if ends || CONTROL.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return Err(error(ErrorKind::InvalidInput, "raw text cannot begin or end a transaction")
            .with_hint("use `Db::transaction` or `Db::begin`"));
    }
    if word.eq_ignore_ascii_case("COPY") {
        return Err(eloquent_core::Error::unsupported("`COPY`", crate::error::DRIVER));
    }
    Ok(())
}

fn first_word(sql: &str) -> &str {
    word(sql).0
}

/// The first word behind blanks, comments and parentheses, and what follows it.
fn word(sql: &str) -> (&str, &str) {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ';'));
        rest = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, behind)| behind)
        } else if rest.starts_with("/*") {
            behind_comment(rest)
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            return rest.split_at(end.unwrap_or(rest.len()));
        };
    }
}

/// What follows a comment, in which others may stand.
fn behind_comment(sql: &str) -> &str {
    let mut depth = 0_usize;
    let mut rest = sql;
    loop {
        if let Some(behind) = rest.strip_prefix("/*") {
            depth += 1;
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("*/") {
            depth -= 1;
            rest = behind;
            if depth == 0 {
                return rest;
            }
        } else {
            let mut chars = rest.chars();
            if chars.next().is_none() {
                return "";
            }
            rest = chars.as_str();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_decides() {
        for sql in ["SELECT 1", " (select 1)", "/* a /* b */ c */ -- d\n WITH a AS (SELECT 1)"] {
            assert!(is_lasting(sql) && check(sql).is_ok(), "{sql}");
        }
        for sql in
            ["CREATE TABLE t ()", "PREPARE a AS SELECT 1", "selected", "", "/* never ends", "é"]
        {
            assert!(!is_lasting(sql) && check(sql).is_ok(), "{sql}");
        }
        for sql in ["commit", ";COMMIT", "/**/ROLLBACK", "prepare transaction 'a'"] {
            assert_eq!(check(sql).unwrap_err().kind(), ErrorKind::InvalidInput, "{sql}");
        }
        assert_eq!(check("copy t to stdout").unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
