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
            let lines = text.split("\n\n").map(|error| error.lines().count()).max().unwrap_or(0);
            assert!(lines <= MAX_LINES, "{} has {lines} lines", path.display());
            read += 1;
        }
    }
    assert!(read > 30);
}
