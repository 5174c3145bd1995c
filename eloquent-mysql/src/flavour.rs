//! MySQL or MariaDB: told apart by what the server calls itself.

/// Whose server it is, with its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) flavour: Flavour,
    pub(crate) version: (u16, u16, u16),
}

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    MySql,
    MariaDb,
}

impl Server {
    /// Reads `8.0.36`, `10.11.19-MariaDB-0+deb12u1`, `5.5.5-10.6.12-MariaDB`.
    pub(crate) fn read(text: &str) -> Option<Server> {
        let flavour = match text.to_ascii_lowercase().contains("mariadb") {
            true => Flavour::MariaDb,
            false => Flavour::MySql,
        };
        // in front of its own version an old MariaDB puts one that replicas of MySQL put up with
        let own = match flavour {
            Flavour::MariaDb => text.strip_prefix("5.5.5-").unwrap_or(text),
            Flavour::MySql => text,
        };
        let mut numbers = own.split(['.', '-', '+']).map(str::parse);
        let mut next = || numbers.next()?.ok();
        let version = (next()?, next()?, next()?);
        Some(Server { flavour, version })
    }

    /// The oldest version of each that has all that this driver relies on: checks that are kept to, row
    /// locks that skip and a collation in which blanks count.
    pub(crate) fn is_known(self) -> bool {
        self.version
            >= match self.flavour {
                Flavour::MySql => (8, 0, 17),
                Flavour::MariaDb => (10, 6, 0),
            }
    }
}

/// The name and the version.
impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (major, minor, patch) = self.version;
        write!(f, "{} {major}.{minor}.{patch}", self.flavour.name())
    }
}

impl Flavour {
    /// The name for messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Flavour::MySql => "MySQL",
            Flavour::MariaDb => "MariaDB",
        }
    }

    /// The collation in which text is equal when its characters are, blanks at its end included.
    pub(crate) const fn collation(self) -> &'static str {
        match self {
            Flavour::MySql => "utf8mb4_0900_bin",
            Flavour::MariaDb => "utf8mb4_nopad_bin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_apart() {
        let cases = [
            ("8.0.36", Flavour::MySql, (8, 0, 36)),
            ("8.4.0-commercial", Flavour::MySql, (8, 4, 0)),
            ("8.0.35-0ubuntu0.22.04.1", Flavour::MySql, (8, 0, 35)),
            ("10.11.19-MariaDB-0+deb12u1", Flavour::MariaDb, (10, 11, 19)),
            ("5.5.5-10.6.12-MariaDB-log", Flavour::MariaDb, (10, 6, 12)),
        ];
        for (text, flavour, version) in cases {
            assert_eq!(Server::read(text), Some(Server { flavour, version }), "{text}");
        }
        assert_eq!(Server::read("something"), None);
        let named = Server::read("5.5.5-10.6.12-MariaDB-log").unwrap().to_string();
        assert_eq!(named, "MariaDB 10.6.12");
        assert!(Server::read("8.0.17").unwrap().is_known());
        assert!(!Server::read("5.7.44").unwrap().is_known());
        assert!(!Server::read("10.5.9-MariaDB").unwrap().is_known());
    }
}
