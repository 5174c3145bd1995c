//! Scripts: commands as JSON objects, one after the other or in a list.

use eloquent_core::statement::{Effect, ScriptPart};
use eloquent_core::{Error, Result};
use mongodb::bson::{Bson, Document};

use crate::{error, json};

/// What a command says in its field `comment` to be run outside of transactions, each of which the server
/// gives a minute.
const APART: &str = "eloquent: no-transaction";

/// Takes a script apart.
///
/// # Errors
/// For what is no list of JSON objects, with the line.
pub(crate) fn split(script: &str) -> Result<Vec<ScriptPart>> {
    let script = script.strip_prefix('\u{feff}').unwrap_or(script);
    let mut scan = Scan { text: script, at: 0, counted: (0, 1) };
    let is_list = scan.takes(b'[');
    let mut parts = Vec::new();
    loop {
        scan.blanks();
        if is_list && scan.takes(b']') {
            scan.blanks();
            return match scan.peek() {
                None => Ok(parts),
                Some(_) => Err(scan.fault(scan.at, "something follows the list")),
            };
        }
        match scan.peek() {
            None if is_list => return Err(scan.fault(scan.at, "the list does not end")),
            None => return Ok(parts),
            Some(_) => {}
        }
        if is_list && !parts.is_empty() && !scan.takes(b',') {
            return Err(scan.fault(scan.at, "a `,` or `]` is missing"));
        }
        scan.blanks();
        let line = scan.line(scan.at);
        let text = scan.object()?;
        let command = json::read(text).map_err(|error| {
            Error::invalid(format!("the command on line {line}: {}", error.message()))
        })?;
        let effect = effect(&command);
        parts.push(ScriptPart { text: text.to_owned(), line, effect });
    }
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    /// Up to where lines have been counted, and the number of the line there.
    counted: (usize, usize),
}

impl<'t> Scan<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        self.blanks();
        let is_it = self.peek() == Some(byte);
        self.at += usize::from(is_it);
        is_it
    }

    /// The line of a place, which is not before the one that was asked for last.
    fn line(&mut self, at: usize) -> usize {
        let (from, line) = self.counted;
        let more = self.text.as_bytes().get(from..at).unwrap_or_default();
        self.counted = (at, line + more.iter().filter(|byte| **byte == b'\n').count());
        self.counted.1
    }

    fn fault(&mut self, at: usize, what: &str) -> Error {
        Error::invalid(format!("line {}: {what}", self.line(at)))
            .with_hint("write one JSON object for each command, or a list of them")
    }

    /// The text up to the brace that closes the one here.
    fn object(&mut self) -> Result<&'t str> {
        let from = self.at;
        if self.peek() != Some(b'{') {
            return Err(self.fault(from, "a command does not begin with `{`"));
        }
        let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'{' if !in_string => depth += 1,
                b'}' if !in_string => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(&self.text[from..self.at]);
                    }
                }
                _ => {}
            }
        }
        Err(self.fault(from, "the command does not end"))
    }
}

/// What a command means for the transaction around it.
fn effect(command: &Document) -> Effect {
    let ours = ["lsid", "txnNumber", "startTransaction", "autocommit", "$db", "$clusterTime"];
    if ours.iter().any(|field| command.contains_key(field)) {
        return Effect::Refused("says which session or transaction it is of");
    }
    let name = command.keys().next().map(String::as_str).unwrap_or_default();
    match name {
        "" => Effect::Refused("is empty"),
        "commitTransaction" | "abortTransaction" | "startSession" | "endSessions"
        | "killSessions" | "killAllSessions" => Effect::Refused("begins or ends a transaction"),
        "dropDatabase" => {
            Effect::Refused("drops the history with all else; `migrate:fresh` begins anew")
        }
        "find" | "getMore" | "count" | "distinct" => {
            Effect::Refused("only reads, and nobody sees what")
        }
        _ if command.get_str("comment").is_ok_and(|comment| comment.trim() == APART) => {
            Effect::Commits
        }
        "insert" | "update" | "delete" | "findAndModify" | "findandmodify" => Effect::Plain,
        _ => Effect::Commits,
    }
}

/// The collection that a command is about.
pub(crate) fn collection(command: &Document) -> Option<&str> {
    match command.values().next() {
        Some(Bson::String(name)) => Some(name),
        _ => None,
    }
}

/// The command with the names of collections that the server wants with the name of the database; whether
/// it goes to the database of the administrator.
pub(crate) fn qualified(mut command: Document, db: &str) -> (Document, bool) {
    if command.keys().next().is_none_or(|name| name != "renameCollection") {
        // what an aggregate gives back is not looked at
        if command.contains_key("aggregate") && !command.contains_key("cursor") {
            command.insert("cursor", Document::new());
        }
        return (command, false);
    }
    for field in ["renameCollection", "to"] {
        if let Some(Bson::String(name)) = command.get_mut(field) {
            *name = format!("{db}.{name}");
        }
    }
    (command, true)
}

/// Finds what failed in a reply that says that the command was run.
///
/// # Errors
/// The first write that failed.
pub(crate) fn check(reply: &Document) -> Result<()> {
    let first = |field: &str| reply.get_array(field).ok()?.first()?.as_document();
    let failed = first("writeErrors").or_else(|| reply.get_document("writeConcernError").ok());
    match failed {
        None => Ok(()),
        Some(failed) => {
            let code = failed.get_i32("code").unwrap_or_default();
            Err(error::of_code(code, failed.get_str("errmsg").unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn commands_are_taken_apart() {
        let one =
            "\u{feff}{\"create\": \"a}\\\"{\"}\n\n {\"insert\": \"a\",\n \"documents\": [{}]}\n";
        let list = "[\n{\"create\": \"a}\\\"{\"},\n{\"insert\": \"a\", \"documents\": [{}]}]";
        for (script, lines) in [(one, [1, 3]), (list, [2, 3])] {
            let parts = split(script).unwrap();
            let found: Vec<_> = parts.iter().map(|part| part.line).collect();
            assert_eq!(found, lines);
            assert_eq!((parts[0].effect, parts[1].effect), (Effect::Commits, Effect::Plain));
            assert!(parts[1].text.ends_with("[{}]}"));
        }
        assert!(split(" \n").unwrap().is_empty() && split("[]").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_script_is_refused_with_its_line() {
        for (script, says) in [
            ("{\"a\": 1", "line 1: the command does not end"),
            ("\nCREATE TABLE t", "line 2: a command does not begin"),
            ("[{\"a\":1} {\"b\":1}]", "`,` or `]` is missing"),
            ("[{\"a\":1}", "the list does not end"),
            ("[{\"a\":1}] {}", "follows the list"),
            ("{\"a\":1}\n{\"b\":}", "command on line 2"),
        ] {
            let error = split(script).unwrap_err();
            assert!(error.message().contains(says), "{script}: {error}");
        }
    }

    #[test]
    fn sessions_are_not_for_scripts() {
        for text in [
            r#"{"commitTransaction": 1}"#,
            r#"{"insert": "a", "documents": [], "lsid": {}}"#,
            r#"{"dropDatabase": 1}"#,
            r#"{"find": "a"}"#,
            "{}",
        ] {
            assert!(matches!(split(text).unwrap()[0].effect, Effect::Refused(_)), "{text}");
        }
        let apart = r#"{"update": "a", "updates": [], "comment": "eloquent: no-transaction"}"#;
        assert_eq!(split(apart).unwrap()[0].effect, Effect::Commits);
    }

    #[test]
    fn a_write_that_failed_is_found() {
        assert!(check(&doc! { "ok": 1, "n": 1 }).is_ok());
        let reply =
            doc! { "ok": 1, "writeErrors": [{ "index": 0, "code": 121, "errmsg": "canary" }] };
        let error = check(&reply).unwrap_err();
        assert_eq!(error.kind(), eloquent_core::ErrorKind::CheckViolation);
        assert!(!error.to_string().contains("canary"));
    }
}
