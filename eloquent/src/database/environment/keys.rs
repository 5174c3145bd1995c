//! The names of variables.

use std::collections::BTreeMap;

use eloquent_core::driver::{Driver, Registry};
use eloquent_core::{Error, ErrorKind, Result};

use super::Role;

/// Names the default connection.
pub(super) const DEFAULT: &str = "DB_CONNECTION";
/// Names the default connection of tests.
pub(super) const TEST_DEFAULT: &str = "DB_TEST_CONNECTION";
/// Names the role.
pub(super) const ROLE: &str = "ELOQUENT_DB_ROLE";
/// Turns test mode on.
pub(super) const TEST: &str = "ELOQUENT_TEST";

/// What follows the prefix where all parts stand in one.
pub(super) const URL: &str = "url";
/// What follows the prefix for replicas.
pub(super) const READ_HOST: &str = "read_host";
/// What follows the prefix for how long reads avoid them after a write.
pub(super) const READ_STICKY: &str = "read_sticky_ms";

/// What the names of a driver's variables begin with.
pub(super) fn prefix(driver: &dyn Driver) -> String {
    match driver.prefix() {
        Some(prefix) => prefix.to_owned(),
        None => driver.name().to_uppercase().replace('-', "_"),
    }
}

/// The prefix of a block: that of the driver, or of its twin.
pub(super) fn block(driver: &dyn Driver, is_test: bool) -> String {
    let prefix = prefix(driver);
    if is_test { prefix + "_TEST" } else { prefix }
}

/// The prefix of the part of a block that is for a role.
pub(super) fn role_block(block: &str, role: Role) -> String {
    format!("{block}_{}", role.name().to_uppercase())
}

/// The variable of a setting.
pub(super) fn variable(block: &str, key: &str) -> String {
    format!("{block}_{}", key.to_uppercase())
}

/// Each driver by its prefix.
///
/// # Errors
/// [`ErrorKind::DriverConflict`] when two have the same.
pub(super) fn prefixes(registry: &Registry) -> Result<BTreeMap<String, &'static dyn Driver>> {
    let mut prefixes: BTreeMap<String, &'static dyn Driver> = BTreeMap::new();
    for entry in registry.drivers() {
        let prefix = prefix(entry.driver);
        if let Some(other) = prefixes.insert(prefix.clone(), entry.driver) {
            let (one, other) = (other.name(), entry.driver.name());
            let message = format!("the drivers `{one}` and `{other}` both read `{prefix}_…`");
            return Err(Error::new(ErrorKind::DriverConflict, message)
                .with_hint("remove one of them from the dependencies, or use it by URL"));
        }
    }
    Ok(prefixes)
}

/// The variables of the settings of a driver, or of its twin.
pub(super) fn own(driver: &dyn Driver, is_test: bool) -> Vec<String> {
    let block = block(driver, is_test);
    let blocks = Role::ALL.map(|role| role_block(&block, role)).into_iter().chain([block.clone()]);
    let keys = || driver.settings().iter().map(|setting| setting.key).chain([URL]);
    blocks.flat_map(|block| keys().map(move |key| variable(&block, key))).collect()
}

/// All variables that a driver reads.
pub(super) fn known(driver: &dyn Driver) -> Vec<String> {
    let mut known = Vec::new();
    for is_test in [false, true] {
        known.extend(own(driver, is_test));
        let block = block(driver, is_test);
        let shared = super::pool::KEYS.iter().copied().chain([READ_HOST, READ_STICKY]);
        known.extend(shared.map(|key| variable(&block, key)));
    }
    known
}
