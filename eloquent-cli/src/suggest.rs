//! "Did you mean".

/// The known name that was probably meant.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let shorter = |candidate: &str| candidate.chars().count().min(name.chars().count());
    known
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= shorter(candidate).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to say of a name that is not known: the one that was probably meant, or all that there are.
pub(crate) fn hint<'k>(name: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    if let Some(near) = nearest(name, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    match known.into_iter().collect::<Vec<_>>().as_slice() {
        [] => "there are none".to_owned(),
        known => format!("there are: {}", known.join(", ")),
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
    fn only_near_names_are_suggested() {
        assert_eq!(hint("usres", ["posts", "users"]), "did you mean `users`?");
        assert_eq!(hint("sqlit", ["pg", "sqlite"]), "did you mean `sqlite`?");
        assert_eq!(hint("nonsense", ["posts", "users"]), "there are: posts, users");
        assert_eq!(hint("users", []), "there are none");
        assert_eq!(nearest("", ["users"]), None);
    }
}
