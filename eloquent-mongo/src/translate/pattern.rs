//! Patterns as regular expressions.

/// The expression that matches what the pattern does, from the first character to the last, with `s` among
/// its options. `None` for a pattern that matches nothing.
pub(super) fn expression(pattern: &str) -> Option<String> {
    let mut expression = String::from("^");
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            '\\' => literal(characters.next()?, &mut expression),
            other => literal(other, &mut expression),
        }
    }
    // not `$`, which lets a line end follow
    expression.push_str("\\z");
    Some(expression)
}

fn literal(character: char, expression: &mut String) {
    match character {
        '\0' => return expression.push_str("\\x00"),
        '\\' | '^' | '$' | '.' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}' => {
            expression.push('\\');
        }
        _ => {}
    }
    expression.push(character);
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn only_two_characters_mean_something() {
        for (pattern, expected) in [
            ("", "^\\z"),
            ("a%", "^a.*\\z"),
            ("_\\_\\%", "^._%\\z"),
            ("a.b*", "^a\\.b\\*\\z"),
            ("\\\\", "^\\\\\\z"),
            ("[a]", "^\\[a\\]\\z"),
            ("\\[", "^\\[\\z"),
        ] {
            assert_eq!(expression(pattern).as_deref(), Some(expected), "{pattern}");
        }
        assert_eq!(expression("a\\"), None);
    }
}
