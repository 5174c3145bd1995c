//! What stands in the environment and is not read, although it looks as if it should be.

use eloquent_core::driver::{Driver, Registry};

use super::origin::Fault;
use super::{Environment, Origin, keys};

/// Something to know about a variable. Made by [`Environment::notes`].
///
/// ```
/// # fn main() -> eloquent::Result<()> {
/// use eloquent::{Environment, Registry};
///
/// let environment: Environment = [("SQLITE_PTAH", "app.sqlite")].into_iter().collect();
/// let notes = environment.notes(Registry::linked()?);
/// assert_eq!((notes[0].key(), notes[0].suggestion()), ("SQLITE_PTAH", Some("SQLITE_PATH")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    key: String,
    origin: Origin,
    message: String,
    suggestion: Option<String>,
}

impl Note {
    /// The variable.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where it comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What there is to know.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The variable that may have been meant.
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }
}

impl Environment {
    /// Variables that are not read although they look like it: of the form `DB_MYSQL_CONNECTION`, nearly
    /// one that is read, or unknown under the prefix of a linked driver; and those that stand twice in
    /// the file. Where the process has a great many variables, only its near misses are told.
    pub fn notes(&self, registry: &Registry) -> Vec<Note> {
        let drivers: Vec<(String, &dyn Driver)> =
            registry.drivers().map(|entry| (keys::prefix(entry.driver), entry.driver)).collect();
        let mut known: Vec<String> =
            [keys::DEFAULT, keys::TEST_DEFAULT, keys::ROLE, keys::TEST].map(str::to_owned).into();
        known.extend(drivers.iter().flat_map(|(_, driver)| keys::known(*driver)));
        let mut notes = Vec::new();
        for (key, variable) in &self.variables {
            let mut note = |message: String, suggestion: Option<String>| {
                let origin = variable.origin.clone();
                notes.push(Note { key: key.clone(), origin, message, suggestion });
            };
            if known.contains(key) {
                if let Some(Fault::Twice { other }) = variable.fault {
                    note(format!("stands twice, also in line {other}"), None);
                }
                continue;
            }
            let driver = drivers.iter().find(|(prefix, _)| has_prefix(key, prefix));
            let is_ours = driver.is_some() || has_prefix(key, "DB");
            if is_ours && key.ends_with("_CONNECTION") {
                let message = format!(
                    "is not read: `{}` names the one default connection, and a model or `.on(..)` names \
                     another",
                    keys::DEFAULT
                );
                note(message, Some(keys::DEFAULT.to_owned()));
                continue;
            }
            // a variable of another program may well be near one of ours
            let is_file = variable.origin != Origin::Process;
            let near = known.iter().find(|known| (is_ours || is_file) && is_near(key, known));
            match (near, driver) {
                (Some(near), _) => {
                    note(format!("is not read; did you mean `{near}`?"), Some(near.clone()));
                }
                (None, Some((_, driver))) if is_file => {
                    let settings: Vec<_> = driver.settings().iter().map(|s| s.key).collect();
                    let message = format!(
                        "is not read: the settings of `{}` are {}",
                        driver.name(),
                        settings.join(", ")
                    );
                    note(message, None);
                }
                _ => {}
            }
        }
        notes
    }
}

/// Says which variable is nearly this one, if there is one that nobody reads.
pub(super) fn near(
    environment: &Environment,
    driver: &dyn Driver,
    variable: &str,
) -> Option<String> {
    let known = keys::known(driver);
    let near = environment.variables.iter().find(|(key, found)| {
        !found.value.is_empty() && is_near(key, variable) && !known.contains(key)
    });
    near.map(|(key, found)| {
        format!("`{key}` ({}) is not read: did you mean `{variable}`?", found.origin)
    })
}

fn has_prefix(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_'))
}

/// Whether one word is most likely the other, misspelt.
pub(super) fn is_near(one: &str, other: &str) -> bool {
    let most = if one.len().min(other.len()) < 8 { 1 } else { 2 };
    one != other && one.len().abs_diff(other.len()) <= most && distance(one, other) <= most
}

/// How many letters must be changed, added, removed or swapped with their neighbour, in any case.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.to_lowercase().chars().collect();
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, from) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, to) in other.iter().enumerate() {
            let mut least = (row[j] + usize::from(from != to)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && one[i - 1] == *to && *from == other[j - 1] {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_are_near() {
        for (one, other) in [
            ("X_HSOT", "X_HOST"),
            ("X_HOS", "X_HOST"),
            ("x_host", "X_HOST"),
            ("X_PASWORD", "X_PASSWORD"),
            ("DB_CONECTION", "DB_CONNECTION"),
            ("DBCONNECTION", "DB_CONNECTION"),
        ] {
            assert!(is_near(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("X_HOST", "X_HOST"),
            ("X_HOST", "X_PORT"),
            ("DB_COLLATION", "DB_CONNECTION"),
            ("", "X"),
        ] {
            assert!(!is_near(one, other) || one.is_empty(), "{one} {other}");
        }
    }
}
