//! The file `.env`: lines of `KEY=value`, read as data.
//!
//! ```text
//! # a comment
//! export PG_HOST=localhost        # `export` is allowed, a comment needs a space in front of it
//! PG_PASSWORD=pa$$w`o`rd#1        # as it stands: no substitution, no command, no escape
//! PG_NAME='as it stands, # too'   # so are single quotes, over several lines if need be
//! PG_USER="\"quoted\"\n"          # double quotes know \n \r \t \\ \" \' \$, and nothing else
//! ```
//!
//! The parser is our own because `dotenvy` 0.15 substitutes outside of single quotes, and there is no
//! way to tell it not to: the password `a$b` comes out as `a`, `pa$word#x` as `pa#x` and `$(id)` as
//! `(id)`, without an error, and `${NAME}` gives away what stands in the process environment. It refuses
//! `a b` and `a\b`, takes NUL characters, gives no line numbers, and its errors hold the line, which may
//! be a password.

use std::path::Path;

/// How much is read: a file that is larger is no `.env`.
pub(super) const MOST: usize = 4 << 20;

/// A line of the file.
#[derive(PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: String,
    /// Counted from 1.
    pub(super) line: usize,
}

/// What is wrong, without what stands there, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) what: &'static str,
}

/// Reads all lines.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Entry>, Fault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let line_at = |at: usize| 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Fault { line: line_at(at), what: "it has a NUL character" });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Fault { line: line_at(error.valid_up_to()), what: "it is not UTF-8" })?;
    let mut reader = Reader { rest: text, line: 1 };
    let mut entries = Vec::new();
    while !reader.rest.is_empty() {
        entries.extend(reader.entry()?);
    }
    Ok(entries)
}

struct Reader<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Reader<'t> {
    /// What is left of the line, which is then behind.
    fn finish_line(&mut self) -> &'t str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        self.line += 1;
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    /// The next line; `None` when it holds nothing.
    fn entry(&mut self) -> Result<Option<Entry>, Fault> {
        self.skip_blanks();
        let line = self.line;
        if self.rest.starts_with(['#', '\r', '\n']) || self.rest.is_empty() {
            self.finish_line();
            return Ok(None);
        }
        let fault = |what| Fault { line, what };
        if let Some(rest) = self.rest.strip_prefix("export").filter(|r| r.starts_with([' ', '\t']))
        {
            self.rest = rest;
            self.skip_blanks();
        }
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
        let (key, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        self.skip_blanks();
        if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(fault("it is not `KEY=value`"));
        }
        let Some(rest) = self.rest.strip_prefix('=') else {
            return Err(fault("there is no `=` behind the key"));
        };
        self.rest = rest;
        let value = self.value().map_err(fault)?;
        Ok(Some(Entry { key: key.to_owned(), value, line }))
    }

    fn value(&mut self) -> Result<String, &'static str> {
        // right behind the `=`, a `#` begins no comment: it may begin a password
        let may_be_comment = self.rest.starts_with([' ', '\t']);
        self.skip_blanks();
        match self.rest.chars().next() {
            Some('\'') => {
                let (value, rest) =
                    self.rest[1..].split_once('\'').ok_or("the single quote is not closed")?;
                self.close(value, rest)?;
                Ok(value.to_owned())
            }
            Some('"') => self.in_double_quotes(),
            first => {
                let line = self.finish_line();
                if may_be_comment && first == Some('#') {
                    return Ok(String::new());
                }
                let comment = line
                    .match_indices('#')
                    .map(|(at, _)| at)
                    .find(|at| line[..*at].ends_with([' ', '\t']));
                Ok(line[..comment.unwrap_or(line.len())].trim_end().to_owned())
            }
        }
    }

    fn in_double_quotes(&mut self) -> Result<String, &'static str> {
        let inner = &self.rest[1..];
        let mut value = String::new();
        let mut chars = inner.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.close(&inner[..at], &inner[at + 1..])?;
                    return Ok(value);
                }
                '\\' => value.push(match chars.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, 'r')) => '\r',
                    Some((_, 't')) => '\t',
                    Some((_, same @ ('\\' | '"' | '\'' | '$'))) => same,
                    _ => {
                        return Err(
                            "in double quotes a `\\` stands before n, r, t, \\, \", ' or $; \
                                    in single quotes it stands for itself",
                        );
                    }
                }),
                other => value.push(other),
            }
        }
        Err("the double quote is not closed")
    }

    /// Goes on behind a closing quote.
    fn close(&mut self, quoted: &str, rest: &'t str) -> Result<(), &'static str> {
        self.line += quoted.matches('\n').count();
        self.rest = rest;
        let line = self.finish_line().trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        Err("there is something behind the closing quote")
    }
}

/// The `.env` of a directory, or else of the project that it is in: the nearest folder above with a
/// `Cargo.toml`, and none beyond that.
pub(super) fn find(start: &Path) -> Option<std::path::PathBuf> {
    let here = start.join(".env");
    if exists(&here) {
        return Some(here);
    }
    let root = start.ancestors().find(|folder| folder.join("Cargo.toml").is_file())?;
    Some(root.join(".env")).filter(|path| exists(path))
}

/// Whether there is something other than a folder, be it readable or not.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok() && !path.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> String {
        match parse(text.as_bytes()) {
            Ok(entries) => {
                assert_eq!(entries.len(), 1, "{text}");
                entries[0].value.clone()
            }
            Err(fault) => panic!("{text}: {fault:?}"),
        }
    }

    #[test]
    fn values_come_out_as_they_stand() {
        let cases = [
            ("K=plain", "plain"),
            ("K = spaced  ", "spaced"),
            ("export K=x", "x"),
            ("\texport\tK =\tx", "x"),
            ("K=", ""),
            ("K= # comment", ""),
            ("K=#no comment", "#no comment"),
            ("K=a#b", "a#b"),
            ("K=a #b", "a"),
            ("K=a\t# b", "a"),
            ("K=a b c", "a b c"),
            ("K=pa$$w$ord", "pa$$w$ord"),
            ("K=${A${B}}", "${A${B}}"),
            ("K=$(touch /tmp/x)", "$(touch /tmp/x)"),
            ("K=`id`", "`id`"),
            ("K=a\\nb", "a\\nb"),
            ("K=a'b\"c", "a'b\"c"),
            ("K=a=b", "a=b"),
            ("K='a # $b \\n \"c\"'", "a # $b \\n \"c\""),
            ("K='a\nb' # c", "a\nb"),
            ("K=\"a # $b\"", "a # $b"),
            (r#"K="\n\r\t\\\"\'\$""#, "\n\r\t\\\"'$"),
            ("K=\"a\nb\"", "a\nb"),
            ("\u{feff}K=x\r\n", "x"),
            ("K=\"x\" \r\n", "x"),
            ("\r\n\n# c\nK=Ü🦀\n", "Ü🦀"),
        ];
        for (text, value) in cases {
            assert_eq!(one(text), value, "{text:?}");
        }
        let long = "x".repeat(1 << 20);
        assert_eq!(one(&format!("K={long}")), long);
    }

    #[test]
    fn a_fault_tells_its_line_and_nothing_else() {
        let cases: [(&[u8], usize); 14] = [
            (b"A=1\ncanary", 2),
            (b"A=1\n\n=canary", 3),
            (b"1A=canary", 1),
            (b"A-B=canary", 1),
            (b"A B=canary", 1),
            (b"export", 1),
            (b"A='canary", 1),
            (b"A=1\nB=\"canary\n\n", 2),
            (b"A='canary' canary", 1),
            (b"A='can\nary'x", 1),
            (b"A=\"can\\ary\"", 1),
            (b"A=1\nB=can\0ary", 2),
            (b"A=1\r\nB=can\xffary", 2),
            (b"if [ -f canary ]; then", 1),
        ];
        for (text, line) in cases {
            let fault = parse(text).err().unwrap();
            assert_eq!(fault.line, line, "{fault:?}");
            assert!(!fault.what.contains("canary"));
        }
    }

    #[test]
    fn lines_are_counted_through_quotes() {
        let text = "A='1\n2\n3'\n\nB=\"\n\"\nC=1";
        let entries = parse(text.as_bytes()).ok().unwrap();
        let lines: Vec<_> = entries.iter().map(|entry| (entry.key.as_str(), entry.line)).collect();
        assert_eq!(lines, [("A", 1), ("B", 5), ("C", 7)]);
    }
}
