//! Takes raw text apart.

use super::{RawScan, RawSegment};
use crate::{Error, Result};

pub(super) fn scan(text: &str, binds: usize, backslash_escapes: bool) -> Result<RawScan<'_>> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        copied: 0,
        brackets: 0,
        backslash_escapes,
        scan: RawScan { is_blank: true, ..RawScan::default() },
    };
    scanner.run()?;
    let marks = scanner.scan.segments.iter().filter(|part| **part == RawSegment::Bind).count();
    if marks != binds {
        let error =
            Error::invalid(format!("raw text has {marks} placeholders and {binds} bound values"));
        return Err(error.with_hint("write `??` for a question mark that is no placeholder"));
    }
    Ok(scanner.scan)
}

/// All that has a meaning here is ASCII, so that bytes are as good as characters.
struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// The text in front of here is among the segments.
    copied: usize,
    /// How many `[` are open: inside of them, `:` separates the ends of a slice.
    brackets: usize,
    backslash_escapes: bool,
    scan: RawScan<'a>,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) -> Result<()> {
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (0, _) => return Err(Error::invalid("raw text contains a NUL character")),
                (b'-', Some(b'-')) => self.line_comment(),
                (b'/', Some(b'*')) => self.block_comment()?,
                _ if byte.is_ascii_whitespace() => self.at += 1,
                (b';', _) => self.end_statement(),
                _ => {
                    if self.scan.ends_statement {
                        return Err(Error::invalid("raw text has more than one statement"));
                    }
                    self.scan.is_blank = false;
                    self.scan.ends_in_comment = false;
                    self.token(byte)?;
                }
            }
        }
        if !self.scan.ends_statement {
            self.copy_to(self.text.len());
        }
        Ok(())
    }

    fn token(&mut self, byte: u8) -> Result<()> {
        let next = self.peek(1);
        match byte {
            b'\'' => {
                let escapes = self.backslash_escapes || self.is_escape_string();
                self.quoted(byte, escapes, "string")?;
            }
            b'"' => self.quoted(byte, self.backslash_escapes, "quoted name")?,
            b'`' => self.quoted(byte, false, "quoted name")?,
            b'$' if !self.follows_name() => {
                if next.is_some_and(|next| next.is_ascii_digit()) {
                    return Err(other_style("$1"));
                }
                self.dollar_quoted()?;
            }
            b'?' => match next {
                Some(b'?') => {
                    self.copy_to(self.at + 1);
                    self.at += 2;
                    self.copied = self.at;
                }
                Some(next) if next.is_ascii_digit() => return Err(other_style("?1")),
                _ => {
                    self.copy_to(self.at);
                    self.scan.segments.push(RawSegment::Bind);
                    self.at += 1;
                    self.copied = self.at;
                }
            },
            b':' if next == Some(b':') => self.at += 2,
            b':' if self.brackets == 0 && next.is_some_and(is_name) => {
                return Err(other_style(":name"));
            }
            b'@' if next == Some(b'@') => self.at += 2,
            b'@' if self.previous() != Some(b'<')
                && !self.follows_name()
                && next.is_some_and(is_name) =>
            {
                return Err(other_style("@name"));
            }
            b'[' => {
                self.brackets += 1;
                self.at += 1;
            }
            b']' => {
                self.brackets = self.brackets.saturating_sub(1);
                self.at += 1;
            }
            _ => self.at += 1,
        }
        Ok(())
    }

    /// Passes over a string or quoted name. A doubled quote ends one and begins the next, which comes
    /// to the same.
    fn quoted(&mut self, quote: u8, escapes: bool, what: &str) -> Result<()> {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                0 => return Err(Error::invalid("raw text contains a NUL character")),
                b'\\' if escapes => self.at += 1,
                _ if byte == quote => return Ok(()),
                _ => {}
            }
        }
        Err(unfinished(what))
    }

    fn line_comment(&mut self) {
        self.scan.ends_in_comment = true;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            if byte == b'\n' {
                self.scan.ends_in_comment = false;
                return;
            }
        }
    }

    fn block_comment(&mut self) -> Result<()> {
        let mut open = 0_usize;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'/', Some(b'*')) => {
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
        Err(unfinished("comment"))
    }

    /// Passes over `$tag$ … $tag$`, or over a `$` that opens nothing.
    fn dollar_quoted(&mut self) -> Result<()> {
        let rest = &self.text[self.at + 1..];
        let tag = rest.bytes().take_while(|byte| is_name(*byte)).count();
        if rest.as_bytes().get(tag) != Some(&b'$') {
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
            None => Err(unfinished("dollar-quoted string")),
        }
    }

    fn end_statement(&mut self) {
        if !self.scan.ends_statement {
            self.copy_to(self.at);
        }
        self.scan.ends_statement = true;
        self.at += 1;
    }

    fn copy_to(&mut self, end: usize) {
        if self.copied < end {
            self.scan.segments.push(RawSegment::Text(&self.text[self.copied..end]));
        }
        self.copied = end;
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn previous(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|before| self.bytes[before])
    }

    /// Whether the character in front belongs to a name, so that this one does as well.
    fn follows_name(&self) -> bool {
        self.previous().is_some_and(|before| is_name(before) || before == b'$')
    }

    /// Whether the string is an `E'…'`, in which a backslash escapes.
    fn is_escape_string(&self) -> bool {
        let letter = self.previous().is_some_and(|before| before.eq_ignore_ascii_case(&b'e'));
        let before = self.at.checked_sub(2).map(|before| self.bytes[before]);
        letter && !before.is_some_and(is_name)
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn other_style(style: &str) -> Error {
    Error::invalid(format!("raw text has a placeholder in the style of `{style}`"))
        .with_hint("write `?` for each bound value")
}

fn unfinished(what: &str) -> Error {
    Error::invalid(format!("raw text ends inside a {what}"))
}
