//! What the derives and `new!` accept, and what they say of mistakes.

use std::path::Path;

/// How long an error may be before nobody reads it.
const MAX_LINES: usize = 12;

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}

#[test]
fn errors_are_short() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/fail");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "stderr") {
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = message(&text).len();
            assert!(lines <= MAX_LINES, "{} has {lines} lines", path.display());
            read += 1;
        }
    }
    assert!(read > 30);
}

/// The lines of an error, without the excerpt of this crate's code that the compiler appends to show
/// where a bound stands: nothing can be done about that one, and it comes after all that matters.
fn message(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut in_excerpt = false;
    for line in text.lines() {
        if line.starts_with("note: required by a bound in") {
            in_excerpt = true;
        } else if line.is_empty() || line.starts_with(char::is_alphabetic) {
            in_excerpt = false;
        }
        if !in_excerpt {
            lines.push(line);
        }
    }
    lines
}
