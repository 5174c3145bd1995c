//! Takes a script apart into its statements.

use super::Dialect;
use crate::statement::ScriptPart;
use crate::{Error, Result};

/// What has a meaning in the scripts of a database, beside what it has in all: `'strings'`, `"names"`,
/// `-- comments` and `/* comments */`.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct ScriptSyntax {
    /// A backslash in a string takes the meaning of the next character away.
    pub backslash_escapes: bool,
    /// `` `names` ``.
    pub backticks: bool,
    /// `[names]`.
    pub brackets: bool,
    /// `$tag$ strings $tag$`, and `E'strings'` with a backslash.
    pub dollar_quotes: bool,
    /// `# comments`, and `--` only with a blank behind it.
    pub hash_comments: bool,
    /// Comments in comments.
    pub nested_comments: bool,
    /// `/*!` and what follows is no comment.
    pub spoken_comments: bool,
    /// Lines of `DELIMITER //`: needed around a body of several statements.
    pub delimiters: bool,
    /// What is created with a body from `BEGIN` to `END`, in capitals.
    pub bodies: &'static [&'static str],
    /// Whether that `BEGIN` is followed by `ATOMIC`.
    pub atomic_bodies: bool,
}

/// So many words say what a statement is.
const WORDS: usize = 12;

pub(super) fn split(dialect: &dyn Dialect, script: &str) -> Result<Vec<ScriptPart>> {
    let script = script.strip_prefix('\u{feff}').unwrap_or(script);
    let mut cutter = Cutter {
        dialect,
        syntax: dialect.script(),
        text: script,
        bytes: script.as_bytes(),
        at: 0,
        counted: (0, 1),
        delimiter: None,
        begun: None,
        words: Vec::new(),
        depth: 0,
        parts: Vec::new(),
    };
    cutter.run()?;
    Ok(cutter.parts)
}

/// All that has a meaning is ASCII but for the text of a `DELIMITER`, so that bytes are as good as characters.
struct Cutter<'a> {
    dialect: &'a dyn Dialect,
    syntax: ScriptSyntax,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// A position and its line.
    counted: (usize, usize),
    delimiter: Option<&'a str>,
    /// Where the statement begins that is being read.
    begun: Option<usize>,
    words: Vec<String>,
    /// How many `BEGIN` and `CASE` are open in a body.
    depth: usize,
    parts: Vec<ScriptPart>,
}

impl<'a> Cutter<'a> {
    fn run(&mut self) -> Result<()> {
        while let Some(byte) = self.peek(0) {
            if self.ends_here() {
                self.finish();
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if self.begins_line_comment() {
                self.at = self.text[self.at..].find('\n').map_or(self.text.len(), |n| self.at + n);
            } else if byte == b'/' && self.peek(1) == Some(b'*') && !self.speaks() {
                self.block_comment()?;
            } else if self.begun.is_none() && self.syntax.delimiters && self.set_delimiter()? {
            } else {
                self.begun.get_or_insert(self.at);
                self.token(byte)?;
            }
        }
        if self.depth > 0 {
            return Err(self.unfinished("a body: its `END` is missing"));
        }
        self.finish();
        Ok(())
    }

    fn token(&mut self, byte: u8) -> Result<()> {
        let follows_name = self.follows_name();
        match byte {
            0 => return Err(self.wrong("the script contains a NUL character")),
            b'\'' => self.quoted(byte, self.syntax.backslash_escapes, "a string")?,
            b'"' => self.quoted(byte, self.syntax.backslash_escapes, "a quoted name")?,
            b'`' if self.syntax.backticks => self.quoted(byte, false, "a quoted name")?,
            b'[' if self.syntax.brackets => self.quoted(b']', false, "a quoted name")?,
            b'e' | b'E'
                if self.syntax.dollar_quotes && !follows_name && self.peek(1) == Some(b'\'') =>
            {
                self.at += 1;
                self.quoted(b'\'', true, "a string")?;
            }
            b'$' if self.syntax.dollar_quotes && !follows_name => self.dollar_quoted()?,
            b'/' => self.at += if self.speaks() { 3 } else { 1 },
            byte if is_name(byte) => return self.word(),
            _ => self.at += 1,
        }
        Ok(())
    }

    fn word(&mut self) -> Result<()> {
        let length = self.bytes[self.at..].iter().take_while(|byte| is_name(**byte)).count();
        let word = self.text[self.at..self.at + length].to_ascii_uppercase();
        let is_part_of_name = self.previous() == Some(b'.');
        let (starts, has_body) = (self.words.is_empty(), self.has_body());
        if has_body && !starts && !is_part_of_name {
            self.count(&word, length)?;
        }
        if self.words.len() < WORDS {
            self.words.push(word);
        }
        self.at += length;
        Ok(())
    }

    /// Whether what is being created may have a body of several statements.
    fn has_body(&self) -> bool {
        self.words.first().is_some_and(|first| first == "CREATE")
            && self.words.iter().any(|word| self.syntax.bodies.contains(&word.as_str()))
    }

    /// Counts what is open in a body.
    fn count(&mut self, word: &str, length: usize) -> Result<()> {
        match word {
            "BEGIN" if self.delimiter.is_some() => {}
            "BEGIN" if self.syntax.delimiters => {
                let error = self.wrong("where a body of several statements ends is not clear");
                return Err(error.with_hint(
                    "write `DELIMITER //` above it, `//` behind it, and `DELIMITER ;` below",
                ));
            }
            "BEGIN" if self.depth == 0 => {
                let behind = self.text[self.at + length..].trim_start().as_bytes();
                let is_atomic = behind.get(..6).is_some_and(|w| w.eq_ignore_ascii_case(b"ATOMIC"));
                if is_atomic || !self.syntax.atomic_bodies {
                    self.depth = 1;
                }
            }
            "CASE" if self.depth > 0 => self.depth += 1,
            "END" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    /// Whether a statement ends here; moves behind what ends it.
    fn ends_here(&mut self) -> bool {
        match self.delimiter {
            Some(delimiter) if self.bytes[self.at..].starts_with(delimiter.as_bytes()) => true,
            None => self.depth == 0 && self.peek(0) == Some(b';'),
            Some(_) => false,
        }
    }

    fn finish(&mut self) {
        let end = self.at;
        self.at += self.delimiter.map_or(1, str::len);
        let words = std::mem::take(&mut self.words);
        self.depth = 0;
        let Some(begun) = self.begun.take() else { return };
        let line = self.line_of(begun);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let effect = self.dialect.effect(&words);
        let text = self.text[begun..end].trim_end().to_owned();
        self.parts.push(ScriptPart { text, line, effect });
    }

    /// Reads a line of `DELIMITER //`, if this is one.
    fn set_delimiter(&mut self) -> Result<bool> {
        const COMMAND: &str = "DELIMITER";
        let line = self.text[self.at..].lines().next().unwrap_or_default();
        let is_it = line.get(..COMMAND.len()).is_some_and(|w| w.eq_ignore_ascii_case(COMMAND));
        let Some(rest) = line.get(COMMAND.len()..).filter(|_| is_it) else { return Ok(false) };
        if !rest.starts_with(char::is_whitespace) && !rest.is_empty() {
            return Ok(false);
        }
        let delimiter = rest.trim();
        if delimiter.is_empty() || delimiter.contains(char::is_whitespace) {
            return Err(self.wrong("`DELIMITER` needs one sign behind it"));
        }
        self.delimiter = Some(delimiter).filter(|delimiter| *delimiter != ";");
        self.at += line.len();
        Ok(true)
    }

    fn begins_line_comment(&self) -> bool {
        match (self.peek(0), self.peek(1)) {
            (Some(b'#'), _) => self.syntax.hash_comments,
            (Some(b'-'), Some(b'-')) => {
                let blank = self.peek(2).is_some_and(|byte| byte <= b' ');
                blank || !self.syntax.hash_comments
            }
            _ => false,
        }
    }

    /// Whether a `/*` is one that the database reads.
    fn speaks(&self) -> bool {
        let rest = &self.bytes[self.at..];
        self.syntax.spoken_comments && (rest.starts_with(b"/*!") || rest.starts_with(b"/*M!"))
    }

    fn block_comment(&mut self) -> Result<()> {
        let (begun, mut open) = (self.at, 0_usize);
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'/', Some(b'*')) if open == 0 || self.syntax.nested_comments => {
                    open += 1;
                    self.at += 2;
                }
                (b'*', Some(b'/')) => {
                    open -= 1;
                    self.at += 2;
                    if open == 0 {
                        return Ok(());
                    }
                }
                _ => self.at += 1,
            }
        }
        self.at = begun;
        Err(self.unfinished("a comment"))
    }

    /// Passes over a string or quoted name. A doubled quote ends one and begins the next, which comes to
    /// the same.
    fn quoted(&mut self, close: u8, escapes: bool, what: &str) -> Result<()> {
        let begun = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                0 => return Err(self.wrong("the script contains a NUL character")),
                b'\\' if escapes => self.at = (self.at + 1).min(self.bytes.len()),
                _ if byte == close => return Ok(()),
                _ => {}
            }
        }
        self.at = begun;
        Err(self.unfinished(what))
    }

    /// Passes over `$tag$ … $tag$`, or over a `$` that opens nothing.
    fn dollar_quoted(&mut self) -> Result<()> {
        let tag = self.bytes[self.at + 1..].iter().take_while(|byte| is_name(**byte)).count();
        let is_digit = self.peek(1).is_some_and(|byte| byte.is_ascii_digit());
        if is_digit || self.peek(tag + 1) != Some(b'$') {
            self.at += 1;
            return Ok(());
        }
        let quote = &self.text[self.at..self.at + tag + 2];
        let inside = self.at + quote.len();
        match self.text[inside..].find(quote) {
            Some(length) => {
                self.at = inside + length + quote.len();
                Ok(())
            }
            None => Err(self.unfinished("a dollar-quoted string")),
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn previous(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|before| self.bytes[before])
    }

    fn follows_name(&self) -> bool {
        self.previous().is_some_and(|before| is_name(before) || before == b'$')
    }

    fn line_of(&mut self, position: usize) -> usize {
        let (counted, line) = self.counted;
        let position = position.min(self.bytes.len());
        let (from, line) = if counted <= position { (counted, line) } else { (0, 1) };
        let more = self.bytes[from..position].iter().filter(|byte| **byte == b'\n').count();
        self.counted = (position, line + more);
        line + more
    }

    fn wrong(&mut self, what: &str) -> Error {
        let line = self.line_of(self.at);
        Error::invalid(format!("line {line}: {what}"))
    }

    fn unfinished(&mut self, what: &str) -> Error {
        self.wrong(&format!("the script ends inside of {what}"))
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert!(
            texts(TRIGGERS, "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM d;").is_err()
        );
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
                    assert_eq!(
                        texts(syntax, &part.text).unwrap(),
                        [part.text.as_str()],
                        "{text:?}"
                    );
                }
            }
        }
    }
}
