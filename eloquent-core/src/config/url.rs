//! URLs of servers: `//user:password@host:port/database?option=value`, taken apart once for all drivers.

use std::fmt;
use std::net::Ipv6Addr;

use super::{ConnectionConfig, Setting};
use crate::{Error, Result};

/// The shape that errors point to.
const SHAPE: &str = "write it as `driver://user:password@host:port/database?option=value`";
/// What to do with characters that end a part of a URL.
const ENCODE: &str = "inside a user, password or database write `@` as `%40`, `/` as `%2F`, `:` as \
                      `%3A`, `?` as `%3F`, `#` as `%23` and `%` as `%25`";

/// The parts of the URL of a server, decoded. What the URL leaves out or leaves empty is `None`.
///
/// Its `Debug` text shows which parts there are, and none of them.
///
/// ```
/// use eloquent_core::config::ConnectionConfig;
/// use eloquent_core::config::url::ServerUrl;
///
/// let config = ConnectionConfig::new("main", "x");
/// let url = ServerUrl::parse("//ada:p%40ss@[::1]:5433/app?ssl_mode=require", &config)?;
/// assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("ada"), Some("p@ss")));
/// assert_eq!((url.host.as_deref(), url.port), (Some("::1"), Some(5433)));
/// assert_eq!(url.database.as_deref(), Some("app"));
/// assert_eq!(url.options, [("ssl_mode".to_owned(), "require".to_owned())]);
/// # Ok::<(), eloquent_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ServerUrl {
    /// Who logs in.
    pub user: Option<String>,
    /// With what.
    pub password: Option<String>,
    /// A name, an address (without the brackets of IPv6), or the directory of a socket, which stands
    /// encoded in the URL.
    pub host: Option<String>,
    /// The port, not 0.
    pub port: Option<u16>,
    /// The path without its slash.
    pub database: Option<String>,
    /// What follows the `?`, in its order. No name is empty or comes twice.
    pub options: Vec<(String, String)>,
}

impl ServerUrl {
    /// Takes apart what follows the scheme and its colon. `config` is what errors are about.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind) naming the part that is wrong, not what it holds.
    pub fn parse(rest: &str, config: &ConnectionConfig) -> Result<Self> {
        let Some(rest) = rest.strip_prefix("//") else {
            return Err(config.error("the URL lacks `//` behind its scheme").with_hint(SHAPE));
        };
        if rest.contains('#') {
            return Err(config
                .error("the URL has a `#`, which means nothing here")
                .with_hint(ENCODE));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if path.contains('@') {
            // `//user:pa/ss@host/db`: the slash has ended the authority too early
            return Err(config
                .error("the URL has an `@` behind the first `/`: one of the two is not a separator")
                .with_hint(ENCODE));
        }
        if path.contains('/') {
            let message = "the path of the URL has more than one `/`";
            return Err(config.error(message).with_hint(ENCODE));
        }
        let part = |text: &str, what: &str| match decode(text) {
            None => Err(config
                .error(format!("the {what} of the URL is not well encoded"))
                .with_hint(ENCODE)),
            Some(decoded) if decoded.contains('\0') => {
                Err(config.error(format!("the {what} of the URL has a NUL character")))
            }
            Some(decoded) => Ok(Some(decoded).filter(|decoded| !decoded.is_empty())),
        };
        let mut url = ServerUrl { database: part(path, "database")?, ..ServerUrl::default() };
        let place = match authority.rsplit_once('@') {
            None => authority,
            Some((login, _)) if login.contains('@') => {
                let message = "the URL has more than one `@` in front of its host";
                return Err(config.error(message).with_hint(ENCODE));
            }
            Some((login, place)) => {
                let (user, password) = login.split_once(':').unwrap_or((login, ""));
                if password.contains(':') {
                    let message = "the URL has a second `:` in front of its `@`";
                    return Err(config.error(message).with_hint(ENCODE));
                }
                (url.user, url.password) = (part(user, "user")?, part(password, "password")?);
                place
            }
        };
        let (host, port) = split_place(place, config)?;
        url.host = part(host, "host")?;
        check_host(url.host.as_deref(), place.starts_with('['), config)?;
        url.port = port.map(|port| parse_port(port, config)).transpose()?;
        url.options = options(query, config)?;
        Ok(url)
    }

    /// Moves the parts into the settings of a connection: `user`, `password`, `host`, `port`, the one
    /// that is marked as the [database](Setting::database), and each option by its name. `_` and `-`
    /// do not count in the name of an option, so that `sslmode` is `ssl_mode`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind) for a part or option that the driver has no setting for,
    /// and for one that is given twice.
    pub fn apply(self, settings: &[Setting], config: &mut ConnectionConfig) -> Result<()> {
        let database = settings.iter().find(|setting| setting.is_database);
        let parts = [
            ("user", self.user),
            ("password", self.password),
            ("host", self.host),
            ("port", self.port.map(|port| port.to_string())),
            (database.map_or("database", |setting| setting.key), self.database),
        ];
        for (key, value) in parts {
            let Some(value) = value else { continue };
            if !settings.iter().any(|setting| setting.key == key) {
                return Err(config.error(format!("the URL has a {key}, which this driver lacks")));
            }
            config.insert(key, value);
        }
        apply_options(self.options, settings, &[], config)
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerUrl")
            .field("user", &self.user.is_some())
            .field("password", &self.password.is_some())
            .field("host", &self.host.is_some())
            .field("port", &self.port.is_some())
            .field("database", &self.database.is_some())
            .field("options", &self.options.len())
            .finish()
    }
}

/// The text with each `%xx` resolved; `None` when it is not well formed or not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, encoded)) = rest.split_once('%') {
        let digits = encoded.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.extend_from_slice(plain.as_bytes());
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &encoded[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

/// Takes apart what follows the `?` of a URL. Empty parts between `&` are left out.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind) for one without a name or value, one that is not well
/// encoded, and one that comes twice.
pub fn options(query: &str, config: &ConnectionConfig) -> Result<Vec<(String, String)>> {
    let mut options: Vec<(String, String)> = Vec::new();
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let (key, value) = option
            .split_once('=')
            .ok_or_else(|| config.error("an option of the URL has no value").with_hint(ENCODE))?;
        let (Some(key), Some(value)) = (decode(key), decode(value)) else {
            return Err(config.error("an option of the URL is not well encoded").with_hint(ENCODE));
        };
        if key.is_empty() {
            return Err(config.error("an option of the URL has no name"));
        }
        if options.iter().any(|(known, _)| *known == key) {
            return Err(config.error("an option of the URL comes twice"));
        }
        options.push((key, value));
    }
    Ok(options)
}

/// Moves options into the settings of a connection, but none of `except`, which the URL has a place of
/// its own for. `_` and `-` do not count in a name.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind) for one that there is no setting for, and for one that is set
/// already.
pub fn apply_options(
    options: Vec<(String, String)>,
    settings: &[Setting],
    except: &[&str],
    config: &mut ConnectionConfig,
) -> Result<()> {
    let plain = |name: &str| name.replace(['_', '-'], "");
    for (name, value) in options {
        let mut known = settings.iter().filter(|setting| !except.contains(&setting.key));
        let Some(setting) = known.clone().find(|setting| plain(setting.key) == plain(&name)) else {
            let known: Vec<_> = known.by_ref().map(|setting| setting.key).collect();
            return Err(config
                .error("the URL has an option that is not known")
                .with_hint(format!("the options are: {}", known.join(", "))));
        };
        if config.get(setting.key).is_some() {
            return Err(config.error(format!("the URL has `{}` twice", setting.key)));
        }
        config.insert(setting.key, value);
    }
    Ok(())
}

/// The host, still encoded and without brackets, and the port.
fn split_place<'p>(
    place: &'p str,
    config: &ConnectionConfig,
) -> Result<(&'p str, Option<&'p str>)> {
    if let Some(rest) = place.strip_prefix('[') {
        return match rest.split_once(']') {
            Some((host, "")) => Ok((host, None)),
            Some((host, port)) if port.starts_with(':') => Ok((host, Some(&port[1..]))),
            _ => {
                Err(wrong_host(config)
                    .with_hint("write an IPv6 address as `[::1]` or `[::1]:port`"))
            }
        };
    }
    match place.split_once(':') {
        None => Ok((place, None)),
        Some((_, port)) if port.contains(':') => {
            Err(wrong_host(config).with_hint("an IPv6 address stands in brackets: `[::1]`"))
        }
        Some((host, port)) => Ok((host, Some(port))),
    }
}

fn check_host(host: Option<&str>, in_brackets: bool, config: &ConnectionConfig) -> Result<()> {
    let Some(host) = host else {
        return if in_brackets { Err(wrong_host(config)) } else { Ok(()) };
    };
    if in_brackets {
        // behind a `%` stands the network interface
        let (address, _) = host.split_once('%').unwrap_or((host, ""));
        return address.parse::<Ipv6Addr>().map(drop).map_err(|_| {
            wrong_host(config).with_hint("what stands in brackets has to be an IPv6 address")
        });
    }
    if host.contains(',') {
        return Err(wrong_host(config).with_hint("name one host"));
    }
    let is_directory = host.starts_with('/');
    if !is_directory && host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
        return Err(wrong_host(config).with_hint(ENCODE));
    }
    Ok(())
}

fn wrong_host(config: &ConnectionConfig) -> Error {
    config.error("the host of the URL is not one")
}

fn parse_port(text: &str, config: &ConnectionConfig) -> Result<u16> {
    let digits = Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).filter(|port| *port != 0).ok_or_else(|| {
        config
            .error("the port of the URL is not a number from 1 to 65535")
            .with_hint(format!("if a password got in the way: {ENCODE}"))
    })
}

#[cfg(test)]
mod tests;
