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
