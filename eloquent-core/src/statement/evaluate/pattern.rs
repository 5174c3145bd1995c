//! Patterns of text.

/// What a piece of a pattern asks for.
#[derive(Clone, Copy)]
enum Piece {
    /// `%`
    Any,
    /// `_`
    One,
    /// The character itself.
    Itself(char),
    /// An escape with nothing behind it.
    Never,
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut characters = pattern.chars();
    let mut pieces = Vec::new();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '%' => Piece::Any,
            '_' => Piece::One,
            '\\' => characters.next().map_or(Piece::Never, Piece::Itself),
            other => Piece::Itself(other),
        });
    }
    pieces
}

/// Whether a text matches a pattern. Goes back only to the last `%`, so that the time is bounded by the
/// product of the lengths.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pieces, text) = (pieces(pattern), text.chars().collect::<Vec<_>>());
    let (mut piece, mut at) = (0, 0);
    // where to go on after a mismatch: behind the last `%`, with one more character given to it
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let fits = match (pieces.get(piece), text.get(at)) {
            (None, None) => return true,
            (Some(Piece::Any), _) => {
                piece += 1;
                retry = Some((piece, at + 1));
                continue;
            }
            (Some(Piece::One), Some(_)) => true,
            (Some(Piece::Itself(wanted)), Some(character)) => wanted == character,
            _ => false,
        };
        if fits {
            (piece, at) = (piece + 1, at + 1);
            continue;
        }
        match &mut retry {
            Some((behind, next)) if *next <= text.len() => {
                (piece, at) = (*behind, *next);
                *next += 1;
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_and_escapes() {
        for (pattern, text) in [
            ("a%", "abc"),
            ("%c", "abc"),
            ("_b_", "abc"),
            ("a\\%", "a%"),
            ("\\\\", "\\"),
            ("%", ""),
            ("%%", ""),
            ("%a%b", "xaab"),
            ("a%b%c", "a1b2b3c"),
            ("_", "\u{1f980}"),
            ("", ""),
        ] {
            assert!(matches(pattern, text), "{text} is like {pattern}");
        }
        for (pattern, text) in [
            ("b%", "abc"),
            ("__", "abc"),
            ("a\\%", "ab"),
            ("_", ""),
            ("\\", ""),
            ("a\\", "a"),
            ("%\\", "a\\"),
            ("A", "a"),
            ("", "a"),
        ] {
            assert!(!matches(pattern, text), "{text} is not like {pattern}");
        }
    }

    #[test]
    fn many_wildcards_take_no_longer() {
        assert!(!matches(&"%a".repeat(200), &"a".repeat(199)));
        assert!(!matches(&format!("{}b", "%a".repeat(200)), &"a".repeat(5_000)));
    }
}
