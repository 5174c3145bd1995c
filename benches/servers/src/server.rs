//! Where a server is.

use std::env;

use anyhow::{Context, Result};

/// A server, and a database of it from which others can be created.
pub struct Server {
    /// All of the URL before the name of the database.
    base: String,
    /// All of it after that name.
    options: &'static str,
    pub database: String,
}

/// What is taken for what the environment leaves out.
pub struct Defaults {
    pub port: &'static str,
    pub user: &'static str,
    pub database: &'static str,
}

impl Server {
    /// Reads `PREFIX_HOST`, `_PORT`, `_USER`, `_PASSWORD` and `_NAME`.
    pub fn from_env(
        prefix: &str,
        scheme: &str,
        options: &'static str,
        defaults: &Defaults,
    ) -> Result<Self> {
        let read = |part: &str| env::var(format!("{prefix}_{part}")).ok();
        let or = |part: &str, default: &str| read(part).unwrap_or_else(|| default.to_owned());
        let host = read("HOST").with_context(|| {
            format!("{prefix}_HOST is not set; `scripts/with-servers` starts servers and sets it")
        })?;
        let (user, password) = (escaped(&or("USER", defaults.user)), escaped(&or("PASSWORD", "")));
        let login = match password.is_empty() {
            true => user,
            false => format!("{user}:{password}"),
        };
        let port = or("PORT", defaults.port);
        Ok(Self {
            base: format!("{scheme}://{login}@{host}:{port}/"),
            options,
            database: or("NAME", defaults.database),
        })
    }

    pub fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.base, self.options)
    }

    /// The contender's own database, which a killed run may have left behind.
    pub fn own(&self, contender: &str) -> String {
        self.url(&format!("eloquent_bench_{}", contender.replace('-', "_")))
    }

    /// The name of the database in such a URL.
    pub fn name<'a>(&self, url: &'a str) -> &'a str {
        url.trim_start_matches(&self.base).trim_end_matches(self.options)
    }
}

/// Percent-encoded, as a part of a URL has to be.
fn escaped(text: &str) -> String {
    let escaped = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}
