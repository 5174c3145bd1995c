//! Telling whether a text has changed.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The checksum of a file. Line endings, a mark of byte order and blank lines at the end do not count.
pub(super) fn of_file(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut hash = Sha256::new();
    let mut blank = 0;
    for line in text.lines() {
        // `lines` takes a carriage return off only in front of a line feed
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            blank += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut blank) {
            hash.update(b"\n");
        }
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hexadecimal(&hash.finalize())
}

/// The checksum of all steps up to one, from that of the steps before it.
pub(super) fn of_step(before: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(b"\n");
    for line in text.lines() {
        hash.update(line.trim_end().as_bytes());
        hash.update(b"\n");
    }
    hexadecimal(&hash.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a `String` cannot fail
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_endings_do_not_count() {
        let sum = of_file("a\n\nb\n");
        for same in ["a\r\n\r\nb\r\n", "\u{feff}a\n\nb", "a\n\nb\n\n\r\n"] {
            assert_eq!(of_file(same), sum, "{same:?}");
        }
        for other in ["a\nb\n", "a\n\nb \n", "a\n\nc\n", "", "\na\n\nb\n"] {
            assert_ne!(of_file(other), sum, "{other:?}");
        }
        assert_eq!(sum.len(), 64);
    }

    #[test]
    fn a_step_depends_on_those_before_it() {
        let first = of_step("", "a");
        assert_ne!(of_step(&first, "b"), of_step("", "b"));
        assert_eq!(of_step(&first, "b\r\nc"), of_step(&first, "b\nc"));
    }
}
