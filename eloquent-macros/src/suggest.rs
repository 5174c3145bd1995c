//! "Did you mean".

/// What to say of a name that is not known: the one that was probably meant, or all that there are.
pub(crate) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let near = known
        .clone()
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().min(name.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance);
    match near {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => {
            let all: Vec<String> = known.into_iter().map(|known| format!("`{known}`")).collect();
            format!("there are {}", all.join(", "))
        }
    }
}

/// How many letters must be changed, added or removed to make one word of the other, in any case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("column", "column"), 0);
        assert_eq!(distance("colum", "column"), 1);
        assert_eq!(distance("lenght", "length"), 2);
        assert_eq!(distance("", "key"), 3);
    }

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(hint("lenght", ["key", "length"]), "did you mean `length`?");
        assert_eq!(hint("snakecase", ["snake_case", "camelCase"]), "did you mean `snake_case`?");
        assert_eq!(hint("belongs_to", ["key", "auto"]), "there are `key`, `auto`");
    }
}
