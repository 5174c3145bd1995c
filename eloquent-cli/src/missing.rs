//! Drivers that are not linked.

use eloquent::{Error, ErrorKind, Registry};

use crate::suggest;

/// The drivers of Eloquent itself: each is a cargo feature of its name.
pub(crate) const OURS: &[&str] = &["mongo", "mssql", "mysql", "pg", "sqlite"];

/// The error of a connection whose driver is not linked; `None` if it is one of a driver that is.
pub(crate) fn connection(registry: &Registry, name: &str) -> Option<Error> {
    let base = name.strip_suffix("_test").unwrap_or(name);
    let is_linked = |name: &str| registry.drivers().any(|entry| entry.driver.name() == name);
    if is_linked(base) || is_linked(name) {
        return None;
    }
    if OURS.contains(&base) {
        let message = format!("the driver `{base}` is not part of this program");
        let error = Error::new(ErrorKind::DriverNotFound, message);
        return Some(error.with_hint(remedy(base)));
    }
    // what is no name may be a URL, and that hold a password
    let message = match is_name(name) {
        true => format!("there is no connection `{name}`"),
        false => "this is not the name of a connection".to_owned(),
    };
    let names: Vec<String> = registry
        .drivers()
        .map(|entry| entry.driver.name())
        .flat_map(|name| [name.to_owned(), format!("{name}_test")])
        .collect();
    let hint = match names.is_empty() {
        true => remedy("pg"),
        false => suggest::hint(name, names.iter().map(String::as_str)),
    };
    Some(Error::new(ErrorKind::ConnectionUnknown, message).with_hint(hint))
}

fn is_name(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    (1..=64).contains(&text.len()) && text.chars().all(is_word)
}

/// How a driver is added.
pub(crate) fn remedy(driver: &str) -> String {
    format!("build it with the cargo feature `{driver}` of `eloquent-cli`")
}
