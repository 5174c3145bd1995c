//! Text from elsewhere, made safe to show.

use std::fmt::Write as _;

/// The text with what could steer a terminal written out: control characters, and the marks that
/// change the direction of text.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_steering(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

/// The same for a JSON document, whose own line breaks stay.
pub(super) fn escape_json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if c != '\n' && is_steering(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c)); // all of them have four digits
        } else {
            out.push(c);
        }
    }
    out
}

fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        assert_eq!(
            escape("a\u{1b}[31m\r\nb\u{9b}c\u{202e}ä"),
            "a\\u{1b}[31m\\r\\nb\\u{9b}c\\u{202e}ä"
        );
    }

    #[test]
    fn a_document_stays_one() {
        let value = serde_json::json!({ "a": "x\u{1b}\n\u{7f}\u{202e}" });
        let text = escape_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.chars().any(|c| c != '\n' && is_steering(c)), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
