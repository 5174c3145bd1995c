//! The drivers that are linked into this binary.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Driver;
use crate::config::ConnectionConfig;
use crate::{Error, ErrorKind, Result};

/// A registered driver and the package that it comes from.
#[derive(Debug, Clone, Copy)]
pub struct DriverEntry {
    /// The driver.
    pub driver: &'static dyn Driver,
    /// The package that registered it.
    pub package: &'static str,
    /// The version of that package.
    pub version: &'static str,
}

inventory::collect!(DriverEntry);

/// Registers a driver: `register_driver!(MyDriver);` in the root of its crate.
///
/// It also declares `pub const DRIVER`, for programs in which constructors do not run (static libraries
/// that are linked by another language): they pass it to [`Registry::linked_and`].
///
/// A crate that is only declared as a dependency is not linked. Its user writes `use the_driver as _;`.
#[macro_export]
macro_rules! register_driver {
    ($driver:expr) => {
        /// The driver of this crate, for explicit registration.
        pub const DRIVER: $crate::driver::DriverEntry = $crate::driver::DriverEntry {
            driver: &$driver,
            package: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        };
        $crate::__private::inventory::submit! { DRIVER }
    };
}

/// Drivers by name.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    drivers: BTreeMap<&'static str, DriverEntry>,
}

impl Registry {
    /// The drivers that are linked into this binary.
    ///
    /// # Errors
    /// [`ErrorKind::DriverConflict`] when two packages have registered one name.
    pub fn linked() -> Result<&'static Registry> {
        static LINKED: OnceLock<Registry> = OnceLock::new();
        if let Some(registry) = LINKED.get() {
            return Ok(registry);
        }
        let registry = Registry::default().with(inventory::iter::<DriverEntry>())?;
        Ok(LINKED.get_or_init(|| registry))
    }

    /// The linked drivers and these: for programs in which constructors do not run, and for tests.
    /// Naming a driver that is linked anyway changes nothing.
    ///
    /// # Errors
    /// As [`linked`](Self::linked).
    pub fn linked_and(extra: &[DriverEntry]) -> Result<Registry> {
        Registry::linked()?.clone().with(extra)
    }

    fn with<'e>(mut self, entries: impl IntoIterator<Item = &'e DriverEntry>) -> Result<Registry> {
        for entry in entries {
            let name = entry.driver.name();
            match self.drivers.get(name) {
                Some(known) if (known.package, known.version) != (entry.package, entry.version) => {
                    return Err(conflict(name, known, entry));
                }
                _ => self.drivers.insert(name, *entry),
            };
        }
        Ok(self)
    }

    /// The drivers in the order of their names.
    pub fn drivers(&self) -> impl ExactSizeIterator<Item = &DriverEntry> {
        self.drivers.values()
    }

    /// The driver of that name.
    ///
    /// # Errors
    /// [`ErrorKind::DriverNotFound`], listing what is linked and what to do.
    pub fn driver(&self, name: &str) -> Result<&'static dyn Driver> {
        self.drivers.get(name).map(|entry| entry.driver).ok_or_else(|| self.missing(name))
    }

    /// Takes a URL apart: its scheme picks the driver, which reads the rest. An empty name is for a
    /// connection that has none yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for what is no URL, [`ErrorKind::DriverNotFound`] for a scheme that no
    /// driver claims, [`ErrorKind::DriverConflict`] for one that several do. The URL is not shown.
    pub fn parse_url(&self, connection: impl Into<String>, url: &str) -> Result<ConnectionConfig> {
        let connection = connection.into();
        let named = |error: Error| match connection.as_str() {
            "" => error,
            name => error.with_connection(name.to_owned()),
        };
        let scheme = url.split_once(':').map(|(scheme, rest)| (scheme.trim_end_matches(':'), rest));
        let Some((scheme, rest)) = scheme.filter(|(scheme, _)| is_scheme(scheme)) else {
            return Err(named(Error::new(ErrorKind::Config, "the URL has no scheme"))
                .with_hint("write it as `driver:…`, for example `sqlite:app.sqlite`"));
        };
        let claims = |entry: &&DriverEntry| {
            entry.driver.name() == scheme || entry.driver.schemes().contains(&scheme)
        };
        let mut claimants = self.drivers.values().filter(claims);
        let entry = claimants.next().ok_or_else(|| named(self.missing(scheme)))?;
        if let Some(other) = claimants.next() {
            let error = named(conflict(scheme, entry, other));
            return Err(error.with_hint("name the driver in the settings instead of a URL"));
        }
        let mut config = ConnectionConfig::new(connection.clone(), entry.driver.name());
        let parsed = entry.driver.parse_url_of(scheme, rest, &mut config);
        parsed.map_err(|error| named(error).with_driver(entry.driver.name()))?;
        Ok(config)
    }

    fn missing(&self, name: &str) -> Error {
        let linked = match self.drivers.is_empty() {
            true => "no driver is linked".to_owned(),
            false => {
                format!("linked: {}", self.drivers.keys().copied().collect::<Vec<_>>().join(", "))
            }
        };
        let shown: String = name.chars().take(32).collect();
        Error::new(ErrorKind::DriverNotFound, format!("no linked driver is called `{shown}` ({linked})"))
            .with_hint(format!(
                "enable the cargo feature `{shown}` of `eloquent`, or write `use the_driver_crate as _;` \
                 for a driver from another crate"
            ))
    }
}

fn is_scheme(scheme: &str) -> bool {
    let mut bytes = scheme.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn conflict(name: &str, one: &DriverEntry, other: &DriverEntry) -> Error {
    Error::new(
        ErrorKind::DriverConflict,
        format!(
            "two packages claim `{name}`: {} {} and {} {}",
            one.package, one.version, other.package, other.version
        ),
    )
    .with_hint("remove one of them from the dependencies")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Setting;
    use crate::driver::{Connection, Family};

    #[derive(Debug)]
    struct Fake(&'static str);

    #[crate::async_trait]
    impl Driver for Fake {
        fn name(&self) -> &'static str {
            self.0
        }
        fn family(&self) -> Family {
            Family::Relational
        }
        fn schemes(&self) -> &'static [&'static str] {
            &["shared"]
        }
        fn settings(&self) -> &'static [Setting] {
            &[]
        }
        fn parse_url(&self, _: &str, _: &mut ConnectionConfig) -> Result<()> {
            Ok(())
        }
        async fn connect(&self, _: &ConnectionConfig) -> Result<Arc<dyn Connection>> {
            Err(Error::unsupported("connecting", "fake"))
        }
    }

    const fn entry(driver: &'static Fake, package: &'static str) -> DriverEntry {
        DriverEntry { driver, package, version: "1.0.0" }
    }

    #[test]
    fn one_name_from_two_packages_is_refused() {
        let both = [entry(&Fake("a"), "p"), entry(&Fake("a"), "q")];
        let error = Registry::linked_and(&both).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DriverConflict);
        assert!(error.message().contains("p 1.0.0 and q 1.0.0"));
    }

    #[test]
    fn naming_a_driver_twice_is_fine() {
        let twice = [entry(&Fake("a"), "p"), entry(&Fake("a"), "p")];
        assert_eq!(Registry::linked_and(&twice).unwrap().drivers().len(), 1);
    }

    #[test]
    fn a_miss_lists_what_is_linked_and_both_remedies() {
        let registry = Registry::linked_and(&[entry(&Fake("a"), "p")]).unwrap();
        let error = registry.driver("b").unwrap_err().to_string();
        assert!(
            error.contains("linked: a") && error.contains("feature") && error.contains("as _;"),
            "{error}"
        );
    }

    #[test]
    fn a_shared_scheme_is_fine_until_it_has_to_decide() {
        let registry =
            Registry::linked_and(&[entry(&Fake("a"), "p"), entry(&Fake("b"), "q")]).unwrap();
        assert_eq!(registry.parse_url("main", "b:x").unwrap().driver(), "b");
        assert_eq!(
            registry.parse_url("main", "shared:x").unwrap_err().kind(),
            ErrorKind::DriverConflict
        );
        assert_eq!(registry.parse_url("main", "x").unwrap_err().kind(), ErrorKind::Config);
        assert_eq!(
            registry.parse_url("main", "foo://bar").unwrap_err().kind(),
            ErrorKind::DriverNotFound
        );
    }
}
