//! The words of SQL text.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word or number without quotes.
    Word,
    /// A name in quotes.
    Quoted,
    /// A text.
    Text,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// Any other sign.
    Sign,
}

/// A piece of text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// The name without its quotes.
    pub(super) fn name(&self) -> String {
        let Some(quote) = self.text.chars().next().filter(|_| self.kind != Kind::Word) else {
            return self.text.to_owned();
        };
        let inside = self.text.get(1..self.text.len().saturating_sub(1)).unwrap_or_default();
        match quote {
            '[' => inside.to_owned(),
            quote => inside.replace(&format!("{quote}{quote}"), &quote.to_string()),
        }
    }

    /// Whether it can stand for a name.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }
}

/// The tokens of a text that SQLite has accepted, without blanks and comments.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_$".contains(&byte);
    while let Some(byte) = bytes.get(at).copied() {
        let start = at;
        let rest = &text[start..];
        let kind = match byte {
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if rest.starts_with("--") => {
                at += rest.find('\n').map_or(rest.len(), |end| end + 1);
                continue;
            }
            b'/' if rest.starts_with("/*") => {
                at += rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
                continue;
            }
            b'\'' | b'"' | b'`' => {
                at = quoted(bytes, at, byte);
                if byte == b'\'' { Kind::Text } else { Kind::Quoted }
            }
            b'[' => {
                at += rest.find(']').map_or(rest.len(), |end| end + 1);
                Kind::Quoted
            }
            b'(' | b')' | b',' => {
                at += 1;
                match byte {
                    b'(' => Kind::Open,
                    b')' => Kind::Close,
                    _ => Kind::Comma,
                }
            }
            _ if is_word(byte) => {
                while bytes.get(at).copied().is_some_and(is_word) {
                    at += 1;
                }
                Kind::Word
            }
            _ => {
                at += 1;
                Kind::Sign
            }
        };
        tokens.push(Token { kind, text: &text[start..at], start });
    }
    tokens
}

/// Where what is in quotes ends; a doubled quote stays inside.
fn quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at).copied() {
        at += 1;
        if byte == quote {
            match bytes.get(at) {
                Some(next) if *next == quote => at += 1,
                _ => break,
            }
        }
    }
    at
}

/// The parts of a list in parentheses that begins with the first token, and how many tokens it has.
pub(super) fn list<'t, 'a>(tokens: &'t [Token<'a>]) -> (Vec<&'t [Token<'a>]>, usize) {
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0_usize, 1);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Comma if depth == 1 => {
                parts.push(&tokens[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            if begin <= at {
                parts.push(&tokens[begin..at]);
            }
            return (parts, at + 1);
        }
    }
    (parts, tokens.len())
}

/// The text from the first to the last of these tokens.
pub(super) fn span<'a>(text: &'a str, tokens: &[Token<'_>]) -> &'a str {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => &text[first.start..last.end()],
        _ => "",
    }
}
