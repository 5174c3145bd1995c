//! Takes raw text apart.

use super::{RawScan, RawSegment};
use crate::{Error, Result};

pub(super) fn scan(text: &str, binds: usize, backslash_escapes: bool) -> Result<RawScan<'_>> {
    let mut scanner = Scanner::new(text, backslash_escapes, true);
    scanner.run()?;
    let marks = scanner.scan.segments.iter().filter(|part| **part == RawSegment::Bind).count();
    if marks != binds {
        let error =
            Error::invalid(format!("raw text has {marks} placeholders and {binds} bound values"));
        return Err(error.with_hint("write `??` for a question mark that is no placeholder"));
    }
    Ok(scanner.scan)
}

/// Takes text apart to which nothing is bound: what would be a placeholder is only text.
///
/// # Errors
/// [`ErrorKind::InvalidInput`](crate::ErrorKind) as for raw text.
pub fn scan_unbound(text: &str, backslash_escapes: bool) -> Result<RawScan<'_>> {
    let mut scanner = Scanner::new(text, backslash_escapes, false);
    scanner.run()?;
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
    /// How many `(` are open. Text that closes one it did not open would reach beyond its place.
    parentheses: usize,
    backslash_escapes: bool,
    /// Whether there are placeholders.
    binds: bool,
    scan: RawScan<'a>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, backslash_escapes: bool, binds: bool) -> Self {
        Scanner {
            text,
            bytes: text.as_bytes(),
            at: 0,
            copied: 0,
            brackets: 0,
            parentheses: 0,
            backslash_escapes,
            binds,
            scan: RawScan { is_blank: true, ..RawScan::default() },
        }
    }

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
        if self.parentheses > 0 {
            return Err(unbalanced());
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
                if self.binds && next.is_some_and(|next| next.is_ascii_digit()) {
                    return Err(other_style("$1"));
                }
                self.dollar_quoted()?;
            }
            b'?' | b':' | b'@' if !self.binds => self.at += 1,
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
            b'(' => {
                self.parentheses += 1;
                self.at += 1;
            }
            b')' => {
                self.parentheses = self.parentheses.checked_sub(1).ok_or_else(unbalanced)?;
                self.at += 1;
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

fn unbalanced() -> Error {
    Error::invalid("the parentheses in raw text do not match")
}

fn unfinished(what: &str) -> Error {
    Error::invalid(format!("raw text ends inside a {what}"))
}

#[cfg(test)]
mod tests {
    use super::super::RawSql;
    use super::*;
    use crate::ErrorKind;

    /// The parts with `{}` for each bind.
    fn parts(text: &str, binds: usize) -> Result<String> {
        let scan = scan(text, binds, false)?;
        Ok(scan
            .segments
            .iter()
            .map(|part| match part {
                RawSegment::Text(text) => *text,
                RawSegment::Bind => "{}",
            })
            .collect())
    }

    #[test]
    fn parentheses_match() {
        for text in ["1) OR (1 = 1", "(a", "a)", ")("] {
            assert!(parts(text, 0).is_err(), "{text}");
        }
        for text in ["(a)", "')'", "\"(\"", "/* ( */ a", "f((1), '(')"] {
            assert!(parts(text, 0).is_ok(), "{text}");
        }
    }

    #[test]
    fn question_marks_count_outside_of_strings_names_and_comments() {
        for (text, binds, expected) in [
            ("", 0, ""),
            ("?", 1, "{}"),
            ("??", 0, "?"),
            ("???", 1, "?{}"),
            ("a = ? AND b = ?", 2, "a = {} AND b = {}"),
            ("a ?? 'k' AND b = ?", 1, "a ? 'k' AND b = {}"),
            ("a ??| array['x'] AND a ??& ?", 1, "a ?| array['x'] AND a ?& {}"),
            ("'?' || ?", 1, "'?' || {}"),
            ("'it''s ?' || ?", 1, "'it''s ?' || {}"),
            ("''?''", 1, "''{}''"),
            (r"'\' || ?", 1, r"'\' || {}"),
            (r"E'\'?' || ?", 1, r"E'\'?' || {}"),
            (r"(e'\\') || ?", 1, r"(e'\\') || {}"),
            (r"type'\' || ?", 1, r"type'\' || {}"),
            (r#""what?" = ?"#, 1, r#""what?" = {}"#),
            (r#""a""?" = ?"#, 1, r#""a""?" = {}"#),
            ("`?` = ?", 1, "`?` = {}"),
            ("a -- ?\n = ?", 1, "a -- ?\n = {}"),
            ("a - ? - -?", 2, "a - {} - -{}"),
            ("a /* ? /* ? */ ? */ = ?", 1, "a /* ? /* ? */ ? */ = {}"),
            ("a / ? * ?", 2, "a / {} * {}"),
            ("$$ ? $$ || ?", 1, "$$ ? $$ || {}"),
            ("$tag$ ? $$ ? $tag$ || ?", 1, "$tag$ ? $$ ? $tag$ || {}"),
            ("a$b$c = ? AND d$ = ?", 2, "a$b$c = {} AND d$ = {}"),
            ("a$1 = ?", 1, "a$1 = {}"),
            ("?::int = a::text", 1, "{}::int = a::text"),
            ("a[1:n] = ?", 1, "a[1:n] = {}"),
            ("a @> ? AND b <@c AND d @@ e", 1, "a @> {} AND b <@c AND d @@ e"),
            ("SELECT @@version, a := ?", 1, "SELECT @@version, a := {}"),
            ("ü = ? AND 'ü?' = ?", 2, "ü = {} AND 'ü?' = {}"),
            ("a; \n -- ? \n /* ; */ ", 0, "a"),
            ("a;;", 0, "a"),
        ] {
            assert_eq!(parts(text, binds).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for (text, binds) in [
            ("?", 0),
            ("? ?", 1),
            ("a ?| b", 0),
            ("'?'", 1),
            ("a = $1", 1),
            ("a = ? AND b = $2", 1),
            ("a = :name", 1),
            ("a = :1", 1),
            ("a = @p1", 1),
            ("a = ?1", 1),
            ("SELECT 1; SELECT 2", 0),
            ("SELECT 1; SELECT ?", 1),
            ("a; 'b'", 0),
            ("'a", 0),
            ("'a''", 0),
            ("\"a", 0),
            ("`a", 0),
            ("/* a", 0),
            ("/* /* a */", 0),
            ("$$ a", 0),
            ("$x$ a $y$", 0),
            (r"E'a\'", 0),
            ("a\0", 0),
            ("'a\0'", 0),
        ] {
            let error = parts(text, binds).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
        }
        let hint = parts("a = $1", 1).unwrap_err().to_string();
        assert!(hint.contains("`$1`") && hint.contains("write `?`"), "{hint}");
    }

    #[test]
    fn backslashes_escape_where_the_database_says_so() {
        let text = r#"'it\'s ?' || ? || "\"?" "#;
        assert!(scan(text, 1, false).is_err());
        assert_eq!(scan(text, 1, true).unwrap().segments.len(), 3);
    }

    #[test]
    fn the_end_is_known() {
        let scanned = |text| scan(text, 0, false).unwrap();
        assert!(scanned("a -- b").ends_in_comment && !scanned("a -- b\n").ends_in_comment);
        assert!(!scanned("-- b\na").ends_in_comment && !scanned("a /* b */").ends_in_comment);
        assert!(scanned("a;").ends_statement && !scanned("a").ends_statement);
        assert!(scanned(" /* a */ -- b").is_blank && !scanned("a").is_blank);
    }

    #[test]
    fn a_value_that_could_not_be_bound_is_told_first() {
        let map = std::collections::BTreeMap::from([(vec![1_u8], 1_u8)]);
        let raw = RawSql::new("a = ?").bind(crate::value::Json(map));
        assert_eq!(raw.segments().unwrap_err().kind(), ErrorKind::Encode);
        assert_eq!(RawSql::new("a = ?").bind(1_i64).segments().unwrap().len(), 2);
    }

    /// Whatever the text, taking it apart ends, and putting it together gives it back.
    #[test]
    fn nothing_is_lost() {
        const PIECES: [&str; 20] = [
            "'", "\"", "`", "--", "/*", "*/", "\n", "?", "??", "$", "$a$", ":", "::", "@", "[",
            "]", ";", "a", "\\", "ü",
        ];
        let mut state = 88_172_645_463_325_252_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..8 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                text.push_str(PIECES[usize::try_from(state >> 40).unwrap() % PIECES.len()]);
            }
            for binds in 0..4 {
                if let Ok(again) = parts(&text, binds) {
                    assert_eq!(again.matches("{}").count(), binds);
                    let again = again.replace("{}", "").replace('?', "");
                    assert!(text.replace('?', "").starts_with(&again), "{text} {again}");
                }
            }
        }
    }
}
