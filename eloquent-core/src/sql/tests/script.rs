//! Scripts, taken apart.

use super::super::script::split;
use super::super::{Dialect, ScriptSyntax};
use crate::Result;
use crate::driver::{Capabilities, Family};
use crate::statement::Effect;

#[derive(Debug)]
struct Tongue(ScriptSyntax);

impl Dialect for Tongue {
    fn driver(&self) -> &'static str {
        "tongue"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::minimal(Family::Relational)
    }

    fn script(&self) -> ScriptSyntax {
        self.0
    }
}

const PLAIN: ScriptSyntax = ScriptSyntax {
    backslash_escapes: false,
    backticks: false,
    brackets: false,
    dollar_quotes: false,
    hash_comments: false,
    nested_comments: false,
    spoken_comments: false,
    delimiters: false,
    bodies: &[],
    atomic_bodies: false,
};
const TRIGGERS: ScriptSyntax =
    ScriptSyntax { backticks: true, brackets: true, bodies: &["TRIGGER"], ..PLAIN };
const DOLLARS: ScriptSyntax = ScriptSyntax {
    dollar_quotes: true,
    nested_comments: true,
    bodies: &["FUNCTION", "PROCEDURE"],
    atomic_bodies: true,
    ..PLAIN
};
const DELIMITERS: ScriptSyntax = ScriptSyntax {
    backslash_escapes: true,
    backticks: true,
    hash_comments: true,
    spoken_comments: true,
    delimiters: true,
    bodies: &["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"],
    ..PLAIN
};

fn texts(syntax: ScriptSyntax, script: &str) -> Result<Vec<String>> {
    Ok(split(&Tongue(syntax), script)?.into_iter().map(|part| part.text).collect())
}

#[track_caller]
fn gives(syntax: ScriptSyntax, script: &str, expected: &[&str]) {
    assert_eq!(texts(syntax, script).unwrap(), expected, "{script}");
}

#[test]
fn statements_end_outside_of_strings_names_and_comments() {
    gives(PLAIN, "", &[]);
    gives(PLAIN, " ;; -- a;\n /* b; */ ;", &[]);
    gives(PLAIN, "a; b", &["a", "b"]);
    gives(PLAIN, "\u{feff}a;\r\nb;\r\n", &["a", "b"]);
    gives(PLAIN, "a ';' \";\" 'it''s;' ; b", &["a ';' \";\" 'it''s;'", "b"]);
    gives(PLAIN, "-- head;\na -- tail;\n; b /* ; */ c", &["a -- tail;", "b /* ; */ c"]);
    gives(PLAIN, r"a '\'; b", &[r"a '\'", "b"]);
    gives(PLAIN, "ä 'ö;'; ü", &["ä 'ö;'", "ü"]);
    gives(TRIGGERS, "a [;] `;`; b", &["a [;] `;`", "b"]);
}

#[test]
fn lines_are_counted() {
    let parts = split(&Tongue(PLAIN), "\n-- x\na\n;\n\n  b").unwrap();
    assert_eq!(parts.iter().map(|part| part.line).collect::<Vec<_>>(), [3, 6]);
    let error = split(&Tongue(PLAIN), "a;\nb;\n'c").unwrap_err();
    assert!(error.message().contains("line 3: the script ends inside of a string"), "{error}");
}

#[test]
fn dollar_quotes_hold_anything() {
    gives(DOLLARS, "do $$ a; 'b $$; c", &["do $$ a; 'b $$", "c"]);
    gives(DOLLARS, "do $x$ a; $$ ; $x$; c", &["do $x$ a; $$ ; $x$", "c"]);
    gives(DOLLARS, "a$b$; $1; c$", &["a$b$", "$1", "c$"]);
    gives(DOLLARS, r"E'\';'; e'\\'; 'a\'; b", &[r"E'\';'", r"e'\\'", r"'a\'", "b"]);
    gives(DOLLARS, "/* a /* ; */ ; */ b; c", &["b", "c"]);
}

#[test]
fn bodies_stay_whole() {
    let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 \
                   END; DELETE FROM d; END";
    gives(TRIGGERS, &format!("{trigger};\nSELECT 1;"), &[trigger, "SELECT 1"]);
    let function =
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END";
    gives(DOLLARS, &format!("{function}; SELECT 1"), &[function, "SELECT 1"]);
    gives(TRIGGERS, "CREATE TABLE a (b); BEGIN; END", &["CREATE TABLE a (b)", "BEGIN", "END"]);
    assert!(texts(TRIGGERS, "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM d;").is_err());
}

#[test]
fn a_delimiter_is_taken_from_its_line() {
    let body = "CREATE PROCEDURE p() BEGIN SELECT ';'; IF 1 THEN SELECT 2; END IF; END";
    let script = format!("a;\ndelimiter //\n{body} //\nDELIMITER ;\nb;");
    gives(DELIMITERS, &script, &["a", body, "b"]);
    let error = texts(DELIMITERS, &format!("{body};")).unwrap_err();
    assert!(error.to_string().contains("DELIMITER //"), "{error}");
    assert!(texts(DELIMITERS, "DELIMITER\na").is_err());
    gives(DELIMITERS, "DELIMITER $$\na; b$$ c", &["a; b", "c"]);
    gives(DELIMITERS, r#"a 'it\'s;' "\";"; b"#, &[r#"a 'it\'s;' "\";""#, "b"]);
    gives(DELIMITERS, "a # b;\n; c --d;\ne -- f;\n", &["a # b;", "c --d", "e -- f;"]);
    gives(DELIMITERS, "/*!40101 SET a = 1 */; /* b */", &["/*!40101 SET a = 1 */"]);
}

#[test]
fn what_ends_inside_of_something_is_refused() {
    for script in ["'a", "\"a", "/* a", "/* /* a */", "$$ a", "$x$ a $y$", r"E'a\'", "a\0"] {
        assert!(texts(DOLLARS, script).is_err(), "{script}");
    }
}

#[test]
fn effects_come_from_the_first_words() {
    let effect = |script: &str| split(&Tongue(PLAIN), script).unwrap()[0].effect;
    assert_eq!(effect("/* a */ insert into t values (1)"), Effect::Plain);
    assert_eq!(effect("Create table t (a int)"), Effect::Commits);
    for script in ["commit", "BEGIN", "start transaction", "prepare transaction 'a'"] {
        assert!(matches!(effect(script), Effect::Refused(_)), "{script}");
    }
}

/// Whatever the text: the parts are pieces of it in order, what lies between them is no statement,
/// and a part is a statement by itself.
#[test]
fn nothing_is_lost_and_nothing_is_added() {
    const PIECES: [&str; 24] = [
        "'",
        "\"",
        "`",
        "--",
        "/*",
        "*/",
        "\n",
        "$",
        "$a$",
        "[",
        "]",
        ";",
        "a",
        "\\",
        "ü",
        "BEGIN ",
        "END",
        "CASE ",
        "CREATE TRIGGER ",
        "#",
        "//",
        "E'",
        " ",
        "DELIMITER //\n",
    ];
    let mut state = 88_172_645_463_325_252_u64;
    for round in 0..40_000 {
        let mut text = String::new();
        for _ in 0..10 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push_str(PIECES[usize::try_from(state >> 40).unwrap() % PIECES.len()]);
        }
        let syntax = [PLAIN, TRIGGERS, DOLLARS, DELIMITERS][round % 4];
        let Ok(parts) = split(&Tongue(syntax), &text) else { continue };
        let comments = ["--", "/*", "#", "//"].iter().any(|open| text.contains(open));
        let mut rest = text.as_str();
        for part in &parts {
            let at = rest.find(&part.text).unwrap_or_else(|| panic!("{text:?}: {part:?}"));
            // what a comment holds may look like the statement behind it
            let is_nothing = |c: char| c.is_whitespace() || c == ';';
            assert!(comments || rest[..at].chars().all(is_nothing), "{text:?}");
            rest = if comments { rest } else { &rest[at + part.text.len()..] };
            if !text.contains("//") {
                assert_eq!(texts(syntax, &part.text).unwrap(), [part.text.as_str()], "{text:?}");
            }
        }
    }
}
