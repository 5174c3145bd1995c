//! Names of connections: which there are, and which is the default.

use eloquent_core::driver::{Driver, Registry};
use eloquent_core::{Error, ErrorKind, Result};

use super::{Environment, keys, notes, wrong};

/// What the name of a twin ends with.
pub(super) const TWIN: &str = "_test";

/// The name of the twin of a connection; a twin is its own.
pub(in crate::database) fn twin(name: &str) -> String {
    if name.ends_with(TWIN) { name.to_owned() } else { format!("{name}{TWIN}") }
}

/// The name of the connection that a name is the twin's of.
pub(in crate::database) fn twin_of(name: &str) -> Option<&str> {
    name.strip_suffix(TWIN)
}

/// The driver that a name belongs to, and whether it is that of its twin.
pub(super) fn find(registry: &Registry, name: &str) -> Option<(&'static dyn Driver, bool)> {
    let named = |name: &str| {
        registry.drivers().find(|entry| entry.driver.name() == name).map(|entry| entry.driver)
    };
    named(name)
        .map(|driver| (driver, false))
        .or_else(|| Some((named(name.strip_suffix(TWIN)?)?, true)))
}

/// The names that the linked drivers bring.
pub(super) fn names(registry: &Registry) -> Vec<String> {
    let drivers = registry.drivers().map(|entry| entry.driver.name());
    drivers.flat_map(|name| [name.to_owned(), twin(name)]).collect()
}

/// The error of a name that no linked driver answers to.
pub(in crate::database) fn unknown(registry: &Registry, name: &str) -> Error {
    let shown: String = name.chars().take(64).collect();
    Error::new(ErrorKind::ConnectionUnknown, format!("there is no connection `{shown}`"))
        .with_hint(remedy(registry, name))
}

/// What to do about a name that no linked driver answers to.
fn remedy(registry: &Registry, name: &str) -> String {
    let names = names(registry);
    let list = match names.is_empty() {
        true => "no driver is linked".to_owned(),
        false => format!("there are: {}", names.join(", ")),
    };
    let base = name.strip_suffix(TWIN).unwrap_or(name);
    let by_scheme = registry
        .drivers()
        .find(|entry| entry.driver.schemes().contains(&base))
        .map(|entry| entry.driver.name());
    let near = by_scheme.or_else(|| {
        registry
            .drivers()
            .map(|entry| entry.driver.name())
            .find(|known| notes::is_near(base, known))
    });
    match near {
        Some(near) => {
            let suffix = if base == name { "" } else { TWIN };
            format!("did you mean `{near}{suffix}`? {list}")
        }
        None => format!(
            "{list}; if `{base}` is a driver, enable the cargo feature `{base}` of `eloquent`, or write \
             `use the_driver_crate as _;` for a driver from another crate"
        ),
    }
}

/// Whether a text can be a name at all, and so be shown.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

impl Environment {
    /// The name of the default connection: `DB_CONNECTION`, in test mode `DB_TEST_CONNECTION`. `None` when
    /// it is not set.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when it has more than one name, or in test mode that of an application's
    /// connection; [`ErrorKind::ConnectionUnknown`] for a name that no linked driver answers to.
    pub fn default_connection(&self, registry: &Registry) -> Result<Option<String>> {
        self.selected(registry, &[])
    }

    /// As [`default_connection`](Self::default_connection), where there are `further` connections.
    pub(in crate::database) fn selected(
        &self,
        registry: &Registry,
        further: &[&str],
    ) -> Result<Option<String>> {
        let is_test = self.is_test()?;
        let key = if is_test { keys::TEST_DEFAULT } else { keys::DEFAULT };
        let Some((value, origin)) = self.read(key)? else { return Ok(None) };
        let name = value.trim();
        if name.is_empty() {
            return Ok(None);
        }
        if name.contains("://") {
            return Err(wrong(key, origin, "holds a URL, not the name of a connection")
                .with_hint("a URL goes to the variable of its driver, such as `DB_URL`"));
        }
        if name.contains([',', ';', '|', '+']) || name.contains(char::is_whitespace) {
            return Err(wrong(key, origin, "names more than one connection").with_hint(
                "name one, the default; all others can be used at the same time by pinning a model to \
                 one, or with `.on(..)`",
            ));
        }
        if !is_name(name) {
            return Err(wrong(key, origin, "is not the name of a connection")
                .with_hint(remedy(registry, "")));
        }
        if !further.contains(&name) && find(registry, name).is_none() {
            let message = format!("`{key}` ({origin}) names `{name}`, which is no connection");
            return Err(Error::new(ErrorKind::ConnectionUnknown, message)
                .with_connection(name.to_owned())
                .with_hint(remedy(registry, name)));
        }
        if is_test && twin(name) != name {
            let what = format!("names `{name}`, which is the application's");
            return Err(wrong(key, origin, &what)
                .with_connection(name.to_owned())
                .with_hint(format!("did you mean `{}`?", twin(name))));
        }
        Ok(Some(name.to_owned()))
    }
}
