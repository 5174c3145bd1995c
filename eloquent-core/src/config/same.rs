//! Whether two sets of settings lead to one database.

use super::{ConnectionConfig, Setting};

/// What [`Driver::same_database`](crate::driver::Driver::same_database) says unless a driver knows better.
pub(crate) fn same_database(
    settings: &[Setting],
    one: &ConnectionConfig,
    other: &ConnectionConfig,
) -> bool {
    let mut decisive = settings
        .iter()
        .filter(|setting| setting.is_database || setting.key == "host" || setting.key == "port");
    decisive.all(|setting| place(setting, one) == place(setting, other))
}

/// The value, or its default, in the form in which equal places are equal.
fn place(setting: &Setting, config: &ConnectionConfig) -> String {
    let value = config.get(setting.key).or(setting.default).unwrap_or_default();
    let value = value.trim().to_lowercase();
    if setting.key == "port" {
        return value.parse::<u16>().map_or(value, |port| port.to_string());
    }
    if setting.key != "host" {
        return value;
    }
    let host = value.trim_end_matches('.');
    let is_here = host.is_empty()
        || host == "localhost"
        || host.starts_with('/')
        || host.parse().is_ok_and(|address: std::net::IpAddr| {
            address.is_loopback() || address.is_unspecified()
        });
    if is_here { "localhost".to_owned() } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &[Setting] = &[
        Setting::new("host", "").default("localhost"),
        Setting::new("port", "").default("5432"),
        Setting::new("user", ""),
        Setting::new("name", "").database(),
    ];

    fn same(one: [&str; 3], other: [&str; 3]) -> bool {
        let config = |[host, port, name]: [&str; 3]| {
            ConnectionConfig::new("x", "x").set("host", host).set("port", port).set("name", name)
        };
        let (one, other) = (config(one), config(other).set("user", "other"));
        same_database(SETTINGS, &one, &other)
    }

    #[test]
    fn one_place_has_many_spellings() {
        for host in
            ["", "localhost", "LOCALHOST.", "127.0.0.1", "127.0.0.2", "::1", "0.0.0.0", "/run"]
        {
            assert!(same(["", "", "app"], [host, "5432", "App"]), "{host}");
        }
        assert!(same(["DB.example.com.", "05432", "app"], ["db.example.com", "", "app"]));
    }

    #[test]
    fn other_places_are_others() {
        let app = ["db", "5432", "app"];
        for other in [["db2", "5432", "app"], ["db", "5433", "app"], ["db", "5432", "app_test"]] {
            assert!(!same(app, other), "{other:?}");
        }
    }
}
