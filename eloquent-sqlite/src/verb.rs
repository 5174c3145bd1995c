//! What a statement begins with, where that is all that needs to be known of its text.

/// What a statement does, by its first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Reads, unless it is a `WITH` in front of a write.
    Query,
    /// Adds rows.
    Insert,
    /// Writes rows.
    Write,
    /// Anything else: DDL, pragmas, transactions.
    Other,
}

impl Verb {
    /// Looks at the text. What stands behind a comment counts as other: it is treated with more care
    /// than it needs.
    pub(crate) fn of(sql: &str) -> Verb {
        let text = sql.trim_ascii_start().as_bytes();
        let (word, verb) = match text.first().map(u8::to_ascii_uppercase) {
            Some(b'S') => ("SELECT", Verb::Query),
            Some(b'I') => ("INSERT", Verb::Insert),
            Some(b'U') => ("UPDATE", Verb::Write),
            Some(b'D') => ("DELETE", Verb::Write),
            Some(b'W') => ("WITH", Verb::Query),
            Some(b'V') => ("VALUES", Verb::Query),
            Some(b'R') => ("REPLACE", Verb::Write),
            _ => return Verb::Other,
        };
        let (first, rest) = text.split_at(word.len().min(text.len()));
        let ends = !rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if first.eq_ignore_ascii_case(word.as_bytes()) && ends { verb } else { Verb::Other }
    }
}

/// Whether an insert cannot turn into an update, which leaves the last number as it was. The compiler
/// writes its words in capitals; `raw` text may not.
pub(crate) fn only_adds(sql: &str, raw: bool) -> bool {
    const CONFLICT: &str = "CONFLICT";
    let mentions = |sql: &[u8]| {
        sql.windows(CONFLICT.len()).any(|part| part.eq_ignore_ascii_case(CONFLICT.as_bytes()))
    };
    !(sql.contains(CONFLICT) || raw && mentions(sql.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_decides() {
        let cases = [
            ("SELECT 1", Verb::Query),
            ("  select\n1", Verb::Query),
            ("SELECT(1)", Verb::Query),
            ("VALUES (1)", Verb::Query),
            ("INSERT INTO t DEFAULT VALUES", Verb::Insert),
            ("DELETE FROM t", Verb::Write),
            ("PRAGMA foreign_keys=OFF", Verb::Other),
            ("SELECTED", Verb::Other),
            ("/* SELECT */ DROP TABLE t", Verb::Other),
            ("", Verb::Other),
            ("é", Verb::Other),
        ];
        for (sql, verb) in cases {
            assert_eq!(Verb::of(sql), verb, "{sql}");
        }
    }

    #[test]
    fn an_upsert_may_do_other_than_add() {
        assert!(only_adds("INSERT INTO t VALUES (1)", true));
        assert!(!only_adds("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", false));
        assert!(!only_adds("insert into t values (1) On Conflict do nothing", true));
    }
}
