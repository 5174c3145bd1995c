//! What a command is about to send, as far as that is known before.

use eloquent::{Error, Result};
use sha2::{Digest as _, Sha256};

/// How many lines of it are shown.
const SHOWN: usize = 24;

/// What a command is about to send.
#[derive(Debug, Default)]
pub(super) struct Plan {
    statements: Vec<String>,
    /// Why nobody knows.
    problem: Option<String>,
}

impl Plan {
    pub(super) fn of(planned: Result<Vec<String>>) -> Plan {
        match planned {
            Ok(statements) => Plan { statements, problem: None },
            // the command itself fails with it, or does without
            Err(error) => Plan { statements: Vec::new(), problem: Some(told(&error)) },
        }
    }

    /// By which it is known again in the record.
    pub(super) fn fingerprint(&self) -> Option<String> {
        if self.statements.is_empty() {
            return None;
        }
        let mut hash = Sha256::new();
        for statement in &self.statements {
            hash.update(statement.trim_end().as_bytes());
            hash.update(b"\n;\n");
        }
        Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// For a person, each line indented.
    pub(super) fn describe(&self) -> String {
        if let Some(problem) = &self.problem {
            return format!("    what it would send is not known: {problem}\n");
        }
        let Some(fingerprint) = self.fingerprint() else { return String::new() };
        let shown: Vec<String> = self.statements.iter().map(|one| veiled(one)).collect();
        let lines: Vec<&str> = shown.iter().flat_map(|one| one.lines()).collect();
        let mut text = format!("    what it would send (plan {}):\n", &fingerprint[..12]);
        for line in lines.iter().take(SHOWN) {
            text.push_str(&format!("      {}\n", line.trim_end()));
        }
        if lines.len() > SHOWN {
            text.push_str(&format!("      .. and {} more lines\n", lines.len() - SHOWN));
        }
        text
    }
}

/// A statement without what may be a secret: what drops something has none, of a command in JSON its name and
/// what it is about is shown, and of all others what stands in front of the first quote.
fn veiled(statement: &str) -> String {
    let statement = statement.trim();
    let is_drop = statement.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("drop "));
    if is_drop || statement.starts_with("-- ") {
        return statement.to_owned();
    }
    let parts: Vec<&str> = statement.splitn(5, '"').collect();
    let end = match parts.as_slice() {
        ["{", _, colon, _, rest] if colon.trim() == ":" => match rest.trim() {
            "}" => return statement.to_owned(),
            rest => statement.len() - rest.len(),
        },
        _ => statement.find(['\'', '"', '$']).unwrap_or(statement.len()),
    };
    match statement[..end].trim_end() {
        shown if shown.len() < statement.len() => format!("{shown} .."),
        shown => shown.to_owned(),
    }
}

fn told(error: &Error) -> String {
    error.message().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(statements: &[&str]) -> Plan {
        Plan::of(Ok(statements.iter().map(|one| (*one).to_owned()).collect()))
    }

    #[test]
    fn another_plan_has_another_fingerprint() {
        let one = plan(&["DROP TABLE a", "DROP TABLE b"]).fingerprint();
        assert_eq!(one.as_ref().map(String::len), Some(64));
        assert_eq!(one, plan(&["DROP TABLE a\n", "DROP TABLE b"]).fingerprint());
        for other in [&["DROP TABLE b", "DROP TABLE a"][..], &["DROP TABLE a"], &[]] {
            assert_ne!(one, plan(other).fingerprint(), "{other:?}");
        }
    }

    #[test]
    fn nothing_that_may_be_a_secret_is_shown() {
        for (statement, shown) in [
            ("DROP TABLE \"users\" CASCADE", "DROP TABLE \"users\" CASCADE"),
            ("DELETE FROM users", "DELETE FROM users"),
            ("CREATE ROLE a PASSWORD 'canary'", "CREATE ROLE a PASSWORD .."),
            ("INSERT INTO t VALUES (\"canary\")", "INSERT INTO t VALUES ( .."),
            ("DO $$ canary $$", "DO .."),
            (r#"{"drop":"users"}"#, r#"{"drop":"users"}"#),
            (r#"{ "drop": "users" }"#, r#"{ .."#),
            (r#"{"insert": "t", "documents": [{"a": "canary"}]}"#, r#"{"insert": "t" .."#),
            (r#"{"insert": {"a": "canary"}}"#, "{ .."),
        ] {
            assert_eq!(veiled(statement), shown);
        }
    }

    #[test]
    fn a_long_plan_is_cut_and_says_so() {
        let long = vec!["DROP TABLE a"; 30];
        let text = plan(&long).describe();
        assert_eq!(text.lines().count(), 1 + SHOWN + 1);
        assert!(text.ends_with(".. and 6 more lines\n"), "{text}");
        let unknown = Plan::of(Err(Error::invalid("it reads rows\nsecret")));
        assert_eq!(unknown.describe(), "    what it would send is not known: it reads rows\n");
        assert_eq!((plan(&[]).describe(), unknown.fingerprint()), (String::new(), None));
    }
}
